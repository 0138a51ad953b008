package periphboard

import (
	"context"
	"fmt"
	"os"
	"sync"

	"guichet.example/hw"
)

// HelpButton is a push button on one input. One press counts once, however
// long it is held; a button that is held down when it is opened counts after
// it was released.
type HelpButton struct {
	watch  *watch
	events chan error // nil: a press; hw.ErrGone: the line cannot be read
	closed chan struct{}
	once   sync.Once
	last   reading // belongs to the watch's goroutine
}

var _ hw.HelpButton = (*HelpButton)(nil)

// NewHelpButton follows the contact that is active while the button is down.
func NewHelpButton(c Contact) (*HelpButton, error) {
	h := &HelpButton{events: make(chan error, 1), closed: make(chan struct{})}
	w, err := startWatch(c, h.note)
	if err != nil {
		return nil, fmt.Errorf("open help button: %w", err)
	}
	h.watch = w
	return h, nil
}

// Next blocks until the button is pressed. One press that came since the last
// call is kept; more are the same wish.
func (h *HelpButton) Next(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err // and leaves a press for the next call
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-h.closed:
		return fmt.Errorf("read help button: %w", os.ErrClosed)
	case err := <-h.events:
		if err != nil {
			return fmt.Errorf("read help button: %w", err)
		}
		return nil
	}
}

// note takes a reading from the watch. A contact that bounces without end is
// no press, and neither is one that closes after it could not be read.
func (h *HelpButton) note(r reading) {
	var event error
	switch {
	case r == active && h.last == inactive:
	case r == gone:
		event = hw.ErrGone
	default:
		h.remember(r)
		return
	}
	h.remember(r)
	select {
	case h.events <- event:
	default: // one is waiting already
	}
}

// remember keeps the last settled reading: bouncing between two presses does
// not make the second one part of the first.
func (h *HelpButton) remember(r reading) {
	if r != unsettled {
		h.last = r
	}
}

// Close ends a Next in progress and frees the line.
func (h *HelpButton) Close() error {
	h.once.Do(func() {
		close(h.closed)
		h.watch.close()
	})
	return nil
}
