package kiosk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/view/wire"
)

// diary writes down what was done to the parts, in order.
type diary struct {
	mu    sync.Mutex
	began time.Time
	lines []string
	times []time.Duration
}

func (d *diary) add(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
	d.times = append(d.times, time.Since(d.began))
}

// at returns when a line was written first after the point from, and its
// index; -1 when never.
func (d *diary) at(from int, line string) (time.Duration, int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := from; i < len(d.lines); i++ {
		if d.lines[i] == line {
			return d.times[i], i
		}
	}
	return 0, -1
}

func (d *diary) len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.lines)
}

// box is a set of fake parts that follow instantly unless told otherwise.
type box struct {
	*diary
	film    chan hw.Film
	badges  chan hw.Badge
	help    chan struct{}
	reports chan wire.Report
	refused Refusals

	mu       sync.Mutex
	follow   time.Duration // of the film; negative = never
	moving   *time.Timer
	mute     bool // the view does not answer Blank
	hung     bool // the page does not answer Mask
	wipeFail bool
	relayBad bool
	unready  bool // views do not say that they are ready
	slowLamp bool // the indicator takes as long as it may
	views    int
	added    []usage.Session
}

func (b *box) Set(_ context.Context, f hw.Film) error {
	b.add("relay %v", f)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.relayBad {
		return errors.New("coil is open")
	}
	if b.follow >= 0 {
		if b.moving != nil {
			b.moving.Stop() // the film only follows the last command
		}
		b.moving = time.AfterFunc(b.follow, func() { b.film <- f })
	}
	return nil
}

func (b *box) Close() error { return nil }

type contact struct{ *box }

func (c contact) Next(ctx context.Context) (hw.Film, error) {
	return receive(ctx, c.film)
}

type reader struct{ *box }

func (r reader) Next(ctx context.Context) (hw.Badge, error) {
	b, err := receive(ctx, r.badges)
	if err == nil && !b.Present && b.Role == hw.RoleTechnician { // the test's way to unplug the reader
		return hw.Badge{}, hw.ErrGone
	}
	return b, err
}

type button struct{ *box }

func (h button) Next(ctx context.Context) error {
	_, err := receive(ctx, h.help)
	return err
}

func receive[T any](ctx context.Context, c <-chan T) (T, error) {
	select {
	case v := <-c:
		return v, nil
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

type lamp struct{ *box }

func (l lamp) Show(ctx context.Context, light hw.Light) error {
	l.add("light %v", light)
	l.box.mu.Lock()
	slow := l.slowLamp
	l.box.mu.Unlock()
	if slow {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

type views struct{ *box }

func (v views) Reports() <-chan wire.Report { return v.reports }

func (v views) Warm(context.Context) (int, error) {
	v.box.mu.Lock()
	v.views++
	n := v.views
	v.box.mu.Unlock()
	v.add("warm %d", n)
	v.box.mu.Lock()
	unready := v.unready
	v.box.mu.Unlock()
	if !unready {
		v.say(n, wire.Ready{})
	}
	return n, nil
}

func (v views) say(view int, m wire.FromView) { v.reports <- wire.Report{View: view, Msg: m} }

func (v views) Send(view int, m wire.ToView) error {
	v.add("%d %s", view, describe(m))
	switch m := m.(type) {
	case wire.Blank:
		v.box.mu.Lock()
		mute := v.mute
		v.box.mu.Unlock()
		if !mute {
			v.say(view, wire.Blanked{})
		}
	case wire.Mask:
		v.box.mu.Lock()
		hung := v.hung
		v.box.mu.Unlock()
		if m.On && !hung {
			v.say(view, wire.Masked{})
		}
	case wire.Show:
		v.say(view, wire.Shown{Surface: m.Surface})
	}
	return nil
}

func describe(m wire.ToView) string {
	switch m := m.(type) {
	case wire.Show:
		return "show " + string(m.Surface)
	case wire.Cover:
		return "cover " + string(m.Panel)
	case wire.Open:
		return "open " + m.Procedure
	case wire.Mask:
		return fmt.Sprintf("mask %v", m.On)
	case wire.Blank:
		return "blank"
	case wire.Work:
		return fmt.Sprintf("work %s %d", m.Step, m.Percent)
	case wire.Status:
		return strings.TrimSpace("status " + string(m.Notice))
	default:
		return "status"
	}
}

func (v views) Kill(view int) wire.Traces {
	v.add("kill %d", view)
	return wire.Traces{View: view}
}

type gates struct{ *box }

func (g gates) Allow(view int, origins []string) error {
	g.add("allow %d %v", view, origins)
	return nil
}

func (g gates) Close(view int) { g.add("close gate %d", view) }

type wiper struct{ *box }

func (w wiper) Wipe(_ context.Context, t wire.Traces) error {
	w.add("wipe %d", t.View)
	w.box.mu.Lock()
	defer w.box.mu.Unlock()
	if w.wipeFail {
		return errors.New("one process is left")
	}
	return nil
}

func (w wiper) Clean(context.Context) error {
	w.add("clean")
	return nil
}

type counter struct{ *box }

func (c counter) Add(s usage.Session) error {
	c.add("count %s", s.Outcome)
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	c.added = append(c.added, s)
	return nil
}

func (c counter) Switched() { c.add("switched") }

func (c counter) Counts() (int, int) {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	return len(c.added), 0
}

func (b *box) Play(context.Context) error {
	b.add("chime")
	return nil
}

// run brings a kiosk with fake parts to life in a synctest bubble and lets
// the test play with it.
func run(t *testing.T, play func(t *testing.T, b *box, k *Kiosk), more ...procedure.Procedure) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b, k := build(t, more...)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- k.Run(ctx) }()
		settle(time.Second) // the film is tried
		play(t, b, k)
		stop()
		<-ended
	})
}

