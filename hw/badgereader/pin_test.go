package badgereader_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/badge"
	"guichet.example/hw/badgereader"
	"guichet.example/hw/mfrc522"
	"guichet.example/hw/pintries"
	"guichet.example/internal/mfrc522sim"
	"guichet.example/internal/picc"
)

const rightPIN, wrongPIN = "402817", "402816"

// withPIN is a helper's badge that asks for rightPIN.
func (d *desk) withPIN(t *testing.T, serial uint64) picc.Card {
	t.Helper()
	card, err := picc.NewCard(picc.Content{UID: []byte{4, 1, 2, 3, 4, 6, byte(serial)}})
	if err != nil {
		t.Fatal(err)
	}
	r := badge.Record{Role: hw.RoleHelper, Organisation: 1, Serial: serial, NotAfter: badge.DayOf(time.Now())}
	if r.PIN, err = badge.NewVerifier(&d.press.Site, 1, serial, []byte(rightPIN)); err != nil {
		t.Fatal(err)
	}
	d.write(t, d.press, card, r)
	return card
}

// asking is a reader with a count of wrong PINs in a file.
func asking(t *testing.T) (*desk, *badgereader.Reader) {
	t.Helper()
	d := newDesk(t, mfrc522sim.Config{RealTime: true})
	d.tries = pintries.Open(filepath.Join(t.TempDir(), "tries"), slog.New(slog.DiscardHandler))
	return d, d.open(t, mfrc522.Config{Interrupt: d.sim.IRQ()})
}

func came(t *testing.T, r *badgereader.Reader) hw.PIN {
	t.Helper()
	b, err := r.Next(t.Context())
	if err != nil || !b.Present || b.Role != hw.RoleHelper || b.PIN == nil {
		t.Fatalf("%+v, %v: want a helper's badge that asks for a PIN", b, err)
	}
	return b.PIN
}

func left(t *testing.T, r *badgereader.Reader) {
	t.Helper()
	if b, err := r.Next(t.Context()); err != nil || b != (hw.Badge{}) {
		t.Fatalf("%+v, %v: want an empty reader", b, err)
	}
}

// checked says what a check brought and how long that took.
func checked(t *testing.T, pin hw.PIN, typed string) (bool, time.Duration) {
	begin := time.Now()
	return pin.Check(t.Context(), []byte(typed)), time.Since(begin)
}

// TestPIN: a right PIN is told at once, and everything else after a second,
// whatever the reason.
func TestPIN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := asking(t)
		card := d.withPIN(t, 10)
		d.lay(card)
		pin := came(t, r)
		if right, took := checked(t, pin, rightPIN); !right || took != 0 {
			t.Errorf("the right PIN: %v after %v", right, took)
		}
		for i := range 7 { // two of them while it waits
			if right, took := checked(t, pin, wrongPIN); right || took != time.Second {
				t.Errorf("wrong PIN %d: %v after %v", i+1, right, took)
			}
		}
		if got := pin.Wait(); got != 12*time.Second {
			t.Errorf("three seconds after five wrong PINs it waits %v", got)
		}
		if right, took := checked(t, pin, rightPIN); right || took != time.Second {
			t.Errorf("the right PIN while it waits: %v after %v", right, took)
		}
		d.remove()
		left(t, r)
		d.lay(d.withPIN(t, 11))
		if other := came(t, r); other.Wait() != 0 {
			t.Error("another badge waits too")
		}
		if right, took := checked(t, pin, rightPIN); right || took != time.Second || pin.Wait() != 0 {
			t.Errorf("a badge that has left: %v after %v, waits %v", right, took, pin.Wait())
		}
		d.remove()
		left(t, r)
		time.Sleep(15 * time.Second)
		d.lay(card)
		pin = came(t, r)
		if right, _ := checked(t, pin, rightPIN); !right || pin.Wait() != 0 {
			t.Error("the right PIN after the wait is refused")
		}
	})
}

// A stop of the daemon does not wait for a refusal.
func TestPINStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := asking(t)
		d.lay(d.withPIN(t, 10))
		pin := came(t, r)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		begin := time.Now()
		if pin.Check(ctx, []byte(wrongPIN)) || time.Since(begin) != 0 {
			t.Errorf("took %v", time.Since(begin))
		}
	})
}

// Where nobody counts wrong PINs, a badge that asks for one opens nothing, and
// takes as long as any that opens nothing.
func TestPINWithoutTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, mfrc522sim.Config{RealTime: true})
		r := d.open(t, mfrc522.Config{Interrupt: d.sim.IRQ()})
		card := d.withPIN(t, 10)
		time.Sleep(75 * time.Millisecond)
		begin := time.Now()
		d.lay(card)
		b, err := r.Next(t.Context())
		if err != nil || b != (hw.Badge{Present: true}) || time.Since(begin) < 900*time.Millisecond {
			t.Errorf("%+v, %v after %v", b, err, time.Since(begin))
		}
	})
}
