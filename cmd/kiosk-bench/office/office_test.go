package office

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"guichet.example/provisioning"
	"guichet.example/provisioning/identity"
	"guichet.example/provisioning/stick"
	"guichet.example/provisioning/stick/fat"
	"guichet.example/provisioning/trust"
)

// files reads what a kiosk's child reads of an image.
func files(t *testing.T, image string) (fstest.MapFS, error) {
	t.Helper()
	f, err := os.Open(image)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	v, err := fat.Find(f, info.Size())
	if err != nil {
		return nil, err
	}
	all := fstest.MapFS{}
	return all, v.Walk(stick.Limits(), func(name string, _ int64, content io.Reader) error {
		data, err := io.ReadAll(content)
		all[name] = &fstest.MapFile{Data: data}
		return err
	})
}

// checked is what a kiosk that trusts this makes of an image.
func checked(t *testing.T, image string, kiosk provisioning.KioskID, trusted trust.Trusted) (*trust.Verified, string) {
	t.Helper()
	repository, err := files(t, image)
	var v *trust.Verified
	if err == nil {
		v, err = trust.Check(t.Context(), trust.Request{Repository: repository, Kiosk: kiosk, Trusted: trusted, Clock: time.Now()})
	}
	ofStick, ofTrust := new(fat.Refusal), new(trust.Refusal)
	switch {
	case err == nil:
		return v, ""
	case errors.As(err, &ofStick):
		return nil, string(ofStick.Code)
	case errors.As(err, &ofTrust):
		return nil, string(ofTrust.Code)
	}
	t.Fatal(err)
	return nil, ""
}

// TestExamples: each is what its name says, to a kiosk that has a site and to
// one that has none, again and again.
func TestExamples(t *testing.T) {
	id, err := identity.Open(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	kiosk := id.Enrolment(identity.Facts{}, "test")
	o := New(filepath.Join(t.TempDir(), "office"))
	make := func(e Example) string {
		image, err := o.Stick(t.Context(), e, kiosk)
		if err != nil {
			t.Fatal(err)
		}
		return image
	}
	first, code := checked(t, make(Good), id.Kiosk(), trust.Trusted{})
	if code != "" || first.Version != 2 { // the first is kept as the old one
		t.Fatalf("good: %s %+v", code, first)
	}
	for _, c := range []struct {
		example         Example
		with, withoutIt string
	}{
		{Good, "", ""}, {Changed, "", ""}, {Old, "G-TUF-ROLLBACK", ""}, {Expired, "G-TUF-FREEZE", "G-TUF-FREEZE"},
		{Others, "G-TUF-KIOSK", "G-TUF-KIOSK"}, {Foreign, "G-TUF-SITE", ""}, {Tampered, "G-TUF-TARGET", "G-TUF-TARGET"},
		{Empty, "G-STICK-NO-FOLDER", "G-STICK-NO-FOLDER"}, {ExFAT, "G-STICK-EXFAT", "G-STICK-EXFAT"}, {NTFS, "G-STICK-NTFS", "G-STICK-NTFS"},
		{Mac, "G-STICK-HFS", "G-STICK-HFS"}, {Good, "", ""}, {Old, "G-TUF-ROLLBACK", ""},
	} {
		image := make(c.example)
		if _, got := checked(t, image, id.Kiosk(), first.Trusted()); got != c.with {
			t.Errorf("%s, to a kiosk with the site: %q, want %q", c.example, got, c.with)
		}
		if _, got := checked(t, image, id.Kiosk(), trust.Trusted{}); got != c.withoutIt {
			t.Errorf("%s, to a new kiosk: %q, want %q", c.example, got, c.withoutIt)
		}
	}
	again := New(o.dir) // the next start of the bench
	image, err := again.Stick(t.Context(), Changed, kiosk)
	if err != nil {
		t.Fatal(err)
	}
	if _, code := checked(t, image, id.Kiosk(), first.Trusted()); code != "" {
		t.Errorf("after a restart: %s", code)
	}
	if _, err := o.Stick(context.Background(), "other", kiosk); err == nil {
		t.Error("a stick that there is none of")
	}
}

// TestKilledOffice: what an office that was killed left in the middle of its
// work is no stick of the next one.
func TestKilledOffice(t *testing.T) {
	id, err := identity.Open(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	kiosk := id.Enrolment(identity.Facts{}, "test")
	o := New(filepath.Join(t.TempDir(), "office"))
	for _, left := range []string{"sticks/first.img", "sticks/new.img", "aside/kiosks/other.toml"} {
		if err := os.MkdirAll(filepath.Dir(o.path(left)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(o.path(left), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for example, want := range map[Example]string{Others: "G-TUF-KIOSK", Old: ""} {
		image, err := o.Stick(t.Context(), example, kiosk)
		if err != nil {
			t.Fatalf("%s: %v", example, err)
		}
		if _, got := checked(t, image, id.Kiosk(), trust.Trusted{}); got != want {
			t.Errorf("%s: %q, want %q", example, got, want)
		}
	}
	if left, err := filepath.Glob(o.path("aside*")); err != nil || len(left) > 0 {
		t.Errorf("%q is left: %v", left, err)
	}
}
