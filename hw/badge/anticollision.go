package badge

import (
	"context"
	"fmt"
)

// selectCodes are SEL of the three cascade levels (ISO/IEC 14443-3, 6.5.3.1).
var selectCodes = [3]byte{0x93, 0x95, 0x97}

const cascadeTag = 0x88

// uidBits is how many bits of one cascade level can differ between two PICCs;
// the fifth byte, BCC, follows from them.
const uidBits = 32

// uidPart is what a PICC says at one cascade level: four bytes and BCC, their
// exclusive or (ISO/IEC 14443-3, 6.5.3).
type uidPart [5]byte

func (p uidPart) valid() bool {
	return p[0]^p[1]^p[2]^p[3] == p[4]
}

// anticollision returns one cascade level of one PICC, and whether answers
// collided. Where they did, it goes on with those that sent a 1.
func anticollision(ctx context.Context, pcd PCD, level int) (part uidPart, clashed bool, err error) {
	part, collision, err := ask(ctx, pcd, level, uidPart{}, 0)
	for err == nil && collision > 0 {
		clashed = true
		at := collision - 1
		part[at/8] |= 1 << (at % 8)
		part, collision, err = ask(ctx, pcd, level, part, collision)
	}
	return part, clashed, err
}

// ask sends ANTICOLLISION with the first known bits and returns all forty,
// or, with the number of the bit at which answers differed, those before it.
func ask(ctx context.Context, pcd PCD, level int, known uidPart, bits int) (uidPart, int, error) {
	whole, rest := bits/8, bits%8
	sent := whole + (rest+7)/8
	data := append([]byte{selectCodes[level], byte((2+whole)<<4 | rest)}, known[:sent]...)
	a, err := transceive(ctx, pcd, Frame{Data: data, LastBits: rest, Align: rest, Wait: frameDelay})
	if err != nil {
		return uidPart{}, 0, err
	}
	if len(a.Data) > len(known)-whole || (a.Collision == 0 && (len(a.Data) != len(known)-whole || a.LastBits != 0)) {
		return uidPart{}, 0, fmt.Errorf("answer to anticollision of the wrong length: %w", ErrProtocol)
	}
	part := merge(known, a.Data, bits)
	if a.Collision == 0 {
		if !part.valid() {
			return uidPart{}, 0, fmt.Errorf("wrong check byte of the UID: %w", ErrFraming)
		}
		return part, 0, nil
	}
	collision := 8*whole + a.Collision
	if collision <= bits || collision > uidBits {
		return uidPart{}, 0, fmt.Errorf("collision outside the UID: %w", ErrFraming)
	}
	return part, collision, nil
}

// merge puts an answer behind the bits that are known.
func merge(known uidPart, answer []byte, bits int) uidPart {
	whole, rest := bits/8, bits%8
	part := known
	for i, b := range answer {
		if i == 0 {
			mask := byte(1)<<rest - 1
			b = b&^mask | known[whole]&mask
		}
		part[whole+i] = b
	}
	return part
}

// selectPart sends SELECT and returns SAK.
func selectPart(ctx context.Context, pcd PCD, level int, part uidPart) (byte, error) {
	data := append([]byte{selectCodes[level], 0x70}, part[:]...)
	a, err := transceive(ctx, pcd, Frame{Data: data, CRC: true, Wait: frameDelay})
	switch {
	case err != nil:
		return 0, err
	case a.Collision != 0:
		return 0, ErrTwoBadges // the same UID twice, and different SAKs
	case len(a.Data) != 1 || a.LastBits != 0:
		return 0, fmt.Errorf("SAK has not one byte: %w", ErrProtocol)
	default:
		return a.Data[0], nil
	}
}
