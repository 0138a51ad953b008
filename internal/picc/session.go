package picc

import (
	"bytes"
	"encoding/binary"
	"io"
)

// session is an authenticated state: it opens commands and seals answers.
type session interface {
	// key is the number of the key of the authentication.
	key() byte
	// open checks what a command carries. Of data sent in full it says the
	// length, for EV1, which does not mark the end.
	open(c request) ([]byte, Status)
	// seal protects an answer.
	seal(s Status, out []byte, mode Comm) []byte
}

// request is a command as it came.
type request struct {
	ins          byte
	header, body []byte
	mode         Comm
	length       int // of the data, when sent in full
	after        int // bytes behind the checksum (ChangeKey of another key)
}

// ev1 is the session after AuthenticateAES: one IV runs through everything.
type ev1 struct {
	no byte
	k  [16]byte
	iv []byte
}

func newEV1(no byte, a, b []byte) *ev1 {
	s := &ev1{no: no, iv: make([]byte, 16)}
	copy(s.k[:], bytes.Join([][]byte{a[:4], b[:4], a[12:16], b[12:16]}, nil))
	return s
}

func (s *ev1) key() byte { return s.no }

func (s *ev1) cmac(message []byte) []byte {
	m := cmacFrom(s.k, s.iv, message)
	s.iv = m[:]
	return m[:8]
}

func (s *ev1) open(c request) ([]byte, Status) {
	head := append([]byte{c.ins}, c.header...)
	if len(c.body) == 0 || c.mode == Plain {
		s.cmac(append(head, c.body...))
		return c.body, OperationOK
	}
	if c.mode == MACed {
		if len(c.body) < 8 {
			return nil, LengthError
		}
		data, mac := c.body[:len(c.body)-8], c.body[len(c.body)-8:]
		if !bytes.Equal(s.cmac(append(head, data...)), mac) {
			return nil, IntegrityError
		}
		return data, OperationOK
	}
	if len(c.body)%16 != 0 || len(c.body) < c.length+4+c.after || len(c.body) >= c.length+4+c.after+16 {
		return nil, LengthError
	}
	plain := cbcDecrypt(s.k, s.iv, c.body)
	s.iv = append([]byte(nil), c.body[len(c.body)-16:]...)
	data, rest := plain[:c.length], plain[c.length:]
	tail := rest[4+c.after:]
	if !bytes.Equal(crc32D(head, data), rest[:4]) || !bytes.Equal(tail, make([]byte, len(tail))) {
		return nil, IntegrityError
	}
	return append(append([]byte(nil), data...), rest[4:4+c.after]...), OperationOK
}

func (s *ev1) seal(st Status, out []byte, mode Comm) []byte {
	if mode != Full || len(out) == 0 {
		mac := s.cmac(append(append([]byte(nil), out...), byte(st)))
		return append(append([]byte(nil), out...), mac...)
	}
	plain := append(append([]byte(nil), out...), crc32D(out, []byte{byte(st)})...)
	plain = append(plain, make([]byte, (16-len(plain)%16)%16)...)
	sealed := cbcEncrypt(s.k, s.iv, plain)
	s.iv = append([]byte(nil), sealed[len(sealed)-16:]...)
	return sealed
}

// ev2 is the session after AuthenticateEV2First.
type ev2 struct {
	no       byte
	enc, mac [16]byte
	ti       [4]byte
	ctr      uint16
}

// newEV2 derives the session keys (AN12196: SV1 and SV2).
func newEV2(no byte, k [16]byte, a, b []byte, ti [4]byte) *ev2 {
	mix := append([]byte(nil), a[:2]...)
	for i := range 6 {
		mix = append(mix, a[2+i]^b[i])
	}
	mix = append(append(mix, b[6:]...), a[8:]...)
	sv := func(label ...byte) []byte { return append(append(label, 0x00, 0x01, 0x00, 0x80), mix...) }
	return &ev2{no: no, ti: ti, enc: cmac(k, sv(0xA5, 0x5A)), mac: cmac(k, sv(0x5A, 0xA5))}
}

func (s *ev2) key() byte { return s.no }

// mact is every second byte of the CMAC over code, counter, TI and the rest.
func (s *ev2) mact(code byte, parts ...[]byte) []byte {
	m := binary.LittleEndian.AppendUint16([]byte{code}, s.ctr)
	m = append(m, s.ti[:]...)
	for _, p := range parts {
		m = append(m, p...)
	}
	full := cmac(s.mac, m)
	t := make([]byte, 8)
	for i := range t {
		t[i] = full[2*i+1]
	}
	return t
}

