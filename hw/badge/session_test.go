package badge

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// sealed is what a card with the other end of this session answers next.
func (s *ev2) sealed(data []byte, mode CommMode) []byte {
	c := *s
	if mode == CommFull && len(data) > 0 {
		data = encrypt(&c.enc, c.iv(0x5A, 0xA5), data)
	}
	mac := c.macOver(0, data)
	return append(bytes.Clone(data), mac[:]...)
}

// A right MAC does not make a malformed answer right.
func TestMalformedUnderMAC(t *testing.T) {
	s := ev2Session(t, zeroKey, zeroKey, "01020304", 7)
	for name, answer := range map[string][]byte{
		"not whole blocks": s.sealed([]byte{1, 2, 3, 4, 5}, CommMAC),
		"no padding":       s.sealed(make([]byte, 16), CommFull),
		"padding too long": s.sealed(append([]byte{0x80}, make([]byte, 31)...), CommFull),
		"padding not zero": s.sealed(append([]byte{0x80}, bytes.Repeat([]byte{1}, 15)...), CommFull),
	} {
		if got, err := s.open(answer, CommFull); !errors.Is(err, errMalformed) {
			t.Errorf("%s: %x %v", name, got, err)
		}
	}
	if got, err := s.open(s.sealed(pad80([]byte{9}), CommFull), CommFull); err != nil || !bytes.Equal(got, []byte{9}) {
		t.Errorf("%x %v", got, err)
	}
}

// EV1 marks the end of encrypted data by CRC and zeros alone.
func TestEV1Encrypted(t *testing.T) {
	seal := func(data []byte) []byte {
		return encrypt(&Key{}, aesBlock{}, data)
	}
	checked := func(data []byte) []byte { return append(bytes.Clone(data), crc(append(bytes.Clone(data), 0))...) }
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 5, 60).Draw(t, "data")
		got, err := (&ev1{}).open(seal(pad0(checked(data))), CommFull, len(data))
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%x %v", got, err)
		}
		padded := pad0(checked(data))
		if len(padded) == len(data)+crcLen {
			return
		}
		padded[len(padded)-1] = 1
		if got, err := (&ev1{}).open(seal(padded), CommFull, len(data)); !errors.Is(err, ErrRefused) {
			t.Fatalf("padding that is not zero: %x %v", got, err)
		}
	})
	if _, err := (&ev1{}).open(seal(pad0(checked(bytes.Repeat([]byte{1}, 20))))[:24], CommFull, 20); !errors.Is(err, errMalformed) {
		t.Error(err)
	}
	if _, err := (&ev1{}).open(seal(append(pad0(checked([]byte{1, 2, 3, 4, 5})), make([]byte, 16)...)), CommFull, 5); !errors.Is(err, ErrRefused) {
		t.Error("a whole block of padding was taken", err)
	}
}

// A CRC that begins with zero fits the data with a zero more as well, and one
// card of 256 has a UID of that kind.
func TestEV1AmbiguousLength(t *testing.T) {
	data := unhex(t, "01D7000001FF1D4A0143")
	sum := crc(append(bytes.Clone(data), 0))
	longer := append(bytes.Clone(data), 0)
	if sum[0] != 0 || !bytes.Equal(crc(append(bytes.Clone(longer), 0)), append(sum[1:], 0)) {
		t.Fatal("this example is not ambiguous")
	}
	answer := encrypt(&Key{}, aesBlock{}, pad0(append(bytes.Clone(data), sum...)))
	for n, want := range map[int][]byte{10: data, 11: longer} {
		if got, err := (&ev1{}).open(answer, CommFull, n); err != nil || !bytes.Equal(got, want) {
			t.Errorf("as %d bytes: %x %v", n, got, err)
		}
	}
	for _, lengths := range [][]int{nil, {9}, {12}} {
		if got, err := (&ev1{}).open(answer, CommFull, lengths...); !errors.Is(err, ErrRefused) {
			t.Errorf("as %v bytes: %x %v", lengths, got, err)
		}
	}
}

