package badge

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Commands of ISO/IEC 14443-3, 6.4.
const (
	cmdREQA = 0x26 // seven bits; only PICCs that were not halted answer
	cmdWUPA = 0x52 // seven bits
	cmdHLTA = 0x50
)

// Bits of SAK (ISO/IEC 14443-3, 6.5.3.4).
const (
	sakIncomplete = 0x04 // the UID goes on at the next cascade level
	sakISO14443_4 = 0x20 // speaks ISO/IEC 14443-4
)

// frameDelay is waited for answers of ISO/IEC 14443-3. A PICC begins 1236/fc
// = 91 µs after the frame; the rest is for the reader chip's own timer.
const frameDelay = time.Millisecond

// A PICC is one card, activated as far as ISO/IEC 14443-3 goes.
type PICC struct {
	UID []byte // 4, 7 or 10 bytes
	SAK byte
}

// Random says whether the UID is made up anew each time the field comes on
// (ISO/IEC 14443-3, 6.5.4: single size, first byte 08).
func (p PICC) Random() bool {
	return len(p.UID) == 4 && p.UID[0] == 0x08
}

// Speaks4 says whether the PICC speaks ISO/IEC 14443-4.
func (p PICC) Speaks4() bool {
	return p.SAK&sakISO14443_4 != 0
}

// Activate wakes what lies in the field and selects it (ISO/IEC 14443-3, 6).
// The field must be on. It returns ErrNoBadge when nothing answers and
// ErrTwoBadges when there is more than one PICC.
func Activate(ctx context.Context, pcd PCD) (PICC, error) {
	p, clashed, err := activate(ctx, pcd)
	if err != nil || !clashed {
		return p, err
	}
	switch more, err := others(ctx, pcd); {
	case err != nil:
		return PICC{}, err
	case more:
		return PICC{}, ErrTwoBadges
	}
	// The air had lied. Once more, and this time without.
	p, clashed, err = activate(ctx, pcd)
	if err == nil && clashed {
		return PICC{}, fmt.Errorf("collisions of a single badge: %w", ErrFraming)
	}
	return p, err
}

// activate selects one PICC and says whether answers collided on the way.
func activate(ctx context.Context, pcd PCD) (p PICC, clashed bool, err error) {
	if err := wake(ctx, pcd); err != nil {
		return PICC{}, false, err
	}
	for level := range len(selectCodes) {
		part, clash, err := anticollision(ctx, pcd, level)
		if err != nil {
			return PICC{}, false, fmt.Errorf("anticollision, cascade level %d: %w", level+1, err)
		}
		clashed = clashed || clash
		if p.SAK, err = selectPart(ctx, pcd, level, part); err != nil {
			return PICC{}, false, fmt.Errorf("select, cascade level %d: %w", level+1, err)
		}
		if p.SAK&sakIncomplete == 0 {
			p.UID = append(p.UID, part[:4]...)
			return p, clashed, nil
		}
		// The cascade tag means something only now: a UID of four bytes may
		// begin with 88 as well.
		if part[0] != cascadeTag {
			return PICC{}, false, fmt.Errorf("cascade level %d announces a longer UID without a cascade tag: %w", level+1, ErrProtocol)
		}
		p.UID = append(p.UID, part[1:4]...)
	}
	return PICC{}, false, fmt.Errorf("UID goes on after cascade level 3: %w", ErrProtocol)
}

// others halts the selected PICC and says whether somebody else is there:
// whoever was not meant has gone back to IDLE, and answers REQA.
func others(ctx context.Context, pcd PCD) (bool, error) {
	if err := Halt(ctx, pcd); err != nil {
		return false, err
	}
	_, err := transceive(ctx, pcd, Frame{Data: []byte{cmdREQA}, LastBits: 7, Wait: frameDelay})
	switch {
	case errors.Is(err, ErrNoAnswer):
		return false, nil
	case err == nil || fromPICC(err):
		return true, nil
	default:
		return false, fmt.Errorf("look for a second badge: %w", err)
	}
}

// wake sends WUPA, which reaches halted PICCs too. Two PICCs may answer with
// different ATQAs: those garble each other, so only silence is looked at; what
// is there comes out in the anticollision.
func wake(ctx context.Context, pcd PCD) error {
	a, err := transceive(ctx, pcd, Frame{Data: []byte{cmdWUPA}, LastBits: 7, Wait: frameDelay})
	switch {
	case errors.Is(err, ErrNoAnswer):
		return ErrNoBadge
	case garbled(err):
		return nil
	case err != nil:
		return fmt.Errorf("wake up: %w", err)
	case a.Collision == 0 && (len(a.Data) != 2 || a.LastBits != 0):
		return fmt.Errorf("ATQA has not two bytes: %w", ErrProtocol)
	default:
		return nil
	}
}

// Halt sends HLTA. A PICC never answers it (ISO/IEC 14443-3, 6.4.3), so that
// silence is success.
func Halt(ctx context.Context, pcd PCD) error {
	_, err := transceive(ctx, pcd, Frame{Data: []byte{cmdHLTA, 0}, CRC: true, Wait: frameDelay})
	switch {
	case errors.Is(err, ErrNoAnswer):
		return nil
	case err == nil || fromPICC(err):
		return fmt.Errorf("halt: badge answers: %w", ErrProtocol)
	default:
		return fmt.Errorf("halt: %w", err)
	}
}
