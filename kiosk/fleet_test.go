package kiosk

import (
	"context"
	"errors"
	"testing"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/session"
)

// server is a fake of what brings releases. Bringing takes an hour.
type server struct {
	*box
	brings bool   // a release
	bad    bool   // it cannot be put in force
	last   func() // happens when it is stored
}

func (s *server) Wait(ctx context.Context) error {
	sleep(ctx, time.Minute)
	return ctx.Err()
}

func (s *server) Bring(ctx context.Context) bool {
	s.add("fetch begins")
	whole := sleep(ctx, time.Hour)
	s.add("fetch ends, whole %v", whole)
	s.box.mu.Lock()
	last := s.last
	s.box.mu.Unlock()
	if last != nil {
		last()
	}
	return whole && s.brings
}

func (s *server) Leave() { s.add("leave") }

func (s *server) Try(context.Context) error {
	s.add("try")
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	if s.bad {
		return errors.New("the card is full")
	}
	return nil
}

// serve is runUntil with a server.
func serve(t *testing.T, brings bool, what error, play func(t *testing.T, s *server, k *Kiosk)) {
	t.Helper()
	var s *server
	runUntil(t, what, func(b *box, k *Kiosk) {
		s = &server{box: b, brings: brings}
		k.parts.Fleet = s
	}, func(t *testing.T, k *Kiosk) { play(t, s, k) })
}

// A release is fetched and put in force while nobody is there, after a verified
// wipe, as the last thing.
func TestFleetRenews(t *testing.T) {
	for _, bad := range []bool{false, true} {
		serve(t, true, ErrRestart, func(t *testing.T, s *server, k *Kiosk) {
			s.box.mu.Lock()
			s.bad = bad
			s.box.mu.Unlock()
			settle(2 * time.Hour)
			s.inOrder(t, 0, "fetch begins", "fetch ends, whole true", "1 blank", "relay private", "kill 1", "wipe 1", "relay private", "kill 2", "try")
		})
	}
}

// Nobody waits for a transfer: whoever touches a tile has their session, and
// the transfer ends and begins anew when they have been gone for a minute.
func TestFleetMakesWay(t *testing.T) {
	serve(t, true, nil, func(t *testing.T, s *server, k *Kiosk) {
		settle(10 * time.Minute)
		s.inOrder(t, 0, "fetch begins")
		from := s.len()
		choose(t, k)
		s.inOrder(t, from, "fetch ends, whole false")
		s.inOrder(t, from, "1 show session")
		if err := k.Do(t.Context(), session.End{}); err != nil {
			t.Fatal(err)
		}
		settle(5 * time.Second)
		want(t, k, session.Idle)
		from = s.len()
		settle(30 * time.Second)
		if _, i := s.at(from, "fetch begins"); i >= 0 {
			t.Error("it goes on under the next person's hand")
		}
		settle(3 * time.Minute)
		s.inOrder(t, from, "fetch begins")
	})
}

// Somebody who touches the screen at the last moment has their session; what
// was stored is given up and not tried.
func TestFleetYields(t *testing.T) {
	serve(t, true, nil, func(t *testing.T, s *server, k *Kiosk) {
		s.box.mu.Lock()
		s.last = func() {
			if err := k.Do(t.Context(), session.Touched{}); err != nil {
				t.Error(err)
			}
		}
		s.box.mu.Unlock()
		settle(63 * time.Minute)
		s.inOrder(t, 0, "fetch ends, whole true", "leave")
		if _, i := s.at(0, "try"); i >= 0 {
			t.Error("taken away from somebody")
		}
		want(t, k, session.Idle)
		choose(t, k)
	})
}

// A server with nothing new, and a kiosk out of service, restart nothing.
func TestFleetLeavesAlone(t *testing.T) {
	serve(t, false, nil, func(t *testing.T, s *server, k *Kiosk) {
		settle(3 * time.Hour)
		s.inOrder(t, 0, "fetch ends, whole true", "fetch ends, whole true")
		want(t, k, session.Idle)
		s.film <- hw.FilmUnknown
		settle(time.Second)
		want(t, k, session.OutOfService)
		from := s.len()
		settle(3 * time.Second) // until it tries the film again
		if _, i := s.at(from, "fetch begins"); i >= 0 {
			t.Error("asked while out of service")
		}
	})
}