func (s *ev2) ivec(label ...byte) []byte {
	v := binary.LittleEndian.AppendUint16(append(label, s.ti[:]...), s.ctr)
	v = append(v, make([]byte, 8)...)
	block(s.enc[:]).Encrypt(v, v)
	return v
}

func (s *ev2) open(c request) ([]byte, Status) {
	body := c.body
	if c.mode != Plain {
		if len(body) < 8 {
			return nil, LengthError
		}
		data, mac := body[:len(body)-8], body[len(body)-8:]
		if !bytes.Equal(s.mact(c.ins, c.header, data), mac) {
			return nil, IntegrityError
		}
		body = data
	}
	if c.mode == Full && len(body) > 0 {
		if len(body)%16 != 0 {
			return nil, LengthError
		}
		plain, ok := unpad80(cbcDecrypt(s.enc, s.ivec(0xA5, 0x5A), body))
		if !ok {
			return nil, IntegrityError
		}
		body = plain
	}
	s.ctr++
	return body, OperationOK
}

func (s *ev2) seal(st Status, out []byte, mode Comm) []byte {
	if mode == Full && len(out) > 0 {
		out = cbcEncrypt(s.enc, s.ivec(0x5A, 0xA5), pad80(out))
	}
	if mode == Plain {
		return out
	}
	return append(append([]byte(nil), out...), s.mact(byte(st), out)...)
}

// Commands of authentication.
const (
	cmdAuthenticateAES      = 0xAA
	cmdAuthenticateEV2First = 0x71
)

// authenticate is the first half: the challenge.
func (d *DESFire) authenticate(ins byte, data []byte) ([]byte, Status) {
	d.session = nil
	d.took += d.content.Delays.Authenticate
	switch {
	case ins == cmdAuthenticateAES && len(data) != 1,
		ins == cmdAuthenticateEV2First && (len(data) < 2 || len(data) != 2+int(data[1]) || data[1] > 6):
		return nil, LengthError
	case d.selected == &d.picc && len(d.picc.Keys) == 0:
		return nil, AuthenticationError // its key is of another kind
	case int(data[0]) >= len(d.selected.Keys):
		return nil, NoSuchKey
	}
	no, k := data[0], d.selected.Keys[data[0]].Value
	rndB := d.random(16)
	challenge := cbcEncrypt(k, make([]byte, 16), rndB)
	var caps [6]byte
	if ins == cmdAuthenticateEV2First {
		copy(caps[:], data[2:])
	}
	d.pending = func(answer []byte) ([]byte, Status) {
		d.took += d.content.Delays.Authenticate
		if len(answer) != 32 {
			return nil, LengthError
		}
		if ins == cmdAuthenticateAES {
			return d.finishAES(no, k, rndB, challenge, answer)
		}
		return d.finishEV2(no, k, rndB, answer, caps)
	}
	return challenge, AdditionalFrame
}

func (d *DESFire) finishAES(no byte, k [16]byte, rndB, challenge, answer []byte) ([]byte, Status) {
	plain := cbcDecrypt(k, challenge, answer)
	if !bytes.Equal(plain[16:], rotate(rndB)) {
		return nil, AuthenticationError
	}
	d.session = newEV1(no, plain[:16], rndB)
	return cbcEncrypt(k, answer[16:], rotate(plain[:16])), OperationOK
}

func (d *DESFire) finishEV2(no byte, k [16]byte, rndB, answer []byte, caps [6]byte) ([]byte, Status) {
	zero := make([]byte, 16)
	plain := cbcDecrypt(k, zero, answer)
	if !bytes.Equal(plain[16:], rotate(rndB)) {
		return nil, AuthenticationError
	}
	ti := [4]byte(d.random(4))
	d.session = newEV2(no, k, plain[:16], rndB, ti)
	out := append(ti[:], rotate(plain[:16])...)
	out = append(append(out, make([]byte, 6)...), caps[:]...)
	return cbcEncrypt(k, zero, out), OperationOK
}

func (d *DESFire) random(n int) []byte {
	v := make([]byte, n)
	_, _ = io.ReadFull(d.content.Rand, v) // a dry source leaves zeros
	return v
}
