package content_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"image"
	"image/png"
	"math/big"
	"strings"
	"testing"

	"guichet.example/provisioning"
	"guichet.example/provisioning/content"
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

func TestCheck(t *testing.T) {
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
		if err := content.Check(c.file, c.data); (err == nil) != c.good {
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
		if err := content.Check(name, data); err != nil && (err.Error() == "" || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%q is no sentence", err)
		}
	})
}
