package renew

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"guichet.example/cmd/kioskd/upkeep"
	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/fleet"
	"guichet.example/provisioning/identity"
	"guichet.example/provisioning/trust"
	"guichet.example/provisioning/web"
)

// errSettled says that what a server has needs no second look.
var errSettled = errors.New("nothing for this kiosk")

func version(n int64) string { return strconv.FormatInt(n, 10) }

// look asks the server, and fetches and checks what it has for this kiosk.
func (f *Fleet) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	defer f.config.Server.Close()
	known := f.memory.Settled
	if f.found != nil {
		known = f.found.validators
	}
	timestamp, now, err := f.config.Server.Ask(ctx, known)
	if errors.Is(err, web.ErrSame) {
		f.overdue()
		return nil
	}
	if err != nil {
		return err
	}
	stamp := hashOf(timestamp)
	switch {
	case f.found != nil && stamp == f.found.stamp:
		f.found.validators = now
		f.overdue()
		return nil
	case stamp == f.memory.Stamp:
		f.remember(func(m *memory) { m.Settled = now })
		f.overdue()
		return nil
	}
	if err := f.drop(); err != nil {
		return err
	}
	err = f.check(ctx, timestamp, now)
	if errors.Is(err, errSettled) {
		f.remember(func(m *memory) { m.Settled, m.Stamp = now, stamp })
		return f.clear()
	}
	if refusal := new(trust.Refusal); errors.As(err, &refusal) && refusal.Code != trust.Read && refusal.Code != trust.Missing {
		err = errors.Join(err, f.clear()) // nothing of a server that mixes things up is kept
	}
	return err
}

// overdue tells of a server that goes on showing what is over. The kiosk goes on
// with what it has: whoever holds the news back gains that, and is seen.
func (f *Fleet) overdue() {
	if over := f.memory.Over; !over.IsZero() && f.now().After(over) {
		f.config.Log.Warn("the site's server shows nothing new, and what it shows is over: publish again", "since", over.Format(time.DateOnly))
	}
}

// unusable says that a repository is signed and this kiosk cannot use it, or is
// older than what the kiosk has, or for others, as after its revocation: fetching
// it again would not help. That a root is missing nobody has signed: it may be
// there at the next look.
func unusable(err error) bool {
	refusal := new(trust.Refusal)
	if !errors.As(err, &refusal) {
		return false
	}
	switch refusal.Code {
	case trust.Content, trust.WrongKiosk:
		return true
	case trust.Rollback:
		return !strings.HasSuffix(refusal.File, ".root.json")
	}
	return false
}

// check fetches what belongs to a timestamp.
func (f *Fleet) check(ctx context.Context, timestamp []byte, validators web.Validators) (err error) {
	id, err := identity.Read(filepath.Join(f.config.Data, upkeep.KeyFile))
	if err != nil {
		return err
	}
	standing, held, err := f.standing(ctx)
	if err != nil {
		return err
	}
	store, err := os.OpenRoot(filepath.Join(f.config.Data, fetched))
	if err != nil {
		return errors.Join(err, held.Close())
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, held.Close(), store.Close())
		}
	}()
	files := f.config.Server.Look(ctx, timestamp, store)
	files.Held = inRelease{held, id.Kiosk()}
	checked, err := standing.Check(ctx, upkeep.Repository{Files: files, Identity: id, Built: f.config.Built,
		Accept: func(o trust.Offer) error { return f.accept(o, standing.State, id.Kiosk()) }})
	if unusable(err) && files.Failed() == nil {
		f.config.Log.Error("a release of the server is refused", "err", err)
		return errSettled
	}
	if err != nil {
		return err
	}
	if checked.Plan.Same() && !checked.Rekeyed || f.failedBefore(checked, standing.State) {
		return errSettled
	}
	if err := f.prune(checked); err != nil {
		return err
	}
	f.found = &found{Checked: checked, held: held, store: store, validators: validators, stamp: hashOf(timestamp), since: time.Now()}
	f.config.Log.Info("the site's server has a release for this kiosk", "release", checked.Version)
	return nil
}

// standing is what the kiosk has. The site is not held meanwhile: a technician
// with a stick comes first.
func (f *Fleet) standing(ctx context.Context) (upkeep.Standing, *apply.Held, error) {
	site, err := upkeep.OpenSite(ctx, filepath.Join(f.config.Data, upkeep.SiteDir))
	if err != nil {
		return upkeep.Standing{}, nil, err
	}
	standing, err := upkeep.StandingOf(site)
	if err != nil {
		return standing, nil, errors.Join(err, site.Close())
	}
	held, err := site.Current()
	if err = errors.Join(err, site.Close()); err != nil {
		return standing, nil, err
	}
	standing.Have = func() (*provisioning.Release, error) {
		have, err := provisioning.ReadRelease(held)
		return &have, err
	}
	return standing, held, nil
}

// accept says whether a repository is for this kiosk now.
func (f *Fleet) accept(o trust.Offer, state apply.State, id provisioning.KioskID) error {
	f.remember(func(m *memory) { m.Over = o.Expires })
	switch v := version(o.Version); {
	case v == state.Current.Version, v == state.TakenBack, !fleet.Included(id, o.Rollout):
		return errSettled
	}
	return nil
}

// failedBefore says whether the same files have failed their trial here under
// another number.
func (f *Fleet) failedBefore(c *upkeep.Checked, state apply.State) bool {
	return state.TakenBack != "" && state.TakenBack == f.memory.Tried && contentOf(c) == f.memory.Content
}

// prune removes what was fetched for another release.
func (f *Fleet) prune(c *upkeep.Checked) error {
	wanted := map[string]bool{}
	for _, file := range c.Files {
		wanted[hex.EncodeToString(file.SHA256[:])] = true
	}
	dir := filepath.Join(f.config.Data, fetched)
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if !wanted[e.Name()] {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// inRelease shows the files of a release under the names that they have in a
// repository, so that only what changes is fetched.
type inRelease struct {
	release fs.FS
	kiosk   provisioning.KioskID
}

// Open implements fs.FS. A file whose content is not what its name says is not
// there.
func (r inRelease) Open(name string) (fs.File, error) {
	target, want, ok := provisioning.LogicalTarget(strings.TrimPrefix(name, "targets/"))
	local, ours := provisioning.LocalName(target, r.kiosk)
	if ok && ours {
		if have, err := provisioning.DigestOf(r.release, local); err == nil && have == want {
			return r.release.Open(local)
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
