package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"guichet.example/cmd/kioskctl/sitefolder"
	"guichet.example/internal/keyfile"
	"guichet.example/provisioning"
)

type siteCommands struct {
	Init    siteInit    `cmd:"" help:"Make the folder of a site, and the folder of its keys."`
	Check   siteCheck   `cmd:"" help:"Check a site: file, line, what is wrong and what would be right."`
	Enrol   siteEnrol   `cmd:"" help:"Add kiosks by the files that they have written on a stick."`
	Secret  siteSecret  `cmd:"" help:"Put a password or a key for the kiosks into the folder of keys."`
	Stick   siteStick   `cmd:"" help:"Make a stick, and say what it will do to which kiosk."`
	Publish sitePublish `cmd:"" help:"Make what a stick would hold as a folder for a web server, from which kiosks fetch it."`
	Show    siteShow    `cmd:"" help:"Read a stick back as kiosks do."`
	Rotate  siteRotate  `cmd:"" help:"Replace a key of the site that is lost or stolen, or renew the dates of all."`
	Reports siteReports `cmd:"" help:"Open the reports that kiosks have left on a stick."`
	Revoke  siteRevoke  `cmd:"" help:"Say that a kiosk is lost or stolen: it gets nothing more."`
}

// Arguments that several commands have.
type (
	siteDirArg struct {
		Site string `arg:"" type:"path" help:"Folder of the site."`
	}
	keysDirArg struct {
		Keys string `arg:"" type:"path" help:"Folder of the site's keys."`
	}
)

// open opens the site; what is wrong in its files names file and line.
func (a siteDirArg) open() (*sitefolder.Folder, error) {
	f, err := sitefolder.Open(a.Site)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &hintError{err, "give the folder that kioskctl site init made, with its site.toml"}
	}
	if err != nil {
		return nil, &hintError{err, "mend what is named above and run the command again; nothing was changed"}
	}
	return f, nil
}

// open opens the keys that make sticks of the site. Where the site asks for
// reports, it also has to be one of our keys that opens them.
func (a keysDirArg) open(ctx context.Context, s surroundings, c secretFlag, site provisioning.Site) (*sitefolder.Keys, error) {
	passphrase, err := s.passphrase(ctx, c.PassphraseFD, false)
	if err != nil {
		return nil, err
	}
	defer clear(passphrase)
	keys, err := sitefolder.OpenKeys(a.Keys, passphrase)
	if err != nil || site.Machine.Reports == nil {
		return keys, keysHint(err)
	}
	reports, err := sitefolder.OpenReportKeys(a.Keys, passphrase)
	if err == nil && !reports.Open(site.Machine.Reports.Recipient) {
		err = errors.New("site.toml, [reports]: recipient is none of your keys: somebody else could read the reports, and you could not")
	}
	if err != nil {
		keys.Clear()
		return nil, &hintError{err, "kioskctl site rotate SITE KEYS reports makes a key and writes the line"}
	}
	return keys, nil
}

// keysHint adds what to do about a folder of keys.
func keysHint(err error) error {
	switch {
	case errors.Is(err, keyfile.ErrPassphrase):
		return &hintError{err, "try again; nobody can open the keys without it"}
	case errors.Is(err, fs.ErrNotExist):
		return &hintError{err, "give the folder of keys that kioskctl site init made"}
	default:
		return err
	}
}

type siteInit struct {
	siteDirArg
	keysDirArg
	Name string `required:"" help:"Name of the organisation, as visitors know it."`
	secretFlag
	langFlag
}

// Run makes the folders.
func (c *siteInit) Run(ctx context.Context, out output, s surroundings) error {
	passphrase, err := s.passphrase(ctx, c.PassphraseFD, true)
	if err != nil {
		return err
	}
	defer clear(passphrase)
	id, err := sitefolder.Init(c.Site, c.Keys, sitefolder.Founding{
		Name: strings.TrimSpace(c.Name), Passphrase: passphrase, Cost: s.cost, Random: rand.Reader, Now: s.now(),
	})
	switch {
	case errors.Is(err, keyfile.ErrExists):
		return &hintError{err, "give two folders that do not exist yet; nothing is made over"}
	case err != nil:
		return &hintError{err, "give places that exist and that you may write to"}
	}
	return say(out, c.Lang, textSiteInit(), c.Site, c.Keys, id)
}

