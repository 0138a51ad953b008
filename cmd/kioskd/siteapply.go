package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/identity"
	"guichet.example/provisioning/trust"
)

// siteApplyCommand brings a site from a directory, as a stick does.
type siteApplyCommand struct {
	Directory string `arg:"" type:"existingdir" help:"A repository, or a folder with a repository in \"guichet\", such as a copy of a stick."`
	DryRun    bool   `help:"Only check it and tell what would change."`
}

// Run checks the repository whole, tells the plan, and puts the release in
// force on trial.
func (c *siteApplyCommand) Run(ctx context.Context, flags *Flags, p process) (err error) {
	lang := languageOf(flags.Site.Lang)
	root, err := os.OpenRoot(c.Directory)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	repository := root.FS()
	if info, err := fs.Stat(repository, provisioning.Folder); err == nil && info.IsDir() {
		if repository, err = fs.Sub(repository, provisioning.Folder); err != nil {
			return err
		}
	}
	id, err := identity.Open(filepath.Join(flags.State, keyFile))
	if err != nil {
		return err
	}
	site, err := waitForSite(ctx, filepath.Join(flags.State, siteDir))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, site.Close()) }()
	checked, err := checkRepository(ctx, repository, site, id)
	if refusal := new(trust.Refusal); errors.As(err, &refusal) {
		return &hintError{err, refusal.In(lang)}
	} else if err != nil {
		return err
	}
	plan, err := planFor(ctx, checked, site)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s, %s\n", checked.Site, checked.Made.Format(time.DateOnly))
	for _, line := range plan.In(lang) {
		fmt.Fprintln(p.stdout, line)
	}
	if c.DryRun {
		return nil
	}
	if err := bring(ctx, checked, repository, site); err != nil {
		return err
	}
	return errors.Join(tell(p, flags, site), tellRestart(p, flags), tellTrial(p, lang))
}

// checkRepository checks what is in a repository for this kiosk, and that the
// kiosk can open the secrets among it.
func checkRepository(ctx context.Context, repository fs.FS, site *apply.Site, id *identity.Identity) (*trust.Verified, error) {
	files, err := site.Trusted()
	if err != nil {
		return nil, err
	}
	trusted, err := trust.TrustedFrom(files)
	if err != nil {
		return nil, err
	}
	v, err := trust.Check(ctx, trust.Request{Repository: repository, Kiosk: id.Kiosk(), Trusted: trusted, Built: built(), Clock: time.Now()})
	if err != nil {
		return nil, err
	}
	if _, ok := v.Files[provisioning.SecretsFile]; ok {
		sealed, err := v.Read(ctx, provisioning.SecretsFile)
		if err != nil {
			return nil, err
		}
		if _, err := id.Unseal(sealed); err != nil {
			return nil, fmt.Errorf("open the site's secrets: %w", err)
		}
	}
	return v, nil
}

// planFor compares what is checked with what is in force.
func planFor(ctx context.Context, checked *trust.Verified, site *apply.Site) (provisioning.Plan, error) {
	get, err := checked.Release(ctx)
	if err != nil {
		return provisioning.Plan{}, err
	}
	held, err := site.Current()
	if errors.Is(err, fs.ErrNotExist) {
		return provisioning.Compare(nil, get), nil
	}
	if err != nil {
		return provisioning.Plan{}, err
	}
	have, err := provisioning.ReadRelease(held)
	return provisioning.Compare(&have, get), errors.Join(err, held.Close())
}

// bring stages what was checked and puts it in force. apply hashes each file
// once more while it copies it.
func bring(ctx context.Context, checked *trust.Verified, repository fs.FS, site *apply.Site) error {
	c := apply.Candidate{Version: strconv.FormatInt(checked.Version, 10), Files: repository, Metadata: checked.Trusted().Files()}
	for name, f := range checked.Files {
		c.List = append(c.List, apply.File{Name: name, From: f.Path(), Size: f.Length, SHA256: f.SHA256})
	}
	err := site.Stage(ctx, c, nil)
	if err == nil {
		err = site.Try()
	}
	if errors.Is(err, apply.ErrTrial) {
		return &hintError{err, "kioskd site confirm keeps it, kioskd site back returns to the one before"}
	}
	return err
}

func tellTrial(p process, lang string) error {
	_, err := fmt.Fprintln(p.stdout, say(lang, "Ensuite, kioskd site confirm la garde, kioskd site back revient à la précédente.",
		"Then kioskd site confirm keeps it, kioskd site back returns to the one before."))
	return err
}

// built is when this program's source was committed; the zero time where
// nobody knows.
func built() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			t, err := time.Parse(time.RFC3339, s.Value)
			if err == nil {
				return t
			}
		}
	}
	return time.Time{}
}
