package badge

import (
	"fmt"
	"time"
)

// ATS says how a PICC wants to be spoken to (ISO/IEC 14443-4, 5.2).
type ATS struct {
	FSC  int           // longest frame the PICC takes, with PCB and checksum: 16 to 256 bytes
	FWT  time.Duration // frame waiting time: the PICC begins its answer before, 0.3 ms to 4.95 s
	SFGT time.Duration // it wants this long before the first block, 0 to 5.4 s
}

// The carrier's period gives all times: fc = 13.56 MHz.
func carrier(periods int64) time.Duration {
	return time.Duration(periods*1_000_000/13_560) * time.Nanosecond
}

// activationWait is the activation frame waiting time: 65536/fc.
const activationWait = 4833 * time.Microsecond

// Frame sizes by FSCI (ISO/IEC 14443-4, table 1); values above are reserved and
// taken as the last.
var frameSizes = [...]int{16, 24, 32, 40, 48, 64, 96, 128, 256}

// defaults where bytes are missing (ISO/IEC 14443-4, 5.2).
const (
	defaultFSCI = 2
	defaultFWI  = 4
)

// ParseATS reads an answer to RATS without its checksum. It is strict about
// lengths: TL counts all bytes, and what T0 announces must be there.
func ParseATS(data []byte) (ATS, error) {
	if len(data) == 0 || int(data[0]) != len(data) {
		return ATS{}, fmt.Errorf("ATS is not as long as it says: %w", ErrProtocol)
	}
	fsci, fwi, sfgi := defaultFSCI, defaultFWI, 0
	if len(data) > 1 {
		t0, rest := data[1], data[2:]
		fsci = int(t0 & 0x0F)
		for _, flag := range []byte{0x10, 0x20, 0x40} { // TA, TB, TC in this order
			if t0&flag == 0 {
				continue
			}
			if len(rest) == 0 {
				return ATS{}, fmt.Errorf("ATS ends before an interface byte it announces: %w", ErrProtocol)
			}
			if flag == 0x20 {
				fwi, sfgi = int(rest[0]>>4), int(rest[0]&0x0F)
			}
			rest = rest[1:]
		}
	}
	return newATS(fsci, fwi, sfgi), nil
}

// newATS turns the codes into sizes and times; 15 is reserved for the times
// and taken as the default (ISO/IEC 14443-4, 5.2.5).
func newATS(fsci, fwi, sfgi int) ATS {
	if fwi == 15 {
		fwi = defaultFWI
	}
	if sfgi == 15 {
		sfgi = 0
	}
	a := ATS{
		FSC: frameSizes[min(fsci, len(frameSizes)-1)],
		FWT: carrier(4096 << fwi),
	}
	if sfgi > 0 {
		a.SFGT = carrier((4096 + 384) << sfgi) // SFGT and its tolerance
	}
	return a
}
