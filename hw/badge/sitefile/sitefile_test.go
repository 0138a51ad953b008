package sitefile_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"guichet.example/hw/badge"
	"guichet.example/hw/badge/sitefile"
)

func sample() *sitefile.Site {
	signer := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	return &sitefile.Site{Name: "mairie-centre", Site: badge.Site{
		Organisation: 217500016, AID: badge.SiteAID(217500016, "mairie-centre"),
		Key:    badge.SiteKey(&badge.Key{1, 2, 3}, "mairie-centre"),
		Issuer: signer.Public().(ed25519.PublicKey),
	}}
}

func TestThereAndBack(t *testing.T) {
	want := sample()
	got, err := sitefile.Parse("f", sitefile.Encode(want))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

// A file that was cut off is refused whole, wherever the cut is; only the last
// line end may be missing.
func TestTruncated(t *testing.T) {
	whole := sitefile.Encode(sample())
	for n := range len(whole) - 1 {
		_, err := sitefile.Parse("f", whole[:n])
		if err == nil || !strings.HasPrefix(err.Error(), "f:") {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	whole := string(sitefile.Encode(sample()))
	for _, c := range []struct{ old, new, want string }{
		{"format = 1", "format = 2", "f:6: format = 2"},
		{"organisation = 217500016", "organisation = 0", "f:7: number of an organisation"},
		{"organisation = 217500016", "organisation = 4294967297", "f:7: number of an organisation"},
		{`site = "mairie-centre"`, `site = "Mairie"`, "f:8: name of a site"},
		{`site = "mairie-centre"`, `lieu = "mairie"`, `f:8: unknown key "lieu"`},
		{`aid = "`, `aid = "0`, "f:9: aid has not 6"},
		{`key = "`, `key = "z`, "f:10: key has not 32"},
		{`issuer = "`, `issuer = "0`, "f:11: issuer has not 64"},
		{"site = ", "site = mairie\nsite = ", "f:8: "},
	} {
		_, err := sitefile.Parse("f", []byte(strings.Replace(whole, "\n"+c.old, "\n"+c.new, 1)))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.new, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	whole := sitefile.Encode(sample())
	key := sample().Key
	secret := hex.EncodeToString(key[:])
	f.Add(whole)
	f.Add(bytes.Replace(whole, []byte(`key = "`), []byte("key = "), 1))
	f.Add(bytes.Replace(whole, []byte(secret), []byte(secret+"\n"), 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := sitefile.Parse("f", data)
		switch {
		case err == nil:
			if again, err := sitefile.Parse("f", sitefile.Encode(s)); err != nil || !reflect.DeepEqual(again, s) {
				t.Errorf("%q does not come back: %v", data, err)
			}
		case !strings.HasPrefix(err.Error(), "f:"):
			t.Errorf("error without a place: %v", err)
		case bytes.Contains(data, []byte(secret)) && strings.Contains(err.Error(), secret[:8]):
			t.Errorf("error tells of the key: %v", err)
		}
	})
}
