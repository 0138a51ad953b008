package provisioning_test

import (
	"fmt"
	"strings"
	"testing"

	"guichet.example/provisioning"
)

const recipient = "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq"

func TestEnrolmentRoundTrip(t *testing.T) {
	for _, c := range []struct{ serial, model, wantSerial, wantModel string }{
		{"10000000a1b2c3d4", "Raspberry Pi 4 Model B Rev 1.4\x00", "10000000a1b2c3d4", "Raspberry Pi 4 Model B Rev 1.4"},
		{"", "\x00\n", "unknown", "unknown"},
		{`a"b\c`, strings.Repeat("x", 300), "abc", strings.Repeat("x", 64)},
		{"é" + strings.Repeat(" ", 90) + "z", strings.Repeat("y", 63) + " zzz", "z", strings.Repeat("y", 63)},
	} {
		want := provisioning.NewEnrolment(recipient, c.serial, c.model, "0.5.0")
		if want.Serial != c.wantSerial || want.Model != c.wantModel {
			t.Errorf("facts %q and %q became %q and %q", c.serial, c.model, want.Serial, want.Model)
		}
		data := want.Encode()
		got, err := provisioning.ParseEnrolment("e.toml", data)
		if err != nil || got != want || len(data) > provisioning.MaxEnrolment {
			t.Errorf("read back %+v, %v; want %+v", got, err, want)
		}
	}
}

func TestGroups(t *testing.T) {
	for id, want := range map[provisioning.KioskID]string{"k-kvm4ma35sigbbitt": "k-kvm4 ma35 sigb bitt", "k-short": "k-short", "": ""} {
		if got := id.Groups(); got != want {
			t.Errorf("%q is read out as %q", id, got)
		}
	}
}

// Cut anywhere before the last value is whole, the file is refused; so is one
// of another kiosk's key.
func TestEnrolmentRefusesWhatIsDamaged(t *testing.T) {
	data := provisioning.NewEnrolment(recipient, "1", "Pi", "0.5.0").Encode()
	for n := range len(data) - 1 {
		if _, err := provisioning.ParseEnrolment("e.toml", data[:n]); err == nil {
			t.Errorf("cut after %d of %d bytes and read", n, len(data))
		}
	}
	for _, c := range []struct{ old, new, want string }{
		{"format = 1", "format = 2", "e.toml:3: format = 2"},
		{"kiosk = \"k-", "kiosk = \"k-a", "e.toml:4: kiosk"},
		{"age1qyq", "age1qyp", "e.toml:4: kiosk"},
		{"age1qyq", "age1bio", "e.toml:5: recipient is not a public key"},
		{"\"Pi\"", "\"\"", "e.toml:7: model is not 1 to 64"},
		{"\"Pi\"", "\"P\\u0000i\"", "e.toml:7: model is not 1 to 64"},
		{"model", "owner = \"Anne\"\nmodel", "e.toml:7: unknown key"},
		{"format", strings.Repeat("#\n", 3000) + "format", "e.toml:1: longer than"},
	} {
		_, err := provisioning.ParseEnrolment("e.toml", []byte(strings.Replace(string(data), c.old, c.new, 1)))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s for %s: %v, want %s", c.new, c.old, err, c.want)
		}
	}
}

func TestKioskID(t *testing.T) {
	id := provisioning.KioskIDOf(recipient)
	if got, err := provisioning.ParseKioskID(string(id)); err != nil || got != id {
		t.Errorf("%s: %v", id, err)
	}
	if other := provisioning.KioskIDOf(recipient + "x"); other == id {
		t.Error("two recipients, one id")
	}
	for _, bad := range []string{"", "k-", "k-ABCDEFGHIJKLMNOP", string(id) + "a", "../" + string(id), string(id) + "\n"} {
		if _, err := provisioning.ParseKioskID(bad); err == nil {
			t.Errorf("%q passed", bad)
		}
	}
}

