package mfrc522_test

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"guichet.example/hw"
	"guichet.example/hw/badge"
	"guichet.example/hw/mfrc522"
	"guichet.example/internal/mfrc522sim"
	"guichet.example/internal/picc"
)

// Everything that the air can do to an answer has its error, and the next
// exchange is as if nothing had happened.
func TestSimBadAnswers(t *testing.T) {
	good := picc.CRCA([]byte{1, 2, 3})
	changed := func(i int) picc.Frame {
		f := picc.Encode(good, 0)
		f[i] ^= 1
		return f
	}
	for name, c := range map[string]struct {
		frame picc.Frame
		want  []error
	}{
		"a data bit":         {changed(3), []error{badge.ErrParity, badge.ErrCRC}},
		"a parity bit":       {changed(8), []error{badge.ErrParity}},
		"wrong checksum":     {picc.Encode([]byte{1, 2, 3, 4, 5}, 0), []error{badge.ErrCRC}},
		"only a checksum":    {picc.Encode(picc.CRCA(nil), 0), []error{badge.ErrFraming}},
		"one byte":           {picc.Encode([]byte{1}, 0), []error{badge.ErrCRC}},
		"four bits":          {picc.Encode([]byte{0x0A}, 4), []error{badge.ErrCRC}},
		"three bits, noise":  {picc.Encode([]byte{0x05}, 3), nil}, // silence or malformed
		"cut in a byte":      {picc.Encode(good, 0)[:30], []error{badge.ErrCRC}},
		"cut before parity":  {picc.Encode(good, 0)[:44], []error{badge.ErrParity}},
		"300 bytes":          {picc.Encode(picc.CRCA(make([]byte, 300)), 0), []error{badge.ErrOverflow}},
		"257 bytes":          {picc.Encode(picc.CRCA(make([]byte, 257)), 0), []error{badge.ErrOverflow}},
		"collided, late bit": {append(picc.Encode(make([]byte, 6), 0), picc.Both), []error{badge.ErrFraming, mfrc522.ErrCollision}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, wiring string) {
				card := &echo{answer: func([]byte) picc.Frame { return c.frame }}
				r := newRig(t, wiring, mfrc522sim.Config{}, card)
				begin := r.sim.Elapsed()
				a, err := r.Transceive(t.Context(), badge.Frame{Data: []byte{1}, CRC: true, Wait: 5 * time.Millisecond})
				for _, want := range c.want {
					if !errors.Is(err, want) {
						t.Errorf("%v, want %v", err, want)
					}
				}
				if err == nil || errors.Is(err, hw.ErrGone) || a.Data != nil {
					t.Errorf("%+v, %v", a, err)
				}
				if d := r.sim.Elapsed() - begin; d > 300*time.Millisecond {
					t.Errorf("told after %v", d)
				}
				r.sim.Remove(card)
				r.sim.Place(&echo{})
				if a, err := r.Transceive(t.Context(), badge.Frame{Data: []byte{9}, CRC: true, Wait: 5 * time.Millisecond}); err != nil || !bytes.Equal(a.Data, []byte{9}) {
					t.Errorf("afterwards: %+v, %v", a, err)
				}
			})
		})
	}
}

func TestSimErrorBits(t *testing.T) {
	each(t, func(t *testing.T, wiring string) {
		for bit, want := range map[byte]error{
			0x80: mfrc522.ErrUnderrun, 0x40: mfrc522.ErrOverheated, 0x10: badge.ErrOverflow, 0x08: mfrc522.ErrCollision,
			0x04: badge.ErrCRC, 0x02: badge.ErrParity, 0x01: badge.ErrFraming,
		} {
			r := newRig(t, wiring, mfrc522sim.Config{}, &echo{})
			r.sim.Upset(bit)
			if _, err := r.Transceive(t.Context(), badge.Frame{Data: []byte{1}, CRC: true, Wait: time.Millisecond}); !errors.Is(err, want) {
				t.Errorf("bit 0x%02X: %v, want %v", bit, err, want)
			}
		}
	})
}

