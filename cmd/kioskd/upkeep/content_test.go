package upkeep

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"guichet.example/cmd/kioskd/testoffice"
	"guichet.example/hw/badge"
	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning"
)

const organisation = 217800016

// settings is a site.toml with these lines in use: each begins with a "# " in the
// example.
func settings(t testing.TB, lines ...string) string {
	t.Helper()
	text := string(provisioning.NewSiteFile("Mairie"))
	for _, line := range lines {
		if !strings.Contains(text, "\n# "+line) {
			t.Fatalf("%q is not in the example", line)
		}
		text = strings.Replace(text, "\n# "+line, "\n"+line, 1)
	}
	return text
}

// withReader are the settings for badges.
func withReader(t testing.TB) string {
	return settings(t, "[badge]", "organisation = ", "application = ", "revocations = true", "spi = ", "interrupt = ", "reset = ")
}

func issuer(t testing.TB) (ed25519.PrivateKey, string) {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func list(t testing.TB, key ed25519.PrivateKey, organisation uint32, until badge.Day) string {
	t.Helper()
	data, err := badge.SignRevocations(badge.RevocationHead{Organisation: organisation, Sequence: 1, Issued: 1, Expires: until}, nil, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestWhatCannotServe: what is signed and could not be used is refused before
// anything changes, and not taken back after it has locked people out.
func TestWhatCannotServe(t *testing.T) {
	b := newBox(t)
	u, before := b.start(Trial{})
	var said strings.Builder
	u.config.Log = slog.New(slog.NewTextHandler(&said, nil))
	key, public := issuer(t)
	other, _ := issuer(t)
	const forever = badge.Day(60000)
	with := func(issuer, list string) map[string]string {
		return map[string]string{provisioning.IssuerFile: issuer, provisioning.RevocationsFile: list}
	}
	good := with(public, list(t, key, organisation, forever))
	for name, c := range map[string]struct {
		site  string
		files map[string]string
		key   string // of the site's badges
		why   string // it is refused; "" for a good one
	}{
		"a reader":                          {withReader(t), good, badgeKey, ""},
		"a reader without its key":          {withReader(t), good, "", "the key of the badges is not there"},
		"an issuer that is none":            {withReader(t), with("key", list(t, key, organisation, forever)), badgeKey, "badge/issuer.pem: expected one public key"},
		"a list of another issuer":          {withReader(t), with(public, list(t, other, organisation, forever)), badgeKey, "not signed by the organisation"},
		"a list of another organisation":    {withReader(t), with(public, list(t, key, 5, forever)), badgeKey, "of another organisation"},
		"a list that is over":               {withReader(t), with(public, list(t, key, organisation, 2)), badgeKey, "over since"},
		"a logo that is no picture":         {settings(t, "logo = "), map[string]string{provisioning.LogoFile: "logo"}, badgeKey, "logo.png: expected a PNG"},
		"notices":                           {settings(t, "notices = "), map[string]string{"notices/donnees.fr.md": "Données", "notices/donnees.en.md": "Data"}, badgeKey, ""},
		"a notice that is empty":            {settings(t, "notices = "), map[string]string{"notices/donnees.fr.md": "Données", "notices/donnees.en.md": " "}, badgeKey, "notices/donnees.en.md: expected a text"},
		"certificates that are none":        {settings(t, "ca = "), map[string]string{provisioning.CAFile: "-----BEGIN"}, badgeKey, "network/ca.pem: expected certificates"},
		"Wi-Fi without a password":          {strings.Replace(settings(t, "[network.wifi]", "ssid = ", "country = ", "security = "), `"enterprise"`, `"personal"`, 1), nil, badgeKey, "[network.wifi], but its password"},
		"a user for the proxy, no password": {settings(t, "[network.proxy]", "host = ", "port = ", "user = "), nil, badgeKey, "a user for the proxy, but"},
	} {
		t.Run(name, func(t *testing.T) {
			said.Reset()
			clear(b.Files)
			b.Own(provisioning.SecretsFile, testoffice.Seal(t, b.Enrolment.Recipient, c.key))
			b.Configure(c.site)
			maps.Copy(b.Files, c.files)
			b.plug(image(t, b.Publish()))
			w := u.Read(t.Context(), ignore)
			if c.why == "" {
				check(t, w, wire.StepPlan, "", "")
				return
			}
			check(t, w, wire.StepRefused, "G-TUF-CONTENT", " ")
			if !strings.Contains(said.String(), c.why) {
				t.Errorf("%s: want %q", said.String(), c.why)
			}
			if b.state() != before {
				t.Errorf("%+v is in force", b.state())
			}
		})
	}
}
