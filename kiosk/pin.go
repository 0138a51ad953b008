package kiosk

import (
	"context"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/view/wire"
)

// pinPatience bounds the look at one PIN: what a slow computer needs, twice.
const pinPatience = 10 * time.Second

// pinDesk is what the loop keeps for the badge that lies on the reader. It is
// owned by the goroutine of Run.
type pinDesk struct {
	asks  hw.PIN    // of the badge; nil = none
	typed *wire.PIN // in the step that handles it
	try   int       // number of the last one looked at
}

// pinResult is what became of one try.
type pinResult struct {
	try   int
	right bool
	wait  time.Duration
}

// arrived is the event of a badge. It is made by the goroutine that reads
// badges; what the badge asks for goes to the loop beside it.
func arrived(b hw.Badge) session.BadgeArrived {
	e := session.BadgeArrived{Role: b.Role}
	if b.PIN != nil {
		e.PIN, e.Wait = true, b.PIN.Wait()
	}
	return e
}

// withTyped hands digits to the step that asks for them, and overwrites them after
// it, whatever became of it.
func (k *Kiosk) withTyped(m wire.FromView, step func()) {
	if typed, ok := m.(wire.Typed); ok {
		k.pin.typed = typed.PIN
		defer func() {
			k.pin.typed.Clear()
			k.pin.typed = nil
		}()
	}
	step()
}

// checkPIN looks at what was typed in the background. It takes a copy, which is
// overwritten, and one try at a time is answered: the answer to an older one
// is dropped.
func (k *Kiosk) checkPIN(ctx context.Context) {
	k.pin.try++
	if k.pin.typed == nil || k.pin.asks == nil { // the machine asks for neither
		k.queue = append(k.queue, session.PINChecked{})
		return
	}
	try, asks, digits := k.pin.try, k.pin.asks, *k.pin.typed
	k.work.Go(func() {
		defer clear(digits[:])
		bounded, cancel := context.WithTimeout(ctx, pinPatience)
		defer cancel()
		right := asks.Check(bounded, digits[:])
		k.post(ctx, input{pin: &pinResult{try: try, right: right, wait: asks.Wait()}})
	})
}

// pinChecked drops an answer that nobody waits for any more.
func (k *Kiosk) pinChecked(r pinResult) session.Event {
	if r.try != k.pin.try {
		return nil
	}
	k.observe("pin", map[bool]string{true: "right", false: "wrong"}[r.right])
	return session.PINChecked{Right: r.right, Wait: r.wait}
}
