package sitefolder

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"guichet.example/internal/atomicfile"
	"guichet.example/internal/keyfile"
	"guichet.example/provisioning"
)

// ErrUnknown is returned for a kiosk that the site does not have.
var ErrUnknown = errors.New("no such kiosk in the site")

// Newcomer is what an administrator says of a kiosk that is enrolled.
type Newcomer struct{ ID, Place string }

// NoPlace stands where nobody has said yet where a kiosk stands.
const NoPlace = "?"

// Enrolled is a kiosk that Enrol has found.
type Enrolled struct {
	provisioning.Enrolment
	File  string // below the site's folder
	Known bool   // it was there already, and stays as it is
	Twin  string // id of another kiosk with the same number of hardware, "" for none
}

// Enrolments reads the enrolment files at a place: a file, a folder of files,
// or a stick.
func Enrolments(place string) ([]provisioning.Enrolment, error) {
	files, err := enrolmentFiles(place)
	if err != nil {
		return nil, err
	}
	var all []provisioning.Enrolment
	var errs []error
	for _, file := range files {
		data, err := keyfile.Read(file, provisioning.MaxEnrolment)
		var e provisioning.Enrolment
		if err == nil {
			e, err = provisioning.ParseEnrolment(file, data)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, e)
	}
	return all, errors.Join(errs...)
}

func enrolmentFiles(place string) ([]string, error) {
	info, err := os.Stat(place)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{place}, nil
	}
	for _, dir := range []string{filepath.Join(place, filepath.FromSlash(provisioning.EnrolmentFolder)), place} {
		names, err := list(dir, ".toml")
		if err != nil {
			return nil, err
		}
		var files []string
		for _, name := range names {
			if _, err := provisioning.ParseKioskID(name[:len(name)-len(".toml")]); err == nil {
				files = append(files, filepath.Join(dir, name))
			}
		}
		if len(files) > 0 {
			return files, nil
		}
	}
	return nil, fmt.Errorf("read enrolments in %q: there is none: %w", place, fs.ErrNotExist)
}

// Enrol adds kiosks to the site, each with a file of its own.
func (f *Folder) Enrol(all []provisioning.Enrolment, n Newcomer) ([]Enrolled, error) {
	var done []Enrolled
	for _, e := range all {
		if i := slices.IndexFunc(f.Kiosks, func(k Kiosk) bool { return k.Enrolment.Kiosk == e.Kiosk }); i >= 0 {
			done = append(done, Enrolled{Enrolment: e, File: f.Kiosks[i].File, Known: true})
			continue
		}
		id, place := n.ID, n.Place
		if id == "" {
			id = f.freeID()
		}
		if place == "" {
			place = NoPlace
		}
		file := path.Join(kiosksFolder, id+".toml")
		data := provisioning.NewKioskFile(e, id, place)
		k, err := provisioning.ParseKiosk(file, data)
		if err != nil {
			return done, err
		}
		if f.has(id) {
			return done, fmt.Errorf("there is a kiosk %q already: choose another id", id)
		}
		if _, err := os.Stat(f.path(file)); err == nil {
			return done, fmt.Errorf("%s is there already: choose another id", file)
		}
		if err := os.MkdirAll(f.path(kiosksFolder), 0o755); err != nil {
			return done, err
		}
		if err := atomicfile.WriteFile(f.path(file), data, 0o644); err != nil {
			return done, err
		}
		done = append(done, Enrolled{Enrolment: e, File: file, Twin: f.twin(e)})
		f.Kiosks = append(f.Kiosks, Kiosk{k, file})
	}
	return done, nil
}

// twin is the kiosk in use with the same hardware under another key: one that
// has lost its key, or somebody who says to be it.
func (f *Folder) twin(e provisioning.Enrolment) string {
	for _, k := range f.InUse() {
		if k.Serial == e.Serial && k.Model == e.Model && e.HasSerial() {
			return k.ID
		}
	}
	return ""
}

func (f *Folder) has(id string) bool {
	return slices.ContainsFunc(f.Kiosks, func(k Kiosk) bool { return k.ID == id })
}

