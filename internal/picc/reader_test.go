package picc

import (
	"bytes"
	"testing"
	"time"
)

// reader is the least PCD that these tests need: it knows no error handling.
type reader struct {
	t     *testing.T
	field Field
	now   time.Duration
	block byte
	fsd   int
}

func newReader(t *testing.T, cards ...Card) *reader {
	r := &reader{t: t, fsd: 61}
	for _, c := range cards {
		r.field.Place(0, c)
	}
	r.on()
	return r
}

func (r *reader) on() {
	r.now += time.Millisecond
	r.field.Switch(r.now, false)
	r.field.Switch(r.now, true)
	r.now += 6 * time.Millisecond
	r.block = 0
}

// raw sends bits and returns what comes, as bits.
func (r *reader) raw(f Frame) (Frame, bool) {
	r.now += f.Duration()
	signals := r.field.Send(r.now, f, r.field.Cards())
	if len(signals) == 0 {
		r.now += 100 * time.Millisecond
		return nil, false
	}
	got := Superpose(signals)
	r.now = signals[0].Begin + got.Duration() + Periods(1172)
	return got, true
}

func (r *reader) short(b byte) (Decoded, bool) {
	f, ok := r.raw(Encode([]byte{b}, 7))
	return f.Decode(0), ok
}

// framed sends bytes with CRC_A and takes it off the answer.
func (r *reader) framed(data ...byte) ([]byte, bool) {
	f, ok := r.raw(Encode(CRCA(data), 0))
	if !ok {
		return nil, false
	}
	d, ok := f.whole()
	if !ok {
		return nil, false
	}
	return uncrc(d)
}

// choose does anticollision, taking 1 where cards differ, and returns the UID
// and the last SAK.
func (r *reader) choose() (uid []byte, sak byte) {
	r.t.Helper()
	for level := range 3 {
		cl, ok := r.level(0x93 + byte(2*level))
		if !ok {
			return nil, 0
		}
		answer, ok := r.framed(append([]byte{0x93 + byte(2*level), 0x70}, cl...)...)
		if !ok {
			r.t.Fatalf("SELECT at level %d: no answer", level+1)
		}
		if answer[0]&0x04 == 0 {
			return append(uid, cl[:4]...), answer[0]
		}
		uid = append(uid, cl[1:4]...)
	}
	r.t.Fatal("the UID does not end")
	return nil, 0
}

func (r *reader) level(sel byte) ([]byte, bool) {
	known := make([]byte, 5)
	bits := 0
	for range 33 {
		n := (bits + 7) / 8
		sent := append([]byte{sel, byte(2+bits/8)<<4 | byte(bits%8)}, known[:n]...)
		f, ok := r.raw(Encode(sent, bits%8))
		if !ok {
			return nil, false
		}
		d := f.Decode(bits % 8)
		for i := range d.Data {
			known[bits/8+i] |= d.Data[i]
		}
		if d.Collision == 0 {
			return known, true
		}
		bits = bits/8*8 + d.Collision
		known[(bits-1)/8] |= 1 << ((bits - 1) % 8)
	}
	return nil, false
}

// activate goes as far as the protocol.
func (r *reader) activate() {
	r.t.Helper()
	if _, ok := r.short(0x52); !ok {
		r.t.Fatal("no answer to WUPA")
	}
	if uid, sak := r.choose(); uid == nil || sak&0x20 == 0 {
		r.t.Fatalf("SAK %02X", sak)
	}
	ats, ok := r.framed(0xE0, 0x50)
	if !ok || len(ats) == 0 {
		r.t.Fatal("no ATS")
	}
	r.now += time.Millisecond
}

// apdu exchanges a command above the block protocol, chaining both ways.
func (r *reader) apdu(command []byte) []byte {
	r.t.Helper()
	const inf = 61
	for len(command) > inf {
		answer, ok := r.framed(append([]byte{pcbI | pcbMore | r.block}, command[:inf]...)...)
		if !ok || answer[0] != pcbACK|r.block {
			r.t.Fatalf("a chained block was answered %X", answer)
		}
		r.block ^= 1
		command = command[inf:]
	}
	answer, ok := r.framed(append([]byte{pcbI | r.block}, command...)...)
	var out []byte
	for {
		switch {
		case !ok:
			r.t.Fatal("no answer to an I-block")
		case answer[0] == pcbWTX:
			r.now += 10 * time.Millisecond
			answer, ok = r.framed(pcbWTX, answer[1])
			continue
		case answer[0]&0xEF != pcbI|r.block:
			r.t.Fatalf("an I-block of the wrong number or kind: %02X", answer[0])
		}
		r.block ^= 1
		out = append(out, answer[1:]...)
		if answer[0]&pcbMore == 0 {
			return out
		}
		answer, ok = r.framed(pcbACK | r.block)
	}
}

// send is a wrapped command; frames under AF are put together.
func (r *reader) send(ins byte, data ...byte) ([]byte, Status) {
	r.t.Helper()
	var out []byte
	for {
		c := []byte{0x90, ins, 0, 0}
		if len(data) > 0 {
			c = append(append(c, byte(len(data))), data...)
		}
		got := r.apdu(append(c, 0))
		if len(got) < 2 || got[len(got)-2] != 0x91 {
			r.t.Fatalf("an answer without status: %X", got)
		}
		s := Status(got[len(got)-1])
		out = append(out, got[:len(got)-2]...)
		if s != AdditionalFrame || ins == cmdAuthenticateAES || ins == cmdAuthenticateEV2First || ins == cmdWriteData ||
			ins == cmdAdditionalFrame && len(data) > 0 {
			return out, s
		}
		ins, data = cmdAdditionalFrame, nil
	}
}

func (r *reader) want(s Status, ins byte, data ...byte) []byte {
	r.t.Helper()
	out, got := r.send(ins, data...)
	if got != s {
		r.t.Fatalf("command %02X: status %02X, want %02X", ins, byte(got), byte(s))
	}
	return out
}

// login authenticates and returns the reader's half of the session.
func (r *reader) login(ins, no byte, k [16]byte) (session, Status) {
	r.t.Helper()
	zero := make([]byte, 16)
	param := []byte{no}
	if ins == cmdAuthenticateEV2First {
		param = append(param, 0x06, 0, 0, 0, 0, 0, 0)
	}
	challenge, s := r.send(ins, param...)
	if s != AdditionalFrame {
		return nil, s
	}
	rndA := []byte("sixteen letters.")
	rndB := cbcDecrypt(k, zero, challenge)
	iv := zero
	if ins == cmdAuthenticateAES {
		iv = challenge
	}
	token := cbcEncrypt(k, iv, append(append([]byte(nil), rndA...), rotate(rndB)...))
	answer, s := r.send(cmdAdditionalFrame, token...)
	if s != OperationOK {
		return nil, s
	}
	if ins == cmdAuthenticateAES {
		if !bytes.Equal(cbcDecrypt(k, token[16:], answer), rotate(rndA)) {
			r.t.Fatal("the card does not know the key")
		}
		return newEV1(no, rndA, rndB), s
	}
	plain := cbcDecrypt(k, zero, answer)
	if !bytes.Equal(plain[4:20], rotate(rndA)) {
		r.t.Fatal("the card does not know the key")
	}
	return newEV2(no, k, rndA, rndB, [4]byte(plain[:4])), s
}
