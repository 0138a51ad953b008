package picc

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"time"
)

// state is a state of ISO/IEC 14443-3, 6.3. READY* and ACTIVE* are READY and
// ACTIVE with TypeA.halted.
type state int

const (
	powerOff state = iota
	idle
	ready
	active
	halt
	protocol
)

func (s state) String() string {
	return [...]string{"POWER-OFF", "IDLE", "READY", "ACTIVE", "HALT", "PROTOCOL"}[s]
}

// Config says what a PICC is like. The zero value of a time is the shortest
// that the standard allows.
type Config struct {
	// UID has 4, 7 or 10 bytes.
	UID []byte
	// RandomUID shows 08 and three random bytes instead of UID, other ones
	// each time that the field comes (ISO/IEC 14443-3, 6.5.4).
	RandomUID bool
	// ATS is sent as it is, so that it may lie; nil is one of DESFire:
	// FSC 64, FWI 8, SFGI 1, CID supported.
	ATS []byte
	// FSC is the longest frame that the PICC really takes, with CRC_A; 0 is
	// what the ATS says.
	FSC int
	// Processor is nil for a PICC without ISO/IEC 14443-4.
	Processor Processor
	Timing    Timing
	// WTX asks for that many waiting time extensions before each answer to a
	// command, beyond those that its time needs; below 0, for ever.
	WTX int
	// IgnoreFSD sends answers in one block, however short a frame the PCD has
	// said it can receive.
	IgnoreFSD bool
	// Rand is where random UIDs come from; nil is crypto/rand.
	Rand io.Reader
}

// Timing is how long a PICC takes.
type Timing struct {
	// Startup is from the field's coming until a frame is heard; the standard
	// allows 5 ms (ISO/IEC 14443-3, 5.1).
	Startup time.Duration
	// Block is added to the frame delay of every block of ISO/IEC 14443-4.
	Block time.Duration
}

// TypeA is a PICC of type A.
type TypeA struct {
	cfg    Config
	state  state
	halted bool          // READY* and ACTIVE*: back to HALT, not to IDLE
	awake  time.Duration // hears nothing before
	uid    []byte        // of this time in the field
	level  int           // cascade level reached, 0 to 2
	link   *transport
	// randomUID asks each time: a DESFire can be told to begin.
	randomUID func() bool
}

// defaultATS is TL, T0 (TA, TB, TC present, FSCI 5), TA1 (all bit rates),
// TB1 (FWI 8, SFGI 1), TC1 (CID), one historical byte.
func defaultATS() []byte { return []byte{0x06, 0x75, 0x77, 0x81, 0x02, 0x80} }

