package badge

import (
	"bytes"
	"context"
	"encoding/hex"
	"strings"
	"testing"
	"time"
)

// unhex reads hexadecimal digits with blanks anywhere.
func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func keyOf(t testing.TB, text string) *Key {
	t.Helper()
	k, err := ParseKey(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return &k
}

// step is one exchange of frames that has to happen.
type step struct {
	send   string
	bits   int // LastBits of the frame
	crc    bool
	align  int
	answer string
	last   int // LastBits of the answer
	clash  int // Collision
	err    error
	took   time.Duration
}

// script is a PCD that knows what will be sent, byte for byte.
type script struct {
	t     testing.TB
	steps []step
	sent  []Frame
	field []bool
}

func (s *script) Transceive(_ context.Context, f Frame) (Answer, error) {
	s.t.Helper()
	if len(s.steps) == 0 {
		s.t.Fatalf("frame %x after the end of the script", f.Data)
	}
	w := s.steps[0]
	s.steps = s.steps[1:]
	s.sent = append(s.sent, f)
	if !bytes.Equal(f.Data, unhex(s.t, w.send)) || f.LastBits != w.bits || f.CRC != w.crc || f.Align != w.align {
		s.t.Fatalf("sent %x (bits %d, crc %v, align %d), want %+v", f.Data, f.LastBits, f.CRC, f.Align, w)
	}
	return Answer{Data: unhex(s.t, w.answer), LastBits: w.last, Collision: w.clash, Took: w.took}, w.err
}

func (s *script) Field(_ context.Context, on bool) error {
	s.field = append(s.field, on)
	return nil
}

// done says that the whole script was played.
func (s *script) done() {
	s.t.Helper()
	if len(s.steps) > 0 {
		s.t.Errorf("%d steps of the script were not played, next %+v", len(s.steps), s.steps[0])
	}
}

// blocks makes steps of pairs: what is sent, with checksum, and the answer.
func blocks(pairs ...string) []step {
	var steps []step
	for i := 0; i < len(pairs); i += 2 {
		steps = append(steps, step{send: pairs[i], crc: true, answer: pairs[i+1]})
	}
	return steps
}

// apdus is a card for scripts of whole commands and answers, in hexadecimal;
// it does the blocks itself, chaining both ways.
type apdus struct {
	t     testing.TB
	pairs []string
	in    []byte
	out   []byte
}

func (a *apdus) Field(context.Context, bool) error { return nil }

func (a *apdus) Transceive(_ context.Context, f Frame) (Answer, error) {
	a.t.Helper()
	pcb, inf := f.Data[0], f.Data[1:]
	switch {
	case pcb == 0xE0:
		return Answer{Data: unhex(a.t, "067577810280")}, nil
	case pcb&0xF6 == 0xA2: // R(ACK)
	case pcb&0xF2 == 0x12:
		a.in = append(a.in, inf...)
		return Answer{Data: []byte{0xA2 | pcb&1}}, nil
	default:
		a.in = append(a.in, inf...)
		if len(a.pairs) == 0 || !bytes.Equal(a.in, unhex(a.t, a.pairs[0])) {
			a.t.Fatalf("sent %X, want %q", a.in, a.pairs)
		}
		a.out, a.in, a.pairs = unhex(a.t, a.pairs[1]), nil, a.pairs[2:]
	}
	n := min(len(a.out), 59)
	data := append([]byte{0x02 | pcb&1}, a.out[:n]...)
	if a.out = a.out[n:]; len(a.out) > 0 {
		data[0] |= 0x10
	}
	return Answer{Data: data}, nil
}

// cardWith returns a card that expects these commands.
func cardWith(t testing.TB, pairs ...string) (*Card, *apdus) {
	t.Helper()
	a := &apdus{t: t, pairs: pairs}
	link, err := Connect(t.Context(), a, readPatience)
	if err != nil {
		t.Fatal(err)
	}
	return NewCard(link), a
}

func (a *apdus) done() {
	a.t.Helper()
	if len(a.pairs) > 0 {
		a.t.Errorf("not sent: %q", a.pairs)
	}
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }
