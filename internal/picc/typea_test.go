package picc

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// echo answers a command with itself.
type echo struct {
	resets int
	takes  time.Duration
	long   int // answers that many bytes instead
}

func (e *echo) Reset() { e.resets++ }

func (e *echo) Exchange(c []byte) ([]byte, time.Duration) {
	if e.long > 0 {
		c = bytes.Repeat([]byte{0x5A}, e.long)
	}
	return append([]byte(nil), c...), e.takes
}

func newPICC(t *testing.T, c Config) *TypeA {
	t.Helper()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestActivation goes through the frames of ISO/IEC 14443-3 for each size of
// UID and compares every answer.
func TestActivation(t *testing.T) {
	p := newPICC(t, Config{UID: unhex(t, "04782E21801D80"), Processor: &echo{}})
	r := newReader(t, p)
	atqa, ok := r.short(0x26)
	if !ok {
		t.Fatal("no ATQA")
	}
	wantHex(t, "ATQA", atqa.Data, "4403")
	f, _ := r.raw(Encode([]byte{0x93, 0x20}, 0))
	wantHex(t, "UID CL1", f.Decode(0).Data, "8804782EDA")
	sak, _ := r.framed(unhex(t, "9370 8804782EDA")...)
	wantHex(t, "SAK", sak, "04")
	f, _ = r.raw(Encode([]byte{0x95, 0x20}, 0))
	wantHex(t, "UID CL2", f.Decode(0).Data, "21801D803C")
	sak, _ = r.framed(unhex(t, "9570 21801D803C")...)
	wantHex(t, "SAK", sak, "20")
	ats, _ := r.framed(0xE0, 0x50)
	wantHex(t, "ATS", ats, "067577810280")
	if p.State() != "PROTOCOL" {
		t.Errorf("state %s", p.State())
	}
}

func TestUIDs(t *testing.T) {
	for _, n := range []int{4, 7, 10} {
		uid := make([]byte, n)
		_, _ = rand.Read(uid)
		uid[0] = 0x88 // the cascade tag, where it tells nothing
		r := newReader(t, newPICC(t, Config{UID: uid}))
		if _, ok := r.short(0x26); !ok {
			t.Fatal("no ATQA")
		}
		got, sak := r.choose()
		if !bytes.Equal(got, uid) || sak != 0 {
			t.Errorf("UID %X was read as %X, SAK %02X", uid, got, sak)
		}
	}
	for _, n := range []int{0, 5, 11} {
		if _, err := New(Config{UID: make([]byte, n)}); err == nil {
			t.Errorf("a UID of %d bytes was taken", n)
		}
	}
}

func TestRandomUID(t *testing.T) {
	r := newReader(t, newPICC(t, Config{UID: make([]byte, 7), RandomUID: true}))
	seen := map[string]bool{}
	for range 4 {
		r.on()
		_, _ = r.short(0x26)
		uid, _ := r.choose()
		if len(uid) != 4 || uid[0] != 0x08 {
			t.Fatalf("random UID %X", uid)
		}
		seen[string(uid)] = true
	}
	if len(seen) < 3 {
		t.Errorf("%d different UIDs of four", len(seen))
	}
}

// TestStates is the diagram of ISO/IEC 14443-3, 6.3.
func TestStates(t *testing.T) {
	p := newPICC(t, Config{UID: []byte{1, 2, 3, 4}, Processor: &echo{}})
	r := newReader(t, p)
	step := func(want string, do func()) {
		t.Helper()
		do()
		if p.State() != want {
			t.Fatalf("in %s, want %s", p.State(), want)
		}
	}
	reqa, wupa := func() { r.short(0x26) }, func() { r.short(0x52) }
	sel := func() { r.choose() }
	hlta := func() {
		if _, ok := r.framed(0x50, 0x00); ok {
			t.Error("HLTA was answered")
		}
	}
	odd := func() { r.framed(0x30, 0x00) }
	step("IDLE", func() {})
	step("IDLE", odd)
	step("READY", reqa)
	step("IDLE", reqa) // a second request is unexpected
	step("READY", wupa)
	step("ACTIVE", sel)
	step("IDLE", odd)
	step("READY", reqa)
	step("ACTIVE", sel)
	step("HALT", hlta)
	step("HALT", reqa)
	step("READY*", wupa)
	step("HALT", odd)
	step("READY*", wupa)
	step("ACTIVE*", sel)
	step("HALT", reqa)
	step("READY*", wupa)
	step("ACTIVE*", sel)
	step("PROTOCOL", func() { r.framed(0xE0, 0x50); r.now += time.Millisecond })
	step("PROTOCOL", wupa)
	step("HALT", func() {
		if got, ok := r.framed(0xC2); !ok || got[0] != 0xC2 {
			t.Errorf("DESELECT was answered %X", got)
		}
	})
	step("IDLE", r.on)
	r.field.Remove(r.now, p)
	step("POWER-OFF", reqa)
}

func TestStartup(t *testing.T) {
	p := newPICC(t, Config{UID: []byte{1, 2, 3, 4}, Timing: Timing{Startup: 5 * time.Millisecond}})
	p.Power(0, true)
	short := Encode([]byte{0x26}, 7)
	if _, ok := p.Receive(4*time.Millisecond, short); ok {
		t.Error("a card that starts answered")
	}
	if _, ok := p.Receive(6*time.Millisecond, short); !ok {
		t.Error("a card that has started was silent")
	}
}

func TestFrameDelay(t *testing.T) {
	p := newPICC(t, Config{UID: []byte{1, 2, 3, 4}})
	p.Power(0, true)
	wupa, ok := p.Receive(time.Second, Encode([]byte{0x52}, 7)) // ends with 1
	if !ok || wupa.Delay.Round(100*time.Nanosecond) != 91200*time.Nanosecond {
		t.Errorf("after a 1: %v", wupa.Delay)
	}
	p.Power(0, true)
	reqa, ok := p.Receive(time.Second, Encode([]byte{0x26}, 7)) // ends with 0
	if !ok || reqa.Delay.Round(100*time.Nanosecond) != 86400*time.Nanosecond {
		t.Errorf("after a 0: %v", reqa.Delay)
	}
}

// TestAnticollision separates any number of cards of any UIDs, by a PCD that
// halts what it has found.
func TestAnticollision(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		uids := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) string {
			n := rapid.SampledFrom([]int{4, 7, 10}).Draw(t, "size")
			uid := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 0x80, 0x88, 0xFF}), n, n).Draw(t, "uid")
			if n > 4 {
				uid[0] = 0x04 // the rest of a long UID cannot begin with the cascade tag
			} else if uid[0] == 0x88 {
				uid[0] = 0x10 // nor can a short one
			}
			if n == 10 && uid[3] == 0x88 || n == 7 && uid[3] == 0x88 {
				uid[3] = 0x11
			}
			return string(uid)
		}), 1, 4, rapid.ID[string]).Draw(rt, "uids")
		var cards []Card
		for _, uid := range uids {
			cards = append(cards, newPICC(t, Config{UID: []byte(uid)}))
		}
		r := newReader(t, cards...)
		found := map[string]bool{}
		for range uids {
			if _, ok := r.short(0x26); !ok {
				rt.Fatal("no answer to REQA")
			}
			uid, _ := r.choose()
			found[string(uid)] = true
			r.framed(0x50, 0x00)
		}
		for _, uid := range uids {
			if !found[uid] {
				rt.Errorf("UID %X was not found", uid)
			}
		}
		if _, ok := r.short(0x26); ok {
			rt.Error("a halted card answered REQA")
		}
	})
}

func TestCodingIsItsOwnInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 1, 70).Draw(t, "data")
		last := rapid.IntRange(0, 7).Draw(t, "last")
		if last != 0 {
			data[len(data)-1] &= 1<<last - 1
		}
		d := Encode(data, last).Decode(0)
		if !bytes.Equal(d.Data, data) || d.LastBits != last || d.ParityErr || d.Collision != 0 {
			t.Fatalf("%X of %d bits came back as %+v", data, last, d)
		}
	})
}

func TestParity(t *testing.T) {
	f := Encode([]byte{0x93, 0x20}, 0)
	for i := range f {
		bad := append(Frame(nil), f...)
		bad[i] ^= 1
		if !bad.Decode(0).ParityErr {
			t.Errorf("bit %d turned over: no parity error", i)
		}
	}
}

func TestSuperpose(t *testing.T) {
	a, b := Encode([]byte{0x0F, 0xAA}, 0), Encode([]byte{0x0F, 0xAB, 0x01}, 0)
	sum := Superpose([]Signal{{Frame: a}, {Frame: b}})
	if d := sum.Decode(0); d.Collision != 9 || len(d.Data) != 3 {
		t.Errorf("%+v", d)
	}
	if d := Superpose([]Signal{{Frame: a}, {Frame: a}}).Decode(0); d.Collision != 0 || !bytes.Equal(d.Data, []byte{0x0F, 0xAA}) {
		t.Errorf("two that say the same: %+v", d)
	}
	late := Superpose([]Signal{{Frame: a}, {Frame: a, Begin: time.Second}})
	if len(late) != len(a) {
		t.Error("one that begins when the first has ended was heard")
	}
}
