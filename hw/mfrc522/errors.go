package mfrc522

import (
	"errors"
	"fmt"
	"strings"

	"guichet.example/hw"
	"guichet.example/hw/badge"
)

// What the chip reports besides the errors of package badge.
var (
	// ErrOverheated: the chip has switched its antenna off (section 9.3.1.7).
	// It is an hw.ErrGone too: the reader may be tried again later.
	ErrOverheated error = gone("reader chip is overheated")
	// ErrCollision: two PICCs answered where only one may. It is a
	// badge.ErrFraming too.
	ErrCollision = fmt.Errorf("%w: two badges answer at once", badge.ErrFraming)
	// ErrUnderrun: this computer was too slow to give the chip the rest of a
	// frame longer than its FIFO, or wrote to the FIFO at a wrong time. The
	// PICC got a frame that is not the one meant.
	ErrUnderrun = errors.New("frame was cut short: the computer is too slow")
	// ErrNoReference: the data sheet gives no result of the self-test for this
	// version.
	ErrNoReference = errors.New("no reference for the self-test")
)

// errLost is returned when the chip does not hold what was written to it.
var errLost error = gone("reader chip does not answer, or was reset by its supply")

// gone is an hw.ErrGone that says what to look at.
type gone string

func (g gone) Error() string { return string(g) }
func (g gone) Unwrap() error { return hw.ErrGone }

// fault is what ErrorReg says after an exchange: an error for each bit.
type fault byte

// faults gives each bit of ErrorReg its error, the cause before what follows
// from it.
func (f fault) faults() []error {
	var errs []error
	for _, b := range []struct {
		bit byte
		err error
	}{
		{errTemp, ErrOverheated},
		{errWrite, ErrUnderrun},
		{errOverflow, badge.ErrOverflow},
		{errCollision, ErrCollision},
		{errProtocol, badge.ErrFraming},
		{errParity, badge.ErrParity},
		{errCRC, badge.ErrCRC},
	} {
		if byte(f)&b.bit != 0 {
			errs = append(errs, b.err)
		}
	}
	return errs
}

func (f fault) Error() string {
	var texts []string
	for _, err := range f.faults() {
		texts = append(texts, err.Error())
	}
	return strings.Join(texts, ", ")
}

func (f fault) Unwrap() []error { return f.faults() }
