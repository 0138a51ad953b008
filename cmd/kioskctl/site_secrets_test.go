package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"guichet.example/cmd/kioskctl/sitefolder"
	"guichet.example/provisioning"
	"guichet.example/provisioning/identity"
	"guichet.example/provisioning/trust"
)

// forms are the ways in which text can stand in a file.
func forms(text string) map[string][]byte {
	wide := []byte{}
	for _, u := range utf16.Encode([]rune(text)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	all := map[string][]byte{
		"itself": []byte(text), "UTF-16": wide, "hex": []byte(hex.EncodeToString([]byte(text))),
		"HEX": []byte(strings.ToUpper(hex.EncodeToString([]byte(text)))), "UTF-16 the other way": swap(wide),
	}
	if raw, err := hex.DecodeString(text); err == nil {
		all["bytes"] = raw
	}
	for shift := range 3 { // base64 of it at any place in something longer
		for name, e := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64 for addresses": base64.RawURLEncoding} {
			coded := e.EncodeToString(append(make([]byte, shift), text...))
			all[name+string(rune('0'+shift))] = []byte(coded[(shift*8+5)/6 : len(coded)-2])
		}
	}
	return all
}

func swap(wide []byte) []byte {
	other := bytes.Clone(wide)
	for i := 0; i+1 < len(other); i += 2 {
		other[i], other[i+1] = other[i+1], other[i]
	}
	return other
}

// found names the files below dir, and their own names, that hold a secret.
func found(t *testing.T, dir string, secrets map[string]string) []string {
	t.Helper()
	var hits []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		for what, secret := range secrets {
			for form, wanted := range forms(secret) {
				if bytes.Contains(append([]byte(name+"\n"), data...), wanted) {
					hits = append(hits, what+" as "+form+" in "+name)
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hits
}

// A stick alone reveals no secret, and neither does the site's folder or
// anything that was said. The kiosk that it is for opens them, another does not.
func TestStickRevealsNoSecret(t *testing.T) {
	o := newSiteOffice(t)
	one, two := o.box("one", "stick"), o.box("two", "stick")
	o.run("enrol", o.path("site"), o.path("stick"))
	site := string(o.read("site/site.toml"))
	for _, key := range []string{"[badge]", "organisation =", "application =", "[network.wifi]", "ssid =", "country =", "[network.proxy]", "host =", "port =", "user ="} {
		site = strings.Replace(site, "# "+key, key, 1)
	}
	site = strings.Replace(site, `# security = "enterprise"`, `security = "personal"`, 1)
	o.write("site/site.toml", site)
	if err := os.CopyFS(o.path("site/badge"), os.DirFS("testdata/site")); err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{"Wi-Fi": "confiture de mirabelles", "proxy": "chaussette-à-rayures", "badge-key": "5f1d0c3ab2e94478a6c0d7e8f9123456"}
	said := ""
	for name, file := range map[string]string{"wifi": "Wi-Fi", "proxy": "proxy", "badge-key": "badge-key"} {
		o.write("value", secrets[file]+"\n")
		said += o.run("secret", o.path("keys"), name, "--file", o.path("value"), "--passphrase-fd", "0")
	}
	said += o.stick("stick") + o.run("show", o.path("stick"))
	// Those that the program has made itself are secrets too.
	keys, err := sitefolder.OpenKeys(o.path("keys"), []byte(phrase))
	if err != nil {
		t.Fatal(err)
	}
	secrets["pepper"] = keys.Secrets.PINPepper
	secrets["signing key"] = hex.EncodeToString(keys.Site.Seed())
	secrets["passphrase"] = phrase
	o.write("said", said)
	if err := os.Mkdir(o.path("images"), 0o700); err != nil {
		t.Fatal(err)
	}
	o.stick("images/stick.img")
	for _, dir := range []string{"stick", "images", "site", "keys"} {
		if hits := found(t, o.path(dir), secrets); len(hits) > 0 {
			t.Errorf("%s: %q", dir, hits)
		}
	}
	if hits := found(t, o.dir, map[string]string{"any": secrets["pepper"]}); len(hits) > 0 {
		t.Errorf("%q", hits)
	}
	// The control: every secret in every form is found where it is.
	for what, secret := range secrets {
		for form, data := range forms(secret) {
			control := t.TempDir()
			if err := os.WriteFile(filepath.Join(control, "f"), slices.Concat([]byte("before"), data, []byte("after")), 0o600); err != nil {
				t.Fatal(err)
			}
			if len(found(t, control, map[string]string{what: secret})) == 0 {
				t.Errorf("%s as %s would not be found", what, form)
			}
		}
	}
	for _, id := range []*identity.Identity{one, two} {
		v, err := o.check(id, "stick", trust.Trusted{})
		if err != nil {
			t.Fatal(err)
		}
		data, err := v.Read(t.Context(), provisioning.SecretsFile)
		if err != nil {
			t.Fatal(err)
		}
		got, err := id.Unseal(data)
		if err != nil || got != keys.Secrets || got.WiFi != secrets["Wi-Fi"] || got.Proxy != secrets["proxy"] || got.BadgeKey != secrets["badge-key"] {
			t.Errorf("the kiosk opens something else: %v", err)
		}
		other := map[*identity.Identity]*identity.Identity{one: two, two: one}[id]
		if _, err := other.Unseal(data); err == nil {
			t.Error("another kiosk opens them")
		}
	}
}
