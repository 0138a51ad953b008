package simboard_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/simboard"
)

func set(t *testing.T, r hw.Relay, f hw.Film) {
	t.Helper()
	if err := r.Set(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func sensed(t *testing.T, b *simboard.Board, want hw.Film) {
	t.Helper()
	synctest.Wait()
	if got := b.Sensed(); got != want {
		t.Errorf("sensed %v after %v, want %v", got, time.Now(), want)
	}
}

// The film follows after exactly the delay, in virtual time.
func TestFilmFollowsRelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := simboard.New(simboard.Options{})
		r, c := b.Relay(), b.FilmContact()
		start := time.Now()
		if f, err := c.Next(t.Context()); f != hw.FilmPrivate || err != nil {
			t.Fatal(f, err)
		}
		set(t, r, hw.FilmClear)
		if b.Commanded() != hw.FilmClear {
			t.Error("not commanded clear")
		}
		time.Sleep(simboard.DefaultFollowDelay - 1)
		sensed(t, b, hw.FilmPrivate)
		if f, err := c.Next(t.Context()); f != hw.FilmClear || err != nil {
			t.Fatal(f, err)
		}
		if d := time.Since(start); d != simboard.DefaultFollowDelay {
			t.Errorf("film followed after %v, want %v", d, simboard.DefaultFollowDelay)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(simboard.DefaultFollowDelay)
		sensed(t, b, hw.FilmPrivate)
	})
}

// A film that turns round on its way never arrives where it was going, and
// repeating a command does not delay it.
func TestFilmTurnsRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events []string
		b := simboard.New(simboard.Options{FollowDelay: 100 * time.Millisecond, Observe: func(e simboard.Event) {
			events = append(events, e.Name+"="+e.Value)
		}})
		r := b.Relay()
		set(t, r, hw.FilmClear)
		time.Sleep(99 * time.Millisecond)
		set(t, r, hw.FilmPrivate)
		time.Sleep(time.Second)
		sensed(t, b, hw.FilmPrivate)
		set(t, r, hw.FilmClear)
		time.Sleep(60 * time.Millisecond)
		set(t, r, hw.FilmClear)
		time.Sleep(40 * time.Millisecond)
		sensed(t, b, hw.FilmClear)
		want := []string{"relay=clear", "relay=private", "relay=clear", "film=clear"}
		if !slices.Equal(events, want) {
			t.Errorf("events %v, want %v", events, want)
		}
	})
}

func TestRelayFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := simboard.New(simboard.Options{})
		r := b.Relay()
		fault(t, b, simboard.PartRelay, simboard.KindStuckClear)
		time.Sleep(time.Second)
		sensed(t, b, hw.FilmClear)
		set(t, r, hw.FilmPrivate)
		time.Sleep(time.Second)
		sensed(t, b, hw.FilmClear)
		if b.Commanded() != hw.FilmPrivate {
			t.Error("a welded contact is not a command")
		}
		fault(t, b, simboard.PartRelay, simboard.KindNoFeedback)
		sensed(t, b, hw.FilmUnknown)
		time.Sleep(time.Second)
		sensed(t, b, hw.FilmUnknown)
		fault(t, b, simboard.PartRelay, simboard.KindNone)
		sensed(t, b, hw.FilmPrivate)
		fault(t, b, simboard.PartRelay, simboard.KindStuckPrivate)
		set(t, r, hw.FilmClear)
		time.Sleep(time.Second)
		sensed(t, b, hw.FilmPrivate)
		fault(t, b, simboard.PartRelay, simboard.KindNone)
		sensed(t, b, hw.FilmClear)
	})
}

// A waiting Next is woken by what happens, in a bubble and without polling.
func TestNextWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := simboard.New(simboard.Options{})
		button := b.HelpButton()
		got := make(chan error, 1)
		go func() { got <- button.Next(t.Context()) }()
		synctest.Wait()
		b.PressHelp()
		if v := <-got; v != nil {
			t.Errorf("button: %v", v)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := button.Next(ctx); err == nil {
			t.Error("a press counted twice")
		}
	})
}

func TestClockSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := simboard.New(simboard.Options{})
		start := b.Now()
		for _, step := range []struct {
			kind simboard.Kind
			want time.Duration
		}{
			{simboard.KindStepForward, simboard.ClockStep},
			{simboard.KindStepForward, 2 * simboard.ClockStep},
			{simboard.KindStepBack, simboard.ClockStep},
			{simboard.KindNone, 0},
			{simboard.KindStepBack, -simboard.ClockStep},
		} {
			fault(t, b, simboard.PartClock, step.kind)
			if got := b.Now().Sub(start); got != step.want {
				t.Errorf("after %s: %v, want %v", step.kind, got, step.want)
			}
		}
	})
}

func TestFaultRefusesWhatItDoesNotKnow(t *testing.T) {
	b := simboard.New(simboard.Options{})
	for _, c := range []struct {
		part simboard.Part
		kind simboard.Kind
		says string
	}{
		{"film", simboard.KindGone, "relay, contact, clock"},
		{simboard.PartContact, simboard.KindStuckClear, "gone, none"},
		{simboard.PartClock, "", "step-forward, step-back, none"},
	} {
		err := b.Fault(c.part, c.kind)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s/%s: %v, want a list with %q", c.part, c.kind, err, c.says)
		}
	}
}
