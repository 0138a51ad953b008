package mfrc522

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guichet.example/hw/badge"
)

const (
	// maxData is the longest frame either way, without its checksum; ISO/IEC
	// 14443-4 has none longer.
	maxData = 256
	// checksum is the length of CRC_A in bytes.
	checksum = 2
	// punctuality is by how much this computer may be late before a chip that
	// is silent counts as lost.
	punctuality = 100 * time.Millisecond
)

// Transceive sends a frame and returns the answer. Besides the errors of
// package badge it returns those of this package, and hw.ErrGone when the chip
// does not answer. When ctx ends first, the chip is stopped.
//
// Where the answers of two PICCs differ, the Answer says at which bit; after
// the 32nd, which the chip cannot name, it is an ErrCollision.
func (c *Chip) Transceive(ctx context.Context, f badge.Frame) (badge.Answer, error) {
	switch {
	case c.closed:
		return badge.Answer{}, errClosed
	case !c.ready:
		return badge.Answer{}, errLost
	}
	if err := check(f); err != nil {
		return badge.Answer{}, fmt.Errorf("frame: %w", err)
	}
	began := time.Now()
	a, err := c.transceive(ctx, f)
	a.Took = time.Since(began) - f.Guard
	return a, c.note(err)
}

// check refuses what the chip cannot send.
func check(f badge.Frame) error {
	switch {
	case len(f.Data) == 0 || len(f.Data) > maxData:
		return fmt.Errorf("%d bytes are not 1 to %d", len(f.Data), maxData)
	case f.LastBits < 0 || f.LastBits > 7:
		return fmt.Errorf("%d bits of the last byte are not 0 to 7", f.LastBits)
	case f.Align < 0 || f.Align > 7:
		return fmt.Errorf("the answer's first bit %d is not 0 to 7", f.Align)
	case f.Guard < 0:
		return fmt.Errorf("guard time %v is below 0", f.Guard)
	case f.CRC && (f.LastBits != 0 || f.Align != 0):
		return errors.New("a checksum needs whole bytes")
	}
	return nil
}

func (c *Chip) transceive(ctx context.Context, f badge.Frame) (_ badge.Answer, err error) {
	t, err := timingFor(f.Wait)
	if err != nil {
		return badge.Answer{}, fmt.Errorf("frame: %w", err)
	}
	if err := sleep(ctx, f.Guard); err != nil {
		return badge.Answer{}, err
	}
	if err := c.setFrame(f, t); err != nil {
		return badge.Answer{}, err
	}
	first := f.Data[:min(len(f.Data), fifoSize)]
	x := exchange{Chip: c, rest: f.Data[len(first):]}
	// Then the pin may be low from the start, and has no edge to fall.
	x.polled = len(first) >= fifoSize-waterLevel
	if err := c.start(first, f); err != nil {
		return badge.Answer{}, errors.Join(err, c.stop())
	}
	x.begin(len(f.Data)+checksum, t.duration())
	s, err := x.finish(ctx)
	if err := errors.Join(err, c.stop()); err != nil {
		return badge.Answer{}, err
	}
	return x.answer(s)
}

// setFrame sets what a frame needs otherwise than the frame before: the
// checksum (sections 9.3.2.3 and 9.3.2.4) and the timer (section 9.3.3.10).
func (c *Chip) setFrame(f badge.Frame, t timing) error {
	crc := byte(0)
	if f.CRC {
		crc = crcEnabled
	}
	for _, s := range []setting{
		{txModeReg, crc},
		{rxModeReg, crc | rxNoErr},
		{tModeReg, timerAuto | byte(t.prescaler>>8)},
		{tPrescalerReg, byte(t.prescaler)},
		{tReloadHiReg, byte(t.reload >> 8)},
		{tReloadLoReg, byte(t.reload)},
	} {
		if err := c.bus.set(s.register, s.value); err != nil {
			return err
		}
	}
	return nil
}

// start fills the FIFO and sends. Interrupt requests are cleared after the
// FIFO was filled, which makes some.
func (c *Chip) start(first []byte, f badge.Frame) error {
	if err := c.bus.write(fifoLevelReg, fifoFlush); err != nil {
		return err
	}
	if err := c.bus.write(fifoDataReg, first...); err != nil {
		return err
	}
	if err := c.bus.write(comIrqReg, irqAll); err != nil {
		return err
	}
	if err := c.bus.write(commandReg, cmdTransceive); err != nil {
		return err
	}
	return c.bus.write(bitFramingReg, startSend|byte(f.Align)<<rxAlignPos|byte(f.LastBits))
}

// stop ends the command: the chip neither sends nor listens. StartSend does
// not clear itself.
func (c *Chip) stop() error {
	return errors.Join(c.bus.write(commandReg, cmdIdle), c.bus.write(bitFramingReg, 0))
}

// answer reads the rest of the FIFO and says what it is. Silence is believed
// only when the chip is set as it should be.
func (x *exchange) answer(s status) (badge.Answer, error) {
	if s.errors&(errTemp|errWrite|errOverflow) != 0 {
		return badge.Answer{}, fault(s.errors)
	}
	data, err := x.collect(s.level)
	if err != nil {
		return badge.Answer{}, err
	}
	// An answer that the timer did not see begin came too late, even when it
	// is there by now.
	if s.irq&irqTimer != 0 && s.errors == 0 {
		return badge.Answer{}, badge.ErrNoAnswer
	}
	a := badge.Answer{Data: append(x.data, data...), LastBits: int(s.control & rxLastBits)}
	switch {
	case s.errors&errCollision != 0 && s.coll&collPosNotValid == 0:
		a.Collision = int(s.coll & collPos)
		if a.Collision == 0 {
			a.Collision = 32
		}
		return a, nil
	case s.errors != 0:
		return badge.Answer{}, fault(s.errors)
	case len(a.Data) > maxData:
		return badge.Answer{}, badge.ErrOverflow
	case len(a.Data) == 0:
		return badge.Answer{}, fmt.Errorf("%w: it is empty", badge.ErrFraming)
	}
	return a, nil
}
