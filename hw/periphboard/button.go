package periphboard

import (
	"context"
	"fmt"
	"os"
	"sync"

	"guichet.example/hw"
)

// Button is a push button on one input. One press counts once, however
// long it is held; a button that is held down when it is opened counts after
// it was released.
type Button struct {
	part   string // names it in errors
	watch  *watch
	events chan error // nil: a press; hw.ErrGone: the line cannot be read
	closed chan struct{}
	once   sync.Once
	last   reading // belongs to the watch's goroutine
}

var _ hw.Button = (*Button)(nil)

// NewButton follows the contact that is active while the button is down. part
// names the button in errors, "help button" for one.
func NewButton(part string, c Contact) (*Button, error) {
	b := &Button{part: part, events: make(chan error, 1), closed: make(chan struct{})}
	w, err := startWatch(c, b.note)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", part, err)
	}
	b.watch = w
	return b, nil
}

// Next blocks until the button is pressed. One press that came since the last
// call is kept; more are the same wish.
func (b *Button) Next(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err // and leaves a press for the next call
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-b.closed:
		return fmt.Errorf("read %s: %w", b.part, os.ErrClosed)
	case err := <-b.events:
		if err != nil {
			return fmt.Errorf("read %s: %w", b.part, err)
		}
		return nil
	}
}

// note takes a reading from the watch. A contact that bounces without end is
// no press, and neither is one that closes after it could not be read.
func (b *Button) note(r reading) {
	var event error
	switch {
	case r == active && b.last == inactive:
	case r == gone:
		event = hw.ErrGone
	default:
		b.remember(r)
		return
	}
	b.remember(r)
	select {
	case b.events <- event:
	default: // one is waiting already
	}
}

// remember keeps the last settled reading: bouncing between two presses does
// not make the second one part of the first.
func (b *Button) remember(r reading) {
	if r != unsettled {
		b.last = r
	}
}

// Close ends a Next in progress and frees the line.
func (b *Button) Close() error {
	b.once.Do(func() {
		close(b.closed)
		b.watch.close()
	})
	return nil
}
