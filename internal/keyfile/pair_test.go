package keyfile_test

import (
	"bytes"
	"errors"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"guichet.example/internal/keyfile"
)

func TestOpened(t *testing.T) {
	pair := func() (string, string) {
		identity, recipient, err := keyfile.NewPair()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := keyfile.RecipientOf(identity); err != nil || got != recipient {
			t.Fatal(got, err)
		}
		return identity, recipient
	}
	older, recipient := pair()
	newer, _ := pair()
	secret := bytes.Repeat([]byte("a report "), 10_000)
	sealed := armoured(t, secret, recipient)
	got, by, err := keyfile.Opened(sealed, []string{newer, older})
	if err != nil || by != 1 || !bytes.Equal(got, secret) {
		t.Fatal(by, err)
	}
	if _, _, err := keyfile.Opened(sealed, []string{newer}); !errors.Is(err, keyfile.ErrOtherKey) {
		t.Errorf("another key: %v", err)
	}
	for n := 0; n < len(sealed); n += 1 + n/20 {
		if _, _, err := keyfile.Opened(sealed[:n], []string{older}); !errors.Is(err, keyfile.ErrCut) {
			t.Errorf("cut after %d of %d bytes: %v", n, len(sealed), err)
		}
		damaged := bytes.Clone(sealed)
		damaged[n] = map[bool]byte{true: 'B', false: 'A'}[damaged[n] == 'A']
		if _, _, err := keyfile.Opened(damaged, []string{older}); err == nil {
			t.Errorf("byte %d changed, and opened", n)
		}
	}
	var many bytes.Buffer
	w := armor.NewWriter(&many)
	if _, err := w.Write(append([]byte("age-encryption.org/v1\n"), bytes.Repeat([]byte("-> X25519 AAAA\nAAAA\n"), 10_000)...)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := keyfile.Opened(many.Bytes(), []string{older}); !errors.Is(err, keyfile.ErrChanged) {
		t.Errorf("a header without end: %v", err)
	}
}

// armoured seals as a kiosk does.
func armoured(t testing.TB, text []byte, recipient string) []byte {
	t.Helper()
	to, err := age.ParseX25519Recipient(recipient)
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	outer := armor.NewWriter(&sealed)
	w, err := age.Encrypt(outer, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), outer.Close()); err != nil {
		t.Fatal(err)
	}
	return sealed.Bytes()
}

func FuzzOpened(f *testing.F) {
	identity, recipient, err := keyfile.NewPair()
	if err != nil {
		f.Fatal(err)
	}
	sealed := armoured(f, []byte("a report"), recipient)
	f.Add(sealed)
	f.Add(sealed[:40])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		text, _, err := keyfile.Opened(data, []string{identity})
		if (err == nil) == (text == nil) || err == nil && string(text) != "a report" {
			t.Fatalf("%q %v", text, err)
		}
	})
}
