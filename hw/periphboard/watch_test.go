package periphboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"pgregory.net/rapid"

	"guichet.example/hw"
)

// segment is a level that holds for a while.
type segment struct {
	level gpio.Level
	holds time.Duration
}

// TestDebounce draws wires that hold still for long and bounce in between,
// and checks that exactly the levels that held are reported, in their order.
func TestDebounce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var wire []segment
		for range rapid.IntRange(1, 6).Draw(rt, "rests") {
			for range rapid.IntRange(0, 6).Draw(rt, "bounces") {
				wire = append(wire, segment{
					level: gpio.Level(rapid.Bool().Draw(rt, "bounce")),
					holds: time.Duration(rapid.IntRange(1, 19_000).Draw(rt, "short")) * time.Microsecond,
				})
			}
			wire = append(wire, segment{
				level: gpio.Level(rapid.Bool().Draw(rt, "rest")),
				holds: time.Duration(rapid.IntRange(21, 900).Draw(rt, "long")) * time.Millisecond,
			})
		}
		got, want := readings(t, wire), expected(wire)
		if !slices.Equal(got, want) {
			rt.Fatalf("%v: reported %v, want %v", wire, got, want)
		}
	})
}

// readings plays a wire to a watch in virtual time.
func readings(t *testing.T, wire []segment) (got []reading) {
	synctest.Test(t, func(t *testing.T) {
		pin := newInput(wire[0].level)
		var mu sync.Mutex
		w, err := startWatch(Contact{Pin: pin}, func(r reading) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, r)
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range wire {
			pin.move(s.level)
			time.Sleep(s.holds)
			synctest.Wait()
		}
		w.close()
	})
	return got
}

// expected joins equal neighbours, then keeps what held for debounce.
func expected(wire []segment) (want []reading) {
	last := unread
	for i := 0; i < len(wire); {
		s := wire[i]
		for i++; i < len(wire) && wire[i].level == s.level; i++ {
			s.holds += wire[i].holds
		}
		r := inactive
		if s.level {
			r = active
		}
		if s.holds > debounce && r != last {
			want = append(want, r)
			last = r
		}
	}
	return want
}

func TestChatterIsUnsettled(t *testing.T) {
	var wire []segment
	for i := range 40 {
		wire = append(wire, segment{level: i%2 == 0, holds: 10 * time.Millisecond})
	}
	wire = append(wire, segment{level: gpio.High, holds: time.Second})
	if got, want := readings(t, wire), []reading{unsettled, active}; !slices.Equal(got, want) {
		t.Errorf("reported %v, want %v", got, want)
	}
}

// TestSilentEdges is a chip whose lines report no edges, as QEMU's bcm2835.
func TestSilentEdges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := newInput(gpio.Low)
		h, err := NewButton("help button", Contact{Pin: pin})
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		time.Sleep(time.Second)
		pin.mu.Lock()
		pin.wire = gpio.High
		pin.mu.Unlock()
		ctx, cancel := context.WithTimeout(t.Context(), slice+2*debounce)
		defer cancel()
		if err := h.Next(ctx); err != nil {
			t.Errorf("press without an edge: %v", err)
		}
	})
}

func TestButtonHeldSinceStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := newInput(gpio.High)
		h, err := NewButton("help button", Contact{Pin: pin})
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		quietFor(t, h, time.Minute)
		pin.move(gpio.Low)
		time.Sleep(time.Second)
		pin.move(gpio.High)
		if err := h.Next(t.Context()); err != nil {
			t.Errorf("press after it was released: %v", err)
		}
	})
}

// TestButtonGone: the line cannot be read, is back with the button down, which
// nobody pressed as far as we know, and then works again.
func TestButtonGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := newInput(gpio.Low)
		h, err := NewButton("help button", Contact{Pin: pin})
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		time.Sleep(time.Second)
		pin.plug(false)
		for range 3 {
			if err := h.Next(t.Context()); !errors.Is(err, hw.ErrGone) {
				t.Fatalf("next of an unplugged button: %v, want %v", err, hw.ErrGone)
			}
		}
		pin.mu.Lock()
		pin.wire = gpio.High
		pin.mu.Unlock()
		pin.plug(true)
		quietFor(t, h, time.Minute)
		pin.move(gpio.Low)
		time.Sleep(time.Second)
		pin.move(gpio.High)
		if err := h.Next(t.Context()); err != nil {
			t.Errorf("press after the line came back: %v", err)
		}
	})
}

func quietFor(t *testing.T, h *Button, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := h.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("next: %v, want nothing", err)
	}
}

