package badge

import (
	"context"
	"errors"
	"fmt"
)

// exchange counts what one message may cost.
type exchange struct {
	link       *Link
	extensions int
}

// send sends one I-block until the PICC has it, and returns what it answers:
// R(ACK) where the block chains, an I-block where it does not.
func (e *exchange) send(ctx context.Context, more bool, inf []byte) (block, error) {
	pcb := pcbI | e.link.number
	if more {
		pcb |= pcbChaining
	}
	return e.settle(ctx, append([]byte{pcb}, inf...), pcbNak)
}

// acknowledge asks for the next block of the PICC's chain.
func (e *exchange) acknowledge(ctx context.Context) (block, error) {
	return e.settle(ctx, []byte{pcbAck | e.link.number}, pcbAck)
}

// settle sends a frame and follows the rules of ISO/IEC 14443-4, 7.5.4 until a
// block with our number has come: extensions are granted (rule 3), what is
// missing or garbled is asked for again with R(NAK), or with R(ACK) while the
// PICC chains (rules 4 and 5), and an acknowledgement of the block before
// means that ours was lost (rule 6).
func (e *exchange) settle(ctx context.Context, frame []byte, again byte) (block, error) {
	l := e.link
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
			if err := e.extend(got.wtxm); err != nil {
				return block{}, err
			}
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

// extend grants a waiting time extension and takes the whole of it from the
// patience, as if the PICC used it up.
func (e *exchange) extend(wtxm int) error {
	e.extensions++
	e.link.Patience -= e.link.wait(wtxm)
	if e.extensions > maxExtensions || e.link.Patience <= 0 {
		return ErrSlow
	}
	return nil
}

// repeatable says whether the standard answers the error by asking again.
func repeatable(err error) bool {
	return errors.Is(err, ErrNoAnswer) || garbled(err) || errors.Is(err, ErrProtocol)
}
