// Package keyfile keeps secrets of an organisation in files under a passphrase
// (filippo.io/age, scrypt), and makes folders that appear whole or not at all.
//
// It may be imported by cmd/kioskctl and the packages below it, and by no kiosk.
package keyfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"filippo.io/age"

	"guichet.example/internal/atomicfile"
)

// What the caller can say more about than this package.
var (
	ErrExists     = errors.New("there is something already")
	ErrPassphrase = errors.New("wrong passphrase")
)

// maxSealed is the length of a sealed file, in bytes; they have less than 1 KiB.
const maxSealed = 1 << 16

// Seal encrypts text. cost is that of one guess at the passphrase, as a power
// of two; 0 is age's own choice.
func Seal(text, passphrase []byte, cost int) ([]byte, error) {
	to, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return nil, err
	}
	if cost != 0 {
		to.SetWorkFactor(cost)
	}
	return SealTo(text, to)
}

// SealTo encrypts text to a recipient.
func SealTo(text []byte, to age.Recipient) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return sealed.Bytes(), nil
}

// SealForKiosk encrypts text to a kiosk's age recipient.
func SealForKiosk(text []byte, recipient string) ([]byte, error) {
	to, err := age.ParseX25519Recipient(recipient)
	if err != nil {
		return nil, err
	}
	return SealTo(text, to)
}

// Open decrypts what Seal made; the caller clears it. What age says about a
// damaged file stands behind a colon.
func Open(sealed, passphrase []byte) ([]byte, error) {
	with, err := age.NewScryptIdentity(string(passphrase))
	if err != nil {
		return nil, err
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), with)
	var no *age.NoIdentityMatchError
	switch {
	case errors.As(err, &no):
		return nil, ErrPassphrase
	case err != nil:
		return nil, fmt.Errorf("file is damaged: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(r, maxSealed))
	if err != nil {
		clear(text)
		return nil, fmt.Errorf("file is damaged: %w", err)
	}
	return text, nil
}

// ReadSealed reads a sealed file, which others may not read either.
func ReadSealed(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	// Windows keeps rights elsewhere.
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others may read it: chmod 600 %s", path)
	}
	return Read(path, maxSealed)
}

// Read reads a regular file of at most limit bytes.
func Read(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %q: not a regular file", path)
	}
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("read %q: longer than %d bytes", path, limit)
	}
	return data, err
}

// File is one of a folder that is made.
type File struct {
	Name string // below the folder, slash-separated
	Data []byte
	Mode fs.FileMode
}

// NewFolder makes a folder that is absent or empty: it appears whole or not at
// all.
func NewFolder(dir string, files []File) error {
	dir = filepath.Clean(dir)
	if err := makeRoom(dir); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp) // gone already when all went well
	for _, f := range files {
		path := filepath.Join(tmp, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := atomicfile.WriteFile(path, f.Data, f.Mode); err != nil {
			return err
		}
	}
	return atomicfile.Rename(tmp, dir)
}

// makeRoom takes away an empty folder, which cannot be replaced everywhere.
func makeRoom(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil || len(entries) > 0:
		return ErrExists
	default:
		return os.Remove(dir)
	}
}