// TestFilmTimes measures in virtual time how long a change takes to be told:
// the debounce, and for a contradiction the changeover besides.
func TestFilmTimes(t *testing.T) {
	for _, c := range []struct {
		to      hw.Film
		private gpio.Level
		inverse gpio.Level
		within  time.Duration
	}{
		{hw.FilmClear, gpio.Low, gpio.High, debounce},
		{hw.FilmUnknown, gpio.Low, gpio.Low, debounce + changeover},
		{hw.FilmUnknown, gpio.High, gpio.High, debounce + changeover},
	} {
		t.Run(fmt.Sprintf("%v %v %v", c.to, c.private, c.inverse), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				private, inverse := newInput(gpio.High), newInput(gpio.Low)
				f, err := NewFilmContact(Contact{Pin: private}, &Contact{Pin: inverse})
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				film(t, f, hw.FilmPrivate)
				private.move(c.private)
				inverse.move(c.inverse)
				begin := time.Now()
				film(t, f, c.to)
				if took := time.Since(begin); took != c.within {
					t.Errorf("told after %v, want %v", took, c.within)
				}
			})
		})
	}
}

// TestFilmChangeover: the arm of the contact touches neither side for less
// than the changeover, which nobody needs to hear of.
func TestFilmChangeover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		private, inverse := newInput(gpio.High), newInput(gpio.Low)
		f, err := NewFilmContact(Contact{Pin: private}, &Contact{Pin: inverse})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		film(t, f, hw.FilmPrivate)
		go func() {
			private.move(gpio.Low)
			time.Sleep(changeover - time.Millisecond)
			inverse.move(gpio.High)
		}()
		film(t, f, hw.FilmClear)
	})
}

// TestFilmOneWire: a contact with one wire knows private and clear, and that
// it bounces without end.
func TestFilmOneWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := newInput(gpio.High)
		f, err := NewFilmContact(Contact{Pin: pin}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		film(t, f, hw.FilmPrivate)
		pin.move(gpio.Low)
		film(t, f, hw.FilmClear)
		go func() {
			for range 40 {
				pin.move(gpio.High)
				time.Sleep(5 * time.Millisecond)
				pin.move(gpio.Low)
				time.Sleep(5 * time.Millisecond)
			}
		}()
		film(t, f, hw.FilmUnknown)
		film(t, f, hw.FilmClear)
	})
}

// TestFilmGoneIsNeverPrivate: an active-low contact that can no longer be read
// looks like private to whoever trusts the level.
func TestFilmGoneIsNeverPrivate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := newInput(gpio.High)
		f, err := NewFilmContact(Contact{Pin: pin, ActiveLow: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		film(t, f, hw.FilmClear)
		pin.plug(false)
		for range 3 {
			if got, err := f.Next(t.Context()); !errors.Is(err, hw.ErrGone) {
				t.Fatalf("next of an unplugged contact: %v %v, want %v", got, err, hw.ErrGone)
			}
		}
		pin.plug(true)
		film(t, f, hw.FilmClear)
	})
}

func film(t *testing.T, f *FilmContact, want hw.Film) {
	t.Helper()
	got, err := f.Next(t.Context())
	if err != nil || got != want {
		t.Fatalf("next: %v %v, want %v", got, err, want)
	}
}

func TestInputsAreFreed(t *testing.T) {
	private, inverse := newInput(gpio.High), newInput(gpio.Low)
	f, err := NewFilmContact(Contact{Pin: private, Pull: gpio.PullDown}, &Contact{Pin: inverse, Pull: gpio.PullUp})
	if err != nil {
		t.Fatal(err)
	}
	if private.pull != gpio.PullDown || inverse.pull != gpio.PullUp {
		t.Errorf("pulls %v and %v, want %v and %v", private.pull, inverse.pull, gpio.PullDown, gpio.PullUp)
	}
	f.Close()
	f.Close()
	if private.freed != 1 || inverse.freed != 1 {
		t.Errorf("lines freed %d and %d times, want once each", private.freed, inverse.freed)
	}
	inverse.plug(false)
	if _, err := NewFilmContact(Contact{Pin: private}, &Contact{Pin: inverse}); !errors.Is(err, errUnplugged) {
		t.Errorf("open with a line that is not there: %v, want %v", err, errUnplugged)
	}
	if private.freed != 2 || inverse.freed != 2 {
		t.Errorf("after a failed open: lines freed %d and %d times, want 2 each", private.freed, inverse.freed)
	}
}
