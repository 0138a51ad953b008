package kiosk

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/view/wire"
)

// fakePIN is what a badge asks for: "402817", with a wait after the second
// wrong one.
type fakePIN struct {
	mu    sync.Mutex
	takes time.Duration
	wrong int
	saw   []string
	last  []byte // not copied, to see whether it is overwritten
}

func (p *fakePIN) Wait() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wrong < 2 {
		return 0
	}
	return 15 * time.Second
}

func (p *fakePIN) Check(ctx context.Context, typed []byte) bool {
	p.mu.Lock()
	p.saw, p.last = append(p.saw, string(typed)), typed
	takes := p.takes
	p.mu.Unlock()
	if !sleep(ctx, takes) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if string(typed) == "402817" {
		return true
	}
	p.wrong++
	return false
}

func (b *box) lay(p hw.PIN) { b.badges <- hw.Badge{Present: true, Role: hw.RoleHelper, PIN: p} }

// types says what the view says when somebody has typed, and returns the
// buffer.
func (b *box) types(digits string) *wire.PIN {
	p := wire.PIN([]byte(digits))
	views{b}.say(1, wire.Typed{PIN: &p})
	return &p
}

func TestPIN(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		pin := &fakePIN{takes: time.Second}
		from := b.len()
		b.lay(pin)
		settle(0)
		want(t, k, session.PIN)
		if !k.State().Pad {
			t.Error("the state does not tell of the pad")
		}
		typed := b.types("402816")
		settle(time.Second - 1)
		want(t, k, session.PIN)
		if *typed != (wire.PIN{}) {
			t.Error("what was typed is still there")
		}
		settle(1)
		want(t, k, session.PIN)
		b.types("402817")
		settle(time.Second)
		want(t, k, session.Consent)
		b.inOrder(t, from, "1 cover pin", "1 cover pin", "1 cover consent")
		if fmt.Sprint(pin.saw) != "[402816 402817]" || string(pin.last) != "\x00\x00\x00\x00\x00\x00" {
			t.Errorf("looked at %q; after it %q is left", pin.saw, pin.last)
		}
	})
}

func TestPINWrongTooOften(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		pin := &fakePIN{}
		b.lay(pin)
		settle(0)
		from := b.len()
		b.types("000000")
		settle(0)
		b.types("000001")
		settle(0)
		want(t, k, session.Active)
		b.inOrder(t, from, "1 cover pin", "1 cover none", "1 status locked")
		b.badges <- hw.Badge{}
		from = b.len()
		b.lay(pin)
		settle(0)
		want(t, k, session.Active)
		if _, i := b.at(from, "1 cover pin"); i >= 0 {
			t.Error("a badge that has to wait is asked")
		}
	})
}

// The answer to a PIN whose badge has left is worth nothing to the next.
func TestPINOfABadgeThatLeft(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		slow, other := &fakePIN{takes: 9 * time.Second}, &fakePIN{takes: time.Minute}
		b.lay(slow)
		settle(0)
		b.types("402817")
		settle(time.Second)
		b.badges <- hw.Badge{}
		settle(0)
		want(t, k, session.Active)
		b.lay(other)
		settle(0)
		want(t, k, session.PIN)
		settle(time.Second)
		b.types("000000")
		settle(8 * time.Second) // the first is answered: right
		want(t, k, session.PIN)
		if len(slow.saw) != 1 || len(other.saw) != 1 {
			t.Errorf("looked at %d and %d", len(slow.saw), len(other.saw))
		}
		settle(3 * time.Second) // the look at the second is given up
		want(t, k, session.PIN)
	})
}

// What nobody asks for is not looked at, and overwritten all the same; also
// what a view says that is not on screen.
func TestPINNobodyAsksFor(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		first := b.types("402817")
		settle(0)
		pin := &fakePIN{}
		second := wire.PIN([]byte("402817"))
		b.lay(pin)
		settle(0)
		views{b}.say(2, wire.Typed{PIN: &second})
		settle(0)
		want(t, k, session.PIN)
		if len(pin.saw) != 0 || *first != (wire.PIN{}) || second != (wire.PIN{}) {
			t.Errorf("looked at %q; left %v %v", pin.saw, first[:], second[:])
		}
		b.badges <- hw.Badge{Role: hw.RoleTechnician} // the reader is unplugged
		settle(time.Second)
		want(t, k, session.Active)
	})
}
