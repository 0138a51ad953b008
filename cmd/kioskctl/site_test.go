package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"guichet.example/cmd/kioskctl/sitefolder"
	"guichet.example/kiosk/config"
	"guichet.example/provisioning"
	"guichet.example/provisioning/identity"
	"guichet.example/provisioning/trust"
)

// unbox NAME STICK plays a kiosk that starts without a site: it makes a key in
// the folder NAME and writes its enrolment on the stick. The id goes to the
// file NAME/id.
func unbox(args []string) int {
	name, stick := args[0], args[1]
	for _, dir := range []string{name, filepath.Join(stick, provisioning.EnrolmentFolder)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			panic(err)
		}
	}
	id, err := identity.Open(filepath.Join(name, "key"))
	if err != nil {
		panic(err)
	}
	e := id.Enrolment(identity.Facts{Serial: "10000000a1b2c3d4", Model: "Raspberry Pi 4 Model B Rev 1.4"}, "0.5.0")
	for path, data := range map[string][]byte{
		filepath.Join(stick, provisioning.EnrolmentFile(e.Kiosk)): e.Encode(),
		filepath.Join(name, "id"):                                 []byte(e.Kiosk),
	} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			panic(err)
		}
	}
	return 0
}

// siteOffice is an administrator's, with a clock that can be set.
type siteOffice struct {
	t   *testing.T
	dir string
	now time.Time
	say bytes.Buffer
}

const phrase = "agrafe lavande tramway neuf"

func newSiteOffice(t *testing.T) *siteOffice {
	o := &siteOffice{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	o.run("init", o.path("site"), o.path("keys"), "--name", "Mairie de Valbourg", "--passphrase-fd", "0")
	return o
}

func (o *siteOffice) path(name string) string { return filepath.Join(o.dir, filepath.FromSlash(name)) }

func (o *siteOffice) read(name string) []byte {
	o.t.Helper()
	data, err := os.ReadFile(o.path(name))
	if err != nil {
		o.t.Fatal(err)
	}
	return data
}

func (o *siteOffice) write(name, data string) {
	o.t.Helper()
	if err := os.WriteFile(o.path(name), []byte(data), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

func (o *siteOffice) try(args ...string) int {
	s := surroundings{now: func() time.Time { return o.now }, cost: 10,
		passphrase: func(context.Context, int, bool) ([]byte, error) { return []byte(phrase), nil }}
	o.say.Reset()
	return run(o.t.Context(), append([]string{"site"}, args...), &o.say, &o.say, s)
}

func (o *siteOffice) run(args ...string) string {
	o.t.Helper()
	if code := o.try(args...); code != exitOK {
		o.t.Fatalf("%q: exit code %d\n%s", args, code, o.say.String())
	}
	return o.say.String()
}

func (o *siteOffice) stick(name string) string {
	o.t.Helper()
	return o.run("stick", o.path("site"), o.path("keys"), o.path(name), "--passphrase-fd", "0")
}

// box is a kiosk with a key of its own.
func (o *siteOffice) box(name, stick string) *identity.Identity {
	o.t.Helper()
	unbox([]string{o.path(name), o.path(stick)})
	id, err := identity.Open(o.path(name + "/key"))
	if err != nil {
		o.t.Fatal(err)
	}
	return id
}

func (o *siteOffice) check(id *identity.Identity, stick string, known trust.Trusted) (*trust.Verified, error) {
	return trust.Check(o.t.Context(), trust.Request{
		Repository: os.DirFS(o.path(stick + "/guichet")), Kiosk: id.Kiosk(), Trusted: known, Clock: o.now,
	})
}

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
	for _, dir := range []string{"stick", "site", "keys"} {
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

// What kioskd finds in the release, it can use.
func TestKioskTakesSticks(t *testing.T) {
	o := newSiteOffice(t)
	id := o.box("one", "stick")
	o.run("enrol", o.path("site"), o.path("stick"), "--id", "mairie-accueil", "--place", "Accueil")
	o.stick("stick")
	v, err := o.check(id, "stick", trust.Trusted{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := v.Release(t.Context())
	if err != nil || r.Config.ID != "mairie-accueil" || r.Machine.Place != "Accueil" || len(r.Config.Languages) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	if data, err := v.Read(t.Context(), provisioning.SiteFile); err != nil {
		t.Error(err)
	} else if _, err := config.Decode("site.toml", data); err != nil {
		t.Error(err)
	}
	// A copy of it is older than the next one, and over after sixty days.
	if err := os.CopyFS(o.path("old"), os.DirFS(o.path("stick"))); err != nil {
		t.Fatal(err)
	}
	o.now = o.now.AddDate(0, 0, 10)
	o.stick("stick")
	next, err := o.check(id, "stick", v.Trusted())
	if err != nil {
		t.Fatal(err)
	}
	refused(t, trust.Rollback)(o.check(id, "old", next.Trusted()))
	o.now = o.now.AddDate(0, 0, 61)
	refused(t, trust.Freeze)(o.check(id, "stick", next.Trusted()))
	if code := o.try("show", o.path("stick")); code != exitFailed || !strings.Contains(o.say.String(), "G-TUF-FREEZE") {
		t.Errorf("exit code %d: %s", code, o.say.String())
	}
	// After a theft: the old signing key opens nothing any more.
	if err := os.CopyFS(o.path("thief/site"), os.DirFS(o.path("site"))); err != nil {
		t.Fatal(err)
	}
	for name, data := range snapshot(t, o.path("keys")) {
		put(t, o.path("thief/keys/"+name), data)
	}
	o.run("rotate", o.path("site"), o.path("keys"), "site", "--passphrase-fd", "0")
	o.stick("stick")
	last, err := o.check(id, "stick", next.Trusted())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		o.run("stick", o.path("thief/site"), o.path("thief/keys"), o.path("evil"), "--passphrase-fd", "0")
	}
	refused(t, trust.Rollback)(o.check(id, "evil", last.Trusted()))
	if _, err := o.check(id, "evil", next.Trusted()); err != nil {
		t.Errorf("the control, a kiosk that has not seen the new root: %v", err)
	}
}

func refused(t *testing.T, want trust.Code) func(*trust.Verified, error) {
	return func(_ *trust.Verified, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), string(want)) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// A stick that is pulled while it is written is refused or whole, at any file.
func TestStickCutOff(t *testing.T) {
	o := newSiteOffice(t)
	id := o.box("one", "stick")
	o.run("enrol", o.path("site"), o.path("stick"))
	o.stick("stick")
	before := snapshot(t, o.path("stick"))
	o.write("site/site.toml", strings.Replace(string(o.read("site/site.toml")), `# idle = "3m"`, `idle = "2m"`, 1))
	o.stick("stick")
	after := snapshot(t, o.path("stick"))
	v, err := o.check(id, "stick", trust.Trusted{})
	if err != nil || v.Version != 2 {
		t.Fatal(v, err)
	}
	// timestamp.json is removed first and written last: without it nothing is
	// taken, whatever else has arrived.
	mixed := 0
	for name, data := range after {
		if bytes.Equal(before[name], data) || strings.HasSuffix(name, "timestamp.json") {
			continue
		}
		mixed++
		dir := o.path("cut")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		for n, d := range before {
			if !strings.HasSuffix(n, "timestamp.json") {
				put(t, filepath.Join(dir, n), d)
			}
		}
		put(t, filepath.Join(dir, name), data)
		refused(t, trust.Missing)(o.check(id, "cut", trust.Trusted{}))
	}
	if mixed < 3 {
		t.Errorf("only %d files differ", mixed)
	}
}

func snapshot(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			all[name], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
