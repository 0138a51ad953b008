package periphboard

import (
	"errors"
	"sync"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"

	"guichet.example/hw"
	"guichet.example/hw/hwtest"
)

func wirings(t *testing.T, f func(t *testing.T, activeLow bool)) {
	t.Run("active high", func(t *testing.T) { t.Parallel(); f(t, false) })
	t.Run("active low", func(t *testing.T) { t.Parallel(); f(t, true) })
}

func TestRelayContract(t *testing.T) {
	wirings(t, func(t *testing.T, activeLow bool) {
		hwtest.TestRelay(t, func(t *testing.T) (hw.Relay, hwtest.RelayProbe) {
			pin := newOutput(t, level(true, activeLow))
			r, err := NewRelay(pin, activeLow)
			if err != nil {
				t.Fatal(err)
			}
			return r, hwtest.RelayProbe{
				Energised: func() bool { return pin.level() == level(true, activeLow) },
				Break: func() {
					pin.fail(level(true, activeLow), errors.New("broken"))
				},
			}
		})
	})
}

func TestFilmContactContract(t *testing.T) {
	wirings(t, func(t *testing.T, activeLow bool) {
		hwtest.TestFilmContact(t, func(t *testing.T) (hw.FilmContact, hwtest.ContactProbe) {
			return openContact(t, activeLow)
		})
	})
}

func openContact(t *testing.T, activeLow bool) (*FilmContact, hwtest.ContactProbe) {
	private, inverse := newInput(level(true, activeLow)), newInput(level(false, activeLow))
	f, err := NewFilmContact(
		Contact{Pin: private, ActiveLow: activeLow}, &Contact{Pin: inverse, ActiveLow: activeLow})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(private.misuse, inverse.misuse); err != nil {
			t.Error(err)
		}
	})
	move := func(film hw.Film) {
		private.move(level(film == hw.FilmPrivate, activeLow))
		inverse.move(level(film == hw.FilmClear, activeLow))
		private.settle()
		inverse.settle()
	}
	plug := func(in bool) { private.plug(in); inverse.plug(in) }
	return f, hwtest.ContactProbe{Move: move, Plug: plug}
}

func TestIndicatorContract(t *testing.T) {
	wirings(t, func(t *testing.T, activeLow bool) {
		hwtest.TestIndicator(t, func(t *testing.T) (hw.Indicator, hwtest.IndicatorProbe) {
			pin, clock := newOutput(t, level(true, activeLow)), &handClock{}
			i, err := newIndicator(pin, activeLow, clock.ticking)
			if err != nil {
				t.Fatal(err)
			}
			return i, hwtest.IndicatorProbe{Seen: func() hw.Light { return clock.eye(pin, activeLow) }}
		})
	})
}

// handClock is a ticker that is moved by hand.
type handClock struct {
	mu     sync.Mutex
	period time.Duration // 0: stopped
	ticks  chan time.Time
}

func (c *handClock) ticking(d time.Duration) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.period, c.ticks = d, make(chan time.Time)
	return c.ticks, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.period = 0
	}
}

// eye tells the pattern by the period and by what two ticks do to the lamp.
func (c *handClock) eye(pin *output, activeLow bool) hw.Light {
	c.mu.Lock()
	period, ticks := c.period, c.ticks
	c.mu.Unlock()
	before := len(pin.changes())
	if period > 0 {
		for range 3 { // the third is taken when the second was carried out
			ticks <- time.Time{}
		}
	}
	blinks := len(pin.changes())-before >= 2
	switch lit := pin.level() == level(true, activeLow); {
	case blinks && period == slowBlink:
		return hw.LightHelp
	case blinks && period == fastBlink:
		return hw.LightFault
	case lit:
		return hw.LightAssisted
	default:
		return hw.LightOff
	}
}

func TestHelpButtonContract(t *testing.T) {
	wirings(t, func(t *testing.T, activeLow bool) {
		hwtest.TestButton(t, func(t *testing.T) (hw.Button, hwtest.ButtonProbe) {
			pin := newInput(level(false, activeLow))
			h, err := NewButton("help button", Contact{Pin: pin, ActiveLow: activeLow})
			if err != nil {
				t.Fatal(err)
			}
			pin.settle() // a button that is down at the first reading is not a press
			bounce := func(to gpio.Level) {
				for range 3 {
					pin.move(to)
					pin.move(!to)
				}
				pin.move(to)
				pin.settle()
			}
			return h, hwtest.ButtonProbe{Press: func() {
				bounce(level(true, activeLow))
				bounce(level(false, activeLow))
			}}
		})
	})
}