func TestTargetNames(t *testing.T) {
	id := provisioning.KioskIDOf(recipient)
	for name, want := range map[string]bool{
		provisioning.KioskTarget(id, provisioning.SiteFile):    true,
		provisioning.KioskTarget(id, provisioning.MachineFile): true,
		provisioning.KioskTarget(id, provisioning.SecretsFile): true,
		provisioning.KioskTarget(id, "other.toml"):             false,
		"kiosks/k-short/site.toml":                             false,
		"packs/mairie/pack.toml":                               true,
		"packs/mairie/caf-rsa/fr.md":                           true,
		"packs/pack.toml":                                      false,
		"packs/Mairie/pack.toml":                               false,
		"packs/mairie/README.md":                               false,
		"packs/mairie/../../badge/issuer.pem":                  false,
		"packs/mairie/a/b/c":                                   true,
		"packs/mairie/a/b/c/d":                                 false,
		"packs/mairie/con":                                     false,
		"packs/mairie/aux.md":                                  false,
		"packs/mairie/.hidden":                                 false,
		"packs/mairie/a.":                                      false,
		"packs//pack.toml":                                     false,
		"/packs/mairie/pack.toml":                              false,
		"packs/mairie/" + strings.Repeat("x", 120):             false,
		"packs/mairie/a\\b":                                    false,
		"badge/issuer.pem":                                     true,
		"badge/site.key":                                       false,
		"notices/privacy.md":                                   true,
		"notices/a/b.md":                                       false,
		"logo.png":                                             true,
		"":                                                     false,
		".":                                                    false,
	} {
		if got := provisioning.CheckTarget(name); got != want {
			t.Errorf("CheckTarget(%q) = %v", name, got)
		}
	}
	for _, c := range []struct {
		target, name string
		ours         bool
	}{
		{"kiosks/" + string(id) + "/site.toml", "site.toml", true},
		{"kiosks/k-aaaaaaaaaaaaaaaa/site.toml", "", false},
		{"packs/mairie/pack.toml", "packs/mairie/pack.toml", true},
	} {
		if name, ours := provisioning.LocalName(c.target, id); ours != c.ours || ours && name != c.name {
			t.Errorf("LocalName(%q) = %q, %v", c.target, name, ours)
		}
	}
}

func FuzzEnrolment(f *testing.F) {
	f.Add(provisioning.NewEnrolment(recipient, "1", "Pi", "0.5.0").Encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := provisioning.ParseEnrolment("e", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "e:") {
				t.Errorf("error without a place: %v", err)
			}
			return
		}
		if back, err := provisioning.ParseEnrolment("e", e.Encode()); err != nil || back != e {
			t.Errorf("%+v read back as %+v, %v", e, back, err)
		}
	})
}

func ExampleEnrolment_Encode() {
	e := provisioning.NewEnrolment(recipient, "10000000a1b2c3d4", "Raspberry Pi 4 Model B Rev 1.4", "0.5.0")
	fmt.Print(string(e.Encode()))
	// Output:
	// # A kiosk that waits for its site. Bring this stick to whoever runs
	// # "kioskctl site enrol". Nothing in this file is secret.
	// format = 1
	// kiosk = "k-kvm4ma35sigbbitt"
	// recipient = "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq"
	// serial = "10000000a1b2c3d4"
	// model = "Raspberry Pi 4 Model B Rev 1.4"
	// firmware = "0.5.0"
}

func TestLogicalTarget(t *testing.T) {
	d := provisioning.Digest{0xab, 2, 3}
	for _, target := range []string{"logo.png", "packs/nord/pack.toml", "badge/revocations"} {
		got, sum, ok := provisioning.LogicalTarget(provisioning.StoredTarget(target, d))
		if got != target || sum != d || !ok {
			t.Errorf("%q %v %v", got, sum, ok)
		}
	}
	good := provisioning.StoredTarget("logo.png", d)
	for _, stored := range []string{"", "logo.png", good[1:], strings.ToUpper(good[:64]) + good[64:], good[:64], good[:64] + ".", "a//" + good, "./" + good} {
		if got, _, ok := provisioning.LogicalTarget(stored); ok {
			t.Errorf("%q: %q", stored, got)
		}
	}
}
