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

// PulsedRelay drives the film through a charge pump: the relay holds only
// while its line keeps changing, so a processor that hangs, or a process that
// died with the line high, lets it drop.
//
// The line rests at the inactive level. While clear is set, a goroutine of the
// relay's own changes it twice a period; it is started by Set and ended by the
// next Set to anything else, by Close, or by the first error.
type PulsedRelay struct {
	pin       gpio.PinOut
	activeLow bool
	half      time.Duration
	ticking   ticking

	mu     sync.Mutex
	closed bool
	train  *train // nil while released
}

// train is one uninterrupted row of pulses.
type train struct {
	stop chan struct{}
	done chan struct{}
	err  error // why it ended by itself; written before done is closed
}

var _ hw.Relay = (*PulsedRelay)(nil)

// NewPulsedRelay makes pin an output and leaves it at rest. hz are the pulses a
// second.
func NewPulsedRelay(pin gpio.PinOut, activeLow bool, hz int) (*PulsedRelay, error) {
	return newPulsedRelay(pin, activeLow, hz, realTicks)
}

func newPulsedRelay(pin gpio.PinOut, activeLow bool, hz int, t ticking) (*PulsedRelay, error) {
	if hz <= 0 {
		return nil, fmt.Errorf("open relay %q: %d pulses a second", name(pin), hz)
	}
	r := &PulsedRelay{pin: pin, activeLow: activeLow, half: time.Second / time.Duration(2*hz), ticking: t}
	if err := r.drive(false); err != nil {
		free(pin)
		return nil, fmt.Errorf("open relay %q: %w", name(pin), err)
	}
	return r, nil
}

// Set pulses for hw.FilmClear and stops for anything else. When it returns, no
// further pulse comes. An error that ended the pulses since is told once.
func (r *PulsedRelay) Set(ctx context.Context, f hw.Film) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := os.ErrClosed
	if !r.closed {
		err = r.set(ctx, f == hw.FilmClear)
	}
	if err != nil {
		return fmt.Errorf("set relay %q: %w", name(r.pin), err)
	}
	return nil
}

func (r *PulsedRelay) set(ctx context.Context, energise bool) error {
	if energise && r.pulses() && ctx.Err() == nil {
		return nil
	}
	err := r.release()
	if energise && err == nil {
		err = ctx.Err()
	}
	if !energise || err != nil {
		return err
	}
	if err := r.drive(true); err != nil {
		return errors.Join(err, r.drive(false))
	}
	r.train = &train{stop: make(chan struct{}), done: make(chan struct{})}
	go r.run(r.train)
	return nil
}

// pulses says whether a train is under way.
func (r *PulsedRelay) pulses() bool {
	if r.train == nil {
		return false
	}
	select {
	case <-r.train.done:
		return false
	default:
		return true
	}
}

// release ends the pulses and leaves the line at rest.
func (r *PulsedRelay) release() error {
	var err error
	if r.train != nil {
		close(r.train.stop)
		<-r.train.done
		err = r.train.err
		r.train = nil
	}
	return errors.Join(err, r.drive(false))
}

// run pulses until it is stopped or the line fails. It alone touches the line
// meanwhile.
func (r *PulsedRelay) run(t *train) {
	defer close(t.done)
	ticks, stop := r.ticking(r.half)
	defer stop()
	for active := true; ; {
		select {
		case <-t.stop:
			return
		case <-ticks:
			active = !active
			if err := r.drive(active); err != nil {
				t.err = errors.Join(err, r.drive(false))
				return
			}
		}
	}
}

// Close stops the pulses and gives the line back.
func (r *PulsedRelay) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	err := r.release()
	free(r.pin)
	if err != nil {
		return fmt.Errorf("close relay %q: %w", name(r.pin), err)
	}
	return nil
}

func (r *PulsedRelay) drive(active bool) error { return r.pin.Out(level(active, r.activeLow)) }
