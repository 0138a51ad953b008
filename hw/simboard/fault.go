package simboard

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// ClockStep is by how much one simulated fault moves the wall clock: enough
// to land on another day whatever the hour.
const ClockStep = 36 * time.Hour

// Part is a part of the board that can break.
type Part string

const (
	PartRelay   Part = "relay"
	PartContact Part = "contact"
	PartClock   Part = "clock"
)

// Kind is how a part breaks.
type Kind string

const (
	KindNone         Kind = "none"          // mended
	KindGone         Kind = "gone"          // does not answer: hw.ErrGone
	KindStuckClear   Kind = "stuck-clear"   // relay: welded, the film is clear whatever is commanded
	KindStuckPrivate Kind = "stuck-private" // relay: the contact of the film says private whatever the film is
	KindNoFeedback   Kind = "no-feedback"   // relay: the contact of the film says unknown
	KindStepForward  Kind = "step-forward"  // clock: one ClockStep ahead, each time
	KindStepBack     Kind = "step-back"     // clock: one ClockStep behind, each time
)

// kinds lists what can be done to each part.
func kinds(p Part) []Kind {
	switch p {
	case PartRelay:
		return []Kind{KindStuckClear, KindStuckPrivate, KindNoFeedback, KindGone, KindNone}
	case PartContact:
		return []Kind{KindGone, KindNone}
	case PartClock:
		return []Kind{KindStepForward, KindStepBack, KindNone}
	default:
		return nil
	}
}

// Fault breaks or mends a part. A part has one fault at a time; a new one
// takes the place of the old. It refuses what is not in the lists above and
// then changes nothing.
func (b *Board) Fault(p Part, k Kind) error {
	can := kinds(p)
	if can == nil {
		return fmt.Errorf("break part %q: not one of relay, contact, clock", string(p))
	}
	if !slices.Contains(can, k) {
		return fmt.Errorf("break %s as %q: not one of %s", p, string(k), words(can))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch p {
	case PartRelay:
		b.relayFault = k
		if k == KindGone {
			b.drive(false) // a relay board that lost its computer lets go
		}
		b.moveFilm()
		b.sense()
	case PartContact:
		b.contactFault = k
		b.wake()
	case PartClock:
		b.stepClock(k)
	}
	return nil
}

func (b *Board) stepClock(k Kind) {
	switch k {
	case KindStepForward:
		b.clockStep += ClockStep
	case KindStepBack:
		b.clockStep -= ClockStep
	default:
		b.clockStep = 0
	}
}

func words(list []Kind) string {
	var s []string
	for _, k := range list {
		s = append(s, string(k))
	}
	return strings.Join(s, ", ")
}