// runUntil is run with other parts, and wants Run to end with what; nil: when it
// is told to.
func runUntil(t *testing.T, what error, change func(*box, *Kiosk), play func(t *testing.T, k *Kiosk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b, k := build(t)
		change(b, k)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- k.Run(ctx) }()
		settle(1500 * time.Millisecond) // the film is tried
		play(t, k)
		if what == nil {
			stop()
		}
		if err := <-ended; !errors.Is(err, what) {
			t.Errorf("Run: %v, want %v", err, what)
		}
		stop()
	})
}

// build makes a kiosk of fake parts, inside a bubble.
func build(t *testing.T, more ...procedure.Procedure) (*box, *Kiosk) {
	t.Helper()
	b := &box{
		diary: &diary{began: time.Now()}, follow: 120 * time.Millisecond,
		film: make(chan hw.Film, 16), badges: make(chan hw.Badge), help: make(chan struct{}),
		reports: make(chan wire.Report, 256), refused: make(Refusals, 64),
	}
	k, err := New(Parts{
		Relay: b, Film: contact{b}, Badges: reader{b}, Indicator: lamp{b}, Help: button{b},
		View: views{b}, Gates: gates{b}, Refused: b.refused, Wiper: wiper{b}, Usage: counter{b}, Chime: b, Faults: faults{b},
		Procedures: append([]procedure.Procedure{{ID: "demo", Theme: usage.ThemeFamily, Start: "https://a.fr/",
			Origins: []procedure.Origin{{Host: "a.fr"}}}}, more...),
		Languages: []string{"fr", "en"}, Limits: session.DefaultLimits(), Release: session.ReleaseInForce,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b, k
}

// settle lets d of virtual time pass and everything come to rest.
func settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func want(t *testing.T, k *Kiosk, s session.State) {
	t.Helper()
	if have := k.State().Session; have != s {
		t.Fatalf("state %v, want %v", have, s)
	}
}

// inOrder checks that lines were written in this order, from a point on.
func (b *box) inOrder(t *testing.T, from int, lines ...string) {
	t.Helper()
	for _, line := range lines {
		_, i := b.at(from, line)
		if i < 0 {
			t.Fatalf("no %q after line %d in %q", line, from, b.lines)
		}
		from = i + 1
	}
}

func choose(t *testing.T, k *Kiosk) {
	t.Helper()
	if err := k.Choose(t.Context(), "demo"); err != nil {
		t.Fatal(err)
	}
	settle(time.Second)
	want(t, k, session.Active)
}
