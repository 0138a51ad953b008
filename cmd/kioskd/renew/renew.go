// Package renew brings releases from the site's server, as the kiosk's loop
// needs it (kiosk.Fleet): asked now and then, fetched into a directory, checked,
// stored and put in force on trial as what a stick brings (cmd/kioskd/upkeep).
// kioskd imports it.
//
// # When
//
// provisioning/fleet draws when to ask. The loop lets the work begin when nobody
// has been there for a minute, and ends it when somebody comes; then it is taken
// up again a minute after they have gone, and what was fetched is not fetched
// again. Where the site has opening hours, a release is put in force outside
// them, or a day after it was found: a clock that is wrong delays it no longer.
// The server is asked once more then, and must answer: at night its network may
// be off, and the trial would be in vain.
//
// # What is not brought
//
// A release that was taken back here does not come again, nor another number
// with the same files; a stick can bring it. Where nothing was against it but
// that nothing answered, it comes again, twice at most: that may have been an
// outage, or a mistake in the release. One that is rolled out to others
// first comes when it is this kiosk's turn.
package renew

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"guichet.example/cmd/kioskd/upkeep"
	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/fleet"
	"guichet.example/provisioning/web"
)

// Names in Config.Data.
const (
	directory  = "fleet"
	fetched    = directory + "/targets" // under their hashes
	memoryFile = directory + "/memory.json"
)

const (
	// withinHours is how long a release waits for the place to close.
	withinHours = 24 * time.Hour
	// again is how often the clock is looked at meanwhile.
	again = 5 * time.Minute
	// spread is how long after a time that a server has asked for kiosks come back.
	spread = 15 * time.Minute
	// longest bounds one look at a server; the next goes on where it was.
	longest = 2 * time.Hour
	// mostTries is how often a release is tried that nothing answers.
	mostTries = 3
)

// Config is what a kiosk has for it.
type Config struct {
	Data     string // directory on the data partition, for root alone
	Server   *web.Server
	Period   time.Duration       // mean time between two questions
	Hours    *provisioning.Hours // nil: at any time
	Built    time.Time           // when the program was built
	Firmware string              // its version
	Running  apply.Release       // that the program uses
	// TakenBack is that of apply.State when the program started.
	TakenBack string
	Log       *slog.Logger
}

// Fleet is a kiosk.Fleet.
type Fleet struct {
	config Config
	chance func() uint32
	now    func() time.Time // for opening hours; everything else is monotonic
	memory memory
	due    time.Time // when the server is asked next

	found *found // a release that is to be put in force; nil: none
	site  *apply.Site
}

// found is a release that was fetched and checked.
type found struct {
	*upkeep.Checked
	held       *apply.Held // in force: what both have in common is read from it
	store      *os.Root    // what was fetched
	validators web.Validators
	stamp      string // hash of its timestamp
	since      time.Time
	next       time.Time // when it may be put in force
}

// New reads what is remembered from before the start.
func New(c Config) (*Fleet, error) {
	if err := os.MkdirAll(filepath.Join(c.Data, fetched), 0o700); err != nil {
		return nil, fmt.Errorf("make a directory for the server's files: %w", err)
	}
	f := &Fleet{config: c, chance: rand.Uint32, now: time.Now}
	f.memory = recall(filepath.Join(c.Data, memoryFile), c.Firmware, c.Server.URL())
	f.putOff()
	wait := fleet.First(c.Period, f.chance())
	if f.memory.Failures > 0 {
		wait = fleet.Wait(c.Period, f.memory.Failures, f.chance())
	}
	f.due = time.Now().Add(wait)
	return f, nil
}

// putOff forgets a release that was tried and is neither in force nor taken back:
// a stick that brings it from now on needs no server. The server is asked for it
// again later than at once.
func (f *Fleet) putOff() {
	c := f.config
	if t := f.memory.Tried; t == "" || t == c.Running.Version || t == c.TakenBack {
		return
	}
	f.remember(func(m *memory) { m.Tried, m.Failures = "", max(m.Failures, min(m.Tries, mostFailures)) })
}

// Brought says whether the release that runs came from the server. What was taken
// back comes again by a stick alone.
func (f *Fleet) Brought() bool {
	v := f.config.Running.Version
	return f.config.Running.Number > 0 && v == f.memory.Tried && v != f.config.TakenBack
}

// Again says whether the release that runs may be tried once more.
func (f *Fleet) Again() bool { return f.memory.Tries < mostTries }

