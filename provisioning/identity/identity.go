// Package identity is a kiosk's own key: made on its first start, kept for its
// owner alone, never leaving it. It opens the secrets that a site seals to the
// kiosk, and tells an administrator what to seal them to.
//
// Programs may import it. A sealed file says nothing about who sealed it, since
// the recipient is public: that it is the site's own is for provisioning/trust
// to check before.
//
// What was opened passes through buffers that are overwritten. Strings cannot
// be: the key and the secrets stay in memory as long as the program uses them,
// and until the collector, which kioskd runs so that it overwrites what it
// frees, has found them unused.
package identity

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"filippo.io/age"

	"guichet.example/internal/atomicfile"
	"guichet.example/internal/ownfile"
	"guichet.example/provisioning"
)

// maxKeyFile is the length of the key's file, in bytes; it has about 150.
const maxKeyFile = 1024

// ErrDamaged is returned when the key's file is there and holds no key. It is
// never replaced by itself: the kiosk would become another one, for which no
// stick is made.
var ErrDamaged = errors.New("this is not a kiosk's key; delete the file to make a new one, and enrol the kiosk anew")

// Identity is the key of one kiosk. It prints as the kiosk's id.
type Identity struct {
	key   *age.X25519Identity
	kiosk provisioning.KioskID
}

// Read reads the key in the file path; the error is fs.ErrNotExist where there
// is none.
func Read(path string) (*Identity, error) {
	id, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("open the kiosk's key %q: %w", path, err)
	}
	return id, nil
}

// Open reads the key in the file path, or makes one where there is no file. The
// directory must be there. The key is on the medium before Open returns, so
// that whoever has seen its id will never see another: a power cut before
// leaves no key, and nobody who knows of it. Two processes at once get the same.
func Open(path string) (*Identity, error) {
	unlock, err := lock(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("open the kiosk's key: %w", err)
	}
	defer unlock()
	id, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		id, err = create(path)
	}
	if err != nil {
		return nil, fmt.Errorf("open the kiosk's key %q: %w", path, err)
	}
	return id, nil
}

// lock makes other processes wait at the same place.
func lock(directory string) (unlock func(), err error) {
	d, err := os.Open(directory)
	if err != nil {
		return nil, err
	}
	for err = syscall.EINTR; errors.Is(err, syscall.EINTR); {
		err = syscall.Flock(int(d.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		return nil, errors.Join(&fs.PathError{Op: "lock", Path: directory, Err: err}, d.Close())
	}
	return func() { _ = d.Close() }, nil // which unlocks it
}

// read refuses a key that is not its owner's alone: who else has read it can
// read the site's secrets.
func read(path string) (*Identity, error) {
	text, err := ownfile.Read(path, maxKeyFile, ownfile.Secret)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	return parse(text)
}

// parse reads the file that create writes. No error quotes it.
func parse(text []byte) (*Identity, error) {
	line, found := bytes.CutPrefix(text, []byte(comment))
	line, ended := bytes.CutSuffix(line, []byte("\n"))
	key, err := age.ParseX25519Identity(string(line))
	if !found || !ended || err != nil {
		return nil, ErrDamaged
	}
	return from(key), nil
}

const comment = "# The key of this kiosk. It stays here: no copy, no backup.\n"

func create(path string) (*Identity, error) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, errors.New("make a key: no random numbers")
	}
	text := []byte(comment + key.String() + "\n")
	defer clear(text)
	if err := atomicfile.WriteFile(path, text, 0o600); err != nil {
		return nil, err
	}
	return from(key), nil
}

func from(key *age.X25519Identity) *Identity {
	return &Identity{key, provisioning.KioskIDOf(key.Recipient().String())}
}

// Kiosk returns the kiosk's id, which is public.
func (i *Identity) Kiosk() provisioning.KioskID { return i.kiosk }

// Enrolment returns what an administrator needs to make a stick for this kiosk.
func (i *Identity) Enrolment(f Facts, firmware string) provisioning.Enrolment {
	return provisioning.NewEnrolment(i.key.Recipient().String(), f.Serial, f.Model, firmware)
}

// Format keeps the key out of logs and errors, whatever the verb.
func (i Identity) Format(f fmt.State, _ rune) { fmt.Fprint(f, "key of ", string(i.kiosk)) }

// LogValue implements slog.LogValuer.
func (i Identity) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(i)) }
