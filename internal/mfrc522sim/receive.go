package mfrc522sim

import (
	"time"

	"guichet.example/internal/picc"
)

// reception is a frame on its way in.
type reception struct {
	signals []picc.Signal
	begin   time.Duration
	pos     int // bits looked at
	cur     byte
	bit     int  // of cur
	split   bool // cur was begun by the host (RxAlign)
	count   int  // bytes, whole or not
	held    []byte
	all     []byte // for the checksum
}

func rxWait(rxSel byte) time.Duration { return time.Duration(rxSel & 0x3F) }

// listen waits for answers. Until notBefore the receiver is deaf (RxWait), and
// with RcvOff or at another bit rate it always is.
func (c *Chip) listen(signals []picc.Signal, notBefore time.Duration) {
	c.modem, c.coll = modemWaitData, coll{}
	if c.now < notBefore {
		c.modem = modemRxWait
		c.during(notBefore-c.now, func() {
			if c.modem == modemRxWait {
				c.modem = modemWaitData
			}
		})
	}
	if c.regs[commandReg]&0x20 != 0 || c.regs[rxModeReg]&0x70 != 0 {
		return
	}
	for len(signals) > 0 && signals[0].Begin < notBefore {
		signals = signals[1:]
	}
	if len(signals) == 0 {
		return
	}
	align := int(c.regs[bitFramingReg] >> 4 & 7)
	c.rx = &reception{signals: signals, begin: signals[0].Begin, bit: align, split: align != 0}
	c.during(c.rx.begin-c.now, func() {
		if len(c.air()) == 0 {
			c.rx = nil // it went away before it began
			return
		}
		c.modem = modemReceiving
		c.during(5*picc.Bit, c.autoStop) // a start bit and four data bits
		c.during(c.at(min(9-align, len(c.air()))), c.receive)
	})
}

// air is what is heard of the cards that still are there.
func (c *Chip) air() picc.Frame { return picc.Superpose(c.rx.signals) }

// at is the time from now until bit n of the frame has come in.
func (c *Chip) at(n int) time.Duration {
	return c.rx.begin + picc.Periods(128*(1+n)) - c.now
}

// cut ends what a card was saying, nil all of them.
func (c *Chip) cut(card picc.Card) {
	if c.rx == nil {
		return
	}
	for i, s := range c.rx.signals {
		if card == nil || s.Card == card {
			n := int((c.now-s.Begin)/picc.Bit) - 1
			c.rx.signals[i].Frame = s.Frame[:min(max(n, 0), len(s.Frame))]
		}
	}
}

// receive takes the bits that have come since.
func (c *Chip) receive() {
	r, f := c.rx, c.air()
	for r.pos < len(f) && c.at(r.pos+1) <= 0 {
		c.symbol(f[r.pos])
		r.pos++
	}
	if r.pos >= len(f) {
		c.during(picc.Bit, c.received) // end of communication
		return
	}
	c.during(c.at(min(r.pos+9, len(f))), c.receive)
}

// symbol takes one bit.
func (c *Chip) symbol(s picc.Symbol) {
	r := c.rx
	parity := c.regs[mfRxReg]&0x10 == 0
	if r.bit == 8 && parity {
		ones := r.cur
		ones ^= ones >> 4
		ones ^= ones >> 2
		ones ^= ones >> 1
		if odd := picc.Symbol(^ones & 1); !r.split && s != odd && c.coll.pos == 0 {
			c.fail(errParity)
		}
		c.whole()
		return
	}
	if s == picc.Both && c.coll.pos == 0 {
		c.coll.pos = 8*r.count + r.bit + 1
		c.coll.beyond = c.coll.pos > 32
		c.fail(errColl)
	}
	after := c.coll.pos != 0 && c.regs[collReg]&0x80 == 0
	if s != picc.Zero && !after {
		r.cur |= 1 << r.bit
	}
	r.bit++
	if r.bit == 8 && !parity {
		c.whole()
	}
}

// whole puts a byte into the FIFO buffer; with RxCRCEn the last two stay out.
func (c *Chip) whole() {
	r := c.rx
	r.all = append(r.all, r.cur)
	r.held = append(r.held, r.cur)
	r.cur, r.bit, r.split = 0, 0, false
	r.count++
	keep := 0
	if c.regs[rxModeReg]&0x80 != 0 {
		keep = 2
	}
	for len(r.held) > keep {
		c.push(r.held[0])
		r.held = r.held[1:]
	}
}

// received is the end of a frame.
func (c *Chip) received() {
	r := c.rx
	if r.count == 0 && r.bit < 4 && c.regs[rxModeReg]&0x08 != 0 {
		c.rx, c.modem = nil, modemWaitData // RxNoErr: it never was
		return
	}
	last := r.bit & 7
	if r.bit == 8 && !r.split {
		c.fail(errParity) // its parity bit is missing
	}
	if c.regs[rxModeReg]&0x80 != 0 {
		c.checkCRC()
	}
	if r.bit > 0 {
		c.push(r.cur)
	}
	c.regs[controlReg] = c.regs[controlReg]&^0x07 | byte(last)
	c.fail(c.upset)
	c.upset, c.rx = 0, nil
	c.raise(irqRx)
	if c.command == cmdReceive {
		c.terminate()
		return
	}
	c.modem = modemWaitSend
}

// checkCRC is the checksum of a frame of whole bytes; a shorter one, or one of
// other bits, has none.
func (c *Chip) checkCRC() {
	r := c.rx
	n := len(r.all) - 2
	if n >= 0 && r.bit == 0 {
		if sum := picc.CRCA(r.all[:n]); string(sum[n:]) == string(r.all[n:]) {
			c.crc.value = 0
			return
		}
	}
	c.fail(errCRC)
	if n < 0 || r.bit > 0 {
		for _, b := range r.held {
			c.push(b)
		}
	}
}
