// Package usagedb keeps what the kiosk counts in a bbolt file, so that neither
// a power cut nor a stolen card does harm: the file is always whole, and it
// never shows which sessions were the last.
//
// Only main programs may import it; the loop knows it as an interface. It is
// the only importer of go.etcd.io/bbolt.
//
// Caveats:
//   - Sessions are written in groups, see DB. A power cut loses those not yet
//     written, with the default group up to four.
//   - bbolt leaves old pages in a file that it changes, so no file is ever
//     changed: each commit builds a new one and puts it in place of the old.
//     Whoever reads the file sees one commit whole. The blocks of the old file
//     are left to the file system; nothing personal was in them.
//   - bbolt panics, or dies of a page fault, on a damaged file. A seal over all
//     of the file is checked before bbolt sees it; what still goes wrong is
//     recovered in the one goroutine that touches files.
//   - One process per file. A second one would not damage it, but each would
//     overwrite what the other counted.
package usagedb

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"guichet.example/internal/atomicfile"
	"guichet.example/kiosk/usage"
)

// minGroup is the least number of sessions that are written together while the
// day lasts.
const minGroup = 5

// Options are the parts that differ between a kiosk and a test.
type Options struct {
	Now   func() time.Time // wall clock, read for the day only; nil: time.Now
	Log   *slog.Logger     // nil: nothing is logged
	Group int              // sessions written together; under 5 counts as 5
}

// DB counts sessions in memory and writes them when there are a group of them,
// when their day is over, and on Close.
type DB struct {
	path    string
	options Options
	replace func(path string, perm fs.FileMode, fill func(tmp string) error) error

	wake chan struct{} // there may be something to write
	stop chan struct{}
	done chan struct{} // closed when the goroutine has ended

	// Owned by the goroutine run.
	book    *usage.Book // what the file holds
	builder builder
	failing bool // the last commit failed, and that was logged

	mu        sync.Mutex
	calendar  usage.Calendar
	pending   *usage.Book // not yet handed to a commit
	writing   int         // sessions in the commit under way
	since     usage.Day   // day of the first pending session
	committed int
	closed    bool
	closeErr  error
}

// Open begins to count in the file at path, which it makes if it is missing. A
// damaged file is set aside and a new one begun. While the file cannot be
// written, sessions are counted in memory and tried again with each further
// one. Open fails where no file can ever be: there is no such directory, or
// what is there may not be read or is not a file.
func Open(path string, o Options) (*DB, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Group = max(o.Group, minGroup)
	return open(path, o, atomicfile.Build)
}

func open(path string, o Options, replace func(string, fs.FileMode, func(string) error) error) (*DB, error) {
	d := &DB{
		path: path, options: o, replace: replace, pending: &usage.Book{},
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("open usage file %q: no directory for it: %w", path, errors.Join(err, fs.ErrNotExist))
	}
	ready := make(chan error)
	go d.run(ready) // ends with Close, or when it reports an error here
	if err := <-ready; err != nil {
		return nil, fmt.Errorf("open usage file %q: %w", path, err)
	}
	return d, nil
}

// Add counts a session that has just ended. It never waits for the disk. The
// error says that s is not a valid fact, or that d is closed.
func (d *DB) Add(s usage.Session) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return fmt.Errorf("count session: usage file is closed")
	}
	d.advance()
	if err := d.pending.Add(s); err != nil {
		return err
	}
	if d.pending.Total == 1 {
		d.since = d.calendar.Today()
	}
	if d.due() {
		d.nudge()
	}
	return nil
}

// Switched counts that the film's relay was energised. It is written with the
// next group of sessions, never by itself: its time would be that of a session.
func (d *DB) Switched() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pending.Switched++
}

// Counts returns the sessions that wait in memory, and those that the file
// holds or ever held.
func (d *DB) Counts() (pending, committed int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pending.Total + d.writing, d.committed
}

// Close writes what is pending, however little it is, and ends. Kiosks are
// switched off in the evening: a quiet one would otherwise count nothing. The
// error is that of this last commit.
func (d *DB) Close() error {
	d.mu.Lock()
	first := !d.closed
	d.closed = true
	d.mu.Unlock()
	if first {
		close(d.stop)
	}
	<-d.done
	return d.closeErr
}

// advance reads the clock; d.mu is held.
func (d *DB) advance() {
	d.calendar = d.calendar.Advance(usage.DayOf(d.options.Now()))
	d.pending.Calendar = d.calendar
}

// due says whether pending sessions are to be written now; d.mu is held.
func (d *DB) due() bool {
	n := d.pending.Total
	return n >= d.options.Group || n > 0 && d.since != d.calendar.Today()
}

func (d *DB) nudge() {
	select {
	case d.wake <- struct{}{}:
	default: // it has not yet come round to the last one
	}
}
