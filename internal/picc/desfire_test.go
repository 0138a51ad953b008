package picc

import (
	"bytes"
	"testing"
	"time"
)

// badge is a personalised card with a file of each communication mode.
func badge(t *testing.T, c Content) (*DESFire, *TypeA) {
	t.Helper()
	rights := Rights{Read: 1, Write: 2, ReadWrite: 0x0F, Change: 0}
	c.UID = unhex(t, "04782E21801D80")
	if c.MasterKey == nil {
		c.MasterKey = &Key{Value: [16]byte{0x33}}
	}
	c.Applications = []Application{{
		AID: AID{0x30, 0x42, 0xF5}, Settings: 0x0B,
		Keys: []Key{{Value: [16]byte{0x00, 0x10}}, {Value: [16]byte{0x11}, Version: 7}, {Value: [16]byte{0x22}}},
		Files: []File{
			{No: 1, Comm: Plain, Rights: rights, Data: bytes.Repeat([]byte{0xA1}, 100)},
			{No: 2, Comm: MACed, Rights: rights, Data: bytes.Repeat([]byte{0xA2}, 100)},
			{No: 3, Comm: Full, Rights: rights, Data: bytes.Repeat([]byte{0xA3}, 100)},
			{No: 4, Comm: Full, Rights: Rights{Read: 0x0E, Write: 0x0F, ReadWrite: 0x0F}, Data: []byte("for everybody")},
		}}}
	d, err := NewDESFire(c)
	if err != nil {
		t.Fatal(err)
	}
	card, err := d.Card(Config{})
	if err != nil {
		t.Fatal(err)
	}
	return d, card
}

func activated(t *testing.T, card Card) *reader {
	t.Helper()
	r := newReader(t, card)
	r.activate()
	return r
}

var schemes = map[string]byte{"EV1": cmdAuthenticateAES, "EV2": cmdAuthenticateEV2First}

// seal and open are the reader's side of a session.
func (r *reader) secured(s session, mode Comm, ins byte, header, data []byte, writes bool) ([]byte, bool) {
	r.t.Helper()
	head := append([]byte{ins}, header...)
	var body []byte
	switch s := s.(type) {
	case *ev1:
		switch {
		case writes && mode == Full:
			plain := append(append([]byte(nil), data...), crc32D(head, data)...)
			plain = append(plain, make([]byte, (16-len(plain)%16)%16)...)
			body = cbcEncrypt(s.k, s.iv, plain)
			s.iv = body[len(body)-16:]
		case writes && mode == MACed:
			body = append(append([]byte(nil), data...), s.cmac(append(head, data...))...)
		default:
			body = data
			s.cmac(append(head, data...))
		}
	case *ev2:
		body = data
		if mode == Full && len(data) > 0 {
			body = cbcEncrypt(s.enc, s.ivec(0xA5, 0x5A), pad80(data))
		}
		if mode != Plain {
			body = append(append([]byte(nil), body...), s.mact(ins, header, body)...)
		}
		s.ctr++
	}
	all := append(append([]byte(nil), header...), body...)
	out, st := r.chunked(ins, all)
	if st != OperationOK {
		r.t.Fatalf("command %02X: status %02X", ins, byte(st))
	}
	return r.opened(s, mode, out)
}

// chunked sends what is longer than a frame under AF.
func (r *reader) chunked(ins byte, data []byte) ([]byte, Status) {
	const room = 52
	for len(data) > room && ins == cmdWriteData || ins == cmdAdditionalFrame && len(data) > room {
		if _, st := r.send(ins, data[:room]...); st != AdditionalFrame {
			return nil, st
		}
		ins, data = cmdAdditionalFrame, data[room:]
	}
	return r.send(ins, data...)
}

