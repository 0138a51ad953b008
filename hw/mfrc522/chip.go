package mfrc522

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/pin"
	"periph.io/x/conn/v3/spi"

	"guichet.example/hw"
	"guichet.example/hw/badge"
)

const (
	// DefaultSpeed is the SPI clock unless Config says otherwise. At 4 MHz the
	// longest transaction, a full FIFO, takes 130 µs, while its bytes take
	// 5.4 ms on air: a faster clock gains nothing and asks for short wires.
	DefaultSpeed = 4 * physic.MegaHertz
	// MaxSpeed is the fastest SPI clock the chip takes, section 8.1.2.
	MaxSpeed = 10 * physic.MegaHertz
	// DefaultGain is the gain of the receiver after a reset, in dB.
	DefaultGain = 33
)

const (
	// resetPulse is how long the reset pin is held low; section 8.8.1 asks for
	// 100 ns.
	resetPulse = 100 * time.Microsecond
	// startUp is how long the chip may take after a reset: 38 µs and what its
	// crystal needs (section 8.8.2), which is a few milliseconds.
	startUp = 50 * time.Millisecond
	// settling is how long the field has to stand before a PICC answers, and
	// to be off before every PICC has forgotten its state. ISO/IEC 14443-3
	// gives a PICC 5 ms.
	settling = 5100 * time.Microsecond
	// waterLevel is the room in the FIFO, in bytes, at which the interrupt pin
	// tells that it fills up: 16 bytes are 1.4 ms on air.
	waterLevel = 16
)

// errClosed is returned after Close.
var errClosed = errors.New("reader chip is closed")

// Config says how the chip is wired and set. Its zero value is a chip on an
// SPI port alone.
type Config struct {
	Speed     physic.Frequency // SPI clock, up to MaxSpeed; 0 = DefaultSpeed
	Reset     gpio.PinOut      // to NRSTPD; nil: the chip is reset by a command, which a hung chip may ignore
	Interrupt gpio.PinIn       // to IRQ; nil: the chip is polled while an answer is awaited
	Gain      int              // of the receiver in dB: 18, 23, 33, 38, 43 or 48; 0 = DefaultGain
}

// Chip is an opened MFRC522. It is a badge.PCD: one goroutine at a time uses
// it.
type Chip struct {
	bus       bus
	name      string // the SPI port's
	reset     gpio.PinOut
	interrupt *interrupt // nil: polled
	gain      byte       // RFCfgReg
	version   Version
	regs      []register // those set, in the order in which they are read back
	ready     bool       // set up, and not lost since
	closed    bool
}

var _ badge.PCD = (*Chip)(nil)

// Open resets the chip, tries the bus and the interrupt pin, and sets the chip
// up for ISO/IEC 14443 type A at 106 kbit/s. The field is off. The port stays
// the caller's and is closed after the chip. After an error the pins are free.
func Open(ctx context.Context, port spi.Port, c Config) (*Chip, error) {
	chip, err := open(ctx, port, c)
	if err != nil {
		return nil, fmt.Errorf("open reader chip on %q: %w", port.String(), err)
	}
	return chip, nil
}

func open(ctx context.Context, port spi.Port, c Config) (_ *Chip, err error) {
	chip := &Chip{name: port.String()}
	if !isNil(c.Reset) {
		chip.reset = c.Reset
	}
	defer func() {
		if err != nil {
			chip.free()
		}
	}()
	if chip.gain, err = rxGain(c.Gain); err != nil {
		return nil, err
	}
	if c.Speed == 0 {
		c.Speed = DefaultSpeed
	}
	if c.Speed < 0 || c.Speed > MaxSpeed {
		return nil, fmt.Errorf("SPI clock %v is not above 0 and at most %v", c.Speed, MaxSpeed)
	}
	if !isNil(c.Interrupt) {
		if chip.interrupt, err = newInterrupt(c.Interrupt); err != nil {
			return nil, err
		}
	}
	// Mode 0, most significant bit first, 8 bits: section 8.1.2.
	if chip.bus.conn, err = port.Connect(c.Speed, spi.Mode0, 8); err != nil {
		return nil, err
	}
	return chip, chip.setUp(ctx)
}

// rxGain returns RFCfgReg (section 9.3.3.6) with RxGain in bits 6 to 4.
func rxGain(dB int) (byte, error) {
	if dB == 0 {
		dB = DefaultGain
	}
	code, ok := map[int]byte{18: 0, 23: 1, 33: 4, 38: 5, 43: 6, 48: 7}[dB]
	if !ok {
		return 0, fmt.Errorf("receiver gain %d dB is not one of 18, 23, 33, 38, 43, 48", dB)
	}
	return code<<4 | 0x08, nil // bit 3 is reserved and 1 after a reset
}

// Version returns what the chip calls itself.
func (c *Chip) Version() Version { return c.version }

// Field switches the antenna and returns once the field has settled. A chip
// that was lost is first set up anew.
func (c *Chip) Field(ctx context.Context, on bool) error {
	if c.closed {
		return errClosed
	}
	if !c.ready {
		if err := c.setUp(ctx); err != nil {
			return fmt.Errorf("set up reader chip again: %w", err)
		}
		// The field may have been off for shorter than a PICC needs to forget.
		if err := sleep(ctx, settling); err != nil {
			return err
		}
	}
	if err := c.antenna(ctx, on); err != nil {
		return fmt.Errorf("switch field: %w", c.note(err))
	}
	return nil
}

func (c *Chip) antenna(ctx context.Context, on bool) error {
	value := byte(antennaOff)
	if on {
		value = antennaOn
	}
	was := c.bus.held[txControlReg]
	if err := c.bus.set(txControlReg, value); err != nil {
		return err
	}
	if _, err := c.collect(0); err != nil {
		return err
	}
	if was == value {
		return ctx.Err()
	}
	return sleep(ctx, settling)
}

// Close switches the field off, holds the chip in reset as far as it has a
// pin for that, and frees the pins. It is harmless to call it again.
func (c *Chip) Close() error {
	if c.closed {
		return nil
	}
	c.closed, c.ready = true, false
	err := c.bus.write(txControlReg, antennaOff)
	if c.reset != nil {
		err = errors.Join(err, c.reset.Out(gpio.Low))
	}
	c.free()
	if err != nil {
		return fmt.Errorf("close reader chip on %q: %w", c.name, err)
	}
	return nil
}

// free gives the pins back to the kernel. periph's interfaces have no such
// method, gpioioctl's lines do.
func (c *Chip) free() {
	pins := []pin.Pin{c.reset}
	if c.interrupt != nil {
		pins = append(pins, c.interrupt.pin)
	}
	for _, p := range pins {
		if f, ok := p.(interface{ Close() }); ok {
			f.Close()
		}
	}
}

// note remembers that the chip was lost, and returns err.
func (c *Chip) note(err error) error {
	if errors.Is(err, hw.ErrGone) {
		c.ready = false
	}
	return err
}

// isNil says whether v is nil or an interface around a nil pointer, which is
// what a board without that pin easily passes.
func isNil(v any) bool {
	r := reflect.ValueOf(v)
	return !r.IsValid() || r.Kind() == reflect.Pointer && r.IsNil()
}

// sleep waits for d, unless ctx ends or has ended.
func sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
