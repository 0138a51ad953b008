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
	"slices"
	"strings"
	"time"

	"guichet.example/internal/atomicfile"
	"guichet.example/internal/keyfile"
	"guichet.example/provisioning"
	"guichet.example/provisioning/repository"
	"guichet.example/provisioning/trust"
)

const (
	siteName     = "site.toml"
	kiosksFolder = "kiosks"
	metadataPath = "published/metadata"
	sentPath     = "published/kiosks" // what each kiosk got last
	sealedPath   = "published/secrets"
	maxTOML      = 64 << 10
	// RootYears is how long the keys of a site count without being renewed.
	RootYears = 5
)

// Founding is what a site is made from.
type Founding struct {
	Name       string // of the organisation
	Passphrase []byte
	Cost       int       // of one guess at the passphrase, see keyfile.Seal
	Random     io.Reader // fit for cryptography
	Now        time.Time
}

// Init makes the folders dir and keys, both absent or empty, and returns the
// site's id. After an error neither is left.
func Init(dir, keys string, f Founding) (id string, err error) {
	if _, err := provisioning.ParseSite(siteName, provisioning.NewSiteFile(f.Name)); err != nil {
		return "", fmt.Errorf("name of the site %q: expected 1 to 60 characters in one line, without quotes", f.Name)
	}
	var files []keyfile.File
	made := map[Kind]ed25519.PrivateKey{}
	for _, kind := range []Kind{SiteKey, RootKey, SpareKey} {
		key, file, err := newKey(kind, f.Random, f.Passphrase, f.Cost)
		if err != nil {
			return "", err
		}
		defer clear(key)
		made[kind], files = key, append(files, file)
	}
	sealed, err := newSecrets(f.Random, f.Passphrase, f.Cost)
	if err != nil {
		return "", err
	}
	recipient, reports, err := newReportKeys(f.Passphrase, f.Cost)
	if err != nil {
		return "", err
	}
	set := repository.Set{}
	roots := repository.Roots{
		Root: []ed25519.PublicKey{public(made[RootKey]), public(made[SpareKey])}, Threshold: 1,
		Site: public(made[SiteKey]), Expires: f.Now.AddDate(RootYears, 0, 0),
	}
	if err := set.AddRoot(roots, made[RootKey]); err != nil {
		return "", err
	}
	if err := keyfile.NewFolder(keys, append(files, sealed, reports)); err != nil {
		return "", fmt.Errorf("make folder of keys %q: %w", keys, err)
	}
	err = keyfile.NewFolder(dir, []keyfile.File{
		{Name: siteName, Data: provisioning.WithReports(provisioning.NewSiteFile(f.Name), recipient), Mode: 0o644},
		{Name: kiosksFolder + "/README.txt", Data: []byte("kioskctl site enrol puts one file for each kiosk here.\n"), Mode: 0o644},
		{Name: metadataPath + "/1.root.json", Data: set["1.root.json"], Mode: 0o644},
	})
	if err != nil {
		return "", errors.Join(fmt.Errorf("make site %q: %w", dir, err), os.RemoveAll(keys))
	}
	return trust.SiteID(set["1.root.json"]), nil
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

// Folder is a site that was opened.
type Folder struct {
	Dir    string
	Site   provisioning.Site
	Kiosks []Kiosk // by id
	set    repository.Set
}

// Kiosk is a kiosk with the file that it stands in.
type Kiosk struct {
	provisioning.SiteKiosk
	File string // below the folder, slash-separated
}

// Open reads a site. The error joins everything that is wrong in its files,
// each with file and line.
func Open(dir string) (*Folder, error) {
	f := &Folder{Dir: dir}
	data, err := keyfile.Read(filepath.Join(dir, siteName), maxTOML)
	if err != nil {
		return nil, fmt.Errorf("open site: %w", err)
	}
	var errs []error
	if f.Site, err = provisioning.ParseSite(siteName, data); err != nil {
		errs = append(errs, err)
	}
	if err := f.readKiosks(); err != nil {
		errs = append(errs, err)
	}
	if err := f.readPublished(); err != nil {
		errs = append(errs, err)
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("open site %q:\n%w", dir, errors.Join(errs...))
	}
	return f, nil
}

func (f *Folder) path(name string) string { return filepath.Join(f.Dir, filepath.FromSlash(name)) }

// ID names the site, for comparison with what a kiosk shows.
func (f *Folder) ID() string { return trust.SiteID(f.set["1.root.json"]) }

func (f *Folder) readKiosks() error {
	names, err := list(f.path(kiosksFolder), ".toml")
	if err != nil {
		return err
	}
	if len(names) > provisioning.MaxKiosks {
		return fmt.Errorf("%d kiosks, at most %d in one site", len(names), provisioning.MaxKiosks)
	}
	var errs []error
	seen := map[string]string{}
	for _, name := range names {
		file := path.Join(kiosksFolder, name)
		data, err := keyfile.Read(f.path(file), maxTOML)
		var k provisioning.SiteKiosk
		if err == nil {
			k, err = provisioning.ParseKiosk(file, data)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, key := range []string{k.ID, string(k.Enrolment.Kiosk)} {
			if other := seen[key]; other != "" {
				errs = append(errs, fmt.Errorf("%s:1: %q is in %s already: each kiosk has one file and an id of its own", file, key, other))
			}
			seen[key] = file
		}
		f.Kiosks = append(f.Kiosks, Kiosk{k, file})
	}
	slices.SortFunc(f.Kiosks, func(a, b Kiosk) int { return strings.Compare(a.ID, b.ID) })
	return errors.Join(errs...)
}

// list returns the names in a folder that end so, none where it is not there.
func list(dir, end string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), end) && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func (f *Folder) readPublished() (err error) {
	if f.set, err = readSet(f.path(metadataPath)); err != nil {
		return err
	}
	if f.set["1.root.json"] == nil {
		return fmt.Errorf("%s/1.root.json is missing: take the newest copy of the site's folder", metadataPath)
	}
	return nil
}

// readSet reads a folder of metadata; an empty set where there is none.
func readSet(dir string) (repository.Set, error) {
	names, err := list(dir, ".json")
	if err != nil {
		return nil, err
	}
	set := repository.Set{}
	for _, name := range names {
		if set[name], err = keyfile.Read(filepath.Join(dir, name), provisioning.MaxTargets); err == nil {
			err = provisioning.CheckMetadata(set[name])
		}
		if err != nil {
			return nil, fmt.Errorf("read %q: %w", filepath.Join(dir, name), err)
		}
	}
	return set, nil
}

// keep writes the set, what is new first and timestamp.json last, and then
// takes away what is old.
func (f *Folder) keep() error { return writeSet(f.path(metadataPath), f.set) }

// writeSet makes a folder hold the metadata of a set and no other. Whenever it
// is cut off, timestamp.json fits what is there.
func writeSet(dir string, set repository.Set) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, data := range set {
		if name != "timestamp.json" {
			if err := atomicfile.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				return err
			}
		}
	}
	if data := set["timestamp.json"]; data != nil {
		if err := atomicfile.WriteFile(filepath.Join(dir, "timestamp.json"), data, 0o644); err != nil {
			return err
		}
	}
	names, err := list(dir, ".json")
	if err != nil {
		return err
	}
	for _, name := range names {
		if set[name] == nil {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}
