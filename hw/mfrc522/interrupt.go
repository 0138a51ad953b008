package mfrc522

import (
	"context"
	"fmt"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// slice is the longest single wait for an edge. periph's WaitForEdge
// disagrees with its own contract about 0 and -1 (gpioioctl: 0 waits for ever,
// -1 not at all) and cannot be ended by a context, so it is called for a slice
// and the context is looked at in between.
const slice = 100 * time.Millisecond

// interrupt is the pin IRQ, low when the chip has something to tell.
type interrupt struct {
	pin gpio.PinIn
}

func newInterrupt(p gpio.PinIn) (*interrupt, error) {
	i := &interrupt{p}
	if err := p.In(gpio.PullUp, gpio.FallingEdge); err != nil {
		return i, fmt.Errorf("interrupt pin %q: %w", p.Name(), err)
	}
	return i, nil
}

// wait returns true after an edge, which may be one of before, and false after
// d or a slice. The pin fails when it gives up long before its time; that is
// the only sign that periph gives of a line which cannot be read.
func (i *interrupt) wait(ctx context.Context, d time.Duration) (edge, fails bool, err error) {
	d = max(min(d, slice), time.Millisecond)
	begin := time.Now()
	edge = i.pin.WaitForEdge(d)
	fails = !edge && time.Since(begin) < d/2
	return edge, fails, ctx.Err()
}

// tryInterrupt lets the chip pull the pin down and let it go, by setting and
// clearing the request of the timer by hand (section 9.3.1.5).
func (c *Chip) tryInterrupt() error {
	for _, try := range []struct {
		write byte
		level gpio.Level
	}{
		{irqAll, gpio.High},
		{irqSet | irqTimer, gpio.Low},
		{irqAll, gpio.High},
	} {
		if err := c.bus.write(comIrqReg, try.write); err != nil {
			return err
		}
		if l := c.interrupt.pin.Read(); l != try.level {
			return gone(fmt.Sprintf("interrupt pin %q is %v where the chip drives it %v: check its wire, or leave it out",
				c.interrupt.pin.Name(), l, try.level))
		}
	}
	return nil
}
