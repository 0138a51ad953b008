package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"guichet.example/cmd/kioskctl/issuer"
	"guichet.example/hw/badge"
	"guichet.example/internal/atomicfile"
)

type badgeCommands struct {
	Init        badgeInit        `cmd:"" help:"Make the badge folder of an organisation: its keys, and an empty register."`
	Site        badgeSite        `cmd:"" help:"Write what the kiosks of a site need to know badges by."`
	Make        badgeMake        `cmd:"" help:"Make the card on the reader a badge."`
	Show        badgeShow        `cmd:"" help:"Say what the card on the reader is."`
	List        badgeList        `cmd:"" help:"List the badges of the register."`
	Revoke      badgeRevoke      `cmd:"" help:"Say that badges count no more."`
	Revocations badgeRevocations `cmd:"" help:"Write the signed list that tells kiosks so."`
}

// surroundings are what the badge commands find around them.
type surroundings struct {
	now        func() time.Time
	passphrase func(ctx context.Context, fd int, fresh bool) ([]byte, error) // fresh: one that is chosen now
	pin        func(context.Context) ([]byte, error)                         // one that is chosen now; its strength is looked at elsewhere
	reader     func(context.Context, readerFlags) (station, error)
	secret     func(ctx context.Context, name string) ([]byte, error)
	cost       int // of a passphrase, see issuer.Founding
}

func (s surroundings) today() badge.Day { return badge.DayOf(s.now()) }

// Flags that several commands have.
type (
	folderArg struct {
		Dir string `arg:"" type:"path" help:"Badge folder of the organisation."`
	}
	siteArg struct {
		Site string `arg:"" help:"Name of the site, for instance mairie-centre."`
	}
	secretFlag struct {
		PassphraseFD int `name:"passphrase-fd" default:"-1" placeholder:"N" help:"Read the passphrase from file descriptor N instead of asking for it; 0 is standard input."`
	}
	langFlag struct {
		Lang string `enum:"fr,en" default:"fr" help:"Language of the text: fr or en."`
	}
)

// dayArg is a day written as 2027-03-31.
type dayArg struct{ badge.Day }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *dayArg) UnmarshalText(text []byte) (err error) {
	d.Day, err = badge.ParseDay(string(text))
	return err
}

// openFolder opens the register, and openKeys the keys as well.
func (f folderArg) openFolder() (*issuer.Folder, error) {
	folder, err := issuer.Open(f.Dir)
	return folder, badgeHint(err)
}

func (f folderArg) openKeys(ctx context.Context, s surroundings, c secretFlag) (*issuer.Folder, *issuer.Keys, error) {
	folder, err := f.openFolder()
	if err != nil {
		return nil, nil, err
	}
	passphrase, err := s.passphrase(ctx, c.PassphraseFD, false)
	if err != nil {
		return nil, nil, err
	}
	defer clear(passphrase)
	keys, err := folder.Keys(passphrase)
	return folder, keys, badgeHint(err)
}

// badgeHint adds what to do next.
func badgeHint(err error) error {
	switch {
	case errors.Is(err, issuer.ErrPassphrase):
		return &hintError{err, "try again; nobody can open the keys without it, and a new folder means new badges"}
	case errors.Is(err, issuer.ErrChanged):
		return &hintError{err, "run the command again; one at a time may use a badge folder"}
	case errors.Is(err, issuer.ErrUnknown):
		return &hintError{err, "kioskctl badge list DIR shows the numbers"}
	case errors.Is(err, issuer.ErrExists):
		return &hintError{err, "give a folder that does not exist yet; a badge folder is never made over"}
	case errors.Is(err, fs.ErrNotExist):
		return &hintError{err, "give the folder that kioskctl badge init made, with its register.toml and keys"}
	default:
		return err
	}
}

type badgeInit struct {
	folderArg
	Organisation int64 `required:"" placeholder:"NUMBER" help:"Number of the organisation, at most nine digits: in France its SIREN."`
	secretFlag
	langFlag
}

