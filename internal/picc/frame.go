package picc

import (
	"math/bits"
	"time"
)

// A Symbol is what one bit period carries.
type Symbol byte

// Both is seen by a PCD where two PICCs send different bits at the same time;
// no PICC sends it.
const (
	Zero Symbol = 0
	One  Symbol = 1
	Both Symbol = 2
)

// A Frame is one frame on air: its bits in the order sent, parity bits
// included, start and end of communication left out (ISO/IEC 14443-3, 6.2.3).
type Frame []Symbol

// Periods is the time that n periods of the carrier take (fc = 13.56 MHz).
func Periods(n int) time.Duration {
	return time.Duration(int64(n) * 1_000_000 / 13_560)
}

// Bit is one bit period at fc/128, 106 kbit/s.
const Bit = 9439 * time.Nanosecond

// Duration is how long the frame takes at 106 kbit/s, with start and end of
// communication.
func (f Frame) Duration() time.Duration { return Periods(128 * (len(f) + 2)) }

// Encode makes a frame of data: least significant bits first, each whole byte
// followed by its odd parity. Of the last byte lastBits are sent, 0 = 8; an
// incomplete byte has no parity bit.
func Encode(data []byte, lastBits int) Frame { return encode(data, 0, lastBits) }

// encode leaves out the first bits of data[0]: the PCD has sent them, and the
// PICC completes the byte (ISO/IEC 14443-3, 6.2.3.3). The parity bit that
// follows a byte split in this way is not looked at by the PCD.
func encode(data []byte, first, lastBits int) Frame {
	f := make(Frame, 0, 9*len(data))
	for i, b := range data {
		n := 8
		if i == len(data)-1 && lastBits&7 != 0 {
			n = lastBits & 7
		}
		for k := first; k < n; k++ {
			f = append(f, Symbol(b>>k&1))
		}
		if n == 8 {
			f = append(f, oddParity(b))
		}
		first = 0
	}
	return f
}

func oddParity(b byte) Symbol { return Symbol(1 ^ bits.OnesCount8(b)&1) }

// Decoded is a frame as a receiver understands it.
type Decoded struct {
	Data      []byte
	LastBits  int  // valid bits of the last byte, 0 = 8
	ParityErr bool // in a byte before any collision
	// Collision is the first data bit that two PICCs sent differently, counted
	// from 1 at bit 0 of Data[0]; 0 = none. That bit and those after it are 0.
	Collision int
}

// Decode reads a frame whose first bit is bit align (0 to 7) of its first byte.
func (f Frame) Decode(align int) Decoded {
	var d Decoded
	bit, split := align&7, align&7 != 0
	var cur byte
	for _, s := range f {
		if bit == 8 { // the place of the parity bit
			if !split && d.Collision == 0 && s != oddParity(cur) {
				d.ParityErr = true
			}
			d.Data = append(d.Data, cur)
			cur, bit, split = 0, 0, false
			continue
		}
		if s == Both && d.Collision == 0 {
			d.Collision = 8*len(d.Data) + bit + 1
		}
		if s == One && d.Collision == 0 {
			cur |= 1 << bit
		}
		bit++
	}
	if bit > 0 && len(f) > 0 {
		d.Data = append(d.Data, cur)
		d.LastBits = bit & 7
		d.ParityErr = d.ParityErr || bit == 8 && !split // no parity bit came
	}
	return d
}

// whole is the data of a frame of whole bytes without error.
func (f Frame) whole() ([]byte, bool) {
	d := f.Decode(0)
	return d.Data, d.LastBits == 0 && !d.ParityErr && d.Collision == 0 && len(d.Data) > 0
}

// CRCA appends CRC_A to data (ISO/IEC 14443-3, annex B: ITU-T V.41 polynomial,
// preset 6363, least significant byte first).
func CRCA(data []byte) []byte {
	crc := uint16(0x6363)
	for _, b := range data {
		crc ^= uint16(b)
		for range 8 {
			odd := crc & 1
			crc >>= 1
			if odd != 0 {
				crc ^= 0x8408
			}
		}
	}
	return append(append(make([]byte, 0, len(data)+2), data...), byte(crc), byte(crc>>8))
}

// uncrc takes CRC_A off and says whether it was right.
func uncrc(data []byte) ([]byte, bool) {
	if len(data) < 3 {
		return nil, false
	}
	body := data[:len(data)-2]
	want := CRCA(body)
	return body, want[len(body)] == data[len(body)] && want[len(body)+1] == data[len(body)+1]
}
