package badge

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"guichet.example/hw"
	"guichet.example/internal/picc"
	"pgregory.net/rapid"
)

// framesOf counts the frames of one reading.
func (w town) framesOf(t testing.TB, card picc.Card) int {
	t.Helper()
	a := onAir(card)
	if role, err := Read(t.Context(), a, w.site, rand.Reader, today); role != hw.RoleHelper || err != nil {
		t.Fatal(role, err)
	}
	return a.frames
}

// Once the block protocol runs, one frame lost or garbled on either way does
// not keep a badge from being read.
func TestOneFault(t *testing.T) {
	w := newTown(t)
	for _, generation := range []picc.Generation{picc.EV1, picc.EV2} {
		card := w.badgeFor(t, picc.Content{Generation: generation}, hw.RoleHelper)
		const activation = 6 // WUPA, two levels of two frames, RATS
		for name, fault := range map[string]picc.Fault{
			"answer garbled":  picc.FlipAnswer(20),
			"frame garbled":   picc.FlipSent(12),
			"answer lost":     picc.LoseAnswer(),
			"frame lost":      picc.LoseSent(),
			"answer late":     picc.Late(time.Second),
			"answer cut":      picc.Truncate(13),
			"answer too long": picc.Oversize(70, true),
		} {
			for n := range w.framesOf(t, card) {
				faulty := &picc.Faulty{Card: card, Fault: fault, Where: picc.Nth(n)}
				role, err := w.read(t, faulty)
				switch {
				case n >= activation && (role != hw.RoleHelper || err != nil):
					t.Errorf("%s, frame %d: %v %v", name, n, role, err)
				case n < activation && err == nil && role != hw.RoleHelper:
					t.Errorf("%s, frame %d: refused for good", name, n)
				case err != nil && !fromPICC(err):
					t.Errorf("%s, frame %d: the reader is blamed: %v", name, n, err)
				}
			}
		}
	}
}

// A card that changes any answer on purpose, checksum and all, is never let
// in with another role, and never blamed on the reader.
func TestLies(t *testing.T) {
	w := newTown(t)
	card := w.badgeFor(t, picc.Content{RandomUID: true}, hw.RoleHelper)
	frames := w.framesOf(t, card)
	rapid.Check(t, func(rt *rapid.T) {
		lies := map[int][]byte{}
		for range rapid.IntRange(1, 3).Draw(rt, "lies") {
			n := rapid.IntRange(0, frames).Draw(rt, "frame")
			lies[n] = rapid.SliceOfN(rapid.Byte(), 1, 61).Draw(rt, "lie")
		}
		keep := rapid.Bool().Draw(rt, "keep the first byte")
		n := -1
		liar := &picc.Faulty{Card: card, Where: func(i int, _ []byte) bool { n = i; return lies[i] != nil },
			Fault: picc.Rewrite(func(data []byte) []byte {
				if keep && len(data) > 0 {
					return append(data[:1:1], lies[n]...)
				}
				return lies[n]
			})}
		a := onAir(liar)
		role, err := Read(t.Context(), a, w.site, rand.Reader, today)
		if role == hw.RoleTechnician || err != nil && !fromPICC(err) || err != nil && role != hw.RoleNone {
			rt.Fatalf("%v %v", role, err)
		}
		if a.frames > 10*frames || a.now > 3*time.Second {
			rt.Fatalf("%d frames in %v", a.frames, a.now)
		}
	})
}

// noise answers every frame with anything at all.
type noise struct {
	t      *rapid.T
	frames int
	waited time.Duration
}

func (n *noise) Field(context.Context, bool) error { return nil }

func (n *noise) Transceive(_ context.Context, f Frame) (Answer, error) {
	n.frames++
	if err := rapid.SampledFrom([]error{nil, nil, nil, nil, nil, ErrNoAnswer, ErrCRC, ErrParity, ErrFraming, ErrOverflow}).Draw(n.t, "error"); err != nil {
		n.waited += f.Wait
		return Answer{}, err
	}
	data := rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(n.t, "answer")
	return Answer{Data: n.plausible(f, data), LastBits: rapid.SampledFrom([]int{0, 0, 0, 0, 3, 9, -1}).Draw(n.t, "bits"),
		Collision: rapid.SampledFrom([]int{0, 0, 0, 0, 1, 20, 600, -1}).Draw(n.t, "collision")}, nil
}

