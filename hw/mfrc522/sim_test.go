package mfrc522_test

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"guichet.example/hw"
	"guichet.example/hw/badge"
	"guichet.example/hw/mfrc522"
	"guichet.example/internal/mfrc522sim"
	"guichet.example/internal/picc"
)

func TestSimNoCard(t *testing.T) {
	each(t, func(t *testing.T, wiring string) {
		r := newRig(t, wiring, mfrc522sim.Config{})
		begin := r.sim.Elapsed()
		if _, err := r.Transceive(t.Context(), wupa); !errors.Is(err, badge.ErrNoAnswer) || errors.Is(err, hw.ErrGone) {
			t.Error(err)
		}
		if d := r.sim.Elapsed() - begin; d < time.Millisecond || d > 2*time.Millisecond {
			t.Errorf("silence was told after %v", d)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestSimTook: what an exchange took is the wait and what comes around it, not
// the guard time before it. The emulated bus is quicker than the clock says.
func TestSimTook(t *testing.T) {
	each(t, func(t *testing.T, wiring string) {
		r := newRig(t, wiring, mfrc522sim.Config{RealTime: true})
		for _, wait := range []time.Duration{time.Millisecond, 77 * time.Millisecond} {
			a, err := r.Transceive(t.Context(), badge.Frame{Data: []byte{0xB2}, CRC: true, Wait: wait, Guard: 50 * time.Millisecond})
			if !errors.Is(err, badge.ErrNoAnswer) || a.Took < wait-time.Millisecond || a.Took > wait+5*time.Millisecond {
				t.Errorf("%v of silence took %v, %v", wait, a.Took, err)
			}
		}
	})
}

func TestSimActivate(t *testing.T) {
	each(t, func(t *testing.T, wiring string) {
		for _, n := range []int{4, 7, 10} {
			uid := []byte{0x88, 0x2A, 3, 4, 5, 6, 7, 8, 9, 10}[:n]
			if n > 4 {
				uid[0] = 0x04
			}
			r := newRig(t, wiring, mfrc522sim.Config{}, typeA(t, uid...))
			p, err := badge.Activate(t.Context(), r)
			if err != nil || !bytes.Equal(p.UID, uid) {
				t.Errorf("UID of %d bytes: %x, %v", n, p.UID, err)
			}
		}
	})
}

// The bit at which two answers differ is told as the standard counts it, also
// where the answer begins in the middle of a byte.
func TestSimCollision(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		one := rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(rt, "uid")
		at := rapid.IntRange(0, 31).Draw(rt, "bit")
		known := rapid.IntRange(0, at).Draw(rt, "known bits")
		wiring := rapid.SampledFrom(wirings).Draw(rt, "wiring")
		if one[0] == 0x88 || one[0] == 0x08 {
			one[0] = 0x04
		}
		two := bytes.Clone(one)
		two[at/8] ^= 1 << (at % 8)
		for i := at/8 + 1; i < 4; i++ {
			two[i] = rapid.Byte().Draw(rt, "rest")
		}
		if two[0] == 0x88 || two[0] == 0x08 {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, wiring, mfrc522sim.Config{}, typeA(t, one...), typeA(t, two...))
			if _, err := r.Transceive(t.Context(), wupa); err != nil {
				t.Fatal(err)
			}
			whole, rest := known/8, known%8
			sent := one[:whole+(rest+7)/8]
			a, err := r.Transceive(t.Context(), badge.Frame{
				Data:     append([]byte{0x93, byte((2+whole)<<4 | rest)}, sent...),
				LastBits: rest, Align: rest, Wait: time.Millisecond,
			})
			if want := at - 8*whole + 1; err != nil || a.Collision != want {
				t.Errorf("%x and %x, %d bits known: collision %d, %v; want %d", one, two, known, a.Collision, err, want)
			}
			if len(a.Data) != 5-whole {
				t.Errorf("%d bytes, want %d", len(a.Data), 5-whole)
			}
		})
	})
}

func TestSimTwoBadges(t *testing.T) {
	each(t, func(t *testing.T, wiring string) {
		r := newRig(t, wiring, mfrc522sim.Config{}, typeA(t, 4, 1, 2, 3, 4, 5, 6), typeA(t, 4, 1, 2, 3, 4, 5, 7))
		if _, err := badge.Activate(t.Context(), r); !errors.Is(err, badge.ErrTwoBadges) {
			t.Error(err)
		}
	})
}

