package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"guichet.example/internal/atomicfile"
	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/identity"
)

// enrolmentCommand tells an administrator which kiosk this is.
type enrolmentCommand struct {
	To string `type:"existingdir" placeholder:"DIR" help:"Write the file there, in guichet/enrolment as on a stick, instead of printing it."`
}

// Run writes the enrolment file. Nothing in it is secret.
func (c *enrolmentCommand) Run(flags *Flags, p process) error {
	id, err := identity.Open(filepath.Join(flags.State, keyFile))
	if err != nil {
		return err
	}
	e := id.Enrolment(identity.ReadFacts(os.DirFS("/")), version())
	if c.To == "" {
		_, err := p.stdout.Write(e.Encode())
		return err
	}
	file := filepath.Join(c.To, filepath.FromSlash(provisioning.EnrolmentFile(e.Kiosk)))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := atomicfile.WriteFile(file, e.Encode(), 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, say(languageOf(""), "%s est écrit. L’administrateur ajoute la borne avec kioskctl site enrol.\n",
		"%s is written. The administrator adds the kiosk with kioskctl site enrol.\n"), file)
	return err
}

// siteCommands are about what the site has sent, for a technician at a shell.
type siteCommands struct {
	Lang string `enum:"fr,en," default:"" help:"fr or en; without it that of $$LANG, or fr."`

	Apply   siteApplyCommand   `cmd:"" help:"Check a site's repository for this kiosk, tell what changes, and put it in force on trial."`
	Show    siteShowCommand    `cmd:"" help:"Tell which release is in force."`
	Confirm siteConfirmCommand `cmd:"" help:"Keep the release that is on trial: it works."`
	Back    siteBackCommand    `cmd:"" help:"Go back to the release before: this one does not work."`
}

type siteShowCommand struct{}

// Run tells the state in words.
func (siteShowCommand) Run(ctx context.Context, flags *Flags, p process) error {
	return withSite(ctx, flags, func(site *apply.Site) error { return tell(p, flags, site) })
}

type siteConfirmCommand struct{}

// Run ends the trial.
func (siteConfirmCommand) Run(ctx context.Context, flags *Flags, p process) error {
	return withSite(ctx, flags, func(site *apply.Site) error {
		if err := site.Confirm(); err != nil {
			return err
		}
		return tell(p, flags, site)
	})
}

type siteBackCommand struct{}

// Run goes back. kioskd itself goes on with what it has read until it starts
// again.
func (siteBackCommand) Run(ctx context.Context, flags *Flags, p process) error {
	return withSite(ctx, flags, func(site *apply.Site) error {
		if err := site.TakeBack(); err != nil {
			return err
		}
		return errors.Join(tell(p, flags, site), tellRestart(p, flags))
	})
}

// withSite opens the site for one act.
func withSite(ctx context.Context, flags *Flags, act func(*apply.Site) error) error {
	site, err := openSite(ctx, flags)
	if err != nil {
		return err
	}
	if site == nil {
		return &hintError{errors.New("no site has sent anything to this kiosk"), "kioskd enrolment writes what its administrator needs for a stick"}
	}
	return errors.Join(act(site), site.Close())
}

// say picks one of two texts.
func say(lang, fr, en string) string {
	if lang == "en" {
		return en
	}
	return fr
}

// tell says in words what is in force.
func tell(p process, flags *Flags, site *apply.Site) error {
	lang, s := languageOf(flags.Site.Lang), site.State()
	text := say(lang, "Aucune version n’est en service.\n", "No release is in force.\n")
	switch {
	case s.Trial:
		text = fmt.Sprintf(say(lang, "La version %s est à l’essai : encore %d démarrages, puis elle est retirée d’elle-même.\n",
			"Release %s is on trial: %d more starts, then it is taken back by itself.\n"), s.Current.Version, s.Boots)
	case s.Current.Number > 0:
		text = fmt.Sprintf(say(lang, "La version %s est en service.\n", "Release %s is in force.\n"), s.Current.Version)
	}
	if s.Previous.Number > 0 {
		text += fmt.Sprintf(say(lang, "Avant elle : la version %s.\n", "Before it: release %s.\n"), s.Previous.Version)
	}
	if s.TakenBack != "" {
		text += fmt.Sprintf(say(lang, "La version %s a été retirée.\n", "Release %s was taken back.\n"), s.TakenBack)
	}
	_, err := fmt.Fprint(p.stdout, text)
	return err
}

func tellRestart(p process, flags *Flags) error {
	_, err := fmt.Fprintln(p.stdout, say(languageOf(flags.Site.Lang), "kioskd l’utilise à son prochain démarrage : systemctl restart kioskd",
		"kioskd uses it from its next start: systemctl restart kioskd"))
	return err
}
