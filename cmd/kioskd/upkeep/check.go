package upkeep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"guichet.example/hw/badge"
	"guichet.example/kiosk/config"
	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/content"
	"guichet.example/provisioning/identity"
	"guichet.example/provisioning/trust"
)

// ErrMeanwhile is returned when somebody else has changed what is in force
// since the plan was made.
var ErrMeanwhile = errors.New("another program has changed the site meanwhile")

// OpenSite opens the directory of the site's releases, and makes it where there
// is none. It waits up to a minute for another program that is working there.
func OpenSite(ctx context.Context, directory string) (*apply.Site, error) {
	patience, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		site, err := apply.Open(directory)
		if !errors.Is(err, apply.ErrBusy) {
			return site, err
		}
		select {
		case <-patience.Done():
			return nil, err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Checked is a repository that this kiosk can use, whole.
type Checked struct {
	*trust.Verified
	Plan provisioning.Plan
	// Rekeyed says that it brings other keys of the site: something to keep,
	// also where no file changes.
	Rekeyed bool
	// Reports are what the site asks for; nil for nothing.
	Reports    *provisioning.Reports
	repository fs.FS
	against    apply.State
}

// Standing is what a kiosk has, against which a repository is checked.
type Standing struct {
	State   apply.State
	Trusted trust.Trusted
	// Have reads the release in force; nil where none is.
	Have func() (*provisioning.Release, error)
}

// StandingOf reads it. Have can be called until site is closed.
func StandingOf(site *apply.Site) (Standing, error) {
	files, err := site.Trusted()
	if err != nil {
		return Standing{}, err
	}
	trusted, err := trust.TrustedFrom(files)
	return Standing{site.State(), trusted, func() (*provisioning.Release, error) { return inForce(site) }}, err
}

// Repository is what is to be checked, and for whom.
type Repository struct {
	Files    fs.FS
	Identity *identity.Identity
	Built    time.Time               // when the program was
	Accept   func(trust.Offer) error // as in trust.Request
	Progress func(done, total int64) // likewise
}

// Check checks a repository. A *trust.Refusal says what is wrong with it; it is
// also returned for what is signed and cannot be used.
func (s Standing) Check(ctx context.Context, r Repository) (*Checked, error) {
	v, err := trust.Check(ctx, trust.Request{Repository: r.Files, Kiosk: r.Identity.Kiosk(), Trusted: s.Trusted,
		Built: r.Built, Clock: time.Now(), Accept: r.Accept, Progress: r.Progress})
	if err != nil {
		return nil, err
	}
	get, err := v.Release(ctx)
	if err != nil {
		return nil, asContent(ctx, err)
	}
	if err := usable(ctx, v, r.Files, get, r.Identity); err != nil {
		return nil, asContent(ctx, err)
	}
	have, err := s.Have()
	if err != nil {
		return nil, err
	}
	return &Checked{Verified: v, Plan: provisioning.Compare(have, get), Rekeyed: !bytes.Equal(v.Trusted().Root, s.Trusted.Root),
		Reports:    get.Machine.Reports,
		repository: r.Files, against: s.State}, nil
}

// Check checks a repository for the kiosk with this key, against what site has
// in force. built is when the program was built; progress may be nil.
func Check(ctx context.Context, repository fs.FS, site *apply.Site, id *identity.Identity, built time.Time,
	progress func(done, total int64)) (*Checked, error) {
	have, err := StandingOf(site)
	if err != nil {
		return nil, err
	}
	return have.Check(ctx, Repository{Files: repository, Identity: id, Built: built, Progress: progress})
}

// asContent makes a refusal of what is wrong with a file that is signed.
func asContent(ctx context.Context, err error) error {
	if refusal := new(trust.Refusal); errors.As(err, &refusal) || ctx.Err() != nil {
		return err
	}
	return &trust.Refusal{Code: trust.Content, Time: time.Now(), Cause: err}
}

// usable reads everything that was brought as the next start reads it.
func usable(ctx context.Context, v *trust.Verified, repository fs.FS, get provisioning.Release, id *identity.Identity) error {
	var secrets provisioning.Secrets
	if _, ok := v.Files[provisioning.SecretsFile]; ok {
		sealed, err := v.Read(ctx, provisioning.SecretsFile)
		if err == nil {
			secrets, err = id.Unseal(sealed)
		}
		if err != nil {
			return fmt.Errorf("open the site's secrets: %w", err)
		}
	}
	if err := secrets.Serve(get.Config.Badge != nil, get.Machine.Network); err != nil {
		return err
	}
	if err := badges(ctx, v, get.Config.Badge); err != nil {
		return err
	}
	for _, name := range get.Machine.Named() {
		data, err := v.Read(ctx, name)
		if err == nil {
			err = content.Check(name, data)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	t := tree{repository, map[string]string{}}
	for name, f := range v.Files {
		t.paths[name] = f.Path()
	}
	_, err := Catalogue(get.Config, func(dir string) (fs.FS, error) {
		if name, ok := strings.CutPrefix(dir, provisioning.SiteRoot+"/"); ok {
			return fs.Sub(t, name)
		}
		return os.DirFS(dir), nil // of the box itself
	})
	return err
}

// badges reads what a stick brings to judge badges with: with a key that is none,
// or a list that lets nobody in, no technician could bring the next stick.
func badges(ctx context.Context, v *trust.Verified, c *config.Badge) error {
	if c == nil {
		return nil
	}
	if c.IssuerFile != path.Join(provisioning.SiteRoot, provisioning.IssuerFile) {
		return nil // the box's own, which stays as it is
	}
	data, err := v.Read(ctx, provisioning.IssuerFile)
	if err != nil {
		return err
	}
	issuer, err := badge.ParseIssuer(data)
	if err != nil {
		return fmt.Errorf("%s: %w", provisioning.IssuerFile, err)
	}
	if c.RevocationsFile != path.Join(provisioning.SiteRoot, provisioning.RevocationsFile) {
		return nil
	}
	if data, err = v.Read(ctx, provisioning.RevocationsFile); err != nil {
		return err
	}
	list, err := badge.OpenRevocations(data, issuer, c.Organisation, 0)
	if err == nil && list.Expires < max(badge.DayOf(v.Made), badge.DayOf(time.Now())) {
		err = fmt.Errorf("over since %s: nobody would be let in", list.Expires)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", provisioning.RevocationsFile, err)
	}
	return nil
}

// inForce reads the release in force; nil where none is.
func inForce(site *apply.Site) (*provisioning.Release, error) {
	held, err := site.Current()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	have, err := provisioning.ReadRelease(held)
	return &have, errors.Join(err, held.Close())
}

// Bring stages what was checked and puts it in force on trial. progress may be
// nil.
func (c *Checked) Bring(ctx context.Context, site *apply.Site, progress func(done, total int64)) error {
	if err := c.Stage(ctx, site, progress); err != nil {
		return err
	}
	return site.Try()
}

// Stage stores what was checked beside what is in force; each file is hashed
// once more while it is copied.
func (c *Checked) Stage(ctx context.Context, site *apply.Site, progress func(done, total int64)) error {
	if site.State() != c.against {
		return ErrMeanwhile
	}
	candidate := apply.Candidate{Version: strconv.FormatInt(c.Version, 10), Files: c.repository, Metadata: c.Trusted().Files()}
	for name, f := range c.Files {
		candidate.List = append(candidate.List, apply.File{Name: name, From: f.Path(), Size: f.Length, SHA256: f.SHA256})
	}
	return site.Stage(ctx, candidate, progress)
}
