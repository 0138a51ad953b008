package picc

import "time"

// An Exchange is one frame and its answer, as a listener writes them down.
type Exchange struct {
	Sent     Frame
	Reply    Reply
	Answered bool
}

// A Recorder is a card with somebody listening.
type Recorder struct {
	Card
	Exchanges []Exchange
}

// Receive implements Card.
func (c *Recorder) Receive(at time.Duration, f Frame) (Reply, bool) {
	r, ok := c.Card.Receive(at, f)
	c.Exchanges = append(c.Exchanges, Exchange{append(Frame(nil), f...), r, ok})
	return r, ok
}

// A Replay is no card: it gives back what another one has said. A frame that
// was heard is answered as it was then, the next such one from where the
// replay stands; to one that was not, it gives the answer that came next to a
// frame of the same length and first byte.
type Replay struct {
	Exchanges []Exchange

	on   bool
	next int
}

// Power implements Card.
func (c *Replay) Power(_ time.Duration, on bool) { c.on, c.next = on, 0 }

// Receive implements Card.
func (c *Replay) Receive(_ time.Duration, f Frame) (Reply, bool) {
	if !c.on {
		return Reply{}, false
	}
	for _, same := range []func(a, b Frame) bool{equal, alike} {
		for i := range c.Exchanges {
			at := (c.next + i) % len(c.Exchanges)
			if e := c.Exchanges[at]; same(e.Sent, f) {
				c.next = at + 1
				return e.Reply, e.Answered
			}
		}
	}
	return Reply{}, false
}

func equal(a, b Frame) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func alike(a, b Frame) bool {
	return len(a) == len(b) && len(a) >= 9 && equal(a[:9], b[:9])
}
