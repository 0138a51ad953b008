package guest

import (
	"testing"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/hwtest"
	"guichet.example/hw/periphboard"
)

// The chip and what is wired to it; the emulator's power key has line 3.
const (
	chip        = "9030000.pl061"
	relayLine   = 0
	lampLine    = 1
	privateLine = 4
	clearLine   = 5
	buttonLine  = 6
)

func line(offset int) periphboard.Line { return periphboard.Line{Chip: chip, Offset: offset} }

// open opens the whole board, as kioskd does, the film being private and the
// button up.
func open(t *testing.T, hz int) (*hands, *periphboard.Board) {
	t.Helper()
	h := board(t)
	h.input(t, privateLine, true)
	h.input(t, clearLine, false)
	h.input(t, buttonLine, false)
	inverse, lamp, button := line(clearLine), line(lampLine), line(buttonLine)
	b, err := periphboard.Open(periphboard.Config{Relay: line(relayLine), PulseHz: hz, Film: line(privateLine),
		FilmInverse: &inverse, Indicator: &lamp, HelpButton: &button})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return h, b
}

func TestRelay(t *testing.T) {
	board(t)
	hwtest.TestRelay(t, func(t *testing.T) (hw.Relay, hwtest.RelayProbe) {
		h, b := open(t, 0)
		return b.Relay, hwtest.RelayProbe{Energised: func() bool { high, _ := h.output(t, relayLine); return high }}
	})
}

func TestPulsedRelay(t *testing.T) {
	board(t)
	hwtest.TestRelay(t, func(t *testing.T) (hw.Relay, hwtest.RelayProbe) {
		h, b := open(t, 500)
		return b.Relay, hwtest.RelayProbe{Energised: func() bool { return changes(t, h, relayLine, 100*time.Millisecond) >= 4 }}
	})
}

// changes counts how often an output changes within d.
func changes(t testing.TB, h *hands, line int, d time.Duration) int {
	_, before := h.output(t, line)
	time.Sleep(d)
	_, after := h.output(t, line)
	return after - before
}

func TestFilmContact(t *testing.T) {
	board(t)
	hwtest.TestFilmContact(t, func(t *testing.T) (hw.FilmContact, hwtest.ContactProbe) {
		h, b := open(t, 0)
		return b.Film, hwtest.ContactProbe{Move: func(f hw.Film) {
			h.input(t, privateLine, f == hw.FilmPrivate)
			h.input(t, clearLine, f == hw.FilmClear)
		}}
	})
}

// TestIndicator tells the patterns apart by how often the lamp changes: the
// slow blink once a second, the fast one five times.
func TestIndicator(t *testing.T) {
	board(t)
	hwtest.TestIndicator(t, func(t *testing.T) (hw.Indicator, hwtest.IndicatorProbe) {
		h, b := open(t, 0)
		return b.Indicator, hwtest.IndicatorProbe{Seen: func() hw.Light {
			n := changes(t, h, lampLine, 1500*time.Millisecond)
			high, _ := h.output(t, lampLine)
			switch {
			case n >= 4:
				return hw.LightFault
			case n >= 1:
				return hw.LightHelp
			case high:
				return hw.LightAssisted
			default:
				return hw.LightOff
			}
		}}
	})
}

func TestHelpButton(t *testing.T) {
	board(t)
	hwtest.TestButton(t, func(t *testing.T) (hw.Button, hwtest.ButtonProbe) {
		h, b := open(t, 0)
		time.Sleep(settle) // a button that is down at the first reading is no press
		return b.HelpButton, hwtest.ButtonProbe{Press: func() {
			h.input(t, buttonLine, true)
			h.input(t, buttonLine, false)
		}}
	})
}