func TestSimLongFrames(t *testing.T) {
	each(t, func(t *testing.T, wiring string) {
		for _, n := range []int{1, 2, 47, 48, 49, 61, 62, 63, 64, 65, 66, 127, 128, 129, 255, 256} {
			card := &echo{}
			r := newRig(t, wiring, mfrc522sim.Config{}, card)
			data := make([]byte, n)
			for i := range data {
				data[i] = byte(i*37 + n)
			}
			a, err := r.Transceive(t.Context(), badge.Frame{Data: data, CRC: true, Wait: 5 * time.Millisecond})
			if err != nil || !bytes.Equal(a.Data, data) || a.LastBits != 0 {
				t.Errorf("%d bytes: %d came back, %d bits, %v", n, len(a.Data), a.LastBits, err)
			}
			if len(card.heard) != n+2 {
				t.Errorf("%d bytes: the card heard %d", n, len(card.heard))
			}
		}
	})
}

func TestSimBitFrames(t *testing.T) {
	each(t, func(t *testing.T, wiring string) {
		for bits := 4; bits < 8; bits++ {
			card := &echo{answer: func([]byte) picc.Frame { return picc.Encode([]byte{0x0A}, bits) }}
			r := newRig(t, wiring, mfrc522sim.Config{}, card)
			a, err := r.Transceive(t.Context(), badge.Frame{Data: []byte{0x5A, 0x03}, LastBits: 2, Wait: time.Millisecond})
			if err != nil || a.LastBits != bits || !bytes.Equal(a.Data, []byte{0x0A}) {
				t.Errorf("%d bits: %+v, %v", bits, a, err)
			}
			if !bytes.Equal(card.heard, []byte{0x5A, 0x03}) {
				t.Errorf("the card heard %x", card.heard)
			}
		}
	})
}

// Where the waiting time is over, and not before, an answer counts no more.
func TestSimWaitingTime(t *testing.T) {
	each(t, func(t *testing.T, wiring string) {
		for _, wait := range []time.Duration{time.Millisecond, 4833 * time.Microsecond, 77330 * time.Microsecond, 600 * time.Millisecond} {
			for _, c := range []struct {
				delay time.Duration
				want  error
			}{
				{wait - 20*time.Microsecond, nil},
				{wait + 60*time.Microsecond, badge.ErrNoAnswer},
				{wait + 30*time.Millisecond, badge.ErrNoAnswer},
			} {
				r := newRig(t, wiring, mfrc522sim.Config{}, &echo{delay: c.delay})
				_, err := r.Transceive(t.Context(), badge.Frame{Data: []byte{1, 2}, CRC: true, Wait: wait})
				if !errors.Is(err, c.want) {
					t.Errorf("waits %v, answer after %v: %v", wait, c.delay, err)
				}
				// What came late does not get into the next exchange.
				a, err := r.Transceive(t.Context(), badge.Frame{Data: []byte{3, 4}, CRC: true, Wait: time.Second})
				if err != nil || !bytes.Equal(a.Data, []byte{3, 4}) {
					t.Errorf("after an answer %v late: %+v, %v", c.delay-wait, a, err)
				}
			}
		}
	})
}

func TestSimSelfTest(t *testing.T) {
	each(t, func(t *testing.T, wiring string) {
		for _, v := range []byte{0x91, 0x92} {
			r := newRig(t, wiring, mfrc522sim.Config{Version: v}, typeA(t, 4, 1, 2, 3))
			if err := r.SelfTest(t.Context()); err != nil || r.Version() != mfrc522.Version(v) {
				t.Errorf("0x%02X: %v", v, err)
			}
			if err := r.Field(t.Context(), true); err != nil {
				t.Error(err)
			}
			if _, err := badge.Activate(t.Context(), r); err != nil {
				t.Errorf("after the self-test: %v", err)
			}
		}
	})
}

// A slow crystal, and a slow computer.
func TestSimSlow(t *testing.T) {
	each(t, func(t *testing.T, wiring string) {
		for _, c := range []mfrc522sim.Config{
			{Crystal: 20 * time.Millisecond}, {Overhead: 100 * time.Microsecond}, {Overhead: time.Millisecond},
		} {
			r := newRig(t, wiring, c, typeA(t, 4, 1, 2, 3))
			if _, err := badge.Activate(t.Context(), r); err != nil {
				t.Errorf("%+v: %v", c, err)
			}
		}
	})
}

func TestSimClose(t *testing.T) {
	each(t, func(t *testing.T, wiring string) {
		card := &powered{}
		r := newRig(t, wiring, mfrc522sim.Config{}, card)
		if !card.on {
			t.Error("no field where it was switched on")
		}
		for range 2 {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		if card.on {
			t.Error("the field stands after Close")
		}
	})
}

type powered struct {
	echo
	on bool
}

func (p *powered) Power(_ time.Duration, on bool) { p.on = on }