// Run makes the folder.
func (c *badgeInit) Run(ctx context.Context, out output, s surroundings) error {
	if err := issuer.CheckOrganisation(c.Organisation); err != nil {
		return err
	}
	passphrase, err := s.passphrase(ctx, c.PassphraseFD, true)
	if err != nil {
		return err
	}
	defer clear(passphrase)
	err = issuer.Init(c.Dir, issuer.Founding{
		Organisation: uint32(c.Organisation), Passphrase: passphrase, Cost: s.cost, Random: rand.Reader,
	})
	if err != nil {
		return badgeHint(err)
	}
	return say(out, c.Lang, textInit(), c.Dir)
}

type badgeSite struct {
	folderArg
	siteArg
	Out string `arg:"" type:"path" help:"Folder to make. What is in it is a secret of the site."`
	secretFlag
	langFlag
}

// Run writes the site's folder. One that is there is left alone: it may be
// another site's.
func (c *badgeSite) Run(ctx context.Context, out output, s surroundings) error {
	if err := issuer.CheckSite(c.Site); err != nil {
		return &hintError{err, "use the name that you will know the site by; it is part of its key and cannot be changed later"}
	}
	folder, keys, err := c.openKeys(ctx, s, c.secretFlag)
	if err != nil {
		return err
	}
	defer keys.Clear()
	if err := folder.AddSite(c.Site); err != nil {
		return badgeHint(err)
	}
	switch err := keys.WriteSite(c.Out, c.Site); {
	case errors.Is(err, issuer.ErrExists):
		return &hintError{err, "choose another name, or delete it first"}
	case err != nil:
		return &hintError{err, "give a place that exists and that you may write to"}
	}
	return say(out, c.Lang, textSite(), c.Site, c.Out)
}

type badgeList struct {
	folderArg
	langFlag
}

// Run prints the register.
func (c *badgeList) Run(out output, s surroundings) error {
	folder, err := c.openFolder()
	if err != nil {
		return err
	}
	_, err = out.Write(listText(&folder.Register, s.today(), c.Lang))
	return err
}

type badgeRevoke struct {
	folderArg
	Serial []uint64 `arg:"" help:"Numbers of the badges, as kioskctl badge list shows them."`
	langFlag
}

// Run revokes all or none.
func (c *badgeRevoke) Run(out output, s surroundings) error {
	folder, err := c.openFolder()
	if err != nil {
		return err
	}
	fresh, err := folder.Revoke(c.Serial, s.today())
	if err != nil {
		return badgeHint(err)
	}
	if len(fresh) == 0 {
		return say(out, c.Lang, textRevokedBefore())
	}
	return say(out, c.Lang, textRevoked(), numbers(fresh), c.Dir)
}

type badgeRevocations struct {
	folderArg
	Out   string `arg:"" type:"path" help:"File to write; an older list of this organisation is replaced."`
	Until dayArg `required:"" placeholder:"DATE" help:"Last day on which kiosks let helpers in by this list, as 2027-03-31. Bring the next list before."`
	secretFlag
	langFlag
}

// Run signs the list.
func (c *badgeRevocations) Run(ctx context.Context, out output, s surroundings) error {
	today := s.today()
	if c.Until.Day < today {
		return &hintError{fmt.Errorf("--until %v is over", c.Until), "give a day to come; kiosks let no helper in after it"}
	}
	folder, keys, err := c.openKeys(ctx, s, c.secretFlag)
	if err != nil {
		return err
	}
	defer keys.Clear()
	if err := replaceable(c.Out, &folder.Register); err != nil {
		return err
	}
	sequence, err := folder.NextList()
	if err != nil {
		return badgeHint(err)
	}
	refused := folder.Register.Refused()
	list, err := badge.SignRevocations(badge.RevocationHead{
		Organisation: keys.Organisation, Sequence: sequence, Issued: today, Expires: c.Until.Day,
	}, refused, keys.Signer)
	if err != nil {
		return err
	}
	if err := atomicfile.WriteFile(c.Out, list, 0o644); err != nil {
		return &hintError{err, "give a folder that exists and that you may write to, and run the command again"}
	}
	return say(out, c.Lang, textList(), sequence, c.Out, len(refused), plainDay(c.Until.Day, c.Lang))
}

// replaceable refuses to write over what is no list of this organisation.
func replaceable(path string, r *issuer.Register) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		_, err = badge.OpenRevocations(data, r.Issuer, r.Organisation, 0)
	}
	if err != nil {
		return &hintError{fmt.Errorf("write %q: there is another file: %w", path, err), "choose another name; only an older list of this organisation is replaced"}
	}
	return nil
}
