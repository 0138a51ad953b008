package picc

import "time"

// Blocks of ISO/IEC 14443-4, 7.1.1.1.
const (
	pcbI    = 0x02
	pcbMore = 0x10 // in an I-block: chaining
	pcbCID  = 0x08
	pcbNAD  = 0x04
	pcbACK  = 0xA2
	pcbNAK  = 0xB2
	pcbDESE = 0xC2
	pcbWTX  = 0xF2
)

// frameSizes are FSD and FSC by FSDI and FSCI (ISO/IEC 14443-4, table 1).
// Beyond are values reserved, taken as the largest.
func frameSize(i byte) int {
	sizes := [...]int{16, 24, 32, 40, 48, 64, 96, 128, 256}
	return sizes[min(int(i), len(sizes)-1)]
}

// transport is a PICC's side of the half-duplex block protocol.
type transport struct {
	fsd, fsc  int
	fwt       time.Duration
	ready     time.Duration // end of the start-up frame guard time
	cid       byte
	withCID   bool // the ATS said that CID is supported
	addressed bool // the block in hand carries a CID, and so does its answer
	pps       bool // PPS may still come
	number    byte
	last      []byte // sent last, for retransmission
	in        []byte // received of a chained command
	out       []byte // still to send of a chained answer
	chaining  bool
	waiting   *waiting
}

// waiting is an answer that is not ready.
type waiting struct {
	answer []byte
	left   time.Duration
	extra  int // extensions asked for without need
	wtxm   byte
}

// rats answers RATS with ATS (5.1, 5.2) and begins the protocol.
func (p *TypeA) rats(at time.Duration, param byte) (Reply, bool) {
	t := &transport{fsd: frameSize(param >> 4), fsc: 32, cid: param & 0x0F, number: 1, pps: true}
	fwi, sfgi := byte(4), byte(0)
	if ats := p.cfg.ATS; len(ats) > 1 {
		t.fsc = frameSize(ats[1] & 0x0F)
		i := 2
		if ats[1]&0x10 != 0 {
			i++
		}
		if ats[1]&0x20 != 0 && i < len(ats) {
			fwi, sfgi = ats[i]>>4, ats[i]&0x0F
			i++
		}
		t.withCID = ats[1]&0x40 != 0 && i < len(ats) && ats[i]&0x02 != 0
	}
	if p.cfg.FSC != 0 {
		t.fsc = p.cfg.FSC
	}
	t.fwt = Periods(4096 << min(fwi, 14))
	p.state, p.link = protocol, t
	f := Encode(CRCA(p.cfg.ATS), 0)
	r := Reply{f, Periods(9*128+84) + p.cfg.Timing.Block}
	if sfgi != 0 {
		t.ready = at + r.Delay + f.Duration() + Periods(4096<<min(sfgi, 14))
	}
	return r, true
}

// block answers a frame in PROTOCOL. What is damaged, too long or meant for
// another card is not answered (7.5.5).
func (p *TypeA) block(at time.Duration, f Frame) (Reply, bool) {
	t := p.link
	data, ok := f.whole()
	if !ok || at-f.Duration() < t.ready || len(data) > t.fsc {
		return Reply{}, false
	}
	body, ok := uncrc(data)
	if !ok {
		return Reply{}, false
	}
	if body[0]&0xF0 == 0xD0 && t.pps {
		return p.selectParameters(body)
	}
	pcb, inf := body[0], body[1:]
	t.addressed = pcb&pcbCID != 0
	if t.addressed {
		if !t.withCID || len(inf) == 0 || inf[0]&0x0F != t.cid {
			return Reply{}, false
		}
		inf = inf[1:]
	} else if t.cid != 0 && t.withCID {
		return Reply{}, false // a block without CID is for the PICC of CID 0
	}
	t.pps = false
	answer, took := p.handle(pcb, inf)
	if answer == nil {
		return Reply{}, false
	}
	t.last = answer
	if t.addressed {
		answer = append([]byte{answer[0] | pcbCID, t.cid}, answer[1:]...)
	}
	if pcb&^pcbCID == pcbDESE {
		p.deselected()
	}
	return Reply{Encode(CRCA(answer), 0), Periods(9*128+84) + p.cfg.Timing.Block + took}, true
}