// plausible makes an answer that gets further than the first check.
func (n *noise) plausible(f Frame, data []byte) []byte {
	if rapid.IntRange(0, 9).Draw(n.t, "wild") == 0 || len(f.Data) == 0 {
		return data
	}
	switch first := f.Data[0]; {
	case first == cmdWUPA:
		return []byte{4, 0}
	case len(f.Data) == 2 && f.Data[1] == 0x20:
		return []byte{0x88, 1, 2, 3, 0x88}
	case len(f.Data) == 7 && f.Data[1] == 0x70:
		return []byte{rapid.SampledFrom([]byte{0x20, 0x04, 0x24}).Draw(n.t, "sak")}
	case first == 0xE0:
		return append([]byte{byte(len(data) + 1)}, data...)
	case first&0xE6 == pcbI:
		status := rapid.SampledFrom([]byte{0, 0xAF, 0xAE, 0x1C}).Draw(n.t, "status")
		return append(append([]byte{first &^ pcbChaining}, data[:min(len(data), 58)]...), 0x91, status)
	default:
		return data
	}
}

// Whatever answers, reading ends, within its patience, and lets nobody in.
func TestNoise(t *testing.T) {
	w := newTown(t)
	rapid.Check(t, func(rt *rapid.T) {
		n := &noise{t: rt}
		role, err := Read(t.Context(), n, w.site, rand.Reader, today)
		if role != hw.RoleNone || err != nil && !fromPICC(err) {
			rt.Fatalf("%v %v", role, err)
		}
		if n.frames > 300 || n.waited > 4*readPatience {
			rt.Fatalf("%d frames, %v waited", n.frames, n.waited)
		}
	})
}

// TestSlowCards: a card that draws things out, by whatever the protocol lets
// it, is given up when patience ends. The bound is readPatience and the last
// frame on air: 64 bytes are 5.5 ms; activation comes before.
func TestSlowCards(t *testing.T) {
	const bound = readPatience + 30*time.Millisecond
	w := newTown(t)
	endless := func(ats string) picc.Card {
		return typeA(t, picc.Config{UID: testUID, Processor: fixed("9100"), WTX: -1, ATS: unhex(t, ats)})
	}
	extension := func(_ int, data []byte) bool { return data[0] == pcbWTX }
	for name, c := range map[string]picc.Card{
		"extensions for ever":          endless(desfireATS),
		"each drawn out too":           &picc.Faulty{Card: endless(desfireATS), Fault: picc.Late(70 * time.Millisecond), Where: extension},
		"of the shortest waiting time": endless("032500"),
		"guard of five seconds":        typeA(t, picc.Config{UID: testUID, Processor: fixed("9100"), ATS: unhex(t, "0325 8E")}),
		"an answer byte by byte, late": drip(t, 70*time.Millisecond),
		"an answer byte by byte":       drip(t, 0),
	} {
		a := onAir(c)
		role, err := Read(t.Context(), a, w.site, rand.Reader, today)
		if role != hw.RoleNone || !errors.Is(err, ErrSlow) && !errors.Is(err, ErrProtocol) || a.now > bound {
			t.Errorf("%s: %v %v after %v", name, role, err, a.now)
		}
	}
}

// TestRelay: who carries frames between the reader and a badge elsewhere needs
// time for each. The bound is stated, and an honest badge keeps well below it.
func TestRelay(t *testing.T) {
	w := newTown(t)
	for name, c := range map[string]picc.Content{
		"EV1": {Generation: picc.EV1}, "EV2": {}, "random UID": {RandomUID: true},
	} {
		c.Delays = picc.Thinking()
		card := w.badgeFor(t, c, hw.RoleHelper)
		a := onAir(card)
		began := a.now
		if role, err := Read(t.Context(), a, w.site, rand.Reader, today); role != hw.RoleHelper || err != nil || a.now-began > readPatience/3 {
			t.Errorf("%s, here: %v %v after %v", name, role, err, a.now-began)
		}
		relay := &picc.Faulty{Card: card, Fault: picc.Late(60 * time.Millisecond), Where: picc.Blocks}
		if role, err := Read(t.Context(), onAir(relay), w.site, rand.Reader, today); role != hw.RoleNone || !errors.Is(err, ErrSlow) {
			t.Errorf("%s, relayed: %v %v", name, role, err)
		}
	}
}

