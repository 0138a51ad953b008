package kiosk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/view/wire"
)

// State is a snapshot of the box, for a control page or a watchdog.
type State struct {
	Session    session.State
	Procedure  string // in hand, "" outside a session
	OfHelper   bool   // the session is a helper's own
	HelpCalled bool
	Pad        bool // a badge's PIN is asked for
	Fault      wire.Reason
	Commanded  hw.Film
	Sensed     hw.Film
	Shown      wire.Surface
	Host       string    // of the page shown, "" for our own surfaces
	Spare      bool      // a view is warm
	View       int       // number of the view on screen, 0 = none
	Work       wire.Work // of a technician, as told last
	Wipe       WipeState
	Pending    int // sessions counted in memory
	Committed  int // sessions counted on disk
}

// WipeState says how the wipes went.
type WipeState struct {
	Count  int
	Last   string // "verified", "failed" or ""
	Millis int64  // of the last one, kill to proof
}

// State returns the latest snapshot; it may be called from any goroutine.
func (k *Kiosk) State() State { return *k.state.Load() }

func (k *Kiosk) publish() {
	commanded, sensed := k.machine.Film()
	s := State{
		Session: k.machine.State(), Procedure: k.machine.Procedure(), OfHelper: k.machine.OfHelper(),
		HelpCalled: k.machine.HelpCalled(), Pad: k.machine.AsksPIN(),
		Fault: k.machine.Fault(), Commanded: commanded, Sensed: sensed, Shown: k.shown, Host: k.host,
		Spare: k.machine.SpareReady(), View: k.current, Wipe: k.wipes, Work: k.upkeep.shown,
	}
	s.Pending, s.Committed = k.parts.Usage.Counts()
	k.state.Store(&s)
}

// NotNowError says that an event made no sense in the state the box was in.
type NotNowError struct {
	State session.State
	Why   string
}

func (e *NotNowError) Error() string { return fmt.Sprintf("%s: %s", e.State, e.Why) }

// UnknownProcedureError names an id that no pack holds.
type UnknownProcedureError struct{ ID string }

func (e *UnknownProcedureError) Error() string { return fmt.Sprintf("no procedure %q", e.ID) }

// ErrStopped is returned by Do after Run has ended.
var ErrStopped = errors.New("the kiosk has stopped")

// Do lets an event happen as if a person had caused it, and returns when its
// effects were carried out. A *NotNowError says that it made no sense.
func (k *Kiosk) Do(ctx context.Context, event session.Event) error {
	done := make(chan error, 1)
	select {
	case k.inbox <- input{at: k.now(), event: event, done: done}:
	case <-k.ended:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-k.ended:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Choose is the same as touching the tile of a procedure.
func (k *Kiosk) Choose(ctx context.Context, id string) error {
	p, ok := k.procedures[id]
	if !ok {
		return &UnknownProcedureError{id}
	}
	return k.Do(ctx, chosen(p))
}

func (k *Kiosk) wiped(r wipeResult) session.Event {
	k.wipes.Count++
	k.wipes.Millis = r.took.Round(time.Millisecond).Milliseconds()
	k.wipes.Last = "verified"
	if r.err != nil {
		k.wipes.Last = "failed"
	}
	k.observe("wipe", k.wipes.Last)
	return session.Wiped{Verified: r.err == nil}
}

// Ping returns when the loop has taken an input: it shows that it is not
// stuck.
func (k *Kiosk) Ping(ctx context.Context) error { return k.Do(ctx, nil) }
