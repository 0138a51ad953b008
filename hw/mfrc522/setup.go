package mfrc522

import (
	"context"
	"fmt"
	"slices"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// setting is one register as it is set up.
type setting struct {
	register register
	value    byte
}

// settings lists the registers that differ from their value after a reset, or
// that every exchange relies on.
func (c *Chip) settings() []setting {
	return []setting{
		// Between two exchanges nothing is under way; the receiver is on.
		{commandReg, cmdIdle},
		{bitFramingReg, 0},
		// The pin is low while an answer, the end of the timer, an error or a
		// filling FIFO is to be looked at. It is pulled up by the computer, so
		// that a cut wire looks as if nothing happened, and not like a storm.
		{comIEnReg, irqInverted | irqRx | irqHiAlert | irqErr | irqTimer},
		{divIEnReg, openDrain},
		{waterLevelReg, waterLevel},
		{collReg, 0}, // ValuesAfterColl = 0: bits after a collision are cleared
		{modeReg, crcPreset6363},
		{txModeReg, 0},
		{rxModeReg, rxNoErr},
		{txControlReg, antennaOff},
		{txASKReg, force100ASK},
		{rfCfgReg, c.gain},
		{tModeReg, timerAuto},
		{tPrescalerReg, 0},
		// Every exchange sets its own time. Until then this pattern moves each
		// of the eight bits both ways, which a bad wire does not survive.
		{tReloadHiReg, 0x55},
		{tReloadLoReg, 0xAA},
	}
}

// setUp resets the chip and sets every register.
func (c *Chip) setUp(ctx context.Context) error {
	c.ready = false
	c.bus.held = map[register]byte{}
	if err := c.restart(ctx); err != nil {
		return err
	}
	c.regs = nil
	for _, s := range c.settings() {
		c.regs = append(c.regs, s.register)
		if err := c.bus.set(s.register, s.value); err != nil {
			return err
		}
	}
	if _, err := c.collect(0); err != nil {
		return err
	}
	if c.interrupt != nil {
		if err := c.tryInterrupt(); err != nil {
			return err
		}
	}
	c.ready = true
	return nil
}

// restart resets the chip and returns when it is up, its version known.
func (c *Chip) restart(ctx context.Context) error {
	if err := c.pull(ctx); err != nil {
		return err
	}
	limit := time.Now().Add(startUp)
	for {
		late := time.Now().After(limit)
		r, _, err := c.bus.read(0, commandReg, versionReg)
		if err != nil {
			return err
		}
		// Without a chip the line floats or is pulled one way.
		absent := r[1] == 0x00 || r[1] == 0xFF
		switch {
		case !absent && r[0]&powerDown == 0:
			c.version = Version(r[1])
			return nil
		case late && absent:
			return gone(fmt.Sprintf("no chip answers (every register reads 0x%02X): check its wiring and its supply", r[1]))
		case late:
			return gone(fmt.Sprintf("%v does not start after a reset", Version(r[1])))
		}
		if err := sleep(ctx, time.Millisecond); err != nil {
			return err
		}
	}
}

// pull resets the chip: by its pin (section 8.8.1), else by the command
// (section 10.3.1.10).
func (c *Chip) pull(ctx context.Context) error {
	if c.reset == nil {
		return c.bus.write(commandReg, cmdSoftReset)
	}
	if err := c.reset.Out(gpio.Low); err != nil {
		return fmt.Errorf("reset pin %q: %w", c.reset.Name(), err)
	}
	if err := sleep(ctx, resetPulse); err != nil {
		return err
	}
	if err := c.reset.Out(gpio.High); err != nil {
		return fmt.Errorf("reset pin %q: %w", c.reset.Name(), err)
	}
	return nil
}

// collect reads every setting back, in one transaction with n bytes of the
// FIFO, and returns these.
func (c *Chip) collect(n int) ([]byte, error) {
	values, fifo, err := c.bus.read(n, c.regs...)
	if err != nil {
		return nil, err
	}
	for i, r := range c.regs {
		if r == collReg {
			values[i] &= valuesAfterColl // the others are the chip's
		}
		if want := c.bus.held[r]; values[i] != want {
			return nil, gone(fmt.Sprintf("register 0x%02X of %v reads 0x%02X after 0x%02X was written: check its wires and its supply, or set a slower SPI clock",
				byte(r), c.version, values[i], want))
		}
	}
	return slices.Clone(fifo), nil
}
