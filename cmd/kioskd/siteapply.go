package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"guichet.example/cmd/kioskd/upkeep"
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
	site, err := upkeep.OpenSite(ctx, filepath.Join(flags.State, siteDir))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, site.Close()) }()
	checked, err := upkeep.Check(ctx, repository, site, id, built(), nil)
	if refusal := new(trust.Refusal); errors.As(err, &refusal) {
		return &hintError{err, refusal.In(lang)}
	} else if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s, %s\n", checked.Site, checked.Made.Format(time.DateOnly))
	for _, line := range checked.Plan.In(lang) {
		fmt.Fprintln(p.stdout, line)
	}
	if c.DryRun {
		return nil
	}
	err = checked.Bring(ctx, site, nil)
	if errors.Is(err, apply.ErrTrial) {
		return &hintError{err, "kioskd site confirm keeps it, kioskd site back returns to the one before"}
	}
	if err != nil {
		return err
	}
	return errors.Join(tell(p, flags, site), tellRestart(p, flags), tellTrial(p, lang))
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