func (r *reader) opened(s session, mode Comm, out []byte) ([]byte, bool) {
	switch s := s.(type) {
	case *ev1:
		if mode == Full && len(out)%16 == 0 && len(out) > 0 {
			plain := cbcDecrypt(s.k, s.iv, out)
			s.iv = out[len(out)-16:]
			for n := len(plain) - 4; n >= 0; n-- {
				if bytes.Equal(plain[n:n+4], crc32D(plain[:n], []byte{0})) {
					return plain[:n], true
				}
			}
			return nil, false
		}
		data, mac := out[:len(out)-8], out[len(out)-8:]
		return data, bytes.Equal(s.cmac(append(append([]byte(nil), data...), 0)), mac)
	case *ev2:
		if mode == Plain {
			return out, true
		}
		data, mac := out[:len(out)-8], out[len(out)-8:]
		if !bytes.Equal(s.mact(0, data), mac) {
			return nil, false
		}
		if mode == Full && len(data) > 0 {
			return unpad80(cbcDecrypt(s.enc, s.ivec(0x5A, 0xA5), data))
		}
		return data, true
	}
	return nil, false
}

func span(no byte, offset, n int) []byte {
	return []byte{no, byte(offset), byte(offset >> 8), 0, byte(n), byte(n >> 8), 0}
}

// TestSecureMessaging reads and writes files of each mode in each scheme,
// across frames.
func TestSecureMessaging(t *testing.T) {
	for name, ins := range schemes {
		for no, mode := range map[byte]Comm{1: Plain, 2: MACed, 3: Full} {
			d, card := badge(t, Content{})
			r := activated(t, card)
			r.want(OperationOK, cmdSelectApplication, 0x30, 0x42, 0xF5)
			s, _ := r.login(ins, 2, [16]byte{0x22})
			text := bytes.Repeat([]byte("words of a badge "), 5)
			if _, ok := r.secured(s, mode, cmdWriteData, span(no, 10, len(text)), text, true); !ok {
				t.Fatalf("%s, mode %d: the answer to WriteData is not authentic", name, mode)
			}
			s, _ = r.login(ins, 1, [16]byte{0x11})
			got, ok := r.secured(s, mode, cmdReadData, span(no, 5, 95), nil, false)
			want := append(bytes.Repeat([]byte{0xA0 + no}, 5), text...)
			want = append(want, bytes.Repeat([]byte{0xA0 + no}, 5)...)
			if !ok || !bytes.Equal(got, want) {
				t.Errorf("%s, mode %d: read %X", name, mode, got)
			}
			uid, ok := r.secured(s, Full, cmdGetCardUID, nil, nil, false)
			if !ok || !bytes.Equal(uid, unhex(t, "04782E21801D80")) {
				t.Errorf("%s: UID %X", name, uid)
			}
			if !bytes.Equal(d.Applications()[0].Files[no-1].Data[5:], want) {
				t.Errorf("%s, mode %d: the card holds something else", name, mode)
			}
		}
	}
}

// TestWrongKey is the positive control of everything else: no key, no entry.
func TestWrongKey(t *testing.T) {
	for _, ins := range schemes {
		_, card := badge(t, Content{})
		r := activated(t, card)
		r.want(OperationOK, cmdSelectApplication, 0x30, 0x42, 0xF5)
		if _, s := r.login(ins, 1, [16]byte{0x12}); s != AuthenticationError {
			t.Errorf("a wrong key: status %02X", byte(s))
		}
		r.want(AuthenticationError, cmdReadData, span(1, 0, 1)...)
		r.want(AuthenticationError, cmdGetCardUID)
		if _, s := r.login(ins, 3, [16]byte{}); s != NoSuchKey {
			t.Errorf("no such key: status %02X", byte(s))
		}
	}
}

