package desk

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/cmd/kiosk-bench/control"
	"guichet.example/hw"
)

// TestCards lays every badge down, as the control page does.
func TestCards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := New(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		r, err := d.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		told := watch(t.Context(), r)
		for _, card := range control.Cards() {
			if err := d.Lay(t.Context(), card); err != nil {
				t.Fatal(err)
			}
			time.Sleep(3 * time.Second)
			want := map[string]hw.Role{"helper": hw.RoleHelper, "random": hw.RoleHelper, "technician": hw.RoleTechnician,
				"helper-pin": hw.RoleHelper, "technician-pin": hw.RoleTechnician}[card]
			got := drain(told)
			switch asks := len(got) == 1 && got[0].PIN != nil; {
			case asks != strings.HasSuffix(card, "-pin"):
				t.Errorf("%s: asks for a PIN: %v", card, asks)
			case asks:
				if !got[0].PIN.Check(t.Context(), []byte(control.PIN)) {
					t.Errorf("%s asks for another PIN than the page says", card)
				}
				got[0].PIN = nil
			}
			switch {
			case card == "two" && (len(got) != 1 || got[0] != hw.Badge{Several: true}):
				t.Errorf("two badges at once: %v", got)
			case card != "two" && (len(got) != 1 || got[0] != hw.Badge{Present: true, Role: want}):
				t.Errorf("%s: %v, want a badge with role %v", card, got, want)
			}
			if err := d.Remove(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := drain(told); len(got) != 1 || got[0] != (hw.Badge{}) {
				t.Errorf("%s taken away: %v", card, got)
			}
		}
		if err := d.Lay(t.Context(), "mayor"); err == nil {
			t.Error("laid down an unknown word")
		}
	})
}

// A badge that is laid down again comes again, however quick the hand.
func TestAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := New(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		r, err := d.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		told := watch(t.Context(), r)
		const times = 5
		for range times {
			if err := d.Lay(t.Context(), "helper"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if got := drain(told); len(got) != 2*times-1 {
			t.Errorf("%d times laid down: %v", times, got)
		}
		// After a restart the badge that lies there is told to the new kiosk.
		r, err = d.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if b, err := r.Next(t.Context()); err != nil || b.Role != hw.RoleHelper {
			t.Error(b, err)
		}
		d.Plug(false)
		if _, err := r.Next(t.Context()); !errors.Is(err, hw.ErrGone) {
			t.Error(err)
		}
		if now := time.Now(); d.Remove(t.Context()) != nil || time.Since(now) > 0 {
			t.Error("waits for a reader that is gone")
		}
	})
}

// watch passes on what a reader tells until it is closed.
func watch(ctx context.Context, r hw.BadgeReader) <-chan hw.Badge {
	told := make(chan hw.Badge, 100)
	go func() {
		for {
			b, err := r.Next(ctx)
			if err != nil {
				return
			}
			told <- b
		}
	}()
	return told
}

func drain(told <-chan hw.Badge) (all []hw.Badge) {
	synctest.Wait()
	for len(told) > 0 {
		all = append(all, <-told)
	}
	return all
}
