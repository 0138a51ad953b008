package badge

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// linked is a link after RATS with this ATS, and the script that goes on.
func linked(t testing.TB, ats string, steps ...step) (*Link, *script) {
	t.Helper()
	s := &script{t: t, steps: append(blocks("E050", ats), steps...)}
	l, err := Connect(t.Context(), s, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return l, s
}

const desfireATS = "067577810280"

func lostFrame(send string) step    { return step{send: send, crc: true, err: ErrNoAnswer} }
func badFrame(send string) step     { return step{send: send, crc: true, err: ErrCRC} }
func repeat(s string, n int) string { return strings.Repeat(s, n) }

func TestExchange(t *testing.T) {
	for name, c := range map[string]struct {
		ats, message string
		steps        []step
		want         string
	}{
		"selection, as a real card answered": {desfireATS, "905A00000300000000", blocks("02 905A00000300000000", "02 9100"), "9100"},
		"an answer in a chain": {desfireATS, "01", blocks(
			"02 01", "12 0A0B", "A3", "13 0C", "A2", "02 0D"), "0A0B0C0D"},
		"a message in a chain": {"01", repeat("55", 70), blocks(
			"12"+repeat("55", 29), "A2", "13"+repeat("55", 29), "A3", "02"+repeat("55", 12), "02 66"), "66"},
		"an empty answer": {desfireATS, "01", blocks("02 01", "02"), ""},
		"answer lost":     {desfireATS, "01", append([]step{lostFrame("02 01")}, blocks("B2", "02 9100")...), "9100"},
		"answer garbled":  {desfireATS, "01", append([]step{badFrame("02 01")}, blocks("B2", "02 9100")...), "9100"},
		"message lost":    {desfireATS, "01", append([]step{lostFrame("02 01")}, blocks("B2", "A3", "02 01", "02 9100")...), "9100"},
		"block of a chain lost": {desfireATS, "01", append(append(blocks("02 01", "12 0A"),
			lostFrame("A3")), blocks("A3", "03 0B")...), "0A0B"},
		"block of our chain lost": {"01", repeat("55", 30), append(append([]step{},
			lostFrame("12"+repeat("55", 29))), blocks("B2", "A3", "12"+repeat("55", 29), "A2", "03 55", "03 66")...), "66"},
		"more time": {desfireATS, "01", blocks("02 01", "F2 01", "F2 01", "F2 C3", "F2 03", "02 9100"), "9100"},
		"more time, lost": {desfireATS, "01", append(append(blocks("02 01", "F2 01"),
			lostFrame("F2 01")), blocks("B2", "F2 01", "F2 01", "02 9100")...), "9100"},
		"unknown block, then the answer": {desfireATS, "01", blocks("02 01", "42", "B2", "02 9100"), "9100"},
		"old number, then the answer":    {desfireATS, "01", blocks("02 01", "03 AA", "B2", "02 9100"), "9100"},
	} {
		t.Run(name, func(t *testing.T) {
			l, s := linked(t, c.ats, c.steps...)
			got, err := l.Exchange(t.Context(), unhex(t, c.message))
			if err != nil || !bytes.Equal(got, unhex(t, c.want)) {
				t.Fatalf("%x %v", got, err)
			}
			s.done()
		})
	}
}

func TestExchangeFails(t *testing.T) {
	lost := func(n int, send string) (steps []step) {
		for range n {
			steps = append(steps, lostFrame(send))
		}
		return steps
	}
	broken := errors.New("wire cut")
	for name, c := range map[string]struct {
		steps []step
		want  error
	}{
		"taken away":                   {append(lost(1, "02 01"), lost(2, "B2")...), ErrNoAnswer},
		"garbled for good":             {[]step{badFrame("02 01"), badFrame("B2"), badFrame("B2")}, ErrCRC},
		"reader broken":                {[]step{{send: "02 01", crc: true, err: broken}}, broken},
		"asks again and again":         {blocks("02 01", "A3", "02 01", "A3", "02 01", "A3"), ErrProtocol},
		"acknowledges":                 {blocks("02 01", "A2"), ErrProtocol},
		"says goodbye":                 {blocks("02 01", "C2"), ErrProtocol},
		"chains nothing":               {blocks("02 01", "12"), ErrProtocol},
		"extension of 0":               {blocks("02 01", "F2 00", "B2", "F2 00", "B2", "F2 3C"), ErrProtocol},
		"extension beyond patience":    {append(blocks("02 01", "F2 3B"), lostFrame("F2 3B")), ErrSlow},
		"extensions beyond patience":   {slowly(300*time.Millisecond, blocks("02 01", "F2 05", "F2 05", "F2 05", "F2 05", "F2 05", "F2 05", "F2 05")), ErrSlow},
		"R(NAK), CID, NAD, odd blocks": {blocks("02 01", "B2", "B2", "0A00", "B2", "0600"), ErrProtocol},
		"S with data, R with data":     {blocks("02 01", "C200", "B2", "A200", "B2", "F2"), ErrProtocol},
		"extension with more data":     {blocks("02 01", "F20101", "B2", "F20101", "B2", "F20101"), ErrProtocol},
		"half a byte":                  {[]step{{send: "02 01", crc: true, answer: "02", last: 4}, {send: "B2", crc: true, answer: "02", clash: 3}, {send: "B2", crc: true, answer: repeat("02", 63)}}, ErrFraming},
		"too long":                     {chain(5, 61), ErrProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			l, s := linked(t, desfireATS, c.steps...)
			if _, err := l.Exchange(t.Context(), []byte{1}); !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			s.done()
		})
	}
}

