// Package hwtest is the contract that every implementation of the devices of
// package hw meets. An implementation's own test opens the device together
// with a probe, which is the other side of the hardware: it sees the coil and
// the lamp, moves the contact, lays badges down, pulls plugs.
//
// Only tests may import it. It says nothing about pins, chips or timing
// beyond Bound, so that the simulated board and a real one are held to the
// same clauses. Every clause has an implementation in this package's own
// tests that breaks it.
package hwtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// Bound is the longest that a device may take to answer, to notice that its
// context ended, or to close. It is generous: a kiosk on a Pi polls its lines
// in slices of at most 250 ms.
const Bound = 2 * time.Second

// quiet is how long a device is watched before it is taken to say nothing.
const quiet = 40 * time.Millisecond

// clause is one sentence of a contract. check gets a device that was just
// opened and its probe; it closes the device only if the clause is about that.
type clause[D interface{ Close() error }, P any] struct {
	name  string
	check func(device D, probe P) error
}

// run holds a device to its clauses, each on a device of its own.
func run[D interface{ Close() error }, P any](t *testing.T, clauses []clause[D, P], open func(t *testing.T) (D, P)) {
	t.Helper()
	for _, c := range clauses {
		t.Run(c.name, func(t *testing.T) {
			device, probe := open(t)
			t.Cleanup(func() { _ = bounded("close", device.Close) })
			err := c.check(device, probe)
			var skip cannot
			switch {
			case errors.As(err, &skip):
				t.Skip(skip.Error())
			case err != nil:
				t.Error(err)
			}
		})
	}
}

// cannot is returned by a clause that needs something its probe lacks.
type cannot string

func (c cannot) Error() string { return "not checked: the probe has no " + string(c) }

// bounded runs f and fails when it does not return within Bound; f is then
// left behind.
func bounded(what string, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	timer := time.NewTimer(Bound)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return fmt.Errorf("%s: no return within %v", what, Bound)
	}
}

// next calls a device's Next, which must answer within Bound.
func next[T any](what string, f func(context.Context) (T, error)) (T, error) {
	var v T
	err := bounded(what, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), Bound)
		defer cancel()
		got, err := f(ctx)
		if err == nil {
			v = got
		}
		return err
	})
	return v, err
}

// silent checks that Next has nothing to tell, and ends when its context does.
func silent[T any](what string, f func(context.Context) (T, error)) error {
	var heard error
	err := bounded(what, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), quiet)
		defer cancel()
		v, err := f(ctx)
		if err == nil {
			heard = fmt.Errorf("%s: returned %v, want nothing", what, v)
		}
		return err
	})
	switch {
	case heard != nil:
		return heard
	case errors.Is(err, context.DeadlineExceeded):
		return nil
	default:
		return unlike(what, err, context.DeadlineExceeded)
	}
}

// cancelled checks that a call under a context that has ended, and one whose
// context ends while it waits, return the context's error.
func cancelled[T any](what string, f func(context.Context) (T, error)) error {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	for _, ctx := range []context.Context{over, soonOver()} {
		err := bounded(what, func() error { _, err := f(ctx); return err })
		if !errors.Is(err, context.Canceled) {
			return unlike(what+" after its context was cancelled", err, context.Canceled)
		}
	}
	return nil
}

// unlike says that a call ended otherwise than it should.
func unlike(what string, err error, want any) error {
	if err == nil {
		return fmt.Errorf("%s: no error, want %v", what, want)
	}
	return fmt.Errorf("%s: %w, want %+v", what, err, want)
}

// soonOver returns a context that is cancelled after quiet.
func soonOver() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(quiet, cancel)
	return ctx
}

// closing checks that Close ends a Next that waits, that Next after it fails,
// and that a second Close does no harm.
func closing[T any](what string, f func(context.Context) (T, error), shut func() error) error {
	waiting := make(chan error, 1)
	go func() { _, err := f(context.Background()); waiting <- err }()
	time.Sleep(quiet) // either order of the two must work; this makes Next first the usual one
	if err := bounded("close", shut); err != nil {
		return err
	}
	if err := bounded(what+" while closing", func() error { return fails(<-waiting) }); err != nil {
		return err
	}
	after := func() error { _, err := f(context.Background()); return fails(err) }
	if err := bounded(what+" after close", after); err != nil {
		return err
	}
	return bounded("second close", func() error { _ = shut(); return nil })
}

func fails(err error) error {
	if err == nil {
		return errors.New("no error from a closed device")
	}
	return nil
}