// dripping answers every block with one byte of a chain that has no end.
type dripping struct {
	picc.Card
	late time.Duration
}

func drip(t testing.TB, late time.Duration) picc.Card {
	return &dripping{typeA(t, picc.Config{UID: testUID, Processor: fixed("9100")}), late}
}

func (d *dripping) Receive(at time.Duration, f picc.Frame) (picc.Reply, bool) {
	data := f.Decode(0).Data
	if !picc.Blocks(0, data) && data[0]&^1 != pcbAck {
		return d.Card.Receive(at, f)
	}
	answer := picc.CRCA([]byte{pcbI | pcbChaining | data[0]&numberBit, 0xAA})
	return picc.Reply{Frame: picc.Encode(answer, 0), Delay: picc.Periods(1236) + d.late}, true
}

// Personalising may be cut off at any frame: the card is no badge then, and
// the next try makes it one.
func TestInterruptedPersonalising(t *testing.T) {
	w := newTown(t)
	for _, content := range []picc.Content{{Generation: picc.EV1}, {Generation: picc.EV2}, {Generation: picc.EV2, RandomUID: true}} {
		a := onAir(blank(t, content))
		content.UID = testUID
		if err := w.press.Write(t.Context(), a, w.record(hw.RoleHelper)); err != nil {
			t.Fatal(err)
		}
		for n := range a.frames {
			card := blank(t, content)
			leaving := picc.Leaving(card, n, 9)
			if err := w.press.Write(t.Context(), onAir(leaving), w.record(hw.RoleHelper)); err == nil && n < a.frames-1 {
				t.Fatalf("frame %d: no error", n)
			}
			if role, err := w.read(t, card); role != hw.RoleNone && n < a.frames-2 || err != nil {
				t.Fatalf("frame %d: %v %v", n, role, err)
			}
			if err := w.press.Write(t.Context(), onAir(card), w.record(hw.RoleTechnician)); err != nil {
				t.Fatalf("frame %d: again: %v", n, err)
			}
			w.wants(t, hw.RoleTechnician, card)
		}
	}
}

// The press leaves alone what is not its own.
func TestPressRefuses(t *testing.T) {
	w, stranger := newTown(t), newTown(t)
	stranger.press.Site, stranger.press.Admin = *keyOf(t, repeat("11", 16)), *keyOf(t, repeat("22", 16))
	theirs := stranger.badgeFor(t, picc.Content{}, hw.RoleHelper)
	stranger.site.Key = stranger.press.Site
	locked := blank(t, picc.Content{Settings: 0x01})
	for name, c := range map[string]struct {
		cards []picc.Card
		want  string
	}{
		"nothing":            {nil, "write badge: no badge on the reader"},
		"two":                {[]picc.Card{blank(t, picc.Content{}), blank(t, picc.Content{UID: []byte{1, 2, 3, 4}})}, "more than one badge"},
		"somebody else's":    {[]picc.Card{theirs}, "application of somebody else"},
		"no DESFire":         {[]picc.Card{typeA(t, picc.Config{UID: testUID})}, "not a DESFire card"},
		"bank card":          {[]picc.Card{typeA(t, picc.Config{UID: testUID, Processor: fixed("6E00")})}, "does not speak DESFire"},
		"permits nobody new": {[]picc.Card{locked}, "create application"},
	} {
		err := w.press.Write(t.Context(), onAir(c.cards...), w.record(hw.RoleHelper))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	stranger.wants(t, hw.RoleHelper, theirs)
	if err := w.press.Write(t.Context(), onAir(), Record{}); err == nil || !strings.Contains(err.Error(), "role") {
		t.Error(err)
	}
}