func (f *Folder) freeID() string {
	for n := len(f.Kiosks) + 1; ; n++ {
		if id := fmt.Sprintf("borne-%d", n); !f.has(id) {
			return id
		}
	}
}

// waiting lists enrolments on a stick of kiosks that the site does not have.
func (f *Folder) waiting(stick string) ([]string, error) {
	all, err := Enrolments(stick)
	if err != nil {
		return nil, nil //nolint:nilerr // none, or files that enrol will complain of
	}
	var ids []string
	for _, e := range all {
		if !slices.ContainsFunc(f.Kiosks, func(k Kiosk) bool { return k.Enrolment.Kiosk == e.Kiosk }) {
			ids = append(ids, string(e.Kiosk))
		}
	}
	return ids, nil
}

// Revoke marks a kiosk, named by its id or its key's: it gets nothing more.
func (f *Folder) Revoke(name string, day time.Time) (Kiosk, error) {
	i := slices.IndexFunc(f.Kiosks, func(k Kiosk) bool { return k.ID == name || string(k.Enrolment.Kiosk) == name })
	if i < 0 {
		return Kiosk{}, fmt.Errorf("revoke %q: %w", name, ErrUnknown)
	}
	k := f.Kiosks[i]
	if k.Revoked != "" {
		return k, nil
	}
	data, err := keyfile.Read(f.path(k.File), maxTOML)
	if err != nil {
		return k, err
	}
	line := fmt.Sprintf("revoked = \"%s\"\n", day.Format(time.DateOnly))
	at := regexp.MustCompile(`(?m)^format\s*=.*\r?\n`).FindIndex(data)
	if at == nil {
		return k, fmt.Errorf("%s:1: the line format = 1 is missing", k.File)
	}
	data = slices.Concat(data[:at[1]], []byte(line), data[at[1]:])
	marked, err := provisioning.ParseKiosk(k.File, data)
	if err != nil {
		return k, err
	}
	f.Kiosks[i].SiteKiosk = marked
	return f.Kiosks[i], atomicfile.WriteFile(f.path(k.File), data, 0o644)
}

// Rotation says what is to be replaced.
type Rotation struct {
	Lost       Kind   // SiteKey, RootKey or SpareKey; "" renews the dates alone
	Keys       string // folder of keys
	With       string // file of the root key that signs; "" for the one in Keys that is not lost
	Passphrase []byte
	Cost       int
	Random     io.Reader
	Now        time.Time
}

// Rotate makes the next root. The new key is in place before the root that
// names it goes out: cut off in between, the command is run again.
func (f *Folder) Rotate(r Rotation) error {
	with := r.With
	if with == "" {
		with = filepath.Join(r.Keys, RootKey.file())
		if r.Lost == RootKey {
			with = filepath.Join(r.Keys, SpareKey.file())
		}
	}
	signer, err := openKey(with, RootKey, r.Passphrase)
	if err != nil {
		return err
	}
	defer clear(signer)
	roots, err := f.set.Roots()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(roots.Root, func(k ed25519.PublicKey) bool { return k.Equal(public(signer)) }) {
		return fmt.Errorf("%q is no root key of this site, or no longer one", with)
	}
	roots.Expires = r.Now.AddDate(RootYears, 0, 0)
	var file keyfile.File
	if r.Lost != "" {
		fresh, made, err := newKey(r.Lost, r.Random, r.Passphrase, r.Cost)
		if err != nil {
			return err
		}
		defer clear(fresh)
		file = made
		if r.Lost == SiteKey {
			roots.Site = public(fresh)
		} else { // the one that does not sign is the one that is lost
			roots.Root = []ed25519.PublicKey{public(signer), public(fresh)}
		}
	}
	if err := f.set.AddRoot(roots, signer); err != nil {
		return err
	}
	if r.Lost != "" {
		if err := atomicfile.WriteFile(filepath.Join(r.Keys, file.Name), file.Data, file.Mode); err != nil {
			return err
		}
	}
	return f.keep()
}

// RootExpires is when the site's keys are over.
func (f *Folder) RootExpires() (time.Time, error) {
	roots, err := f.set.Roots()
	return roots.Expires, err
}
