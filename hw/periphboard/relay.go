package periphboard

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"periph.io/x/conn/v3/gpio"

	"guichet.example/hw"
)

// Relay drives the film through a relay on one output. It is released from
// the moment it is opened, after every error, and when it is closed.
type Relay struct {
	pin       gpio.PinOut
	activeLow bool

	mu     sync.Mutex
	closed bool
}

var _ hw.Relay = (*Relay)(nil)

// NewRelay makes pin an output and releases the coil.
func NewRelay(pin gpio.PinOut, activeLow bool) (*Relay, error) {
	r := &Relay{pin: pin, activeLow: activeLow}
	if err := r.drive(false); err != nil {
		// gpioioctl believes that a line is an output also when the request
		// for it failed; only closing makes it forget that.
		free(pin)
		return nil, fmt.Errorf("open relay %q: %w", name(pin), err)
	}
	return r, nil
}

// Set energises the coil for hw.FilmClear and releases it for anything else.
// Releasing is never refused because ctx is over: it is the safe direction.
func (r *Relay) Set(ctx context.Context, f hw.Film) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return fmt.Errorf("set relay %q: %w", name(r.pin), os.ErrClosed)
	}
	energise := f == hw.FilmClear
	err := r.drive(energise && ctx.Err() == nil)
	if err == nil && energise {
		err = ctx.Err()
	} else if err != nil {
		err = errors.Join(err, r.drive(false))
	}
	if err != nil {
		return fmt.Errorf("set relay %q: %w", name(r.pin), err)
	}
	return nil
}

// Close releases the coil and gives the line back.
func (r *Relay) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	err := r.drive(false)
	free(r.pin)
	if err != nil {
		return fmt.Errorf("close relay %q: %w", name(r.pin), err)
	}
	return nil
}

func (r *Relay) drive(energised bool) error { return r.pin.Out(level(energised, r.activeLow)) }
