package mfrc522

import (
	"fmt"
	"time"
)

const (
	// carrier is the frequency in kHz from which the chip's timer counts down.
	carrier = 13_560
	// bit is the length of one bit at 106 kbit/s in periods of the carrier,
	// ISO/IEC 14443-2.
	bit = 128
	// firstBits is what the timer needs to see of an answer before it stops:
	// the start bit and four more, section 9.3.3.10.
	firstBits = 5 * bit
	// maxPrescaler is the largest value of the 12 bits of TPrescaler.
	maxPrescaler = 1<<12 - 1
	// maxReload is the largest value of the 16 bits of TReload.
	maxReload = 1<<16 - 1
)

// maxWait is the longest Wait of a frame: what the timer can count, without
// the first bits of the answer.
const maxWait = time.Duration((2*maxPrescaler+1)*(maxReload+1)-firstBits) * time.Millisecond / carrier

// timing is the setting of the chip's timer (section 8.5). It takes
// (2 × prescaler + 1) × (reload + 1) periods of the carrier.
type timing struct {
	prescaler, reload uint16
}

// timingFor returns the shortest setting in which an answer that begins up to
// wait after the frame's end is still seen to begin; it is longer than that by
// less than one step of the timer. wait is above 0 and at most maxWait, 39 s.
func timingFor(wait time.Duration) (timing, error) {
	if wait <= 0 || wait > maxWait {
		return timing{}, fmt.Errorf("waiting time %v is not above 0 and at most %v", wait, maxWait)
	}
	periods := ceil(int64(wait)*carrier, int64(time.Millisecond)) + firstBits
	// The smallest prescaler with which the reload value has room is the
	// finest.
	prescaler := ceil(ceil(periods, maxReload+1)-1, 2)
	reload := ceil(periods, 2*prescaler+1) - 1
	return timing{uint16(prescaler), uint16(reload)}, nil
}

// duration returns how long the timer runs, rounded up.
func (t timing) duration() time.Duration {
	periods := (2*int64(t.prescaler) + 1) * (int64(t.reload) + 1)
	return time.Duration(ceil(periods*int64(time.Millisecond), carrier))
}

// airTime returns how long n bytes take at 106 kbit/s, each with its parity
// bit, with start and end of frame.
func airTime(n int) time.Duration {
	periods := int64(9*n+2) * bit
	return time.Duration(ceil(periods*int64(time.Millisecond), carrier))
}

// ceil returns a ÷ b rounded up, for a of at least 0 and b above 0.
func ceil(a, b int64) int64 { return (a + b - 1) / b }
