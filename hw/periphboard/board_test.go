package periphboard

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/host/v3/gpioioctl"

	"guichet.example/hw"
)

// paperChip has lines that no kernel stands behind.
type paperChip struct {
	label string
	lines []*gpioioctl.GPIOLine
}

func newPaperChip(label string, lines int) *paperChip {
	c := &paperChip{label: label}
	for range lines {
		c.lines = append(c.lines, &gpioioctl.GPIOLine{})
	}
	return c
}

func (c *paperChip) Label() string                      { return c.label }
func (c *paperChip) LineCount() int                     { return len(c.lines) }
func (c *paperChip) ByNumber(n int) *gpioioctl.GPIOLine { return c.lines[n] }

func TestFind(t *testing.T) {
	bcm := newPaperChip("pinctrl-bcm2835", 54)
	chips := []chip{newPaperChip("raspberrypi-exp-gpio", 8), bcm}
	got, err := find(Line{Chip: "pinctrl-bcm2835", Offset: 17}, chips)
	if err != nil || got != bcm.lines[17] {
		t.Errorf("find line 17: %v, want the line of that number", err)
	}
	for _, c := range []struct {
		line Line
		want string
	}{
		{Line{Chip: "pinctrl-rp1", Offset: 17},
			`there is no GPIO chip with the label "pinctrl-rp1"; this machine has "raspberrypi-exp-gpio", "pinctrl-bcm2835"`},
		{Line{Chip: "pinctrl-bcm2835", Offset: 54}, `chip "pinctrl-bcm2835" has lines 0 to 53, not 54`},
		{Line{Chip: "pinctrl-bcm2835", Offset: -1}, `chip "pinctrl-bcm2835" has lines 0 to 53, not -1`},
	} {
		if _, err := find(c.line, chips); err == nil || err.Error() != c.want {
			t.Errorf("find %v: %v, want %s", c.line, err, c.want)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	chips := []chip{newPaperChip("pinctrl-bcm2835", 54)}
	on := func(offset int) Line { return Line{Chip: "pinctrl-bcm2835", Offset: offset} }
	same := on(22)
	same.ActiveLow = true
	for _, c := range []struct {
		name   string
		config Config
		want   string
	}{
		{"relay not found", Config{Relay: on(99), Film: on(22)}, "open relay: chip"},
		{"two parts on one line", Config{Relay: on(17), Film: on(22), HelpButton: &same},
			"open help button: pinctrl-bcm2835 line 22 is already the line of the film contact"},
		{"the switch on a line in use", Config{Relay: on(17), Film: on(22), ServiceSwitch: &same},
			"open service switch: pinctrl-bcm2835 line 22 is already the line of the film contact"},
		{"the kernel refuses", Config{Relay: on(17), Film: on(22)}, `open relay "line 0": GPIOLine.Out(): `},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := open(c.config, chips)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("open: %v, want %s…", err, c.want)
			}
			if b != nil {
				t.Error("open: a board and an error")
			}
		})
	}
}

// TestOpenWithoutGPIO is what somebody sees who starts kioskd on a computer
// that is no Pi.
func TestOpenWithoutGPIO(t *testing.T) {
	if found, _ := filepath.Glob("/dev/gpiochip*"); len(found) > 0 {
		t.Skipf("this machine has GPIO chips: %v", found)
	}
	_, err := Open(Config{})
	if err == nil || !strings.Contains(err.Error(), "this machine has no GPIO") {
		t.Errorf("open: %v, want a word that there is no GPIO", err)
	}
}

func TestNoChip(t *testing.T) {
	dev := t.TempDir()
	if err := noChip(dev); !strings.Contains(err.Error(), "no GPIO") {
		t.Errorf("empty /dev: %v", err)
	}
	chip := filepath.Join(dev, "gpiochip0")
	if err := os.WriteFile(chip, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := noChip(dev); !strings.Contains(err.Error(), "5.10") {
		t.Errorf("a chip that cannot be asked: %v", err)
	}
	if err := os.Chmod(chip, 0); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		t.Log("permission not checked: root may open everything")
		return
	}
	if err := noChip(dev); !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "group gpio") {
		t.Errorf("a chip without permission: %v", err)
	}
}

func TestInUse(t *testing.T) {
	for _, err := range []error{nil, errUnplugged} {
		if got := inUse(err, "other"); !errors.Is(got, err) || errors.Is(got, ErrInUse) {
			t.Errorf("inUse(%v): %v", err, got)
		}
	}
	busy := errors.New("line_request ioctl: device or resource busy") // as gpioioctl says it; the emulated board says so too
	for holder, want := range map[string]string{"": ": line is in use", "kioskd@7": `: line is in use by "kioskd@7"`} {
		if got := inUse(busy, holder); !errors.Is(got, ErrInUse) || !errors.Is(got, busy) || !strings.HasSuffix(got.Error(), want) {
			t.Errorf("held by %q: %v", holder, got)
		}
	}
}

