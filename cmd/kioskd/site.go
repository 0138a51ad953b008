package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"guichet.example/cmd/kioskd/upkeep"
	"guichet.example/kiosk/config"
	"guichet.example/kiosk/procedure"
	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/identity"
)

const (
	// handMade is the configuration of a kiosk that somebody sets up by hand.
	handMade = "/etc/guichet/site.toml"
	keyFile  = upkeep.KeyFile // in Flags.State
	siteDir  = upkeep.SiteDir // there too
	inUse    = "current"      // in siteDir: link to the files that kioskd uses
)

// configuration returns the file to read. A file named by hand wins, for who is
// at a shell and knows what they do; then what the site has sent, because it is
// signed, newer than any file left from the first day, and is taken back by
// itself where it does not work; then the file in /etc. Where there is none of
// them, nobody has set this kiosk up: Factory only tells where its lines are.
// A link that leads nowhere is there: a site whose files are lost must not make
// the kiosk one that is new, which the switch in its case opens.
func (f *Flags) configuration() string {
	if f.Config != "" {
		return f.Config
	}
	current := filepath.Join(f.State, siteDir, inUse)
	if _, err := os.Lstat(current); !errors.Is(err, fs.ErrNotExist) {
		return filepath.Join(current, provisioning.SiteFile)
	}
	if _, err := os.Lstat(handMade); !errors.Is(err, fs.ErrNotExist) {
		return handMade
	}
	return f.Factory
}

// lostHint is what mends a release whose files the medium has lost.
const lostHint = "the memory card has lost files that the site has sent: kioskd site back returns to the release before, where there is one; " +
	"otherwise replace the card and set the kiosk up again"

// read takes the configuration that is in force, and says where it stands.
func (f *Flags) read() (name string, site config.Site, all procedure.Catalogue, err error) {
	name = f.configuration()
	site, all, err = read(name)
	if errors.Is(err, fs.ErrNotExist) && name == filepath.Join(f.State, siteDir, inUse, provisioning.SiteFile) {
		err = &hintError{err, lostHint}
	}
	return name, site, all, err
}

// secrets opens what the site has sealed for this kiosk; none beside a file that
// no site has sent.
func (f *Flags) secrets() (provisioning.Secrets, error) {
	if name := f.configuration(); f.Config != "" || name == handMade || name == f.Factory {
		return provisioning.Secrets{}, nil
	}
	sealed, err := readUpTo(filepath.Join(f.State, siteDir, inUse, provisioning.SecretsFile), provisioning.MaxSecrets)
	if errors.Is(err, fs.ErrNotExist) {
		return provisioning.Secrets{}, nil
	}
	var id *identity.Identity
	if err == nil {
		id, err = identity.Read(filepath.Join(f.State, keyFile)) // a new key would open nothing
	}
	if err != nil {
		return provisioning.Secrets{}, fmt.Errorf("open the site's secrets: %w", err)
	}
	secrets, err := id.Unseal(sealed)
	if err != nil {
		return provisioning.Secrets{}, &hintError{fmt.Errorf("open the site's secrets: %w", err),
			"this kiosk's key may have been made anew since: kioskd enrolment tells who it is now"}
	}
	return secrets, nil
}

func readUpTo(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit+1)) // one more: who reads it sees that it is too long
}

// openSite opens the directory of the site's releases; nil where no site has
// sent anything.
func openSite(ctx context.Context, f *Flags) (*apply.Site, error) {
	directory := filepath.Join(f.State, siteDir)
	if _, err := os.Lstat(directory); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return upkeep.OpenSite(ctx, directory)
}

// takenSite is the release that this process uses.
type takenSite struct {
	*apply.Held
	trial     bool
	takenBack string // version that was taken back last
}

// takeSite takes the release in force into use: it counts the start of one that
// is on trial before anything of it is read, and holds it until it is closed.
// nil where none is in force, or where another file is named by hand.
func takeSite(ctx context.Context, f Flags, log *slog.Logger) (_ *takenSite, err error) {
	if f.Config != "" {
		return nil, nil
	}
	site, err := openSite(ctx, &f)
	if errors.Is(err, apply.ErrDamaged) {
		return nil, &setupError{err}
	}
	if err != nil || site == nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, site.Close()) }()
	was := site.State()
	now, err := site.Boot()
	if err != nil {
		return nil, err
	}
	switch {
	case was.Trial && !now.Trial:
		log.Warn("a release of the site is taken back: nobody confirmed it", "release", was.Current.Version, "starts", apply.TrialBoots)
	case now.Trial:
		log.Info("a release of the site is on trial", "release", now.Current.Version, "more starts", now.Boots)
	}
	if err := site.Link(); err != nil {
		return nil, err
	}
	return hold(site)
}

// hold holds the release in force; nil where none is.
func hold(site *apply.Site) (*takenSite, error) {
	now := site.State()
	if now.Current.Number == 0 {
		return nil, nil
	}
	held, err := site.Current()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &setupError{&hintError{err, lostHint}}
	}
	if err != nil {
		return nil, err
	}
	return &takenSite{held, now.Trial, now.TakenBack}, nil
}

// giveUpTrial takes a release on trial back with which kioskd cannot even
// start. The error is then one after which systemd starts it again, with the
// release before. Any other error it returns as it is.
func giveUpTrial(ctx context.Context, f Flags, cause error) error {
	if f.Config != "" {
		return cause
	}
	site, err := openSite(ctx, &f)
	if err != nil || site == nil {
		return cause
	}
	if !site.State().Trial {
		return errors.Join(cause, site.Close())
	}
	version := site.State().Current.Version
	if err := errors.Join(site.TakeBack(), site.Close()); err != nil {
		return errors.Join(cause, err)
	}
	return fmt.Errorf("release %s of the site is taken back: %s", version, cause.Error()) // not wrapped: a restart does mend it
}
