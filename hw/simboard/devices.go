package simboard

import (
	"context"
	"fmt"
	"os"

	"guichet.example/hw"
)

// The devices as the kiosk sees them. Each call opens a device anew, as
// opening a line of a real board does: the relay is released and the
// indicator is off afterwards.

// Relay opens the relay.
func (b *Board) Relay() hw.Relay {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drive(false)
	return &relay{device{board: b, name: "relay"}}
}

// FilmContact opens the contact of the film.
func (b *Board) FilmContact() hw.FilmContact {
	return &contact{device: device{board: b, name: "film contact"}, first: true}
}

// Indicator opens the indicator.
func (b *Board) Indicator() hw.Indicator {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.show(hw.LightOff)
	return &indicator{device{board: b, name: "indicator"}}
}

// HelpButton opens the help button; a press from before does not count.
func (b *Board) HelpButton() hw.Button {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pressed = false
	return &button{device{board: b, name: "help button"}}
}

// device is what all of them share. closed belongs to board.mu.
type device struct {
	board  *Board
	name   string
	closed bool
}

func (d *device) fail(op string, cause error) error {
	return fmt.Errorf("%s %s: %w", op, d.name, cause)
}

// wait calls ready with the board locked until it says done or fails, the
// device is closed, or ctx ends; it looks again after every change.
func (d *device) wait(ctx context.Context, ready func() (done bool, err error)) error {
	b := d.board
	for {
		if err := ctx.Err(); err != nil {
			return d.fail("wait for", err)
		}
		b.mu.Lock()
		changed := b.changed
		if d.closed {
			b.mu.Unlock()
			return d.fail("wait for", os.ErrClosed)
		}
		done, err := ready()
		b.mu.Unlock()
		if err != nil {
			return d.fail("wait for", err)
		}
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// close closes the device; the first time it puts the board safe with rest,
// the board being locked. A later device on the same line is left alone.
func (d *device) close(rest func()) error {
	b := d.board
	b.mu.Lock()
	defer b.mu.Unlock()
	if !d.closed {
		d.closed = true
		rest()
	}
	b.wake()
	return nil
}

type relay struct{ device }

func (r *relay) Set(ctx context.Context, f hw.Film) error {
	r.board.mu.Lock()
	defer r.board.mu.Unlock()
	if r.closed {
		return r.fail("set", os.ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		r.board.drive(false)
		return r.fail("set", err)
	}
	if f == hw.FilmClear && r.board.relayFault == KindGone {
		r.board.drive(false)
		return r.fail("set", hw.ErrGone)
	}
	r.board.drive(f == hw.FilmClear)
	return nil
}

func (r *relay) Close() error {
	return r.close(func() { r.board.drive(false) })
}

type contact struct {
	device
	first bool    // nothing was returned yet, or the contact was gone since
	last  hw.Film // the last state returned
}

func (c *contact) Next(ctx context.Context) (hw.Film, error) {
	film := hw.FilmUnknown
	err := c.wait(ctx, func() (bool, error) {
		if c.board.contactFault == KindGone {
			c.first = true
			return false, hw.ErrGone
		}
		if !c.first && c.board.sensed == c.last {
			return false, nil
		}
		film = c.board.sensed
		c.first, c.last = false, film
		return true, nil
	})
	return film, err
}

func (c *contact) Close() error { return c.close(func() {}) }

type indicator struct{ device }

func (i *indicator) Show(ctx context.Context, l hw.Light) error {
	i.board.mu.Lock()
	defer i.board.mu.Unlock()
	if i.closed {
		return i.fail("show", os.ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		return i.fail("show", err)
	}
	i.board.show(l)
	return nil
}

func (i *indicator) Close() error {
	return i.close(func() { i.board.show(hw.LightOff) })
}

type button struct{ device }

func (h *button) Next(ctx context.Context) error {
	return h.wait(ctx, func() (bool, error) {
		pressed := h.board.pressed
		h.board.pressed = false
		return pressed, nil
	})
}

func (h *button) Close() error { return h.close(func() {}) }

var (
	_ hw.Relay       = (*relay)(nil)
	_ hw.FilmContact = (*contact)(nil)
	_ hw.Indicator   = (*indicator)(nil)
	_ hw.Button      = (*button)(nil)
)