// TestRelayNeverStuck breaks the line in each way, at each moment.
func TestRelayNeverStuck(t *testing.T) {
	broken := errors.New("broken")
	pin := newOutput(t, gpio.Low)
	pin.fail(gpio.Low, broken)
	if _, err := NewRelay(pin, false); !errors.Is(err, broken) {
		t.Errorf("open: %v, want %v", err, broken)
	}
	if pin.freed != 1 {
		t.Errorf("open failed: line freed %d times, want once", pin.freed)
	}

	pin = newOutput(t, gpio.Low)
	r, err := NewRelay(pin, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Set(t.Context(), hw.FilmClear); err != nil {
		t.Fatal(err)
	}
	pin.fail(gpio.Low, broken)
	if err := r.Set(t.Context(), hw.FilmPrivate); !errors.Is(err, broken) || !strings.Contains(err.Error(), `"GPIO17"`) {
		t.Errorf("set private: %v, want %v and the line's name", err, broken)
	}
	if err := r.Close(); !errors.Is(err, broken) {
		t.Errorf("close: %v, want %v", err, broken)
	}
	if pin.freed != 1 {
		t.Errorf("close failed: line freed %d times, want once", pin.freed)
	}
}

// TestIndicatorRhythm counts the changes in a minute in virtual time.
func TestIndicatorRhythm(t *testing.T) {
	for l, want := range map[hw.Light]int{hw.LightOff: 0, hw.LightAssisted: 0, hw.LightHelp: 59, hw.LightFault: 299} {
		t.Run(l.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pin := newOutput(t, gpio.Low)
				i, err := NewIndicator(pin, false)
				if err != nil {
					t.Fatal(err)
				}
				if err := i.Show(t.Context(), l); err != nil {
					t.Fatal(err)
				}
				before := len(pin.changes())
				time.Sleep(time.Minute - time.Millisecond)
				if got := len(pin.changes()) - before; got != want {
					t.Errorf("%d changes in a minute, want %d", got, want)
				}
				if err := i.Close(); err != nil {
					t.Error(err)
				}
				if pin.level() != gpio.Low || pin.freed != 1 {
					t.Errorf("closed: level %v, freed %d times; want off, once", pin.level(), pin.freed)
				}
			})
		})
	}
}

// TestIndicatorTellsLater: a lamp that breaks while it blinks is told by the
// next call, and by Close.
func TestIndicatorTellsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		pin := newOutput(t, gpio.Low)
		i, err := NewIndicator(pin, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := i.Show(t.Context(), hw.LightFault); err != nil {
			t.Fatal(err)
		}
		pin.fail(gpio.Low, broken)
		time.Sleep(fastBlink)
		synctest.Wait()
		if err := i.Show(context.Background(), hw.LightAssisted); !errors.Is(err, broken) {
			t.Errorf("show: %v, want %v", err, broken)
		}
		if err := i.Show(context.Background(), hw.LightAssisted); err != nil {
			t.Errorf("show again: %v, want it told once", err)
		}
		if err := i.Close(); !errors.Is(err, broken) {
			t.Errorf("close: %v, want %v", err, broken)
		}
	})
}

// TestShowCancelled: select takes any way that is open, so one try shows little.
func TestShowCancelled(t *testing.T) {
	pin := newOutput(t, gpio.Low)
	i, err := NewIndicator(pin, false)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 {
		if err := i.Show(over, hw.LightAssisted); !errors.Is(err, context.Canceled) {
			t.Fatalf("show: %v, want %v", err, context.Canceled)
		}
	}
	if pin.level() != gpio.Low {
		t.Error("the lamp is lit")
	}
}

func TestFindReader(t *testing.T) {
	bcm := newPaperChip("pinctrl-bcm2835", 54)
	at := func(n int) *Line { return &Line{Chip: "pinctrl-bcm2835", Offset: n} }
	b := &Board{}
	if err := b.findReader(Config{}, []chip{bcm}); err != nil || b.ReaderInterrupt != nil || b.ReaderReset != nil {
		t.Errorf("not wired: %+v, %v", b, err)
	}
	err := b.findReader(Config{ReaderInterrupt: at(25), ReaderReset: at(5)}, []chip{bcm})
	if err != nil || b.ReaderInterrupt != bcm.lines[25] || b.ReaderReset != bcm.lines[5] {
		t.Errorf("wired: %+v, %v", b, err)
	}
	for _, c := range []Config{{ReaderInterrupt: at(54)}, {ReaderReset: at(-1)}} {
		if err := b.findReader(c, []chip{bcm}); err == nil || !strings.Contains(err.Error(), "of badge reader") {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := (Config{Relay: *at(17), Film: *at(27), ReaderReset: at(17)}).check(); err == nil {
		t.Error("the relay's line was given to the reader")
	}
}
