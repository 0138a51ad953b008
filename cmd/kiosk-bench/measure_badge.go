package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"os"
	"slices"
	"syscall"
	"time"

	"guichet.example/cmd/kiosk-bench/control"
	"guichet.example/cmd/kiosk-bench/desk"
	"guichet.example/hw"
	"guichet.example/hw/badge"
)

const (
	taps        = 200 // on the reader alone
	pollPeriod  = 100 * time.Millisecond
	revoked     = 100_000
	tapsInAll   = 10 // on the whole kiosk
	pollsWindow = 10 * time.Second
)

// printTail prints median and 99th percentile.
func (m *measured) printTail(w io.Writer) {
	sorted := slices.Sorted(slices.Values(m.values))
	fmt.Fprintf(w, "  %-44s %8.2f %-4s (p99 %.2f, n=%d)  target %s\n", m.name, median(sorted), m.unit,
		sorted[len(sorted)*99/100], len(sorted), m.target)
}

// measureBadges measures the reader alone: our driver and cryptography on the
// emulated chip, frames as long as on air, cards that think as long as real ones
// are taken to (picc.Thinking). Processor time is that of this process, the emulation of chip and
// card included.
func measureBadges(ctx context.Context, stdout io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "kiosk-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d, err := desk.New(ctx, dir, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	reader, err := d.Open(ctx)
	if err != nil {
		return err
	}
	told := make(chan hw.Badge, 2)
	listening := make(chan struct{})
	ctx, stop := context.WithCancel(ctx)
	defer func() { stop(); <-listening }()
	go func() {
		defer close(listening)
		for {
			b, err := reader.Next(ctx)
			if err != nil {
				return
			}
			told <- b
		}
	}()
	fmt.Fprintf(stdout, "\nThe badge reader, %d taps\n", taps)
	if err := measurePolling(ctx, stdout); err != nil {
		return err
	}
	for _, card := range []string{"helper", "random"} {
		if err := measureTaps(ctx, stdout, d, told, card); err != nil {
			return err
		}
	}
	return measureRevocations(stdout)
}

// measurePolling watches a reader with nothing on it.
func measurePolling(ctx context.Context, stdout io.Writer) error {
	pause(ctx, time.Second)
	before, err := processorTime()
	if err != nil {
		return err
	}
	began := time.Now()
	pause(ctx, pollsWindow)
	after, err := processorTime()
	if err != nil {
		return err
	}
	share := 100 * (after - before).Seconds() / time.Since(began).Seconds()
	(&measured{name: "polling an empty field, share of one core", target: "none set", unit: "%", values: []float64{share}}).print(stdout)
	return nil
}

// measureTaps lays a badge down at any moment of the polls' period.
func measureTaps(ctx context.Context, stdout io.Writer, d *desk.Desk, told <-chan hw.Badge, card string) error {
	took := &measured{name: "tap to authenticated, " + card, target: "≤ 250 ms", unit: "ms"}
	ours := &measured{name: "of it processor time", target: "≤ 20 ms", unit: "ms"}
	for range taps {
		pause(ctx, mathrand.N(pollPeriod))
		before, err := processorTime()
		if err != nil {
			return err
		}
		began := d.Elapsed()
		if err := d.Lay(ctx, card); err != nil {
			return err
		}
		if b, err := await(ctx, told); err != nil || b.Role != hw.RoleHelper {
			return fmt.Errorf("measure badge: read %v: %w", b, err)
		}
		took.add(ms(d.Elapsed() - began))
		after, err := processorTime()
		if err != nil {
			return err
		}
		ours.add(ms(after - before))
		if err := d.Remove(ctx); err != nil {
			return err
		}
		if b, err := await(ctx, told); err != nil || b.Present {
			return fmt.Errorf("measure badge: after it left: %v: %w", b, err)
		}
	}
	took.printTail(stdout)
	ours.printTail(stdout)
	return nil
}

