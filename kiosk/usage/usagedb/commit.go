package usagedb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"time"

	"guichet.example/internal/atomicfile"
	"guichet.example/kiosk/usage"
)

// maxWait is the longest time between two looks at the clock: a clock that was
// set does not wake anybody.
const maxWait = time.Hour

// run is the goroutine that owns the file.
func (d *DB) run(ready chan<- error) {
	defer close(d.done)
	debug.SetPanicOnFault(true) // a medium that cannot be read any more: see guarded
	if err := d.load(); err != nil {
		ready <- err
		return
	}
	ready <- nil
	for {
		timer := time.NewTimer(d.untilMidnight())
		select {
		case <-d.wake:
		case <-timer.C:
		case <-d.stop:
			timer.Stop()
			d.closeErr = d.commit(func() bool { return d.pending.Total > 0 })
			return
		}
		timer.Stop()
		_ = d.commit(func() bool { return d.due() || d.monthEnded() }) // logged; tried again
	}
}

// untilMidnight is how long to sleep.
func (d *DB) untilMidnight() time.Duration {
	now := d.options.Now()
	y, m, day := now.Date()
	midnight := time.Date(y, m, day+1, 0, 0, 0, 0, now.Location())
	return min(max(midnight.Sub(now), time.Second), maxWait)
}

// monthEnded says whether the file does not know yet that its newest month is
// over; d.mu is held.
func (d *DB) monthEnded() bool {
	months := d.book.Months()
	return len(months) > 0 && !d.book.IsOver(months[0]) && months[0] < d.calendar.Today().Month()
}

// load reads the file, or begins a new one.
func (d *DB) load() error {
	if err := atomicfile.Discard(d.path); err != nil {
		d.options.Log.Warn("usage file", "err", err)
	}
	book, err := read(d.path)
	if errors.Is(err, ErrDamaged) {
		// The cause may quote what the file holds; that it is damaged is enough.
		d.options.Log.Warn("usage file is damaged; set aside, counting begins anew", "path", d.path)
		if err := setAside(d.path); err != nil {
			d.options.Log.Warn("set usage file aside", "err", err)
		}
		err = fs.ErrNotExist
	}
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return err
	}
	if fresh {
		book = &usage.Book{}
	}
	d.mu.Lock()
	d.book, d.calendar, d.committed = book, book.Calendar, book.Total
	d.advance()
	d.mu.Unlock()
	if fresh {
		// So that what is wrong with the place is seen now, not at night.
		_ = d.commit(func() bool { return true })
	}
	return nil
}

// commit writes a new file with all that is pending, if wanted says so, called
// with d.mu held. After an error everything is pending as before.
func (d *DB) commit(wanted func() bool) error {
	d.mu.Lock()
	d.advance()
	if !wanted() {
		d.mu.Unlock()
		return nil
	}
	part, since := d.pending, d.since
	d.pending, d.writing = &usage.Book{Calendar: d.calendar}, part.Total
	d.mu.Unlock()

	// Sums are written, never additions: to write again after an error that
	// came too late, when the new file was in place already, adds nothing.
	book := d.book.Sum(part)
	err := d.write(book)

	d.mu.Lock()
	defer d.mu.Unlock()
	d.writing = 0
	if err != nil {
		d.pending, d.since = part.Sum(d.pending), since
		d.report(err)
		return err
	}
	d.book, d.committed = book, book.Total
	d.report(nil)
	return nil
}

func (d *DB) write(book *usage.Book) error {
	return guarded(func() error {
		return d.replace(d.path, 0o600, func(tmp string) error {
			if err := d.builder.build(tmp, book); err != nil {
				return err
			}
			// The time of the last write would be the time of a session.
			day := book.Calendar.Today().Time()
			return os.Chtimes(tmp, day, day)
		})
	})
}

// report logs when commits begin to fail and when they work again.
func (d *DB) report(err error) {
	switch {
	case err != nil && !d.failing:
		d.options.Log.Error("usage file cannot be written; counting in memory", "err", err)
	case err == nil && d.failing:
		d.options.Log.Info("usage file is written again")
	}
	d.failing = err != nil
}

// guarded turns a panic of bbolt, and a page fault in its memory map, into an
// error.
func guarded(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("bbolt panicked")
		}
	}()
	return do()
}

// IsSetAside says whether a usage file of this path was damaged and set aside.
func IsSetAside(path string) bool {
	_, err := os.Lstat(path + ".damaged-1")
	return err == nil
}

// setAside keeps a damaged file for whoever wants to look into it, and the one
// before it: path.damaged-1 is the newer, path.damaged-2 the older.
func setAside(path string) error {
	newer, older := path+".damaged-1", path+".damaged-2"
	if err := atomicfile.Rename(newer, older); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return atomicfile.Rename(path, newer)
}