type siteCheck struct {
	siteDirArg
	langFlag
}

// Run checks all of the site but its secrets.
func (c *siteCheck) Run(out output, s surroundings) error {
	f, err := c.open()
	if err != nil {
		return err
	}
	content, err := f.Read(s.now())
	if err != nil {
		return &hintError{err, "mend what is named above and run the check again"}
	}
	text, err := checkText(f, content, s.now(), c.Lang)
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return err
}

type siteEnrol struct {
	siteDirArg
	From  []string `arg:"" type:"path" help:"Sticks, folders or files with enrolments."`
	ID    string   `name:"id" placeholder:"NAME" help:"Name of the kiosk in usage reports, where there is one: a-z, 0-9 and -."`
	Place string   `placeholder:"TEXT" help:"Where the kiosk stands, in your words."`
	langFlag
}

// Run adds kiosks.
func (c *siteEnrol) Run(out output, _ surroundings) error {
	f, err := c.open()
	if err != nil {
		return err
	}
	for _, from := range c.From {
		all, err := sitefolder.Enrolments(from)
		if err != nil {
			return &hintError{err, "give the stick that was in the kiosk; the kiosk writes the file while it has no site"}
		}
		if len(all) > 1 && (c.ID != "" || c.Place != "") {
			return &hintError{fmt.Errorf("%q holds %d kiosks", from, len(all)), "leave --id and --place out, and write them into the kiosks' files afterwards"}
		}
		done, err := f.Enrol(all, sitefolder.Newcomer{ID: c.ID, Place: strings.TrimSpace(c.Place)})
		for _, e := range done {
			if err := say(out, c.Lang, textEnrolled(e), e.Kiosk, e.File, e.Model, e.Serial); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
	return say(out, c.Lang, textEnrolNext(), c.Site)
}

type siteSecret struct {
	keysDirArg
	Name string `arg:"" enum:"wifi,proxy,badge-key" help:"wifi, proxy or badge-key."`
	File string `type:"existingfile" help:"Read it from a file, such as the site.key of kioskctl badge site, instead of asking."`
	secretFlag
	langFlag
}

// Run puts a secret in.
func (c *siteSecret) Run(ctx context.Context, out output, s surroundings) error {
	passphrase, err := s.passphrase(ctx, c.PassphraseFD, false)
	if err != nil {
		return err
	}
	defer clear(passphrase)
	var value []byte
	if c.File != "" {
		if value, err = keyfile.Read(c.File, longest); err != nil {
			return err
		}
	} else if value, err = s.secret(ctx, c.Name); err != nil {
		return err
	}
	defer clear(value)
	err = sitefolder.SetSecret(c.Keys, passphrase, s.cost, sitefolder.Secret(c.Name), strings.TrimSpace(string(value)))
	if err != nil {
		return keysHint(err)
	}
	return say(out, c.Lang, textSecret(), c.Name)
}

type siteStick struct {
	siteDirArg
	keysDirArg
	Out string `arg:"" type:"path" help:"The stick: its folder on this computer. Other files on it are left alone. A name that ends in .img makes an image of a stick instead."`
	secretFlag
	langFlag
}

// Run makes a stick.
func (c *siteStick) Run(ctx context.Context, out output, s surroundings) error {
	now := s.now()
	f, content, keys, err := openAll(ctx, s, c.siteDirArg, c.keysDirArg, c.secretFlag)
	if err != nil {
		return err
	}
	defer keys.Clear()
	made, err := f.Stick(ctx, c.Out, keys, content, now)
	if err != nil {
		return outHint(err, "give the folder under which the stick is mounted, and take off its write protection",
			"take the newest copy; if there is none, put the files of guichet/metadata on this stick into published/metadata of the site")
	}
	_, err = out.Write(stickText(f, made, content, now, c.Out, c.Lang))
	return err
}

// openAll opens a site and its keys to send something out.
func openAll(ctx context.Context, s surroundings, site siteDirArg, keys keysDirArg, secret secretFlag) (*sitefolder.Folder, *sitefolder.Content, *sitefolder.Keys, error) {
	f, err := site.open()
	if err != nil {
		return nil, nil, nil, err
	}
	content, err := f.Read(s.now())
	if err != nil {
		return nil, nil, nil, &hintError{err, "mend what is named above and run the command again; nothing was written"}
	}
	k, err := keys.open(ctx, s, secret, f.Site)
	return f, content, k, err
}

// outHint adds what to do about the place that something goes out to.
func outHint(err error, place, old string) error {
	switch {
	case errors.Is(err, os.ErrPermission), errors.Is(err, fs.ErrNotExist):
		return &hintError{err, place}
	case errors.Is(err, sitefolder.ErrOldCopy):
		return &hintError{err, old}
	case errors.Is(err, sitefolder.ErrClock):
		return &hintError{err, "set the clock right; if it is right now and was wrong then: kioskctl site rotate SITE KEYS site, and run the command again"}
	}
	return err
}

type siteShow struct {
	Stick string `arg:"" type:"path" help:"The stick: its folder on this computer, or an image of one (.img)."`
	Site  string `type:"path" placeholder:"DIR" help:"Folder of a site: says whether the stick is one of it."`
	langFlag
}

// Run reads a stick back. A stick that a kiosk would refuse is an error.
func (c *siteShow) Run(ctx context.Context, out output, s surroundings) error {
	shown, err := sitefolder.Show(ctx, c.Stick, s.now())
	if err != nil {
		return err
	}
	var site *sitefolder.Folder
	if c.Site != "" {
		if site, err = (siteDirArg{c.Site}).open(); err != nil {
			return err
		}
	}
	text, good := showStickText(shown, site, c.Lang)
	if _, err := out.Write(text); err != nil {
		return err
	}
	if !good {
		return &hintError{errors.New("kiosks would refuse this stick"), "kioskctl site stick makes it again"}
	}
	return nil
}

type siteRotate struct {
	siteDirArg
	keysDirArg
	What string `arg:"" enum:"site,root,spare,reports,dates" help:"site: the key that signs sticks. root, spare: one of the two that replace keys. reports: the key that opens reports. dates: no key, the dates alone."`
	With string `type:"existingfile" placeholder:"FILE" help:"Root key that signs the change, where it was moved to; otherwise root.age in the folder of keys, or spare.age when root is replaced."`
	secretFlag
	langFlag
}

// Run replaces a key.
func (c *siteRotate) Run(ctx context.Context, out output, s surroundings) error {
	f, err := c.siteDirArg.open()
	if err != nil {
		return err
	}
	passphrase, err := s.passphrase(ctx, c.PassphraseFD, false)
	if err != nil {
		return err
	}
	defer clear(passphrase)
	if c.What == "reports" {
		if err := f.RotateReports(c.Keys, passphrase, s.cost); err != nil {
			return keysHint(err)
		}
		return say(out, c.Lang, textReportsRotated())
	}
	lost := sitefolder.Kind(c.What)
	if c.What == "dates" {
		lost = ""
	}
	err = f.Rotate(sitefolder.Rotation{
		Lost: lost, Keys: c.Keys, With: c.With, Passphrase: passphrase, Cost: s.cost, Random: rand.Reader, Now: s.now(),
	})
	if errors.Is(err, fs.ErrNotExist) {
		return &hintError{err, "--with FILE names the root key or its spare where you keep it"}
	}
	if err != nil {
		return keysHint(err)
	}
	return say(out, c.Lang, textRotated(lost))
}

type siteRevoke struct {
	siteDirArg
	Kiosk []string `arg:"" help:"Kiosks: their id in usage reports, or the number k-… that they show."`
	langFlag
}

// Run marks kiosks.
func (c *siteRevoke) Run(out output, s surroundings) error {
	f, err := c.open()
	if err != nil {
		return err
	}
	for _, name := range c.Kiosk {
		k, err := f.Revoke(name, s.now())
		if errors.Is(err, sitefolder.ErrUnknown) {
			return &hintError{err, "kioskctl site check SITE lists the kiosks"}
		}
		if err != nil {
			return err
		}
		if err := say(out, c.Lang, textKioskRevoked(), k.ID, k.Place, k.Revoked); err != nil {
			return err
		}
	}
	return say(out, c.Lang, textAfterRevoke(f), c.Site)
}
