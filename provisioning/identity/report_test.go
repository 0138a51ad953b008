package identity_test

import (
	"bytes"
	"io"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"guichet.example/provisioning"
	"guichet.example/provisioning/identity"
	"guichet.example/provisioning/report"
)

func TestSealReport(t *testing.T) {
	id, err := identity.Open(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	organisation, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	text := []byte("what the kiosk reports")
	sealed, err := id.SealReport(text, organisation.Recipient().String())
	if err != nil || bytes.Contains(sealed, text) {
		t.Fatalf("%v %q", err, sealed)
	}
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(sealed)), organisation)
	if err != nil {
		t.Fatal(err)
	}
	proved, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	private, err := provisioning.IdentityKey(organisation.String())
	if err != nil {
		t.Fatal(err)
	}
	public, err := provisioning.RecipientKey(id.Enrolment(identity.Facts{}, "").Recipient)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Proved(proved, private, public); err != nil {
		t.Error(err)
	}
	if got, err := report.Text(proved); err != nil || !bytes.Equal(got, text) {
		t.Errorf("%q %v", got, err)
	}
	if _, err := id.SealReport(make([]byte, provisioning.MaxReport), organisation.Recipient().String()); err == nil {
		t.Error("a report without end is sealed")
	}
	for _, bad := range []string{"", "age1", organisation.String()} {
		if _, err := id.SealReport(text, bad); err == nil {
			t.Errorf("sealed to %q", bad)
		}
	}
}