// Answers asks the server whether it is there. Any goroutine may. One that has
// too much to do is there: a release that comes to many kiosks at once must not
// be taken back for that.
func (f *Fleet) Answers(ctx context.Context) error {
	_, _, err := f.config.Server.Ask(ctx, web.Validators{})
	if said := new(web.StatusError); errors.As(err, &said) && (said.Status == http.StatusTooManyRequests || said.RetryAfter > 0) {
		return nil
	}
	return err
}

// Close gives up what is under way.
func (f *Fleet) Close() error {
	f.config.Server.Close()
	return errors.Join(f.closeSite(), f.drop())
}

// Wait implements kiosk.Fleet.
func (f *Fleet) Wait(ctx context.Context) error {
	next := f.due
	if f.found != nil && f.found.next.Before(next) {
		next = f.found.next
	}
	timer := time.NewTimer(time.Until(next))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Bring implements kiosk.Fleet.
func (f *Fleet) Bring(ctx context.Context) bool {
	if !time.Now().Before(f.due) || f.found != nil && !f.tooEarly() {
		f.asked(ctx, f.look(ctx))
	}
	if f.found == nil || ctx.Err() != nil || f.tooEarly() {
		return false
	}
	if f.memory.Failures > 0 { // the trial would fail for what is no fault of the release
		f.found.next = f.due
		return false
	}
	if err := f.store(ctx); err != nil {
		f.notStored(ctx, err)
		return false
	}
	f.config.Log.Info("a release of the server is stored", "release", f.found.Version)
	return true
}

// asked says when to ask next, after an answer or a failure. What somebody who
// came has ended is neither.
func (f *Fleet) asked(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		f.remember(func(m *memory) { m.Failures = 0 })
		f.due = time.Now().Add(fleet.Wait(f.config.Period, 0, f.chance()))
		return
	}
	f.remember(func(m *memory) { m.Failures = min(m.Failures+1, mostFailures) })
	wait := fleet.Wait(f.config.Period, f.memory.Failures, f.chance())
	if said := new(web.StatusError); errors.As(err, &said) && said.RetryAfter > 0 {
		wait = max(wait, said.RetryAfter+time.Duration(float64(f.chance())/(1<<32)*float64(spread)))
	}
	f.due = time.Now().Add(wait)
	f.config.Log.Warn("ask the site's server", "err", err, "again", wait.Round(time.Second))
}

// tooEarly says whether a release has to wait for the place to close.
func (f *Fleet) tooEarly() bool {
	h := f.config.Hours
	if h == nil || !h.Open(f.now()) || time.Since(f.found.since) >= withinHours {
		return false
	}
	f.found.next = time.Now().Add(again)
	return true
}

// store stores what was found, and holds the site until Leave or Try.
func (f *Fleet) store(ctx context.Context) error {
	site, err := upkeep.OpenSite(ctx, filepath.Join(f.config.Data, upkeep.SiteDir))
	if err != nil {
		return err
	}
	f.site = site
	return f.found.Stage(ctx, site, nil)
}

// notStored gives up what could not be stored, unless somebody has only come
// between.
func (f *Fleet) notStored(ctx context.Context, err error) {
	err = errors.Join(err, f.closeSite())
	if ctx.Err() != nil {
		return
	}
	if errors.Is(err, apply.ErrMismatch) {
		err = errors.Join(err, f.clear())
	}
	f.asked(ctx, errors.Join(err, f.drop()))
}

// Leave implements kiosk.Fleet.
func (f *Fleet) Leave() {
	if err := f.closeSite(); err != nil {
		f.config.Log.Warn("leave a release for later", "err", err)
	}
}

func (f *Fleet) closeSite() error {
	if f.site == nil {
		return nil
	}
	site := f.site
	f.site = nil
	return site.Close()
}

// Try implements kiosk.Fleet.
func (f *Fleet) Try(context.Context) error {
	if f.site == nil {
		return errors.New("nothing is stored")
	}
	f.remember(func(m *memory) {
		content := contentOf(f.found.Checked)
		if m.Content != content || m.Tried == f.site.State().Current.Version { // that one has passed
			m.Tries = 0
		}
		m.Tried, m.Content, m.Tries = version(f.found.Version), content, m.Tries+1
	})
	err := f.site.Try()
	if err == nil {
		err = f.clear()
	} else {
		f.remember(func(m *memory) { m.Failures = min(m.Failures+1, mostFailures) }) // not at once again after the restart
	}
	return errors.Join(err, f.closeSite())
}

// drop forgets what was found.
func (f *Fleet) drop() error {
	if f.found == nil {
		return nil
	}
	was := f.found
	f.found = nil
	return errors.Join(was.held.Close(), was.store.Close())
}

// clear removes what was fetched.
func (f *Fleet) clear() error {
	dir := filepath.Join(f.config.Data, fetched)
	return errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700))
}
