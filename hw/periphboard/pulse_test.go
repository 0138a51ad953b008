package periphboard

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"guichet.example/hw"
	"guichet.example/hw/hwtest"
)

const testHz = 1000

// TestPulsedRelayContract: the coil behind a charge pump is energised while
// the line keeps changing, and not by a level.
func TestPulsedRelayContract(t *testing.T) {
	wirings(t, func(t *testing.T, activeLow bool) {
		hwtest.TestRelay(t, func(t *testing.T) (hw.Relay, hwtest.RelayProbe) {
			pin, clock := newOutput(t, level(true, activeLow)), &handClock{}
			r, err := newPulsedRelay(pin, activeLow, testHz, clock.ticking)
			if err != nil {
				t.Fatal(err)
			}
			return r, hwtest.RelayProbe{
				Energised: func() bool { return clock.pumps(r, pin) },
				Break: func() {
					pin.fail(level(true, activeLow), errors.New("broken"))
					clock.pumps(r, pin) // a train notices with its next pulse
				},
			}
		})
	})
}

// pumps lets some periods pass, if the relay asked for them, and says whether
// the line changed with each half of them.
func (c *handClock) pumps(r *PulsedRelay, pin *output) bool {
	r.mu.Lock()
	train := r.train
	r.mu.Unlock()
	if train == nil {
		return false
	}
	before := len(pin.changes())
	for range 20 { // the last is taken when the one before was carried out
		c.mu.Lock()
		ticks, period := c.ticks, c.period
		c.mu.Unlock()
		if period == 0 {
			time.Sleep(time.Millisecond) // the train is about to start its clock
			continue
		}
		select {
		case ticks <- time.Time{}:
		case <-train.done:
			return false
		}
	}
	return len(pin.changes())-before >= 3
}

// TestPulses counts them in virtual time.
func TestPulses(t *testing.T) {
	for _, hz := range []int{50, 1000, 2000} {
		synctest.Test(t, func(t *testing.T) {
			pin := newOutput(t, gpio.High)
			r, err := NewPulsedRelay(pin, false, hz)
			if err != nil {
				t.Fatal(err)
			}
			for range 3 { // set again is no new beginning
				if err := r.Set(t.Context(), hw.FilmClear); err != nil {
					t.Fatal(err)
				}
			}
			before := len(pin.changes())
			half := time.Second / time.Duration(2*hz)
			time.Sleep(time.Second + half/2)
			if got := len(pin.changes()) - before; got != 2*hz {
				t.Errorf("%d Hz: %d changes in a second, want %d", hz, got, 2*hz)
			}
			if err := r.Set(t.Context(), hw.FilmPrivate); err != nil {
				t.Fatal(err)
			}
			after := len(pin.changes())
			if pin.level() != gpio.Low {
				t.Error("not at rest when Set private returns")
			}
			time.Sleep(time.Minute)
			if len(pin.changes()) != after {
				t.Errorf("%d pulses after private", len(pin.changes())-after)
			}
			if err := r.Close(); err != nil || pin.freed != 1 {
				t.Errorf("close: %v, freed %d times", err, pin.freed)
			}
		})
	}
}

// TestPulsesEndWithAnError: a line that fails, for either level, ends them at
// rest, and the next Set tells.
func TestPulsesEndWithAnError(t *testing.T) {
	for _, l := range []gpio.Level{gpio.High, gpio.Low} {
		synctest.Test(t, func(t *testing.T) {
			broken := errors.New("broken")
			pin := newOutput(t, gpio.Low)
			r, err := NewPulsedRelay(pin, false, testHz)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Set(t.Context(), hw.FilmClear); err != nil {
				t.Fatal(err)
			}
			pin.fail(l, broken)
			time.Sleep(time.Second)
			pin.fail(l, nil)
			changes := len(pin.changes())
			time.Sleep(time.Second)
			if len(pin.changes()) != changes {
				t.Error("it pulses on after an error")
			}
			if err := r.Set(t.Context(), hw.FilmClear); !errors.Is(err, broken) {
				t.Errorf("set: %v, want %v", err, broken)
			}
			if pin.level() != gpio.Low {
				t.Error("not at rest after the error")
			}
			if err := r.Set(t.Context(), hw.FilmClear); err != nil {
				t.Errorf("told twice: %v", err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := NewPulsedRelay(newOutput(t, gpio.Low), false, 0); err == nil {
		t.Error("0 Hz")
	}
}