// slowly is a script in which each exchange takes that long.
func slowly(each time.Duration, steps []step) []step {
	for i := range steps {
		steps[i].took = each
	}
	return steps
}

// chain is an answer of n blocks that never ends, as far as we look.
func chain(n, size int) []step {
	steps := blocks("02 01", "12"+repeat("AA", size))
	for i := 1; i < n; i++ {
		pcb := []string{"12", "13"}[i%2]
		steps = append(steps, blocks([]string{"A2", "A3"}[i%2], pcb+repeat("AA", size))...)
	}
	return steps
}

func TestConnectFails(t *testing.T) {
	for name, c := range map[string]struct {
		s    step
		want error
	}{
		"gone":           {step{err: ErrNoAnswer}, ErrNoAnswer},
		"garbled":        {step{err: ErrCRC}, ErrCRC},
		"lies":           {step{answer: "0775778102 80"}, ErrProtocol},
		"half a byte":    {step{answer: "01", last: 3}, ErrFraming},
		"guard too long": {step{answer: "0325 8E"}, ErrSlow},
	} {
		c.s.send, c.s.crc = "E050", true
		if _, err := Connect(t.Context(), &script{t: t, steps: []step{c.s}}, readPatience); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The frame waiting time of the ATS is what the reader waits, the guard time
// comes before the first block only, an extension lengthens one wait.
func TestTimes(t *testing.T) {
	l, s := linked(t, desfireATS, append(append(blocks("02 01", "F2 02", "F2 02", "02", "03 01", "F2 02"),
		lostFrame("F2 02")), blocks("B3", "03")...)...)
	for range 2 {
		if _, err := l.Exchange(t.Context(), []byte{1}); err != nil {
			t.Fatal(err)
		}
	}
	fwt, guard := 77328*time.Microsecond, 660*time.Microsecond
	for i, want := range []Frame{
		{Wait: activationWait}, {Wait: fwt + waitTolerance, Guard: guard}, {Wait: 2*fwt + waitTolerance},
		{Wait: fwt + waitTolerance}, {Wait: 2*fwt + waitTolerance}, {Wait: fwt + waitTolerance},
	} {
		f := s.sent[i]
		if d := f.Wait - want.Wait; d.Abs() > 2*time.Microsecond {
			t.Errorf("frame %d waits %v, want %v", i, f.Wait, want.Wait)
		}
		if d := f.Guard - want.Guard; d.Abs() > 2*time.Microsecond {
			t.Errorf("frame %d is guarded for %v, want %v", i, f.Guard, want.Guard)
		}
	}
}

// A card that asks for five seconds and then says nothing gets one.
func TestPatience(t *testing.T) {
	l, s := linked(t, "0325 E0", lostFrame("02 01"))
	start := l.Patience
	if _, err := l.Exchange(t.Context(), []byte{1}); !errors.Is(err, ErrSlow) {
		t.Error(err)
	}
	if start != time.Second || s.sent[1].Wait != time.Second || l.Patience != 0 {
		t.Errorf("waited %v, %v left", s.sent[1].Wait, l.Patience)
	}
}

func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Activate(ctx, &script{t: t}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestPresentAndDeselect(t *testing.T) {
	l, s := linked(t, desfireATS, append(append(blocks("B2", "A3", "02 01", "02 9100", "B3", "A2", "03 01", "03"),
		lostFrame("B2"), lostFrame("B2"), lostFrame("C2")), blocks("C2", "C2", "C2", "02", "C2", "C2")...)...)
	if err := l.Present(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := l.Exchange(t.Context(), []byte{1}); err != nil {
		t.Error(err)
	}
	if err := l.Present(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := l.Exchange(t.Context(), []byte{1}); err != nil {
		t.Error(err)
	}
	if err := l.Present(t.Context()); !errors.Is(err, ErrNoAnswer) {
		t.Error(err)
	}
	for range 2 {
		if err := l.Deselect(t.Context()); err != nil {
			t.Error(err)
		}
	}
	s.done()
}

// echo is a card that follows the standard's rules for PICCs (ISO/IEC 14443-4,
// 7.5.4.3) and answers each message with itself, in blocks of any size, over
// air that loses frames of either direction.
type echo struct {
	lose   func() bool
	size   int
	number byte
	in     []byte
	out    []byte
	sent   []byte // last block, for R(NAK)
	seen   int    // messages that came whole
}

func (e *echo) Field(context.Context, bool) error { return nil }

func (e *echo) Transceive(_ context.Context, f Frame) (Answer, error) {
	if f.Data[0] == 0xE0 {
		e.number = 1
		return Answer{Data: []byte{0x02, 0x02}}, nil // 32 bytes
	}
	if e.lose() {
		return Answer{}, ErrNoAnswer
	}
	e.receive(f.Data)
	if e.lose() {
		return Answer{}, ErrCRC
	}
	return Answer{Data: bytes.Clone(e.sent)}, nil
}

func (e *echo) receive(data []byte) {
	pcb, inf := data[0], data[1:]
	switch {
	case pcb&0xEE == 0x02:
		e.number ^= 1
		e.in = append(e.in, inf...)
		if pcb&0x10 != 0 {
			e.sent = []byte{0xA2 | e.number}
			return
		}
		e.out, e.in = e.in, nil
		e.seen++
		e.next()
	case pcb&0xEE == 0xA2 && pcb&0x10 != 0: // R(NAK)
		if pcb&1 != e.number {
			e.sent = []byte{0xA2 | e.number}
		}
	case pcb&0xEE == 0xA2: // R(ACK)
		if pcb&1 != e.number {
			e.number ^= 1
			e.next()
		}
	}
}

func (e *echo) next() {
	n := min(e.size, len(e.out))
	e.sent = append([]byte{0x02 | e.number}, e.out[:n]...)
	if e.out = e.out[n:]; len(e.out) > 0 {
		e.sent[0] |= 0x10
	}
}

// Whatever is lost once or twice in a row, messages arrive once and answers
// whole.
func TestLossyAir(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := 0
		e := &echo{size: rapid.IntRange(1, 60).Draw(t, "size"), lose: func() bool {
			if row >= 1 || !rapid.Bool().Draw(t, "lose") {
				row = max(row-1, 0)
				return false
			}
			row += 4 // then four frames pass
			return true
		}}
		l, err := Connect(t.Context(), e, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		messages := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 1, 200), 1, 5).Draw(t, "messages")
		for _, m := range messages {
			got, err := l.Exchange(t.Context(), m)
			if err != nil || !bytes.Equal(got, m) {
				t.Fatalf("%x came back as %x: %v", m, got, err)
			}
		}
		if e.seen != len(messages) {
			t.Fatalf("%d messages were seen, %d sent", e.seen, len(messages))
		}
	})
}

func FuzzATS(f *testing.F) {
	for _, s := range []string{desfireATS, "01", "0278", "0325FF", ""} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := ParseATS(data)
		if err == nil && (a.FSC < 16 || a.FSC > 256 || a.FWT <= 0 || a.FWT > 5*time.Second || a.SFGT < 0 || a.SFGT > 5500*time.Millisecond) {
			t.Errorf("%+v", a)
		}
	})
}

func FuzzBlock(f *testing.F) {
	for _, s := range []string{"02", "1301", "A2", "B2", "F201", "C2", "F23F"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := parseBlock(data)
		if err == nil && (b.number > 1 || b.wtxm < 0 || b.wtxm > 59 || len(b.inf) >= len(data)) {
			t.Errorf("%+v", b)
		}
	})
}