// Everything a card has to prove is looked at by itself.
func TestProofs(t *testing.T) {
	rndA := unhex(t, "13C5DB8A5930439FC3DEF9A4C675360F")
	plain := append(append(unhex(t, "9D00C4DF"), rotate(aesBlock(rndA))...), make([]byte, 12)...)
	for at := range plain {
		answer := bytes.Clone(plain)
		answer[at] ^= 1
		answer = encrypt(&Key{}, aesBlock{}, answer)
		card, _ := cardWith(t,
			"9071000008 0006000000000000 00", "A04C124213C186F22399D33AC2A30215 91AF",
			"90AF000020 35C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D 00", hexOf(answer)+"9100")
		err := card.AuthenticateEV2First(t.Context(), 0, &Key{}, bytes.NewReader(rndA))
		free := at < 4 || at >= 20 && at < 26 // TI and PDcap2 are the card's
		if free != (err == nil) || !free && !errors.Is(err, errNotProved) || (card.session != nil) != free {
			t.Errorf("byte %d changed: %v", at, err)
		}
	}
	for at := range 16 {
		answer := unhex(t, "FFC212245F03DB0EA0645A495190952A")
		answer[at] ^= 1
		card, _ := cardWith(t,
			"90AA000001 00 00", "C5537C8EFFFCC7E152C27831AFD383BA 91AF",
			"90AF000020 1EF512D957973AED7E6E13991EB0FB431B373EA23400A3AC0B7749CD6FB1C328 00", hexOf(answer)+"9100")
		err := card.AuthenticateAES(t.Context(), 0, &Key{}, nonce(t, "2347C1557F80707ABDFF86BF9D965CA7"))
		if !errors.Is(err, errNotProved) || card.session != nil {
			t.Errorf("byte %d changed: %v", at, err)
		}
	}
}

// inSession is a card in the middle of a session.
func inSession(t *testing.T, pairs ...string) (*Card, *ev2) {
	t.Helper()
	card, _ := cardWith(t, pairs...)
	s := ev2Session(t, zeroKey, "11111111111111111111111111111111", "01020304", 0)
	card.session = s
	return card, s
}

// Any error and any other application end a session and its keys.
func TestSessionEnds(t *testing.T) {
	after := ev2Session(t, zeroKey, "11111111111111111111111111111111", "01020304", 1)
	read := *after
	read.ctr = 0
	sent, _ := read.protect(cmdReadData, []byte{1, 0, 0, 0, 4, 0, 0}, nil, CommFull)
	apdu := "90BD0000" + hexOf([]byte{byte(len(sent))}) + hexOf(sent) + "00"
	for name, answer := range map[string]string{
		"refusal":    "91AE",
		"wrong MAC":  repeat("00", 24) + "9100",
		"too short":  hexOf(after.sealed(pad80([]byte{1, 2, 3}), CommFull)) + "9100",
		"too long":   hexOf(after.sealed(pad80([]byte{1, 2, 3, 4, 5}), CommFull)) + "9100",
		"no MAC":     "9100",
		"no answer":  "",
		"other data": "01020304 9100",
	} {
		card, s := inSession(t, apdu, answer)
		if data, err := card.ReadData(t.Context(), 1, 0, 4); !errors.Is(err, ErrRefused) || data != nil {
			t.Errorf("%s: %x %v", name, data, err)
		}
		if card.session != nil || s.mac != (Key{}) {
			t.Errorf("%s: the session goes on", name)
		}
	}
	card, _ := inSession(t, apdu, hexOf(after.sealed(pad80([]byte{1, 2, 3, 4}), CommFull))+"9100")
	if data, err := card.ReadData(t.Context(), 1, 0, 4); err != nil || !bytes.Equal(data, []byte{1, 2, 3, 4}) || card.session == nil {
		t.Errorf("%x %v", data, err)
	}
	card, s := inSession(t, "905A000003 5147F5 00", "9100")
	if err := card.SelectApplication(t.Context(), testAID); err != nil || card.session != nil || s.mac != (Key{}) {
		t.Error("a session outlives its application", err)
	}
}

func TestTooMuch(t *testing.T) {
	var pairs []string
	for i := range 5 {
		pairs = append(pairs, []string{"9060000000", "90AF000000"}[min(i, 1)], repeat("AA", 250)+"91AF")
	}
	card, _ := cardWith(t, pairs...)
	if _, err := card.GetVersion(t.Context()); !errors.Is(err, errMalformed) || !strings.Contains(err.Error(), "longer than 1024") {
		t.Error(err)
	}
}
