package provisioning_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"image"
	"image/png"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"guichet.example/provisioning"
)

func picture(t testing.TB, width, height int) []byte {
	t.Helper()
	var data bytes.Buffer
	if err := png.Encode(&data, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return data.Bytes()
}

// pemOf makes a certificate and its private key.
func pemOf(t testing.TB) (certificate, key []byte) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, public, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

func TestCheckContent(t *testing.T) {
	certificate, key := pemOf(t)
	for name, c := range map[string]struct {
		file string
		data []byte
		good bool
	}{
		"a logo":                     {provisioning.LogoFile, picture(t, 2000, 10), true},
		"a logo too wide":            {provisioning.LogoFile, picture(t, 2001, 10), false},
		"a logo too long":            {provisioning.LogoFile, append(picture(t, 10, 10), make([]byte, 1<<20)...), false},
		"a logo in another form":     {provisioning.LogoFile, []byte("GIF89a"), false},
		"a notice":                   {"notices/donnees.fr.md", []byte("# Vos données\n"), true},
		"an empty notice":            {"notices/donnees.fr.md", []byte(" \n"), false},
		"a notice of Word":           {"notices/donnees.fr.md", []byte("PK\x03\x04\x00\x00"), false},
		"a notice in Latin-1":        {"notices/donnees.fr.md", []byte("Vos donn\xe9es"), false},
		"a notice too long":          {"notices/donnees.fr.md", bytes.Repeat([]byte("a"), 16<<10+1), false},
		"certificates":               {provisioning.CAFile, append(certificate, certificate...), true},
		"no certificate":             {provisioning.CAFile, []byte("\n"), false},
		"a certificate with its key": {provisioning.CAFile, append(bytes.Clone(certificate), key...), false},
		"a certificate in DER":       {provisioning.CAFile, []byte("0\x82"), false},
		"what others read":           {provisioning.IssuerFile, nil, true},
	} {
		if err := provisioning.CheckContent(c.file, c.data); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzContent(f *testing.F) {
	certificate, key := pemOf(f)
	names := []string{provisioning.LogoFile, provisioning.CAFile, "notices/a.md"}
	for i, data := range [][]byte{picture(f, 3, 3), append(certificate, key...), []byte("# Vos données")} {
		f.Add(i, data)
	}
	f.Fuzz(func(t *testing.T, which int, data []byte) {
		name := names[uint(which)%uint(len(names))]
		if err := provisioning.CheckContent(name, data); err != nil && (err.Error() == "" || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%q is no sentence", err)
		}
	})
}

func TestNamed(t *testing.T) {
	m := provisioning.Machine{Logo: "logo.png", Notices: []string{"notices/a.md"}, Network: provisioning.Network{CA: "network/ca.pem"}}
	if got := m.Named(); !reflect.DeepEqual(got, []string{"network/ca.pem", "logo.png", "notices/a.md"}) {
		t.Errorf("%q", got)
	}
	if got := (provisioning.Machine{}).Named(); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

func TestServe(t *testing.T) {
	personal := provisioning.Network{WiFi: &provisioning.WiFi{Security: provisioning.WiFiPersonal}}
	enterprise := provisioning.Network{WiFi: &provisioning.WiFi{Security: provisioning.WiFiEnterprise}}
	proxy := provisioning.Network{Proxy: &provisioning.Proxy{User: "borne"}}
	open := provisioning.Network{Proxy: &provisioning.Proxy{Host: "proxy"}}
	for name, c := range map[string]struct {
		badges  bool
		network provisioning.Network
		secrets provisioning.Secrets
		want    string
	}{
		"nothing needed":              {false, open, provisioning.Secrets{}, ""},
		"a reader without its key":    {true, open, provisioning.Secrets{}, "secret KEYS badge-key"},
		"a reader":                    {true, open, provisioning.Secrets{BadgeKey: "00"}, ""},
		"Wi-Fi without a password":    {false, enterprise, provisioning.Secrets{}, "secret KEYS wifi"},
		"one that WPA cannot take":    {false, personal, provisioning.Secrets{WiFi: "motdepasse-été"}, "without accents"},
		"one that is too long":        {false, personal, provisioning.Secrets{WiFi: strings.Repeat("a", 64) + "z"}, "8 to 63"},
		"the key itself":              {false, personal, provisioning.Secrets{WiFi: strings.Repeat("a5", 32)}, ""},
		"a good one":                  {false, personal, provisioning.Secrets{WiFi: "mot de passe"}, ""},
		"RADIUS takes any":            {false, enterprise, provisioning.Secrets{WiFi: "motdepasse-été"}, ""},
		"a proxy without a password":  {false, proxy, provisioning.Secrets{}, "secret KEYS proxy"},
		"a proxy with a user of ours": {false, proxy, provisioning.Secrets{Proxy: "x"}, ""},
	} {
		err := c.secrets.Serve(c.badges, c.network)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || c.secrets.WiFi != "" && strings.Contains(err.Error(), c.secrets.WiFi)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