// New makes a PICC that lies outside of any field.
func New(c Config) (*TypeA, error) {
	switch len(c.UID) {
	case 4, 7, 10:
	default:
		return nil, fmt.Errorf("make card: a UID has 4, 7 or 10 bytes, not %d", len(c.UID))
	}
	if c.ATS == nil {
		c.ATS = defaultATS()
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	return &TypeA{cfg: c, randomUID: func() bool { return c.RandomUID }}, nil
}

// Power implements Card.
func (p *TypeA) Power(at time.Duration, on bool) {
	p.halted, p.level, p.link = false, 0, nil
	if p.cfg.Processor != nil {
		p.cfg.Processor.Reset()
	}
	if !on {
		p.state = powerOff
		return
	}
	p.state, p.awake = idle, at+p.cfg.Timing.Startup
	p.uid = p.cfg.UID
	if p.randomUID() {
		p.uid = []byte{0x08, 0, 0, 0}
		_, _ = io.ReadFull(p.cfg.Rand, p.uid[1:]) // a dry source leaves zeros, a UID like any other
	}
}

// State names the state of ISO/IEC 14443-3 that the PICC is in.
func (p *TypeA) State() string {
	if p.halted && (p.state == ready || p.state == active) {
		return p.state.String() + "*"
	}
	return p.state.String()
}

// Receive implements Card.
func (p *TypeA) Receive(at time.Duration, f Frame) (Reply, bool) {
	if p.state == powerOff || at-f.Duration() < p.awake {
		return Reply{}, false
	}
	if p.state == protocol {
		return p.block(at, f)
	}
	var answer Frame
	switch d := f.Decode(0); {
	case len(f) == 7 && (d.Data[0] == 0x26 || d.Data[0] == 0x52):
		answer = p.request(d.Data[0] == 0x52)
	case d.ParityErr || len(d.Data) == 0:
		p.fallBack()
	case p.state == ready:
		answer = p.anticollision(d)
	case p.state == active:
		return p.activated(at, d)
	}
	return Reply{answer, frameDelay(f)}, answer != nil
}

// frameDelay is the frame delay time for n = 9 (ISO/IEC 14443-3, 6.2.1.1), the
// same for every PICC so that bits of several meet.
func frameDelay(f Frame) time.Duration {
	if len(f) > 0 && f[len(f)-1] == One {
		return Periods(9*128 + 84)
	}
	return Periods(9*128 + 20)
}

// fallBack is what every unexpected or damaged frame does.
func (p *TypeA) fallBack() {
	switch {
	case p.state != ready && p.state != active:
	case p.halted:
		p.state = halt
	default:
		p.state = idle
	}
	p.level = 0
}

// request is REQA or WUPA. In any other state than IDLE and HALT it is
// unexpected: that is why every second REQA of a naive PCD is answered.
func (p *TypeA) request(wake bool) Frame {
	switch {
	case p.state == idle:
		p.halted = false
	case p.state == halt && wake:
		p.halted = true
	default:
		p.fallBack()
		return nil
	}
	p.state, p.level = ready, 0
	return Encode(p.atqa(), 0)
}

// atqa is the UID's size and bit frame anticollision (6.5.2); the second byte
// is proprietary.
func (p *TypeA) atqa() []byte {
	size := map[int]byte{4: 0x00, 7: 0x40, 10: 0x80}[len(p.uid)]
	return []byte{size | 0x04, 0x03}
}

// uidCL is what a cascade level shows (6.5.4): the cascade tag and three bytes
// of the UID, or the last four of them; then BCC. And whether more follows.
func (p *TypeA) uidCL() (cl []byte, more bool) {
	rest := p.uid[3*p.level:]
	if len(rest) > 4 {
		cl, more = append([]byte{0x88}, rest[:3]...), true
	} else {
		cl = append(cl, rest...)
	}
	return append(cl, cl[0]^cl[1]^cl[2]^cl[3]), more
}

// anticollision is ANTICOLLISION and SELECT (6.4.2). A PICC that is not meant
// leaves READY.
func (p *TypeA) anticollision(d Decoded) Frame {
	if len(d.Data) < 2 || d.Data[0] != 0x93+byte(2*p.level) {
		p.fallBack()
		return nil
	}
	if d.Data[1] == 0x70 {
		return p.selected(d)
	}
	whole, odd := int(d.Data[1]>>4), int(d.Data[1]&0x0F)
	got := 8 * len(d.Data)
	if d.LastBits != 0 {
		got += d.LastBits - 8
	}
	if whole < 2 || whole > 6 || odd > 7 || got != 8*whole+odd {
		p.fallBack()
		return nil
	}
	cl, _ := p.uidCL()
	for i := range got - 16 {
		if d.Data[2+i/8]>>(i%8)&1 != cl[i/8]>>(i%8)&1 {
			p.fallBack()
			return nil
		}
	}
	return encode(cl[whole-2:], odd, 0)
}

// selected answers SELECT with SAK: bit 3 while the UID is not complete, bit 6
// for ISO/IEC 14443-4 (6.5.3.4).
func (p *TypeA) selected(d Decoded) Frame {
	body, ok := uncrc(d.Data)
	cl, more := p.uidCL()
	if !ok || d.LastBits != 0 || len(body) != 7 || !bytes.Equal(body[2:], cl) {
		p.fallBack()
		return nil
	}
	if more {
		p.level++
		return Encode(CRCA([]byte{0x04}), 0)
	}
	p.state = active
	sak := byte(0)
	if p.cfg.Processor != nil {
		sak = 0x20
	}
	return Encode(CRCA([]byte{sak}), 0)
}

// activated is ACTIVE: HLTA, RATS, and anything else is wrong.
func (p *TypeA) activated(at time.Duration, d Decoded) (Reply, bool) {
	body, ok := uncrc(d.Data)
	switch {
	case !ok || d.LastBits != 0 || len(body) != 2:
		p.fallBack()
	case body[0] == 0x50 && body[1] == 0x00:
		p.state = halt // HLTA is not answered (6.4.3)
	case body[0] == 0xE0 && body[1]&0x0F != 0x0F && p.cfg.Processor != nil:
		return p.rats(at, body[1])
	default:
		p.fallBack()
	}
	return Reply{}, false
}