var errBus = errors.New("input/output error")

func TestSimLost(t *testing.T) {
	for name, fault := range map[string]mfrc522sim.BusFault{
		"pulled out, low":  {Gone: true, Level: 0x00},
		"pulled out, high": {Gone: true, Level: 0xFF},
		"bus fails":        {Err: errBus},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, wiring string) {
				r := newRig(t, wiring, mfrc522sim.Config{}, typeA(t, 4, 1, 2, 3))
				r.sim.Break(fault)
				begin := r.sim.Elapsed()
				if _, err := r.Transceive(t.Context(), wupa); !errors.Is(err, hw.ErrGone) {
					t.Error(err)
				}
				if d := r.sim.Elapsed() - begin; d > 250*time.Millisecond {
					t.Errorf("told after %v", d)
				}
				for _, on := range []bool{false, true} {
					if err := r.Field(t.Context(), on); !errors.Is(err, hw.ErrGone) {
						t.Error(err)
					}
				}
				r.sim.Break(mfrc522sim.BusFault{})
				if err := r.Field(t.Context(), true); err != nil {
					t.Fatal(err)
				}
				if p, err := badge.Activate(t.Context(), r); err != nil || len(p.UID) != 4 {
					t.Errorf("after it was put back: %v", err)
				}
			})
		})
	}
}

// A dip of the supply resets the chip and nothing else: it answers, and looks
// like an empty field to who does not look closely.
func TestSimSupplyDips(t *testing.T) {
	each(t, func(t *testing.T, wiring string) {
		r := newRig(t, wiring, mfrc522sim.Config{}, typeA(t, 4, 1, 2, 3))
		for _, high := range []bool{false, true} {
			if err := r.sim.NRSTPD().Out(gpio.Level(high)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Millisecond)
		if _, err := r.Transceive(t.Context(), wupa); !errors.Is(err, hw.ErrGone) {
			t.Error(err)
		}
		if err := r.Field(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		if _, err := badge.Activate(t.Context(), r); err != nil {
			t.Error(err)
		}
	})
}

// One bit that flips on the bus may cost the exchange, never more: it gives an
// error or the right answer, and the chip works again after a Field.
func TestSimBitFlipsOnTheBus(t *testing.T) {
	wrong := 0
	for _, wiring := range wirings {
		for bit := 1; bit < 500; bit++ {
			for _, in := range []bool{true, false} {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, wiring, mfrc522sim.Config{}, &echo{})
					fault := mfrc522sim.BusFault{FlipOut: bit}
					if in {
						fault = mfrc522sim.BusFault{FlipIn: bit}
					}
					r.sim.Break(fault)
					frame := badge.Frame{Data: []byte{1, 2, 3, 4, 5}, CRC: true, Wait: 5 * time.Millisecond}
					begin := r.sim.Elapsed()
					if a, err := r.Transceive(t.Context(), frame); err == nil && !bytes.Equal(a.Data, frame.Data) {
						wrong++ // the bus has no checksum; the badge's own protocol has to notice
					}
					if d := r.sim.Elapsed() - begin; d > 300*time.Millisecond {
						t.Errorf("%s, bit %d, in %v: took %v", wiring, bit, in, d)
					}
					r.sim.Break(mfrc522sim.BusFault{})
					_ = r.Field(t.Context(), false)
					if err := r.Field(t.Context(), true); err != nil {
						t.Errorf("%s, bit %d, in %v: %v", wiring, bit, in, err)
					}
					if a, err := r.Transceive(t.Context(), frame); err != nil || !bytes.Equal(a.Data, frame.Data) {
						t.Errorf("%s, bit %d, in %v: afterwards %+v, %v", wiring, bit, in, a, err)
					}
				})
			}
		}
	}
	t.Logf("%d of %d flips went unnoticed by the driver", wrong, 2*499*len(wirings))
}
