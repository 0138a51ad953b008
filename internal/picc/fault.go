package picc

import "time"

// A Fault changes what happens between a PCD and a card. It gets the frame as
// the PCD has sent it, and exchange, which hands a frame to the card.
type Fault func(at time.Duration, sent Frame, exchange func(Frame) (Reply, bool)) (Reply, bool)

// Faulty is a card with a fault around it. Where says in which exchanges: n
// counts the frames that have reached the card since it was made, from 0; data
// are those of the frame, parity left out. nil is always.
type Faulty struct {
	Card
	Fault Fault
	Where func(n int, data []byte) bool

	n int
}

// Receive implements Card.
func (c *Faulty) Receive(at time.Duration, f Frame) (Reply, bool) {
	n := c.n
	c.n++
	if c.Where != nil && !c.Where(n, f.Decode(0).Data) {
		return c.Card.Receive(at, f)
	}
	return c.Fault(at, f, func(f Frame) (Reply, bool) { return c.Card.Receive(at, f) })
}

// Nth is the exchange of that number, from 0.
func Nth(want int) func(int, []byte) bool {
	return func(n int, _ []byte) bool { return n == want }
}

// Blocks are the frames that carry an I-block; the protocol's own traffic and
// ISO/IEC 14443-3 are left alone. It takes first bytes 02, 03, 0A, 0B, 12, 13,
// 1A and 1B, which no command of ISO/IEC 14443-3 begins with.
func Blocks(_ int, data []byte) bool {
	return len(data) > 2 && data[0]&0xE6 == pcbI
}

// changed is a fault in the card's answer only.
func changed(change func(Reply) (Reply, bool)) Fault {
	return func(_ time.Duration, sent Frame, exchange func(Frame) (Reply, bool)) (Reply, bool) {
		r, ok := exchange(sent)
		if !ok {
			return r, false
		}
		r.Frame = append(Frame(nil), r.Frame...)
		return change(r)
	}
}

// FlipAnswer turns a bit of the answer over: parity bits count. A bit beyond
// the end turns over the last.
func FlipAnswer(bit int) Fault {
	return changed(func(r Reply) (Reply, bool) {
		r.Frame[min(bit, len(r.Frame)-1)] ^= 1
		return r, true
	})
}

// FlipSent turns over a bit of what the card hears.
func FlipSent(bit int) Fault {
	return func(_ time.Duration, sent Frame, exchange func(Frame) (Reply, bool)) (Reply, bool) {
		sent = append(Frame(nil), sent...)
		sent[min(bit, len(sent)-1)] ^= 1
		return exchange(sent)
	}
}

// LoseAnswer is an answer that nobody hears; the card has done its part.
func LoseAnswer() Fault {
	return changed(func(Reply) (Reply, bool) { return Reply{}, false })
}

// LoseSent is a frame that the card has not heard.
func LoseSent() Fault {
	return func(time.Duration, Frame, func(Frame) (Reply, bool)) (Reply, bool) { return Reply{}, false }
}

// Late answers later than the card would.
func Late(by time.Duration) Fault {
	return changed(func(r Reply) (Reply, bool) {
		r.Delay += by
		return r, true
	})
}

// Truncate ends an answer after that many bits, parity bits counted.
func Truncate(bits int) Fault {
	return changed(func(r Reply) (Reply, bool) {
		r.Frame = r.Frame[:min(bits, len(r.Frame))]
		return r, true
	})
}

// Oversize lengthens an answer by n bytes, with a right CRC_A if crc says so.
func Oversize(n int, crc bool) Fault {
	return changed(func(r Reply) (Reply, bool) {
		data := r.Frame.Decode(0).Data
		if crc && len(data) > 2 {
			r.Frame = Encode(CRCA(append(data[:len(data)-2], make([]byte, n)...)), 0)
			return r, true
		}
		r.Frame = Encode(append(data, make([]byte, n)...), 0)
		return r, true
	})
}

// Rewrite changes the data of an answer and makes parity and CRC_A right: a
// card that lies on purpose. rewrite gets the data without CRC_A.
func Rewrite(rewrite func(data []byte) []byte) Fault {
	return changed(func(r Reply) (Reply, bool) {
		data, ok := r.Frame.whole()
		if !ok {
			return r, true
		}
		body, ok := uncrc(data)
		if !ok {
			return r, true
		}
		r.Frame = Encode(CRCA(rewrite(append([]byte(nil), body...))), 0)
		return r, true
	})
}

// Leaving is a card that is taken away in the middle of the answer to frame
// number n, after that many bits of it. It stays away until Back.
func Leaving(c Card, n, bits int) *Gone { return &Gone{Card: c, after: n, bits: bits} }

// Gone is a card that leaves by itself.
type Gone struct {
	Card
	after, bits int
	n           int
	gone        bool
}

// Back lets the card be seen again, from the next time that the field comes.
func (g *Gone) Back() { g.gone = false }

// Power implements Card.
func (g *Gone) Power(at time.Duration, on bool) { g.Card.Power(at, on && !g.gone) }

// Receive implements Card.
func (g *Gone) Receive(at time.Duration, f Frame) (Reply, bool) {
	if g.gone {
		return Reply{}, false
	}
	r, ok := g.Card.Receive(at, f)
	g.n++
	if g.n != g.after+1 {
		return r, ok
	}
	g.gone = true
	g.Card.Power(at, false)
	r.Frame = r.Frame[:min(g.bits, len(r.Frame))]
	return r, ok && len(r.Frame) > 0
}