func (p *TypeA) deselected() {
	p.state, p.link, p.level, p.halted = halt, nil, 0, false
	p.cfg.Processor.Reset()
}

// selectParameters answers PPS (5.3) for 106 kbit/s in both directions, the
// only bit rate there is here.
func (p *TypeA) selectParameters(body []byte) (Reply, bool) {
	plain := len(body) == 2 && body[1] == 0x01 || len(body) == 3 && body[1] == 0x11 && body[2] == 0x00
	if body[0]&0x0F != p.link.cid || !plain {
		return Reply{}, false
	}
	p.link.pps = false
	return Reply{Encode(CRCA(body[:1]), 0), Periods(9*128+84) + p.cfg.Timing.Block}, true
}

// handle is the PICC's rules of 7.5.4: nil is silence.
func (p *TypeA) handle(pcb byte, inf []byte) ([]byte, time.Duration) {
	t := p.link
	switch kind := pcb &^ pcbCID; {
	case kind&^(pcbMore|1|pcbNAD) == pcbI && kind&pcbNAD == 0:
		t.number ^= 1 // rule D
		t.chaining, t.waiting = false, nil
		t.in = append(t.in, inf...)
		if kind&pcbMore != 0 {
			return []byte{pcbACK | t.number}, 0
		}
		command := t.in
		t.in = nil
		answer, took := p.cfg.Processor.Exchange(command)
		t.waiting = &waiting{answer: answer, left: took, extra: p.cfg.WTX}
		return p.progress()
	case (kind&^1 == pcbACK || kind&^1 == pcbNAK) && len(inf) == 0:
		return p.acknowledged(kind)
	case kind == pcbWTX && len(inf) == 1 && t.waiting != nil && inf[0]&0x3F == t.waiting.wtxm:
		return p.progress()
	case kind == pcbDESE && len(inf) == 0:
		return []byte{pcbDESE}, 0
	}
	return nil, 0
}

// acknowledged is R(ACK) and R(NAK): rules E, 12, 13 and 14.
func (p *TypeA) acknowledged(kind byte) ([]byte, time.Duration) {
	t := p.link
	switch {
	case kind&1 == t.number:
		return t.last, 0
	case kind&^1 == pcbNAK:
		return []byte{pcbACK | t.number}, 0
	case t.chaining:
		t.number ^= 1
		return t.next(p.cfg.IgnoreFSD), 0
	}
	return nil, 0
}

// progress sends the answer, or asks for more time (7.3): a PICC asks at half
// of its waiting time.
func (p *TypeA) progress() ([]byte, time.Duration) {
	t, w := p.link, p.link.waiting
	wait := t.fwt
	if w.wtxm != 0 {
		wait = min(t.fwt*time.Duration(w.wtxm), Periods(4096<<14))
	}
	if w.extra == 0 && w.left <= wait*9/10 {
		t.waiting = nil
		t.out = w.answer
		return t.next(p.cfg.IgnoreFSD), w.left
	}
	took := min(w.left, wait/2)
	w.left -= took
	if w.extra > 0 {
		w.extra--
	}
	w.wtxm = byte(min(59, 1+w.left/t.fwt))
	return []byte{pcbWTX, w.wtxm}, took
}

// next is the next I-block of an answer, in a frame of at most FSD.
func (t *transport) next(ignoreFSD bool) []byte {
	room := t.fsd - 3 // PCB, CRC_A
	if t.addressed {
		room--
	}
	pcb := byte(pcbI) | t.number
	inf := t.out
	t.chaining = len(inf) > room && !ignoreFSD
	if t.chaining {
		inf, t.out = inf[:room], inf[room:]
		pcb |= pcbMore
	} else {
		t.out = nil
	}
	return append([]byte{pcb}, inf...)
}
