package mfrc522sim

import (
	"guichet.example/internal/picc"
)

// transmission is a frame on its way out. Bytes leave the FIFO buffer as they
// are sent, so that the host can add more behind them.
type transmission struct {
	data  []byte
	heard []picc.Card // that have been there from its begin
	good  bool        // cards can understand it
}

// startSend is StartSend of BitFramingReg.
func (c *Chip) startSend() {
	if c.command == cmdTransceive && c.modem != modemTransmitting {
		c.transmit()
	}
}

// transmit starts to send what is in the FIFO buffer. With TxWaitRF it waits
// for the field; without, it modulates nothing.
func (c *Chip) transmit() {
	c.epoch++
	c.rx = nil
	if c.regs[modeReg]&0x20 != 0 && !c.field.On() {
		c.modem = modemTxWait
		return
	}
	c.modem = modemTransmitting
	c.tx = transmission{good: c.field.On() && c.regs[txASKReg]&0x40 != 0 && c.regs[txModeReg]&0x70 == 0}
	c.tx.heard = c.field.Cards()
	c.during(picc.Bit, c.sendByte) // start of communication
}

// sendByte takes the next byte when the one before has gone out.
func (c *Chip) sendByte() {
	if len(c.fifo) == 0 {
		c.sendEnd()
		return
	}
	c.tx.data = append(c.tx.data, c.pop())
	bits := 9
	if c.regs[mfRxReg]&0x10 != 0 { // ParityDisable
		bits = 8
	}
	if last := int(c.regs[bitFramingReg] & 0x07); last != 0 && len(c.fifo) == 0 {
		c.during(picc.Periods(128*last), c.sendEnd)
		return
	}
	c.during(picc.Periods(128*bits), c.sendByte)
}

// sendEnd is CRC and end of communication.
func (c *Chip) sendEnd() {
	after := picc.Bit
	if c.regs[txModeReg]&0x80 != 0 {
		after += 18 * picc.Bit
	}
	c.during(after, c.sent)
}

// sent is the moment from which cards count their frame delay time.
func (c *Chip) sent() {
	c.raise(irqTx)
	c.autoStart()
	var signals []picc.Signal
	if f := c.onAir(); c.tx.good && len(f) > 0 {
		signals = c.field.Send(c.now, f, c.hearing())
	}
	if c.command == cmdTransmit {
		c.terminate()
		return
	}
	c.regs[errorReg] &^= errColl | errCRC | errParity | errProtocol // receiver start-up
	c.listen(signals, c.now+picc.Bit*rxWait(c.regs[rxSelReg]))
}

// hearing are the cards that were in the field for the whole frame.
func (c *Chip) hearing() []picc.Card {
	begin := c.now - c.onAir().Duration()
	var all []picc.Card
	for _, card := range c.tx.heard {
		if since, there := c.placed[card]; there && since <= begin {
			all = append(all, card)
		}
	}
	return all
}

// onAir is the frame as it was modulated.
func (c *Chip) onAir() picc.Frame {
	last := int(c.regs[bitFramingReg] & 0x07)
	f := picc.Encode(c.tx.data, last)
	if c.regs[mfRxReg]&0x10 != 0 {
		f = withoutParity(c.tx.data, last)
	}
	if c.regs[txModeReg]&0x80 != 0 {
		f = append(f, picc.Encode(picc.CRCA(c.tx.data)[len(c.tx.data):], 0)...)
	}
	return f
}

func withoutParity(data []byte, last int) picc.Frame {
	var f picc.Frame
	for i, b := range data {
		n := 8
		if i == len(data)-1 && last != 0 {
			n = last
		}
		for k := range n {
			f = append(f, picc.Symbol(b>>k&1))
		}
	}
	return f
}