func TestWrongMAC(t *testing.T) {
	for name, ins := range schemes {
		d, card := badge(t, Content{})
		r := activated(t, card)
		r.want(OperationOK, cmdSelectApplication, 0x30, 0x42, 0xF5)
		_, _ = r.login(ins, 2, [16]byte{0x22})
		r.want(IntegrityError, cmdWriteData, append(span(2, 0, 4), make([]byte, 12)...)...)
		if d.session != nil {
			t.Errorf("%s: the session goes on after a forged command", name)
		}
		if d.Applications()[0].Files[1].Data[0] != 0xA2 {
			t.Errorf("%s: a forged command was obeyed", name)
		}
	}
}

func TestStatus(t *testing.T) {
	_, card := badge(t, Content{})
	r := activated(t, card)
	r.want(ApplicationNotFound, cmdSelectApplication, 1, 2, 3)
	r.want(LengthError, cmdSelectApplication, 1, 2)
	r.want(PermissionDenied, cmdReadData, span(1, 0, 1)...) // no files at card level
	r.want(IllegalCommand, 0x99)
	r.want(IllegalCommand, cmdAdditionalFrame)
	r.want(AuthenticationError, cmdFormatPICC)
	r.want(OperationOK, cmdSelectApplication, 0x30, 0x42, 0xF5)
	r.want(PermissionDenied, cmdFormatPICC)
	r.want(AuthenticationError, cmdReadData, span(1, 0, 1)...)
	r.want(FileNotFound, cmdReadData, span(9, 0, 1)...)
	r.want(PermissionDenied, cmdWriteData, append(span(4, 0, 1), 0)...)
	r.want(BoundaryError, cmdReadData, span(4, 0, 14)...)
	r.want(BoundaryError, cmdReadData, span(4, 13, 0)...)
	r.want(LengthError, cmdReadData, 4)
	if got := r.want(OperationOK, cmdReadData, span(4, 4, 0)...); string(got) != "everybody" {
		t.Errorf("read %q", got)
	}
	if got := r.want(OperationOK, cmdGetKeyVersion, 1); !bytes.Equal(got, []byte{7}) {
		t.Errorf("version %X", got)
	}
	_, s := r.send(cmdAuthenticateAES, 1)
	if s != AdditionalFrame {
		t.Fatal("no challenge")
	}
	r.want(CommandAborted, cmdGetVersion)
	r.want(OperationOK, cmdGetVersion)
}

// TestWrapping has APDUs that lie about their length.
func TestWrapping(t *testing.T) {
	d, _ := badge(t, Content{})
	for command, want := range map[string]string{
		"90 60 00 00 00":           "04010112001A05 91AF",
		"90 60 00 00":              "91CA", // and that one ended the first
		"90 5A 00 00 03 3042F5 00": "9100",
		"90 5A 00 00 03 3042F5":    "9100",
		"90 5A 00 00 04 3042F5 00": "917E",
		"90 5A 00 00 02 3042F5 00": "917E",
		"90 5A 00 00 FF 3042F5 00": "917E",
		"90 5A 00 01 03 3042F5 00": "919E",
		"90 5A":                    "917E",
		"5A 3042F5":                "00",
		"5A 3042":                  "7E",
	} {
		d.Reset()
		if command == "90 60 00 00" {
			_, _ = d.Exchange([]byte{0x60})
		}
		got, _ := d.Exchange(unhex(t, command))
		wantHex(t, "the answer to "+command, got, want)
	}
	if got, _ := d.Exchange(nil); !bytes.Equal(got, []byte{0x7E}) {
		t.Errorf("an empty command: %X", got)
	}
}