func await(ctx context.Context, told <-chan hw.Badge) (hw.Badge, error) {
	limit := time.NewTimer(5 * time.Second)
	defer limit.Stop()
	select {
	case <-ctx.Done():
		return hw.Badge{}, ctx.Err()
	case <-limit.C:
		return hw.Badge{}, errors.New("nothing told")
	case b := <-told:
		return b, nil
	}
}

// measureRevocations opens a long list and looks badges up in it.
func measureRevocations(stdout io.Writer) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	serials := make([]uint64, revoked)
	for i := range serials {
		serials[i] = uint64(2 * i)
	}
	data, err := badge.SignRevocations(badge.RevocationHead{Organisation: 1, Expires: 1}, serials, private)
	if err != nil {
		return err
	}
	began := time.Now()
	list, err := badge.OpenRevocations(data, public, 1, 0)
	if err != nil {
		return err
	}
	opened := time.Since(began)
	began = time.Now()
	for serial := range uint64(2 * revoked) {
		if list.Revoked(serial) != (serial%2 == 0) {
			return fmt.Errorf("measure revocations: badge %d is judged wrongly", serial)
		}
	}
	lookup := float64(time.Since(began).Nanoseconds()) / 1000 / (2 * revoked)
	for _, m := range []measured{
		{"open a list of 100 000 revoked badges", "none set", "ms", []float64{ms(opened)}},
		{"look a badge up in it", "< 5000 µs", "µs", []float64{lookup}},
	} {
		m.printTail(stdout)
	}
	return nil
}

// processorTime is what this process has used, user and system.
func processorTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("read processor time: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// taps adds to figures: the whole kiosk from a helper's second tap, which ends
// assistance, to the film's command: nobody is asked anything in between.
func (t *trial) taps(ctx context.Context, figures []*measured) ([]*measured, error) {
	whole := &measured{name: "second tap to film commanded", target: "≤ 250 ms", unit: "ms"}
	own := &measured{name: "of it badge told to film commanded", target: "none set", unit: "ms"}
	if err := t.until(ctx, func(s control.State) bool {
		return s.Session.State == "idle" && s.View.Spare && s.Film.Sensed == "clear"
	}); err != nil {
		return nil, err
	}
	pause(ctx, 1200*time.Millisecond) // as before a session
	if err := t.Choose(ctx, "demo"); err != nil {
		return nil, err
	}
	for range tapsInAll {
		if err := t.helped(ctx); err != nil {
			return nil, err
		}
		pause(ctx, 600*time.Millisecond+mathrand.N(pollPeriod)) // the relay's rest
		began := time.Now()
		if err := t.Badge(ctx, "helper"); err != nil {
			return nil, err
		}
		if err := t.untilSession(ctx, "active", "private"); err != nil {
			return nil, err
		}
		whole.add(ms(t.when("film-command private").Sub(began)))
		own.add(ms(t.when("film-command private").Sub(t.when("badge helper"))))
		if err := t.RemoveBadge(ctx); err != nil {
			return nil, err
		}
	}
	return append(figures, whole, own), t.End(ctx)
}

// helped brings a helper and takes the badge away again.
func (t *trial) helped(ctx context.Context) error {
	err := t.until(ctx, func(s control.State) bool { return s.View.Host == "mairie.localhost" && s.Film.Sensed == "private" })
	if err != nil {
		return err
	}
	pause(ctx, 600*time.Millisecond) // the surface comes back after the film
	if err := t.Badge(ctx, "helper"); err != nil {
		return err
	}
	if err := t.untilSession(ctx, "consent", "private"); err != nil {
		return err
	}
	if err := t.Consent(ctx, true); err != nil {
		return err
	}
	if err := t.untilSession(ctx, "assisted", "clear"); err != nil {
		return err
	}
	return t.RemoveBadge(ctx)
}

func (t *trial) untilSession(ctx context.Context, session, film string) error {
	return t.until(ctx, func(s control.State) bool { return s.Session.State == session && s.Film.Sensed == film })
}
