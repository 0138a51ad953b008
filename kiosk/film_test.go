package kiosk

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/session"
)

func TestFilmFaultCoversAtOnce(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		b.mu.Lock()
		b.follow = -1
		b.mu.Unlock()
		from := b.len()
		b.film <- hw.FilmClear
		settle(0)
		b.inOrder(t, from, "count failed", "1 blank", "kill 1", "wipe 1")
		settle(time.Second)
		want(t, k, session.OutOfService)
		b.inOrder(t, from, "light fault", "2 show out-of-service")
		b.film <- hw.FilmPrivate
		settle(session.DefaultLimits().Settle - 1)
		want(t, k, session.OutOfService)
		b.mu.Lock()
		b.follow = 0
		b.mu.Unlock()
		settle(time.Second)
		want(t, k, session.Idle)
	})
}

// TestRelayIsCounted: once for each time it was energised.
func TestRelayIsCounted(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		for range 3 {
			choose(t, k)
			if err := k.Do(t.Context(), session.End{}); err != nil {
				t.Fatal(err)
			}
			settle(time.Second)
		}
		counted, energised := 0, 0
		for _, line := range b.lines {
			switch line {
			case "switched":
				counted++
			case "relay clear":
				energised++
			}
		}
		if counted != 4 || energised != 4 { // at power-on, and for each new home surface
			t.Errorf("counted %d, energised %d", counted, energised)
		}
	})
}

func TestFilmThatNeverFollowsOpensNothing(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		settle(time.Second)
		b.mu.Lock()
		b.follow = -1
		b.mu.Unlock()
		if err := k.Choose(t.Context(), "demo"); err != nil {
			t.Fatal(err)
		}
		settle(10 * time.Second)
		want(t, k, session.OutOfService)
		if _, i := b.at(0, "1 open demo"); i >= 0 {
			t.Error("opened without a private film")
		}
	})
}

func TestRelayErrorIsAFault(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		b.mu.Lock()
		b.relayBad = true
		b.mu.Unlock()
		if err := k.Choose(t.Context(), "demo"); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		want(t, k, session.OutOfService)
	})
}

// TestRelayThatFailsForGood: each try costs a browser; they must become rare.
func TestRelayThatFailsForGood(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		settle(time.Second)
		b.mu.Lock()
		b.relayBad = true
		b.mu.Unlock()
		if err := k.Choose(t.Context(), "demo"); err != nil {
			t.Fatal(err)
		}
		b.film <- hw.FilmPrivate // without power it is
		settle(time.Hour)
		b.mu.Lock()
		views := b.views
		b.mu.Unlock()
		if views < 6 || views > 40 {
			t.Errorf("%d views started in an hour", views)
		}
	})
}

// TestContactThatNeverMoves: with a contact that always says private a welded
// relay would go unseen, so nobody begins, and the film is tried seldom.
func TestContactThatNeverMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, k := build(t)
		b.follow = -1
		b.film <- hw.FilmPrivate
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- k.Run(ctx) }()
		settle(time.Hour)
		want(t, k, session.OutOfService)
		tries := 0
		b.diary.mu.Lock() // another try begins at this very moment
		lines := slices.Clone(b.lines)
		b.diary.mu.Unlock()
		for _, line := range lines {
			switch line {
			case "relay clear":
				tries++
			case "1 show home", "2 show home":
				t.Error("the home surface was shown")
			}
		}
		if tries < 6 || tries > 20 {
			t.Errorf("%d tries in an hour", tries)
		}
		b.mu.Lock()
		b.follow = 0
		b.mu.Unlock()
		settle(session.DefaultLimits().Slowest + time.Minute)
		want(t, k, session.Idle)
		stop()
		<-ended
	})
}
