// Package pintries counts the wrong PINs of each badge in a file, and says how
// long a badge has to wait: not at all after four, 15 s after five, then twice
// as long after each, an hour at most. A right PIN begins anew.
//
// It may be imported by programs and tests. What a PIN is, is decided in
// package badge.
//
// # What holds when
//
// A try is written down as a wrong one before anybody looks whether it is
// right; a power cut in between counts it. What cannot be written down is not
// tried.
//
// Time is the process's own, which never steps. A wait begins anew, whole,
// when the process starts: who cuts the power gains nothing.
//
// The file names badges by a hash that wants the site's key and what the card
// itself holds (badge.PINName). It has room for many more badges than a site
// has; only badges that count get into it, so a stranger cannot fill it. When
// it is full all the same, the badge with the fewest wrong PINs goes, and from
// then on every badge that is not in it counts as that one did: nobody gains a
// try by it.
//
// A damaged file is set aside, and every badge has one try before it waits.
// Whoever can write the file as they like can also exchange the program: older
// copies of it are not recognised.
package pintries

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"guichet.example/hw/badge"
	"guichet.example/internal/atomicfile"
	"guichet.example/internal/ownfile"
)

// ErrWait says that the badge's time is not over.
var ErrWait = errors.New("badge has to wait after wrong PINs")

// Tries is the count of wrong PINs. Its methods may be called at the same time.
type Tries struct {
	path  string
	write func(path string, data []byte, perm fs.FileMode) error // atomicfile.WriteFile, but in tests

	mu    sync.Mutex
	book  *book
	begun map[badge.PINName]time.Time // the last try in this process's life, of badges in the book
	since time.Time                   // what all others wait from: the start, or when the last of them left a full book
}

// Open reads the file at path, which need not exist. It does not fail: what is
// wrong with the file is in the log.
func Open(path string, log *slog.Logger) *Tries {
	t := &Tries{path: path, write: atomicfile.WriteFile, since: time.Now(), begun: map[badge.PINName]time.Time{}}
	if err := t.read(); err != nil {
		log.Error("count of wrong PINs is lost; each badge has one try before it waits", "error", err)
	}
	return t
}

func (t *Tries) read() error {
	t.book = &book{wrong: map[badge.PINName]int{}}
	data, err := ownfile.Read(t.path, int64(maxSize), ownfile.Secret)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		var b *book
		if b, err = parse(data); err == nil {
			t.book = b
			return nil
		}
		err = errors.Join(fmt.Errorf("read %q: %w", t.path, err), t.write(t.path+".damaged", data, 0o600))
	}
	t.book.floor = free - 1
	return errors.Join(err, t.save())
}

func (t *Tries) save() error { return t.write(t.path, t.book.encode(), 0o600) }

// Wait returns how long this badge has to wait, 0 when it may be tried.
func (t *Tries) Wait(name badge.PINName) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wait(name)
}

func (t *Tries) wait(name badge.PINName) time.Duration {
	since, ok := t.begun[name]
	if !ok {
		since = t.since
	}
	return max(0, delay(t.book.of(name))-time.Since(since))
}

// Begin counts a try, which must not be looked at when there is an error:
// ErrWait, or that it could not be written down.
func (t *Tries) Begin(name badge.PINName) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wait(name) > 0 {
		return ErrWait
	}
	now := time.Now()
	if gone, full := t.book.count(name); full {
		delete(t.begun, gone)
		t.since = now
	}
	t.begun[name] = now
	if err := t.save(); err != nil {
		return fmt.Errorf("count try of a PIN: %w", err)
	}
	return nil
}

// Right says that the try was the PIN. After an error the badge keeps the try.
func (t *Tries) Right(name badge.PINName) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.book.wrong, name)
	delete(t.begun, name)
	if err := t.save(); err != nil {
		return fmt.Errorf("forget wrong PINs: %w", err)
	}
	return nil
}
