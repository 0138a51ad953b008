// Package issuer is the badge folder of an organisation, on the computer of
// whoever makes its badges: the keys that no kiosk ever sees, and the register
// of the badges made.
//
//	DIR/register.toml          readable; no key and no person's name in it
//	DIR/keys/organisation.age  master key and signing key under a passphrase (filippo.io/age)
//
// It may be imported by cmd/kioskctl alone. One program at a time changes a
// folder; a change that came in between is noticed and refused.
package issuer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"guichet.example/hw/badge"
	"guichet.example/internal/atomicfile"
	"guichet.example/internal/keyfile"
)

const (
	registerName = "register.toml"
	keysFolder   = "keys"
	keysName     = "organisation.age"
	// maxRegister bounds what is read: 100 000 badges have less.
	maxRegister = 32 << 20
)

// What the caller can say more about than this package.
var (
	ErrExists     = keyfile.ErrExists
	ErrPassphrase = keyfile.ErrPassphrase
	ErrChanged    = errors.New("register was changed by somebody else meanwhile")
	ErrUnknown    = errors.New("no such badge in the register")
)

// Founding is what a folder is made from.
type Founding struct {
	Organisation uint32
	Passphrase   []byte
	Cost         int       // of one guess at the passphrase, as a power of two (scrypt); 0 = age's own choice
	Random       io.Reader // fit for cryptography
}

// Init makes the folder dir, which is absent or empty: it appears whole or not
// at all.
func Init(dir string, f Founding) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("make badge folder %q: %w", dir, err)
		}
	}()
	keys, err := newKeys(f.Organisation, f.Random)
	if err != nil {
		return err
	}
	defer keys.Clear()
	sealed, err := keys.seal(f.Passphrase, f.Cost)
	if err != nil {
		return err
	}
	r := Register{Organisation: f.Organisation, Issuer: keys.public()}
	return keyfile.NewFolder(dir, []keyfile.File{
		{Name: keysFolder + "/" + keysName, Data: sealed, Mode: 0o600},
		{Name: registerName, Data: r.encode(), Mode: 0o600},
	})
}

// A Folder is one that was opened. Its methods that change the register write
// it before they return; after an error the register is as it was.
type Folder struct {
	Register Register
	dir      string
	data     []byte // of the register, as read or written last
	write    func(path string, data []byte, perm fs.FileMode) error
}

// Open reads the register of a folder. It needs no passphrase.
func Open(dir string) (*Folder, error) {
	f := &Folder{dir: dir, write: atomicfile.WriteFile}
	data, err := keyfile.Read(f.registerPath(), maxRegister)
	if err != nil {
		return nil, fmt.Errorf("open badge folder %q: %w", dir, err)
	}
	r, err := parseRegister(f.registerPath(), data)
	if err != nil {
		return nil, fmt.Errorf("open badge folder %q:\n%w", dir, err)
	}
	f.Register, f.data = *r, data
	return f, nil
}

func (f *Folder) registerPath() string { return filepath.Join(f.dir, registerName) }

// Keys opens the keys with the passphrase. They have to be those of the
// register. The caller clears them.
func (f *Folder) Keys(passphrase []byte) (*Keys, error) {
	path := filepath.Join(f.dir, keysFolder, keysName)
	k, err := f.keys(path, passphrase)
	if err != nil {
		return nil, fmt.Errorf("open keys %q: %w", path, err)
	}
	return k, nil
}

func (f *Folder) keys(path string, passphrase []byte) (*Keys, error) {
	sealed, err := keyfile.ReadSealed(path)
	if err != nil {
		return nil, err
	}
	k, err := unseal(sealed, passphrase)
	if err != nil {
		return nil, err
	}
	if k.Organisation != f.Register.Organisation || !k.public().Equal(f.Register.Issuer) {
		k.Clear()
		return nil, errors.New("they belong to another register than the one beside them")
	}
	return k, nil
}

// AddSite writes a site down, if it is new.
func (f *Folder) AddSite(site string) error {
	if err := CheckSite(site); err != nil {
		return err
	}
	if slices.Contains(f.Register.Sites, site) {
		return nil
	}
	org := f.Register.Organisation
	for _, other := range f.Register.Sites {
		if badge.SiteAID(org, other) == badge.SiteAID(org, site) {
			return fmt.Errorf("site %q cannot be told from %q on a card: choose another name", site, other)
		}
	}
	return f.change(func(r *Register) { r.Sites = append(r.Sites, site) })
}

// CheckBadge says whether b can be made: its site is known, its label fits.
func (f *Folder) CheckBadge(b Badge) error {
	return errors.Join(checkSite(b.Site, f.Register.Sites), checkLabel(b.Label))
}

// Begin writes down a badge that is about to be made, and returns its number.
// Until Finish it counts as one that must not open anything: a card taken away
// too early may hold it all the same.
func (f *Folder) Begin(b Badge) (uint64, error) {
	b.Serial, b.State, b.Since = uint64(len(f.Register.Badges))+1, Unfinished, b.Made
	if err := f.CheckBadge(b); err != nil {
		return 0, err
	}
	return b.Serial, f.change(func(r *Register) { r.Badges = append(r.Badges, b) })
}

// Finish says that a badge is made, and on which card: replaced is the number
// that this card had before, 0 for none, and counts no more.
func (f *Folder) Finish(serial, replaced uint64, day badge.Day) error {
	return f.change(func(r *Register) {
		b := r.find(serial)
		b.State, b.Since = Ready, day
		if old := r.find(replaced); old != nil {
			old.State, old.Since = Revoked, day
		}
	})
}

// Revoke says that badges count no more; all numbers have to be in the
// register, or none is revoked. It returns those that were not already.
func (f *Folder) Revoke(serials []uint64, day badge.Day) ([]uint64, error) {
	var fresh []uint64
	for _, s := range serials {
		b := f.Register.find(s)
		if b == nil {
			return nil, fmt.Errorf("badge %d: %w", s, ErrUnknown)
		}
		if b.State != Revoked && !slices.Contains(fresh, s) {
			fresh = append(fresh, s)
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	return fresh, f.change(func(r *Register) {
		for _, s := range fresh {
			b := r.find(s)
			b.State, b.Since = Revoked, day
		}
	})
}

// NextList takes the number of the next revocation list. It is written down
// before the list is, so that no two lists have one number.
func (f *Folder) NextList() (uint64, error) {
	err := f.change(func(r *Register) { r.List++ })
	return f.Register.List, err
}

// change writes the register with a change in it, unless somebody else has.
func (f *Folder) change(edit func(*Register)) error {
	now, err := keyfile.Read(f.registerPath(), maxRegister)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, f.data) {
		return fmt.Errorf("write %q: %w", f.registerPath(), ErrChanged)
	}
	r := f.Register
	r.Sites, r.Badges = slices.Clone(r.Sites), slices.Clone(r.Badges)
	edit(&r)
	data := r.encode()
	if err := f.write(f.registerPath(), data, 0o600); err != nil {
		return err
	}
	f.Register, f.data = r, data
	return nil
}
