package badgereader

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/badge"
)

// Tries counts wrong PINs (hw/pintries).
type Tries interface {
	Wait(badge.PINName) time.Duration
	Begin(badge.PINName) error // before a PIN is looked at; not to be looked at on error
	Right(badge.PINName) error
}

// asked is the PIN of one badge while that lies on the reader.
type asked struct {
	tries Tries
	log   *slog.Logger
	work  chan struct{} // of the reader: one check at a time, each takes 32 MiB

	mu  sync.Mutex
	pin *badge.PIN // cleared when the badge has left
}

var _ hw.PIN = (*asked)(nil)

// errLeft says that a PIN came after its badge was gone.
var errLeft = errors.New("badge has left")

// ask returns what the kiosk asks a badge with this PIN, nil for none.
func (r *Reader) ask(pin *badge.PIN) *asked {
	if pin == nil {
		return nil
	}
	return &asked{tries: r.tries, log: r.log, work: r.work, pin: pin}
}

// forget overwrites everything when the badge has left. nil is allowed.
func (a *asked) forget() {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pin.Clear()
	a.pin = nil
}

// now is a copy for one look, nil when the badge has left.
func (a *asked) now() *badge.PIN {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.pin.Copy()
}

// Wait implements hw.PIN.
func (a *asked) Wait() time.Duration {
	pin := a.now()
	if pin == nil {
		return 0
	}
	defer pin.Clear()
	return a.tries.Wait(pin.Name())
}

// Check implements hw.PIN.
func (a *asked) Check(ctx context.Context, typed []byte) bool {
	begin := time.Now()
	select {
	case a.work <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	right, err := a.check(typed)
	<-a.work
	if err != nil {
		a.log.Warn("PIN was not looked at", "error", err)
	}
	if !right {
		rest(ctx, refusal-time.Since(begin))
	}
	return right
}

func (a *asked) check(typed []byte) (bool, error) {
	pin := a.now()
	if pin == nil {
		return false, errLeft
	}
	defer pin.Clear()
	if err := a.tries.Begin(pin.Name()); err != nil {
		return false, err
	}
	if !pin.Matches(typed) {
		return false, nil
	}
	if err := a.tries.Right(pin.Name()); err != nil {
		a.log.Warn("a right PIN could not be written down", "error", err)
	}
	return true, nil
}
