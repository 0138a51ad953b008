package badge

import (
	"context"
	"errors"
	"time"
)

// A PCD is the reader chip, as ISO/IEC 14443 calls it. One goroutine at a time
// uses it.
type PCD interface {
	// Transceive sends a frame and returns what came back. It returns
	// ErrNoAnswer when nothing came within f.Wait.
	Transceive(ctx context.Context, f Frame) (Answer, error)
	// Field switches the RF field; off resets every PICC in it. It returns
	// when the field has settled: a PICC needs up to 5 ms.
	Field(ctx context.Context, on bool) error
}

// Frame is what is sent. The PCD adds start, parity and stop bits itself.
type Frame struct {
	// Data holds at most 256 bytes; one longer than the chip's FIFO is the
	// chip driver's affair. It belongs to the caller again once Transceive
	// has returned.
	Data     []byte
	LastBits int           // valid bits of the last byte sent, 0 = 8; a short frame has 7
	CRC      bool          // CRC_A is appended, and that of the answer checked and taken off
	Align    int           // bit of the first byte at which the answer begins (anticollision), 0 to 7
	Wait     time.Duration // from the frame's end to the answer's begin: frame delay or frame waiting time
	// Guard is how long the PICC has to be left alone before this frame:
	// SFGT, the start-up frame guard time after an ATS (ISO/IEC 14443-4,
	// 5.2.5), less than 5.5 s. 0 for every other frame.
	Guard time.Duration
}

// Answer is what a PICC sent.
type Answer struct {
	Data     []byte // the caller's from now on
	LastBits int    // valid bits of the last byte, 0 = 8
	// Collision is 0 when there was none; else the first bit at which two
	// PICCs differed, counted from 1 at bit 0 of Data[0]. What comes after it
	// means nothing.
	Collision int
	// Took is how long the exchange lasted after Guard, also where it failed:
	// it is what a PICC's patience is counted in. A PCD without a clock leaves
	// it 0.
	Took time.Duration
}

// What a PCD returns, wrapped where more is known.
var (
	ErrNoAnswer = errors.New("no answer")
	ErrCRC      = errors.New("wrong checksum in the answer")
	ErrParity   = errors.New("wrong parity in the answer")
	ErrFraming  = errors.New("malformed answer")
	ErrOverflow = errors.New("answer longer than the reader can hold")
)
