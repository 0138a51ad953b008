package mfrc522

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/host/v3/gpioioctl"

	"guichet.example/hw"
	"guichet.example/hw/badge"
)

var reqa = badge.Frame{Data: []byte{0x26}, LastBits: 7, Wait: 100 * time.Microsecond}

// opened returns a chip on f with its field on.
func opened(t *testing.T, f *fake, c Config) *Chip {
	t.Helper()
	chip, err := Open(t.Context(), f, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := chip.Field(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	return chip
}

func irqPin() *gpiotest.Pin {
	return &gpiotest.Pin{N: "GPIO24", Num: 24, L: gpio.High, EdgesChan: make(chan gpio.Level, 16)}
}

func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		break_ func(*fake)
		text   string
		gone   bool
	}{
		"no chip, line low":  {Config{}, func(f *fake) { f.stuck = 0x00 }, "no chip answers (every register reads 0x00)", true},
		"no chip, line high": {Config{}, func(f *fake) { f.stuck = 0xFF }, "no chip answers (every register reads 0xFF)", true},
		"one wire stuck":     {Config{}, func(f *fake) { f.stuck = 0x81 }, "register 0x01 of unknown chip (0x81) reads 0x81 after 0x00 was written", true},
		"never up":           {Config{}, func(f *fake) { f.asleep = 1000 }, "NXP MFRC522 version 2.0 (0x92) does not start", true},
		"no bus":             {Config{}, func(f *fake) { f.broken = true }, "no such device", true},
		"too fast":           {Config{Speed: 11 * physic.MegaHertz}, nil, "SPI clock 11MHz", false},
		"negative speed":     {Config{Speed: -1}, nil, "SPI clock", false},
		"gain":               {Config{Gain: 20}, nil, "receiver gain 20 dB is not one of", false},
		"pin without edges":  {Config{Interrupt: &gpiotest.Pin{N: "GPIO24"}}, nil, `interrupt pin "GPIO24"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				if c.break_ != nil {
					c.break_(f)
				}
				chip, err := Open(t.Context(), f, c.config)
				if chip != nil || err == nil || !strings.Contains(err.Error(), c.text) {
					t.Fatalf("%v, want %q", err, c.text)
				}
				if !strings.HasPrefix(err.Error(), `open reader chip on "SPI0.0": `) {
					t.Errorf("%v does not say what was opened", err)
				}
				if errors.Is(err, hw.ErrGone) != c.gone {
					t.Errorf("%v: gone %v", err, !c.gone)
				}
			})
		})
	}
}

func TestOpenWaitsUntilTheChipIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.asleep = 5
		opened(t, f, Config{})
	})
}

func TestOpenEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.stuck = 0
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Millisecond)
		defer cancel()
		if _, err := Open(ctx, f, Config{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

// A board without these pins passes nil pointers in interfaces.
func TestTypedNilPins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var none *gpioioctl.GPIOLine
		c := opened(t, newFake(reply{irq: irqRx, data: []byte{4, 0}}), Config{Reset: none, Interrupt: none})
		if _, err := c.Transceive(t.Context(), reqa); err != nil {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestConfig(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for dB, want := range map[int]byte{0: 0x48, 18: 0x08, 23: 0x18, 33: 0x48, 38: 0x58, 43: 0x68, 48: 0x78} {
			f := newFake()
			opened(t, f, Config{Gain: dB, Speed: MaxSpeed})
			if f.regs[rfCfgReg] != want || f.speed != MaxSpeed {
				t.Errorf("%d dB: RFCfgReg 0x%02X, %v", dB, f.regs[rfCfgReg], f.speed)
			}
		}
		f := newFake()
		opened(t, f, Config{})
		if f.speed != 4*physic.MegaHertz {
			t.Errorf("default speed %v", f.speed)
		}
	})
}

func TestVersionNames(t *testing.T) {
	for v, want := range map[Version]string{
		0x91: "NXP MFRC522 version 1.0 (0x91)", 0x92: "NXP MFRC522 version 2.0 (0x92)", 0x88: "Fudan FM17522 (0x88)",
		0x89: "Fudan FM17522E (0x89)", 0xB2: "Fudan FM17522 (0xB2)", 0x12: "imitation of an MFRC522 (0x12)",
		0x90: "Philips MFRC522 version 0.0 (0x90)", 0x15: "unknown chip (0x15)",
	} {
		if v.String() != want || v.NXP() != (v == 0x91 || v == 0x92) {
			t.Errorf("%v, NXP %v", v, v.NXP())
		}
	}
}

func TestFieldSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		c := opened(t, f, Config{})
		for _, on := range []bool{false, true} {
			begin := time.Now()
			if err := c.Field(t.Context(), on); err != nil {
				t.Fatal(err)
			}
			if d := time.Since(begin); d < 5*time.Millisecond || d > 10*time.Millisecond {
				t.Errorf("field %v settled within %v", on, d)
			}
			if lit := f.regs[txControlReg]&3 == 3; lit != on {
				t.Errorf("field %v, TxControlReg 0x%02X", on, f.regs[txControlReg])
			}
			begin = time.Now()
			if err := c.Field(t.Context(), on); err != nil || time.Since(begin) != 0 {
				t.Errorf("field that is so already: %v after %v", err, time.Since(begin))
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Field(ctx, false); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		c := opened(t, f, Config{})
		for range 2 {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
		if f.regs[txControlReg]&3 != 0 {
			t.Error("the field of a closed chip stands")
		}
		_, err := c.Transceive(t.Context(), reqa)
		for _, err := range []error{err, c.Field(t.Context(), true), c.SelfTest(t.Context())} {
			if !errors.Is(err, errClosed) {
				t.Error(err)
			}
		}
		f = newFake()
		c = opened(t, f, Config{})
		f.broken = true
		if err := c.Close(); !errors.Is(err, errUnplugged) {
			t.Error(err)
		}
	})
}

func TestSelfTest(t *testing.T) {
	for _, c := range []struct {
		version byte
		spoil   func(*fake)
		text    string
		is      error
	}{
		{0x91, nil, "", nil},
		{0x92, nil, "", nil},
		{0x88, nil, "self-test of Fudan FM17522 (0x88): no reference for the self-test", ErrNoReference},
		{0x92, func(f *fake) { f.regs[versionReg] = 0x91 }, "bytes differ from the data sheet's", nil},
		{0x92, func(f *fake) { f.broken = true }, "no such device", hw.ErrGone},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			f.regs[versionReg] = c.version
			chip := opened(t, f, Config{})
			if c.spoil != nil {
				c.spoil(f)
			}
			err := chip.SelfTest(t.Context())
			if c.text == "" && err != nil || c.text != "" && (err == nil || !strings.Contains(err.Error(), c.text)) {
				t.Fatalf("0x%02X: %v, want %q", c.version, err, c.text)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v is not %v", err, c.is)
			}
			if c.is == nil && (!chip.ready || f.regs[modeReg] != crcPreset6363 || f.regs[autoTestReg] != 0) {
				t.Error("the chip is not set up after its self-test")
			}
		})
	}
}

// Whichever transaction fails, the caller is told that the chip is gone, and
// switching the field on mends it.
func TestEveryTransactionMayFail(t *testing.T) {
	life := func(t *testing.T, f *fake) (*Chip, error) {
		c, err := Open(t.Context(), f, Config{Interrupt: f.irq})
		if err != nil {
			return nil, err
		}
		return c, errors.Join(
			c.Field(t.Context(), true),
			func() error { _, err := c.Transceive(t.Context(), rats); return err }(),
			c.SelfTest(t.Context()),
		)
	}
	for n := 0; ; n++ {
		over := false
		synctest.Test(t, func(t *testing.T) {
			f := newFake(reply{irq: irqRx, data: []byte{1}})
			f.irq, f.failAt = irqPin(), n
			c, err := life(t, f)
			if over = f.count < n; over || n == 0 {
				if err != nil {
					t.Errorf("without a failure: %v", err)
				}
				return
			}
			if !errors.Is(err, hw.ErrGone) || !errors.Is(err, errUnplugged) {
				t.Errorf("transaction %d of %d fails: %v", n, f.count, err)
			}
			if c == nil {
				return
			}
			f.script = []reply{{irq: irqRx, data: []byte{1}}}
			if err := c.Field(t.Context(), true); err != nil {
				t.Errorf("after transaction %d failed: %v", n, err)
			}
			if _, err := c.Transceive(t.Context(), rats); err != nil {
				t.Errorf("after transaction %d failed: %v", n, err)
			}
		})
		if over {
			return
		}
	}
}

// failing is a pin that cannot be driven to a level.
type failing struct {
	gpiotest.Pin
	at     gpio.Level
	closed int
}

func (p *failing) Out(l gpio.Level) error {
	if l == p.at {
		return errUnplugged
	}
	return p.Pin.Out(l)
}

func (p *failing) Close() { p.closed++ }

func TestResetPinFails(t *testing.T) {
	for _, l := range []gpio.Level{gpio.Low, gpio.High} {
		synctest.Test(t, func(t *testing.T) {
			p := &failing{Pin: gpiotest.Pin{N: "GPIO25"}, at: l}
			_, err := Open(t.Context(), newFake(), Config{Reset: p})
			if !errors.Is(err, errUnplugged) || !strings.Contains(err.Error(), `reset pin "GPIO25"`) {
				t.Error(err)
			}
			if p.closed != 1 {
				t.Errorf("the pin was freed %d times", p.closed)
			}
		})
	}
}

func TestPinsAreFreedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &failing{}
		p.at = gpio.High
		c := opened(t, newFake(), Config{})
		c.reset = p
		_, _ = c.Close(), c.Close()
		if p.closed != 1 {
			t.Errorf("the pin was freed %d times", p.closed)
		}
	})
}