func TestGetVersion(t *testing.T) {
	_, card := badge(t, Content{})
	r := activated(t, card)
	v := r.want(OperationOK, cmdGetVersion)
	if len(v) != 28 || !bytes.Equal(v[14:21], unhex(t, "04782E21801D80")) || v[3] != 0x12 {
		t.Errorf("version %X", v)
	}
	s, _ := r.login(cmdAuthenticateEV2First, 0, [16]byte{0x33})
	if v, ok := r.secured(s, MACed, cmdGetVersion, nil, nil, false); !ok || len(v) != 28 {
		t.Errorf("version %X in a session", v)
	}
	_, card = badge(t, Content{RandomUID: true, Generation: EV1})
	r = activated(t, card)
	v = r.want(OperationOK, cmdGetVersion)
	if !bytes.Equal(v[14:21], make([]byte, 7)) || v[3] != 0x01 {
		t.Errorf("version %X of a card with random UID", v)
	}
	r.want(IllegalCommand, cmdAuthenticateEV2First, 0, 0)
	s, _ = r.login(cmdAuthenticateAES, 0, [16]byte{0x33})
	if uid, ok := r.secured(s, Full, cmdGetCardUID, nil, nil, false); !ok || uid[0] != 0x04 {
		t.Errorf("the UID of a card with random UID: %X", uid)
	}
}

// TestPersonalise makes a badge out of a card as it leaves the factory.
func TestPersonalise(t *testing.T) {
	for _, ins := range schemes {
		d, err := NewDESFire(Content{UID: make([]byte, 7)})
		if err != nil {
			t.Fatal(err)
		}
		card, _ := d.Card(Config{})
		r := activated(t, card)
		if _, s := r.login(ins, 0, [16]byte{}); s != AuthenticationError {
			t.Errorf("a factory card's key of DES: status %02X", byte(s))
		}
		r.want(OperationOK, cmdCreateApplication, 1, 2, 3, 0x0B, 0x82)
		r.want(DuplicateError, cmdCreateApplication, 1, 2, 3, 0x0B, 0x82)
		r.want(ParameterError, cmdCreateApplication, 1, 2, 4, 0x0B, 0x02)
		r.want(OperationOK, cmdSelectApplication, 1, 2, 3)
		r.want(AuthenticationError, cmdCreateStdDataFile, 1, 3, 0x00, 0x10, 64, 0, 0)
		s, _ := r.login(ins, 0, [16]byte{})
		create := []byte{1, 3, 0x00, 0x10, 64, 0, 0}
		if _, ok := r.secured(s, MACed, cmdCreateStdDataFile, create, nil, false); !ok {
			t.Fatal("CreateStdDataFile")
		}
		record := bytes.Repeat([]byte{0x42}, 64)
		if _, ok := r.secured(s, Full, cmdWriteData, span(1, 0, 64), record, true); !ok {
			t.Fatal("WriteData")
		}
		r.changeKey(s, 1, [16]byte{}, [16]byte{0xAA}, 1, false)
		r.changeKey(s, 0, [16]byte{}, [16]byte{0xBB}, 2, true)
		if _, st := r.login(ins, 0, [16]byte{}); st != AuthenticationError {
			t.Error("the old key still opens")
		}
		s, _ = r.login(ins, 1, [16]byte{0xAA})
		if got, ok := r.secured(s, Full, cmdReadData, span(1, 0, 0), nil, false); !ok || !bytes.Equal(got, record) {
			t.Errorf("read %X", got)
		}
	}
}

// changeKey seals the new key as the scheme wants it.
func (r *reader) changeKey(s session, no byte, old, fresh [16]byte, version byte, own bool) {
	r.t.Helper()
	plain := append([]byte(nil), fresh[:]...)
	if !own {
		for i := range plain {
			plain[i] ^= old[i]
		}
	}
	plain = append(plain, version)
	if e, ok := s.(*ev1); ok {
		plain = append(plain, crc32D([]byte{cmdChangeKey, no}, plain)...)
		if !own {
			plain = append(plain, crc32D(fresh[:])...)
		}
		plain = append(plain, make([]byte, 32-len(plain))...)
		body := cbcEncrypt(e.k, e.iv, plain)
		e.iv = body[16:]
		out := r.want(OperationOK, cmdChangeKey, append([]byte{no}, body...)...)
		if _, ok := r.opened(e, MACed, append(out, make([]byte, 8-len(out)%9)...)); !own && !ok {
			r.t.Fatal("the answer to ChangeKey is not authentic")
		}
		return
	}
	if !own {
		plain = append(plain, crc32D(fresh[:])...)
	}
	e := s.(*ev2)
	body := cbcEncrypt(e.enc, e.ivec(0xA5, 0x5A), pad80(plain))
	body = append(body, e.mact(cmdChangeKey, []byte{no}, body)...)
	e.ctr++
	out := r.want(OperationOK, cmdChangeKey, append([]byte{no}, body...)...)
	if !own && !bytes.Equal(out, e.mact(0)) {
		r.t.Fatal("the answer to ChangeKey is not authentic")
	}
}

