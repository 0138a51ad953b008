package periphboard

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"guichet.example/hw"
)

// Half periods of the blinking. The fast one stays below the three flashes a
// second of WCAG 2.3.1, which a lamp in the corner of an eye can exceed too.
const (
	slowBlink = 1 * time.Second
	fastBlink = 200 * time.Millisecond
)

// ticking starts a ticker; a test replaces it.
type ticking func(time.Duration) (ticks <-chan time.Time, stop func())

func realTicks(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTicker(d)
	return t.C, t.Stop
}

// Indicator is a lamp on one output.
type Indicator struct {
	pin       gpio.PinOut
	activeLow bool
	ticking   ticking
	orders    chan order
	closing   chan struct{}
	done      chan struct{}
	once      sync.Once
	closeErr  error // written before done is closed
}

// order asks the lamp's goroutine for a pattern.
type order struct {
	light hw.Light
	reply chan error // has room for one
}

var _ hw.Indicator = (*Indicator)(nil)

// NewIndicator makes pin an output, switches the lamp off and starts the
// goroutine that blinks it; Close ends it.
func NewIndicator(pin gpio.PinOut, activeLow bool) (*Indicator, error) {
	return newIndicator(pin, activeLow, realTicks)
}

func newIndicator(pin gpio.PinOut, activeLow bool, t ticking) (*Indicator, error) {
	i := &Indicator{
		pin: pin, activeLow: activeLow, ticking: t,
		orders: make(chan order), closing: make(chan struct{}), done: make(chan struct{}),
	}
	if err := i.drive(false); err != nil {
		free(pin)
		return nil, fmt.Errorf("open indicator %q: %w", name(pin), err)
	}
	go i.run()
	return i, nil
}

// Show switches to the pattern of l and returns when it began. An error that
// came while the last pattern blinked is returned too.
func (i *Indicator) Show(ctx context.Context, l hw.Light) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o := order{light: l, reply: make(chan error, 1)}
	select {
	case <-i.done:
		return fmt.Errorf("show %s on indicator %q: %w", l, name(i.pin), os.ErrClosed)
	case <-ctx.Done():
		return ctx.Err()
	case i.orders <- o:
	}
	if err := <-o.reply; err != nil {
		return fmt.Errorf("show %s on indicator %q: %w", l, name(i.pin), err)
	}
	return nil
}

// Close ends the goroutine, switches the lamp off and frees the line.
func (i *Indicator) Close() error {
	i.once.Do(func() { close(i.closing) })
	<-i.done
	return i.closeErr
}

// run owns the line from NewIndicator to Close.
func (i *Indicator) run() {
	defer close(i.done)
	var (
		lit      bool
		blinkErr error            // of a blink that Show has not told yet
		blink    <-chan time.Time // nil while the light is steady
		stop     = func() {}
	)
	defer func() { stop() }()
	for {
		select {
		case <-i.closing:
			if err := i.drive(false); err != nil {
				i.closeErr = fmt.Errorf("close indicator %q: %w", name(i.pin), err)
			}
			free(i.pin)
			return
		case o := <-i.orders:
			stop()
			blink, stop = nil, func() {}
			if half := halfPeriod(o.light); half > 0 {
				blink, stop = i.ticking(half)
			}
			lit = o.light != hw.LightOff
			o.reply <- errors.Join(i.drive(lit), blinkErr)
			blinkErr = nil
		case <-blink:
			lit = !lit
			if err := i.drive(lit); err != nil {
				blinkErr = err
			}
		}
	}
}

// halfPeriod is how long the lamp is lit, then dark; 0 means it does not blink.
func halfPeriod(l hw.Light) time.Duration {
	switch l {
	case hw.LightHelp:
		return slowBlink
	case hw.LightFault:
		return fastBlink
	default:
		return 0
	}
}

func (i *Indicator) drive(lit bool) error { return i.pin.Out(level(lit, i.activeLow)) }
