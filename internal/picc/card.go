// Package picc is contactless cards in software, at the level of frames on
// air: ISO/IEC 14443-3 type A, ISO/IEC 14443-4 and a MIFARE DESFire above
// them, with the faults of real cards and the tricks of hostile ones.
//
// It is for tests and for the bench; no real kiosk contains it. It is written
// from the standards and NXP's documents, and shares no code with hw/badge and
// hw/mfrc522, so that the two can judge each other.
//
// Time is simulated: a card is told when something happens and says how long
// it takes, nothing waits. A card belongs to one field at a time and is not
// safe for concurrent use; Field calls it under its own owner's lock.
package picc

import (
	"time"
)

// A Card is what stands in a field: a PICC, or one that a fault has been put
// around. Moments are simulated time since any fixed point.
type Card interface {
	// Power tells that the field went on or off. Off resets everything
	// volatile.
	Power(at time.Duration, on bool)
	// Receive hands over a frame that ended at a moment. The card answers, or
	// says false and stays silent.
	Receive(at time.Duration, f Frame) (Reply, bool)
}

// A Reply is a card's answer.
type Reply struct {
	Frame Frame
	Delay time.Duration // from the end of the frame received
}

// A Processor is what a card does above ISO/IEC 14443-4.
type Processor interface {
	// Reset is power lost, or the card deselected.
	Reset()
	// Exchange answers a command, and says how long that takes.
	Exchange(command []byte) (answer []byte, took time.Duration)
}

// A Signal is one answer in a field: when it begins, and what a PCD hears.
type Signal struct {
	Card  Card
	Begin time.Duration
	Frame Frame
}

// A Field is the RF field of a reader and the cards in it. Its owner calls it
// from one goroutine at a time.
type Field struct {
	on    bool
	cards []Card
}

// On says whether the field is on.
func (f *Field) On() bool { return f.on }

// Cards are those in the field now.
func (f *Field) Cards() []Card { return append([]Card(nil), f.cards...) }

// Switch turns the field on or off for every card in it.
func (f *Field) Switch(at time.Duration, on bool) {
	if f.on == on {
		return
	}
	f.on = on
	for _, c := range f.cards {
		c.Power(at, on)
	}
}

// Place puts a card into the field; one that is there stays as it is.
func (f *Field) Place(at time.Duration, c Card) {
	for _, have := range f.cards {
		if have == c {
			return
		}
	}
	f.cards = append(f.cards, c)
	if f.on {
		c.Power(at, true)
	}
}

// Remove takes a card out of the field; one that is not there is no matter.
func (f *Field) Remove(at time.Duration, c Card) {
	for i, have := range f.cards {
		if have == c {
			f.cards = append(f.cards[:i:i], f.cards[i+1:]...)
			c.Power(at, false)
			return
		}
	}
}

// Send gives a frame that ended at a moment to the cards that have heard it
// from its begin, and returns their answers in the order in which they begin.
func (f *Field) Send(at time.Duration, frame Frame, heard []Card) []Signal {
	var signals []Signal
	for _, c := range heard {
		if !f.on || !f.holds(c) {
			continue
		}
		r, ok := c.Receive(at, frame)
		if !ok || len(r.Frame) == 0 {
			continue
		}
		s := Signal{Card: c, Begin: at + r.Delay, Frame: r.Frame}
		i := len(signals)
		for i > 0 && signals[i-1].Begin > s.Begin {
			i--
		}
		signals = append(signals[:i], append([]Signal{s}, signals[i:]...)...)
	}
	return signals
}

func (f *Field) holds(c Card) bool {
	for _, have := range f.cards {
		if have == c {
			return true
		}
	}
	return false
}

// Superpose is what a PCD hears of answers that overlap: the first to begin,
// and all that begin before it has ended. Where two send different bits there
// is Both (load modulation of both adds up). Answers are taken to the nearest
// bit of the first one's grid.
func Superpose(signals []Signal) Frame {
	if len(signals) == 0 {
		return nil
	}
	sum := append(Frame(nil), signals[0].Frame...)
	for _, s := range signals[1:] {
		shift := int((s.Begin - signals[0].Begin + Bit/2) / Bit)
		if shift > len(sum) {
			continue
		}
		for i, b := range s.Frame {
			switch at := shift + i; {
			case at >= len(sum):
				sum = append(sum, b)
			case sum[at] != b:
				sum[at] = Both
			}
		}
	}
	return sum
}