func TestFormat(t *testing.T) {
	d, card := badge(t, Content{})
	r := activated(t, card)
	s, _ := r.login(cmdAuthenticateEV2First, 0, [16]byte{0x33})
	if _, ok := r.secured(s, MACed, cmdFormatPICC, nil, nil, false); !ok || len(d.Applications()) != 0 {
		t.Error("FormatPICC left something")
	}
	r.want(ApplicationNotFound, cmdSelectApplication, 0x30, 0x42, 0xF5)
}

func TestRandomUIDSwitchedOn(t *testing.T) {
	_, card := badge(t, Content{})
	r := activated(t, card)
	s, _ := r.login(cmdAuthenticateEV2First, 0, [16]byte{0x33})
	if _, ok := r.secured(s, Full, cmdSetConfiguration, []byte{0}, []byte{0x02}, true); !ok {
		t.Fatal("SetConfiguration")
	}
	r.on()
	_, _ = r.short(0x52)
	if uid, _ := r.choose(); len(uid) != 4 || uid[0] != 0x08 {
		t.Errorf("UID %X", uid)
	}
}

func TestDelays(t *testing.T) {
	d, _ := badge(t, Content{Delays: Delays{Command: time.Millisecond, Authenticate: 10 * time.Millisecond}})
	if _, took := d.Exchange([]byte{0x60}); took != time.Millisecond {
		t.Errorf("a command takes %v", took)
	}
	d.Reset()
	if _, took := d.Exchange([]byte{0xAA, 0}); took != 11*time.Millisecond {
		t.Errorf("half an authentication takes %v", took)
	}
}

// TestThinking: none of it is less than what was measured of a real card.
func TestThinking(t *testing.T) {
	th := Thinking()
	if th.Command < 1244*time.Microsecond || th.Command+th.Authenticate < 2466*time.Microsecond || th.Command+th.Messaging < 1069*time.Microsecond {
		t.Errorf("%+v", th)
	}
}

// FuzzDESFire sends anything to a card, before and after authentication.
func FuzzDESFire(f *testing.F) {
	f.Add([]byte{0x60}, false)
	f.Add([]byte{0x90, 0xBD, 0, 0, 7, 4, 0, 0, 0, 0, 0, 0, 0}, false)
	f.Add(append([]byte{0x3D}, span(1, 90, 20)...), true)
	f.Add([]byte{0xC4, 0x01, 1, 2, 3}, true)
	f.Add([]byte{0xCA, 1, 2, 3, 0x0F, 0x8E}, true)
	f.Fuzz(func(t *testing.T, data []byte, in bool) {
		d, _ := badge(t, Content{})
		_, _ = d.Exchange([]byte{0x5A, 0x30, 0x42, 0xF5})
		if in {
			d.session = newEV2(2, [16]byte{0x22}, make([]byte, 16), make([]byte, 16), [4]byte{})
		}
		out, _ := d.Exchange(data)
		if len(out) == 0 {
			t.Error("no answer")
		}
		_, _ = d.Exchange(append([]byte{0xAF}, data...))
		d.session = newEV1(2, make([]byte, 16), make([]byte, 16))
		_, _ = d.Exchange(data)
		d.Reset()
		if out, _ := d.Exchange([]byte{0x60}); out[0] != 0xAF {
			t.Errorf("the card is dead: %X", out)
		}
	})
}
