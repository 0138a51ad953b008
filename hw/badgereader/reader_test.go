package badgereader

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/badge"
)

var errUnderrun = errors.New("too slow")

// tags is a chip with simple tags in its field, which speak no ISO/IEC
// 14443-4: badges of nobody. It tells how often it was polled.
type tags struct {
	mu     sync.Mutex
	uid    byte // of the tag; 0: none
	err    error
	on     bool
	looks  int
	closed int
	block  chan struct{} // a frame waits for it or for its context
}

func (c *tags) Field(_ context.Context, on bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.on = on
	return c.err
}

func (c *tags) Transceive(ctx context.Context, f badge.Frame) (badge.Answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.block != nil {
		select {
		case <-c.block:
		case <-ctx.Done():
			return badge.Answer{}, ctx.Err()
		}
	}
	if f.LastBits == 7 {
		c.looks++
	}
	switch {
	case c.err != nil:
		return badge.Answer{}, c.err
	case c.uid == 0 || !c.on:
		return badge.Answer{}, badge.ErrNoAnswer
	case f.LastBits == 7:
		return badge.Answer{Data: []byte{0x44, 0x00}}, nil
	case f.Data[1] == 0x20:
		return badge.Answer{Data: []byte{c.uid, 0, 0, 0, c.uid}}, nil
	case f.Data[1] == 0x70:
		return badge.Answer{Data: []byte{0x08}}, nil
	}
	return badge.Answer{}, badge.ErrNoAnswer
}

func (c *tags) Close() error {
	c.closed++
	return c.err
}

func (c *tags) set(change func()) {
	c.mu.Lock()
	change()
	c.mu.Unlock()
}

func (c *tags) looked() (n int) {
	c.set(func() { n = c.looks })
	return n
}

func reader(t *testing.T, c *tags) (*Reader, *bytes.Buffer) {
	log := &bytes.Buffer{}
	r := New(c, &badge.Site{}, nil, slog.New(slog.NewTextHandler(log, nil)))
	t.Cleanup(func() { r.Close() })
	return r, log
}

func next(t *testing.T, r *Reader, want hw.Badge) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if got, err := r.Next(ctx); err != nil || got != want {
		t.Errorf("next: %+v, %v; want %+v", got, err, want)
	}
}

func silent(t *testing.T, r *Reader) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if got, err := r.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("next: %+v, %v; want nothing", got, err)
	}
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &tags{}
		r, _ := reader(t, c)
		time.Sleep(15*time.Second - time.Millisecond)
		if n := c.looked(); n != 150 {
			t.Errorf("%d looks in 15 s at nothing, want one each 100 ms", n)
		}
		c.set(func() { c.uid = 1 })
		next(t, r, hw.Badge{Present: true})
		before := c.looked()
		time.Sleep(15 * time.Second)
		if n := c.looked() - before; n < 99 || n > 101 {
			t.Errorf("%d looks in 15 s at a badge, want one each 150 ms", n)
		}
	})
}

func TestTwoMissedPollsAreALeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &tags{uid: 1}
		r, _ := reader(t, c)
		next(t, r, hw.Badge{Present: true})
		silent(t, r)
		c.set(func() { c.uid = 0 })
		time.Sleep(interval) // missed once
		c.set(func() { c.uid = 1 })
		silent(t, r)
		c.set(func() { c.uid = 0 })
		next(t, r, hw.Badge{})
		silent(t, r)
	})
}

// A badge that left and came back while nobody asked is told to have left.
func TestUnreadChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &tags{uid: 1}
		r, _ := reader(t, c)
		next(t, r, hw.Badge{Present: true})
		for range 3 {
			c.set(func() { c.uid = 0 })
			time.Sleep(time.Second)
			c.set(func() { c.uid = 1 })
			time.Sleep(time.Second)
		}
		next(t, r, hw.Badge{})
		next(t, r, hw.Badge{Present: true})
		silent(t, r)
		c.set(func() { c.uid = 0 })
		time.Sleep(time.Second)
		c.set(func() { c.uid = 1 })
		time.Sleep(time.Second)
		c.set(func() { c.uid = 0 })
		time.Sleep(time.Second)
		next(t, r, hw.Badge{})
		silent(t, r)
	})
}

func TestGone(t *testing.T) {
	for _, cause := range []error{hw.ErrGone, errUnderrun} {
		synctest.Test(t, func(t *testing.T) {
			c := &tags{uid: 1}
			r, log := reader(t, c)
			next(t, r, hw.Badge{Present: true})
			c.set(func() { c.err = cause })
			time.Sleep(time.Second)
			for range 3 {
				if _, err := r.Next(t.Context()); !errors.Is(err, hw.ErrGone) || !errors.Is(err, cause) {
					t.Error(err)
				}
			}
			before := c.looked()
			time.Sleep(10 * time.Second)
			if n := c.looked() - before; n > 20 {
				t.Errorf("a reader that is gone was tried %d times in 10 s", n)
			}
			c.set(func() { c.err = nil })
			time.Sleep(2 * time.Second)
			next(t, r, hw.Badge{})
			next(t, r, hw.Badge{Present: true})
			silent(t, r)
			if s := log.String(); strings.Count(s, "\n") != 2 || !strings.Contains(s, "is gone") || !strings.Contains(s, "is back") {
				t.Errorf("logged:\n%s", s)
			}
		})
	}
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &tags{block: make(chan struct{})} // a frame is under way
		r, _ := reader(t, c)
		waits := make(chan error)
		go func() { _, err := r.Next(context.Background()); waits <- err }()
		synctest.Wait()
		for range 2 {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := <-waits; !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
		if _, err := r.Next(t.Context()); !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
		if c.closed != 1 {
			t.Errorf("the chip was closed %d times", c.closed)
		}
	})
}

func TestCloseTellsWhatTheChipSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &tags{err: errUnderrun}
		r, _ := reader(t, c)
		if err := r.Close(); !errors.Is(err, errUnderrun) {
			t.Error(err)
		}
	})
}

func TestNextEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := reader(t, &tags{})
		silent(t, r)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestSetSiteWaitsForNoPoll: a new revocation list is put in force while a
// badge is being read, and neither waits for the other.
func TestSetSiteWaitsForNoPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chip := &tags{block: make(chan struct{})}
		r := New(chip, &badge.Site{}, nil, slog.New(slog.DiscardHandler))
		synctest.Wait() // in the middle of a poll
		begin := time.Now()
		r.SetSite(&badge.Site{Organisation: 1})
		if waited := time.Since(begin); waited != 0 {
			t.Error("waited", waited)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestUnreadableBadgesDoNotFillTheLog waves one about for an hour.
func TestUnreadableBadgesDoNotFillTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		chip := &tags{}
		r := New(chip, &badge.Site{}, nil, slog.New(slog.NewTextHandler(&log, nil)))
		for began, there := time.Now(), false; time.Since(began) < time.Hour; there = !there {
			chip.mu.Lock()
			if chip.err = nil; there {
				chip.err = badge.ErrCRC
			}
			chip.mu.Unlock()
			time.Sleep(interval)
		}
		chip.mu.Lock()
		chip.err = nil
		chip.mu.Unlock()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if n := strings.Count(log.String(), "could not be read"); n < 50 || n > 61 {
			t.Errorf("%d lines", n)
		}
	})
}
