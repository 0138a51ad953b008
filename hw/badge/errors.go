package badge

import (
	"context"
	"errors"
	"fmt"
)

// What goes wrong with what lies on the reader.
var (
	// ErrNoBadge says that nothing is in the field.
	ErrNoBadge = errors.New("no badge on the reader")
	// ErrTwoBadges says that two or more are: one badge, please.
	ErrTwoBadges = errors.New("more than one badge on the reader")
	// ErrProtocol is wrapped by everything a PICC sends that ISO/IEC 14443
	// does not allow.
	ErrProtocol = errors.New("answer against the protocol")
	// ErrSlow says that the PICC took or asked for more time than it is given.
	ErrSlow = errors.New("badge asks for too much time")
	// ErrRefused is wrapped by every answer that says "not a badge of this
	// site": unknown, revoked, expired or forged. Whoever tells a person tells
	// them apart nowhere.
	ErrRefused = errors.New("badge refused")
)

// fromPICC says whether err is the fault of what lies on the reader, so that
// looking again may help; any other error is the reader's own.
func fromPICC(err error) bool {
	for _, e := range []error{
		ErrNoBadge, ErrTwoBadges, ErrProtocol, ErrSlow, ErrRefused,
		ErrNoAnswer, ErrCRC, ErrParity, ErrFraming, ErrOverflow,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// garbled says whether the air, and not the PICC, may have done it.
func garbled(err error) bool {
	return errors.Is(err, ErrCRC) || errors.Is(err, ErrParity) || errors.Is(err, ErrFraming) || errors.Is(err, ErrOverflow)
}

// transceive is pcd.Transceive that never starts after ctx has ended.
func transceive(ctx context.Context, pcd PCD, f Frame) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	a, err := pcd.Transceive(ctx, f)
	if err != nil {
		return Answer{Took: a.Took}, err
	}
	if a.LastBits < 0 || a.LastBits > 7 || a.Collision < 0 || a.Collision > 8*len(a.Data) {
		return Answer{Took: a.Took}, fmt.Errorf("reader reports impossible bits: %w", ErrFraming)
	}
	return a, nil
}
