package keyfile_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"filippo.io/age"

	"guichet.example/internal/keyfile"
)

const cost = 4 // cheap; the real one takes about a second

func TestSeal(t *testing.T) {
	secret := []byte("format = 1\nkey = \"abc\"\n")
	sealed, err := keyfile.Seal(secret, []byte("agrafe lavande"), cost)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("abc")) {
		t.Error("the secret stands in the file")
	}
	if got, err := keyfile.Open(sealed, []byte("agrafe lavande")); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := keyfile.Open(sealed, []byte("agrafe lavand")); !errors.Is(err, keyfile.ErrPassphrase) {
		t.Errorf("another passphrase: %v", err)
	}
	for n := range len(sealed) {
		damaged := bytes.Clone(sealed)
		damaged[n] ^= 1
		if got, err := keyfile.Open(damaged, []byte("agrafe lavande")); err == nil {
			t.Errorf("byte %d changed, and opened as %q", n, got)
		}
		if n%16 == 0 {
			if _, err := keyfile.Open(sealed[:n], []byte("agrafe lavande")); err == nil {
				t.Errorf("cut after %d bytes, and opened", n)
			}
		}
	}
}

func TestSealForKiosk(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := keyfile.SealForKiosk([]byte("secret"), id.Recipient().String())
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), id)
	var got bytes.Buffer
	if err == nil {
		_, err = got.ReadFrom(r)
	}
	if err != nil || got.String() != "secret" {
		t.Errorf("%q, %v", got.String(), err)
	}
	if _, err := keyfile.SealForKiosk([]byte("secret"), "age1nobody"); err == nil {
		t.Error("sealed to nobody")
	}
}

func TestReadSealed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows keeps rights elsewhere")
	}
	path := filepath.Join(t.TempDir(), "key.age")
	for mode, want := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false} {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := keyfile.ReadSealed(path); (err == nil) != want {
			t.Errorf("mode %o: %v", mode, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNewFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "folder")
	files := []keyfile.File{{Name: "a/b", Data: []byte("b"), Mode: 0o600}, {Name: "c", Data: []byte("c"), Mode: 0o644}}
	if err := os.Mkdir(dir, 0o700); err != nil { // an empty one is as good as none
		t.Fatal(err)
	}
	if err := keyfile.NewFolder(dir, files); err != nil {
		t.Fatal(err)
	}
	if data, err := keyfile.Read(filepath.Join(dir, "a", "b"), 1); err != nil || string(data) != "b" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := keyfile.Read(filepath.Join(dir, "a"), 1); err == nil {
		t.Error("a folder is read as a file")
	}
	if err := os.WriteFile(filepath.Join(dir, "c"), []byte("cc"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keyfile.Read(filepath.Join(dir, "c"), 1); err == nil {
		t.Error("a file that is too long is read")
	}
	if err := keyfile.NewFolder(dir, files); !errors.Is(err, keyfile.ErrExists) {
		t.Errorf("made over: %v", err)
	}
	// One that cannot be made whole leaves nothing behind.
	other := filepath.Join(filepath.Dir(dir), "other")
	if err := keyfile.NewFolder(other, []keyfile.File{{Name: "a", Mode: 0o600}, {Name: "a/b", Mode: 0o600}}); err == nil {
		t.Error("a file is a folder too")
	}
	if entries, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}
