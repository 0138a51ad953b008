package simboard

import (
	"fmt"

	"guichet.example/hw"
)

// Card is a badge of the bench.
type Card string

const (
	CardHelper     Card = "helper"
	CardTechnician Card = "technician"
	CardUnknown    Card = "unknown" // of another organisation
	CardRevoked    Card = "revoked" // was a helper's
)

// Role returns what the card entitles its bearer to. Like a real reader it
// does not tell an unknown card from a revoked one.
func (c Card) Role() hw.Role {
	switch c {
	case CardHelper:
		return hw.RoleHelper
	case CardTechnician:
		return hw.RoleTechnician
	default:
		return hw.RoleNone
	}
}

// card is a card in the field of the reader; the number tells two cards of
// one kind apart. The zero value is an empty field.
type card struct {
	number int
	role   hw.Role
}

// Tap lays a card on the reader; one that lay there is taken away first, the
// same card too. An unknown word changes nothing.
func (b *Board) Tap(c Card) error {
	switch c {
	case CardHelper, CardTechnician, CardUnknown, CardRevoked:
	default:
		return fmt.Errorf("tap card %q: not one of helper, technician, unknown, revoked", string(c))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cards++
	b.field = card{b.cards, c.Role()}
	b.look()
	return nil
}

// RemoveBadge takes away whatever lies on the reader.
func (b *Board) RemoveBadge() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.field = card{}
	b.look()
}

// look is the reader's poll of its field: it queues what differs from what it
// said last. A reader that is gone sees nothing, and after it was mended tells
// only how the field differs from the last it told. b.mu is held.
func (b *Board) look() {
	if b.readerFault != KindGone && b.field != b.reported {
		if b.reported != (card{}) {
			b.badges = append(b.badges, hw.Badge{})
		}
		if b.field != (card{}) {
			b.badges = append(b.badges, hw.Badge{Present: true, Role: b.field.role})
		}
		b.reported = b.field
	}
	b.wake()
}
