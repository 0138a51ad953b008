package badge

import (
	"context"
	"errors"
	"fmt"
)

// send sends one I-block until the PICC has it, and returns what it answers:
// R(ACK) where the block chains, an I-block where it does not.
func (l *Link) send(ctx context.Context, more bool, inf []byte) (block, error) {
	pcb := pcbI | l.number
	if more {
		pcb |= pcbChaining
	}
	return l.settle(ctx, append([]byte{pcb}, inf...), pcbNak)
}

// acknowledge asks for the next block of the PICC's chain.
func (l *Link) acknowledge(ctx context.Context) (block, error) {
	return l.settle(ctx, []byte{pcbAck | l.number}, pcbAck)
}

// settle sends a frame and follows the rules of ISO/IEC 14443-4, 7.5.4 until a
// block with our number has come: extensions are granted while patience lasts
// (rule 3), what is missing or garbled is asked for again with R(NAK), or with
// R(ACK) while the PICC chains (rules 4 and 5), and an acknowledgement of the
// block before means that ours was lost (rule 6).
func (l *Link) settle(ctx context.Context, frame []byte, again byte) (block, error) {
	next, wait := frame, l.wait(1)
	for repeats := 0; ; {
		got, err := l.frame(ctx, next, wait)
		wait = l.wait(1)
		switch {
		case err != nil && !repeatable(err):
			return block{}, err
		case err != nil:
			next = []byte{again | l.number}
		case got.kind == blockWTX:
			next, wait = []byte{pcbWTX, byte(got.wtxm)}, l.wait(got.wtxm)
			continue
		case got.kind == blockDeselect:
			return block{}, fmt.Errorf("badge says goodbye unasked: %w", ErrProtocol)
		case got.number == l.number:
			l.number ^= numberBit
			return got, nil
		case got.kind == blockAck && again == pcbNak:
			next = frame
		default:
			err = fmt.Errorf("block with the wrong number: %w", ErrProtocol)
			next = []byte{again | l.number}
		}
		if repeats++; repeats > maxRepeats {
			if err == nil {
				err = fmt.Errorf("badge asks for the same block again and again: %w", ErrProtocol)
			}
			return block{}, err
		}
	}
}

// repeatable says whether the standard answers the error by asking again.
func repeatable(err error) bool {
	return errors.Is(err, ErrNoAnswer) || garbled(err) || errors.Is(err, ErrProtocol)
}
