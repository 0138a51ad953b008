package mfrc522

import (
	"context"
	"fmt"
	"time"

	"guichet.example/hw/badge"
)

const (
	// pollFirst and pollLast are the shortest and the longest pause between
	// two looks at the chip. In between, a pause is an eighth of the time
	// waited so far, so that an answer is seen at most an eighth late and a
	// long wait costs little. In pollLast, 12 bytes come in.
	pollFirst = 100 * time.Microsecond
	pollLast  = time.Millisecond
	// frameDelay is the least time between a frame and its answer, ISO/IEC
	// 14443-3 clause 6: 1172 periods of the carrier.
	frameDelay = 86 * time.Microsecond
	// drainAt is how full the FIFO may get before it is emptied while an
	// answer still comes in.
	drainAt = fifoSize / 2
)

// exchange is a frame under way.
type exchange struct {
	*Chip
	rest []byte // of the frame, not yet in the FIFO
	data []byte // of the answer, already taken out of it

	sent   time.Time // when the frame has left, as far as this computer knows
	limit  time.Time // when the chip must have told the end
	failed time.Time // when ErrorReg was first seen set
	edge   bool      // the interrupt pin woke this computer up
	polled bool      // the interrupt pin has told all it can
}

// status is what one transaction reads of the chip. The requests come first:
// whatever they tell is then true of what is read after them.
type status struct {
	irq, errors, control, coll byte
	level                      int // bytes in the FIFO
}

func (x *exchange) status() (status, error) {
	r, _, err := x.bus.read(0, comIrqReg, errorReg, fifoLevelReg, controlReg, collReg, txControlReg)
	if err != nil {
		return status{}, err
	}
	s := status{irq: r[0] & irqAll, errors: r[1] & errAll, level: int(r[2] & fifoLevel), control: r[3], coll: r[4]}
	switch {
	case s.errors&errTemp != 0 && s.errors != errAll:
		return s, fault(s.errors) // the antenna may have been switched off
	case r[5] != x.bus.held[txControlReg] || s.level > fifoSize:
		return s, errLost
	}
	return s, nil
}

// begin notes the time; n bytes are on air, and after them the timer runs.
func (x *exchange) begin(n int, timer time.Duration) {
	x.sent = time.Now().Add(airTime(n))
	x.limit = x.sent.Add(timer + airTime(maxData+checksum) + punctuality)
}

// finish returns the chip's status once an answer has come in, or the time for
// one is over.
func (x *exchange) finish(ctx context.Context) (status, error) {
	for {
		if err := x.pause(ctx); err != nil {
			return status{}, err
		}
		now := time.Now()
		s, err := x.status()
		if err != nil {
			return s, err
		}
		switch {
		case len(x.rest) == 0 && x.over(s, now):
			return s, nil
		case now.After(x.limit) && s.irq&irqTx == 0:
			return s, gone("reader chip does not send")
		case now.After(x.limit):
			// The timer was stopped by something that began and has no end.
			return s, fmt.Errorf("%w: it has no end", badge.ErrFraming)
		case len(x.rest) > 0:
			err = x.refill(s)
		case s.irq&irqTx != 0 && s.level >= drainAt:
			err = x.drain(s.level)
		}
		if err != nil {
			return s, err
		}
		// After an edge the pin stays low until the requests are cleared: what
		// is still to come has no edge of its own. An edge without a request
		// is one of before.
		x.polled = x.polled || x.edge && s.irq&(irqHiAlert|irqErr) != 0
	}
}

// over says whether nothing more will come. An error alone does not mean that:
// bits still come in, and a new frame would meet them. But what made the chip
// stumble may also have kept it from seeing the end.
func (x *exchange) over(s status, now time.Time) bool {
	if s.irq&(irqRx|irqTimer) != 0 {
		return true
	}
	if s.errors == 0 {
		return false
	}
	if x.failed.IsZero() {
		x.failed = now
	}
	return now.Sub(x.failed) > airTime(maxData+checksum)
}

// pause waits for the interrupt pin, or until the chip is to be looked at.
func (x *exchange) pause(ctx context.Context) error {
	if x.interrupt == nil || x.polled || len(x.rest) > 0 {
		x.edge = false
		return sleep(ctx, x.pace(time.Now()))
	}
	edge, fails, err := x.interrupt.wait(ctx, time.Until(x.limit))
	x.edge, x.polled = edge, fails
	return err
}

// pace returns how long nothing is to be looked for.
func (x *exchange) pace(now time.Time) time.Duration {
	first := x.sent.Add(frameDelay) // no answer begins before
	switch {
	case len(x.rest) > 0:
		return airTime(fifoSize / 4)
	case now.Before(first):
		return first.Sub(now)
	}
	return min(max(now.Sub(x.sent)/8, pollFirst), pollLast)
}

// refill tops up the FIFO, section 8.3.
func (x *exchange) refill(s status) error {
	if s.irq&irqTx != 0 {
		return ErrUnderrun
	}
	n := min(fifoSize-s.level, len(x.rest))
	if n == 0 {
		return nil
	}
	err := x.bus.write(fifoDataReg, x.rest[:n]...)
	x.rest = x.rest[n:]
	return err
}

// drain empties the FIFO of an answer that is longer than it.
func (x *exchange) drain(n int) error {
	_, data, err := x.bus.read(n)
	if err != nil {
		return err
	}
	if x.data = append(x.data, data...); len(x.data) > maxData {
		return badge.ErrOverflow
	}
	return nil
}
