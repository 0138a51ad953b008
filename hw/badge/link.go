package badge

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// fsdi tells the PICC that we take frames of 64 bytes, the FIFO of the
	// common reader chips: less, and a DESFire answer comes in crumbs.
	fsdi = 5
	fsd  = 64

	// frameOverhead is PCB and the two bytes of the checksum.
	frameOverhead = 3

	// maxAnswer bounds what a chain of blocks may bring; an ISO/IEC 7816-4
	// answer without extended length has 258 bytes.
	maxAnswer = 258

	// maxRepeats bounds how often one block is asked for or sent again.
	maxRepeats = 2

	// waitTolerance is added to FWT (ISO/IEC 14443-4, 7.2: 49152/fc).
	waitTolerance = 3625 * time.Microsecond

	// shortest is less than any exchange of blocks takes on air: two of four
	// bytes with parity at 106 kbit/s, and the frame delay between them.
	shortest = 700 * time.Microsecond
)

// A Link is the half-duplex block protocol with one PICC (ISO/IEC 14443-4, 7).
// One goroutine at a time uses it.
type Link struct {
	pcd    PCD
	ats    ATS
	number byte
	guard  time.Duration
	// Patience is how long all exchanges may last together before the PICC is
	// given up, whatever it answers: blocks, silence or waiting time
	// extensions. No exchange begins when it is used up, and the wait of the
	// last is cut to what is left, so all are over by then and the time of one
	// frame on air. It counts down; whoever begins something new sets it.
	Patience time.Duration
}

// Connect sends RATS and returns the link (ISO/IEC 14443-4, 5). The PICC is
// active, and its SAK says that it speaks the protocol. The start-up guard time
// it asks for is taken from patience.
func Connect(ctx context.Context, pcd PCD, patience time.Duration) (*Link, error) {
	a, err := transceive(ctx, pcd, Frame{Data: []byte{0xE0, fsdi << 4}, CRC: true, Wait: activationWait})
	if err != nil {
		return nil, fmt.Errorf("request ATS: %w", err)
	}
	if a.LastBits != 0 || a.Collision != 0 {
		return nil, fmt.Errorf("request ATS: %w", ErrFraming)
	}
	ats, err := ParseATS(a.Data)
	if err != nil {
		return nil, fmt.Errorf("request ATS: %w", err)
	}
	if ats.SFGT > patience {
		return nil, fmt.Errorf("request ATS: %w", ErrSlow)
	}
	return &Link{pcd: pcd, ats: ats, guard: ats.SFGT, Patience: patience - ats.SFGT}, nil
}

// Exchange sends one message of at most 261 bytes and returns the answer of
// at most 258. After an error the link is in no known state: the field has to
// be switched off and on.
func (l *Link) Exchange(ctx context.Context, message []byte) ([]byte, error) {
	size := min(l.ats.FSC, 256) - frameOverhead
	for len(message) > size {
		got, err := l.send(ctx, true, message[:size])
		if err != nil {
			return nil, err
		}
		if got.kind != blockAck {
			return nil, fmt.Errorf("badge answers before the message ended: %w", ErrProtocol)
		}
		message = message[size:]
	}
	got, err := l.send(ctx, false, message)
	if err != nil {
		return nil, err
	}
	return l.receive(ctx, got)
}

// receive collects a chain of I-blocks that begins with got.
func (l *Link) receive(ctx context.Context, got block) ([]byte, error) {
	var answer []byte
	for {
		if got.kind != blockI {
			return nil, fmt.Errorf("badge acknowledges instead of answering: %w", ErrProtocol)
		}
		if len(answer)+len(got.inf) > maxAnswer {
			return nil, fmt.Errorf("answer longer than %d bytes: %w", maxAnswer, ErrProtocol)
		}
		if got.more && len(got.inf) == 0 {
			return nil, fmt.Errorf("chain of empty blocks: %w", ErrProtocol)
		}
		answer = append(answer, got.inf...)
		if !got.more {
			return answer, nil
		}
		var err error
		if got, err = l.acknowledge(ctx); err != nil {
			return nil, err
		}
	}
}

// Present asks whether the PICC of this link is still there: R(NAK) with the
// number of the block that would come next, which a PICC answers with R(ACK)
// (ISO/IEC 14443-4, 7.5.5.3, rule 12). Another PICC stays silent, for it has
// not been activated. The link goes on where it was.
func (l *Link) Present(ctx context.Context) error {
	err := l.ping(ctx)
	if err != nil && fromPICC(err) {
		err = l.ping(ctx)
	}
	if err != nil {
		return fmt.Errorf("look for badge: %w", err)
	}
	return nil
}

func (l *Link) ping(ctx context.Context) error {
	got, err := l.frame(ctx, []byte{pcbNak | l.number}, l.wait(1))
	switch {
	case err != nil:
		return err
	case got.kind != blockAck:
		return fmt.Errorf("badge does not acknowledge: %w", ErrProtocol)
	default:
		return nil
	}
}

// Deselect ends the protocol; the PICC is halted (ISO/IEC 14443-4, 8).
func (l *Link) Deselect(ctx context.Context) error {
	var err error
	for range 2 {
		var got block
		got, err = l.frame(ctx, []byte{pcbDeselect}, activationWait)
		if err == nil && got.kind != blockDeselect {
			err = fmt.Errorf("badge goes on: %w", ErrProtocol)
		}
		if err == nil || !fromPICC(err) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("deselect: %w", err)
	}
	return nil
}

// wait is FWT times the multiplier of an extension.
func (l *Link) wait(wtxm int) time.Duration {
	return l.ats.FWT*time.Duration(wtxm) + waitTolerance
}

// frame sends one block and parses what comes back. That costs patience.
func (l *Link) frame(ctx context.Context, data []byte, wait time.Duration) (block, error) {
	if l.Patience <= 0 {
		return block{}, ErrSlow
	}
	wait = min(wait, l.Patience)
	f := Frame{Data: data, CRC: true, Wait: wait, Guard: l.guard}
	l.guard = 0
	a, err := transceive(ctx, l.pcd, f)
	took := max(a.Took, shortest)
	if errors.Is(err, ErrNoAnswer) {
		took = max(took, wait)
	}
	l.Patience -= took
	if err != nil {
		return block{}, err
	}
	if a.LastBits != 0 || a.Collision != 0 || len(a.Data) > fsd-frameOverhead+1 {
		return block{}, ErrFraming
	}
	return parseBlock(a.Data)
}
