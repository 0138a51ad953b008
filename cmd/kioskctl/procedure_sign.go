package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"guichet.example/cmd/kioskctl/sitefolder"
	"guichet.example/internal/atomicfile"
	"guichet.example/internal/keyfile"
)

type procedureKey struct {
	File string `arg:"" type:"path" help:"File to make. It is the secret with which packs are signed."`
	secretFlag
}

// Run makes the key of an author of packs and prints its public half, which is
// all that goes to standard output: it is for a site's site.toml.
func (c *procedureKey) Run(ctx context.Context, out output, s surroundings) error {
	passphrase, err := s.passphrase(ctx, c.PassphraseFD, true)
	if err != nil {
		return err
	}
	defer clear(passphrase)
	public, err := sitefolder.NewAuthor(c.File, passphrase, s.cost, rand.Reader)
	if errors.Is(err, keyfile.ErrExists) {
		return &hintError{err, "choose another name; a key is never made over"}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%x\n", []byte(public))
	return err
}

type procedureSign struct {
	Dir   string `arg:"" type:"existingdir" help:"Directory of the pack, with its pack.toml."`
	Key   string `arg:"" type:"existingfile" help:"Key that kioskctl procedure key has made."`
	Name  string `required:"" help:"Name that the pack has in the sites that use it: their folder packs/NAME."`
	Until dayArg `required:"" placeholder:"DATE" help:"Last day on which the signature counts, as 2027-03-31."`
	secretFlag
	langFlag
}

// Run signs a pack that is good. The signature stands beside its folder.
func (c *procedureSign) Run(ctx context.Context, out output, s surroundings) error {
	if c.Until.Day < s.today() {
		return &hintError{fmt.Errorf("--until %v is over", c.Until), "give a day to come; kiosks take no new stick with the pack after it"}
	}
	if _, err := sitefolder.LoadPack(c.Dir); err != nil {
		return &hintError{fmt.Errorf("check pack %q:\n%w", c.Dir, err), "mend the lines named above and sign again"}
	}
	passphrase, err := s.passphrase(ctx, c.PassphraseFD, false)
	if err != nil {
		return err
	}
	defer clear(passphrase)
	last, err := time.Parse(time.DateOnly, c.Until.String())
	if err != nil {
		return err
	}
	data, leftOut, err := sitefolder.SignPack(c.Dir, c.Name, c.Key, passphrase, s.now(), last.AddDate(0, 0, 1))
	if err != nil {
		return keysHint(err)
	}
	signature := strings.TrimRight(filepath.Clean(c.Dir), string(filepath.Separator)) + ".json"
	if err := atomicfile.WriteFile(signature, data, 0o644); err != nil {
		return err
	}
	for _, name := range leftOut {
		if err := say(out, c.Lang, text{"%s n’est pas signé : les bornes n’en ont pas besoin.\n", "%s is not signed: kiosks do not need it.\n"}, name); err != nil {
			return err
		}
	}
	return say(out, c.Lang, text{
		"La signature est écrite : %[1]s\nDonnez-la avec le dossier ; elle va dans packs/%[2]s.json du site. Elle compte jusqu’au %[3]s.\n",
		"The signature is written: %[1]s\nGive it with the folder; in the site it is packs/%[2]s.json. It counts until %[3]s.\n",
	}, signature, c.Name, plainDay(c.Until.Day, c.Lang))
}
