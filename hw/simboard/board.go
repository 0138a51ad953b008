// Package simboard is the board of the bench: a simulated relay, film, film
// contact, indicator and help button that behave like the real ones, and a
// second side from which a test or the bench's control page moves them: press
// the button, break a part. Badges are read by the real driver, see
// cmd/kiosk-bench/desk.
//
// Only cmd/kiosk-bench and tests may import it; it is never linked into
// kioskd. Every delay is a timer of package time, so that a board made inside
// a testing/synctest bubble runs on the bubble's clock.
package simboard

import (
	"sync"
	"time"

	"guichet.example/hw"
)

// DefaultFollowDelay is how long the film takes to follow the relay unless
// Options says otherwise. It is an assumption, not a measurement: a relay
// takes about 10 ms to operate or release, and a polymer-dispersed
// liquid-crystal film relaxes within some 100 ms of losing its supply.
const DefaultFollowDelay = 120 * time.Millisecond

// Options of a Board. The zero value is useful.
type Options struct {
	// FollowDelay is how long after a change of the coil the film and its
	// contact follow; 0 = DefaultFollowDelay, negative = at once.
	FollowDelay time.Duration

	// Observe is called for every Event, in the order in which they happen.
	// The board is locked meanwhile: Observe must neither block nor call the
	// board.
	Observe func(Event)
}

// Event is something that could be seen on the board.
type Event struct {
	Name  string // "relay": what is commanded; "film": what is sensed; "indicator": what is shown
	Value string // the word of hw.Film or hw.Light
}

// Board is a simulated board. Its methods may be called from any goroutine.
type Board struct {
	follow  time.Duration
	observe func(Event)

	mu      sync.Mutex
	changed chan struct{} // closed and replaced whenever a waiting device should look again

	relayFault   Kind
	contactFault Kind

	energised bool    // the coil
	film      hw.Film // what the film really is: private or clear
	sensed    hw.Film // what the contact says
	motion    *time.Timer
	motionTo  hw.Film

	pressed bool
	light   hw.Light

	clockStep time.Duration
}

// New returns a board with its relay released, the film private and the
// indicator off.
func New(o Options) *Board {
	if o.FollowDelay == 0 {
		o.FollowDelay = DefaultFollowDelay
	}
	if o.Observe == nil {
		o.Observe = func(Event) {}
	}
	return &Board{
		follow:  o.FollowDelay,
		observe: o.Observe,
		changed: make(chan struct{}),
		film:    hw.FilmPrivate,
		sensed:  hw.FilmPrivate,
	}
}

// Commanded returns what the relay is told: clear while its coil is energised.
func (b *Board) Commanded() hw.Film {
	b.mu.Lock()
	defer b.mu.Unlock()
	return commanded(b.energised)
}

// Sensed returns what the film's contact says now.
func (b *Board) Sensed() hw.Film {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sensed
}

// Light returns what the indicator shows.
func (b *Board) Light() hw.Light {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.light
}

// PressHelp presses the help button and lets it go. Presses that nobody has
// waited for yet count as one.
func (b *Board) PressHelp() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pressed = true
	b.wake()
}

// Now returns the board's wall clock: the real one plus every step that was
// simulated with PartClock. It carries no monotonic reading, and is good for
// the day of a usage record and nothing else.
func (b *Board) Now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Round(0).Add(b.clockStep)
}

// wake lets every waiting device look at the board again. b.mu is held.
func (b *Board) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// drive sets the coil and lets the film follow. b.mu is held.
func (b *Board) drive(on bool) {
	if on != b.energised {
		b.energised = on
		b.observe(Event{"relay", commanded(on).String()})
	}
	b.moveFilm()
}

// moveFilm starts the film on its way to where the coil, or a welded contact,
// sends it. A film already on its way there is left alone; one that turns
// round stays where it was. b.mu is held.
func (b *Board) moveFilm() {
	to := commanded(b.energised || b.relayFault == KindStuckClear)
	if b.motion != nil {
		if b.motionTo == to {
			return
		}
		b.motion.Stop()
		b.motion = nil
	}
	if to == b.film {
		return
	}
	if b.follow < 0 {
		b.film = to
		b.sense()
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(b.follow, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.motion != timer {
			return // stopped too late
		}
		b.motion, b.film = nil, to
		b.sense()
	})
	b.motion, b.motionTo = timer, to
}

// sense recomputes what the contact says. b.mu is held.
func (b *Board) sense() {
	now := b.film
	switch b.relayFault {
	case KindNoFeedback:
		now = hw.FilmUnknown
	case KindStuckPrivate:
		now = hw.FilmPrivate
	}
	if now != b.sensed {
		b.sensed = now
		b.observe(Event{"film", now.String()})
	}
	b.wake()
}

// show sets the indicator. b.mu is held.
func (b *Board) show(l hw.Light) {
	if l != b.light {
		b.light = l
		b.observe(Event{"indicator", l.String()})
	}
}

func commanded(energised bool) hw.Film {
	if energised {
		return hw.FilmClear
	}
	return hw.FilmPrivate
}
