package mfrc522

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/badge"
)

var rats = badge.Frame{Data: []byte{0xE0, 0x50}, CRC: true, Wait: 5 * time.Millisecond}

func TestEveryErrorBitIsAnError(t *testing.T) {
	for _, c := range []struct {
		bits byte
		want []error
	}{
		{errWrite, []error{ErrUnderrun}},
		{errTemp, []error{ErrOverheated, hw.ErrGone}},
		{errOverflow, []error{badge.ErrOverflow}},
		{errCollision, []error{ErrCollision, badge.ErrFraming}},
		{errCRC, []error{badge.ErrCRC}},
		{errParity, []error{badge.ErrParity}},
		{errProtocol, []error{badge.ErrFraming}},
		{errCRC | errParity, []error{badge.ErrCRC, badge.ErrParity}},
	} {
		for _, irq := range []byte{irqRx | irqErr, irqErr, irqRx | irqErr | irqTimer} {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(reply{irq: irq, err: c.bits, coll: collPosNotValid, data: []byte{1, 2, 3}}, reply{irq: irqRx, data: []byte{1}})
				chip := opened(t, f, Config{})
				a, err := chip.Transceive(t.Context(), rats)
				for _, want := range c.want {
					if !errors.Is(err, want) {
						t.Errorf("bits 0x%02X: %v is not %v", c.bits, err, want)
					}
				}
				if a.Data != nil || strings.Contains(err.Error(), "\n") {
					t.Errorf("bits 0x%02X: %+v, %q", c.bits, a, err)
				}
				if f.regs[commandReg] != cmdIdle || f.regs[bitFramingReg] != 0 {
					t.Errorf("bits 0x%02X: the command is not ended", c.bits)
				}
				if c.bits == errTemp {
					return // the chip has to be set up again
				}
				if _, err := chip.Transceive(t.Context(), rats); err != nil {
					t.Errorf("after bits 0x%02X: %v", c.bits, err)
				}
			})
		}
	}
}

func TestCollisionSaysWhere(t *testing.T) {
	anticollision := badge.Frame{Data: []byte{0x93, 0x20}, Wait: 100 * time.Microsecond}
	selection := badge.Frame{Data: []byte{0x93, 0x70, 1, 2, 3, 4, 4}, CRC: true, Wait: time.Millisecond}
	for _, c := range []struct {
		coll byte
		want int
	}{{0x01, 1}, {0x08, 8}, {0x1F, 31}, {0x00, 32}} {
		synctest.Test(t, func(t *testing.T) {
			r := reply{irq: irqRx | irqErr, err: errCollision | errParity | errCRC, coll: c.coll, data: make([]byte, 5)}
			chip := opened(t, newFake(r, r), Config{})
			for _, f := range []badge.Frame{anticollision, selection} {
				a, err := chip.Transceive(t.Context(), f)
				if err != nil || a.Collision != c.want {
					t.Errorf("CollReg 0x%02X: bit %d, %v; want %d", c.coll, a.Collision, err, c.want)
				}
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		chip := opened(t, newFake(reply{irq: irqRx | irqErr, err: errCollision, coll: 0x20, data: make([]byte, 5)}), Config{})
		if a, err := chip.Transceive(t.Context(), anticollision); !errors.Is(err, ErrCollision) {
			t.Errorf("after the 32nd bit: %+v, %v", a, err)
		}
	})
}

func TestFraming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(reply{irq: irqRx, control: 0x03, data: []byte{0xA0, 0x05}})
		chip := opened(t, f, Config{})
		a, err := chip.Transceive(t.Context(), badge.Frame{Data: []byte{0x93, 0x34, 1, 0x0F}, LastBits: 4, Align: 4, Wait: time.Millisecond})
		if err != nil || a.LastBits != 3 || !bytes.Equal(a.Data, []byte{0xA0, 0x05}) {
			t.Errorf("%+v, %v", a, err)
		}
		if f.framing != 0x80|0x40|0x04 {
			t.Errorf("BitFramingReg 0x%02X", f.framing)
		}
	})
}

func TestNoAnswer(t *testing.T) {
	for name, r := range map[string]reply{
		"nothing came":       {irq: irqTimer, after: 5 * time.Millisecond},
		"an answer too late": {irq: irqTimer | irqRx, data: []byte{1}, after: 6 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			chip := opened(t, newFake(r), Config{})
			if _, err := chip.Transceive(t.Context(), rats); !errors.Is(err, badge.ErrNoAnswer) || errors.Is(err, hw.ErrGone) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for name, c := range map[string]struct {
		reply reply
		want  error
	}{
		"empty":      {reply{irq: irqRx}, badge.ErrFraming},
		"never ends": {reply{after: time.Hour}, badge.ErrFraming}, // its first bits have stopped the timer
	} {
		synctest.Test(t, func(t *testing.T) {
			chip := opened(t, newFake(c.reply), Config{})
			if _, err := chip.Transceive(t.Context(), rats); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		})
	}
}

func TestFramesThatCannotBeSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		chip := opened(t, f, Config{})
		before := f.count
		for _, bad := range []badge.Frame{
			{Wait: 1}, {Data: make([]byte, 257), Wait: 1}, {Data: []byte{1}}, {Data: []byte{1}, Wait: time.Minute},
			{Data: []byte{1}, Wait: -1}, {Data: []byte{1}, LastBits: 8, Wait: 1}, {Data: []byte{1}, LastBits: -1, Wait: 1},
			{Data: []byte{1}, Align: 8, Wait: 1}, {Data: []byte{1}, Align: -1, Wait: 1},
			{Data: []byte{1}, Wait: 1, Guard: -1},
			{Data: []byte{1}, CRC: true, LastBits: 7, Wait: 1}, {Data: []byte{1}, CRC: true, Align: 1, Wait: 1},
		} {
			if _, err := chip.Transceive(t.Context(), bad); err == nil || errors.Is(err, hw.ErrGone) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		if f.count != before {
			t.Error("something of a frame that cannot be sent reached the chip")
		}
	})
}

// A chip that is lost is told as such within bounds, is not used any more, and
// is set up anew by the next Field.
func TestLostChip(t *testing.T) {
	for name, c := range map[string]struct {
		reply reply
		spoil func(*fake)
	}{
		"the line goes low":      {reply{}, func(f *fake) { f.stuck = 0x00 }},
		"the line goes high":     {reply{}, func(f *fake) { f.stuck = 0xFF }},
		"the bus fails":          {reply{}, func(f *fake) { f.broken = true }},
		"the supply dips":        {reply{loses: true, after: time.Millisecond}, func(*fake) {}},
		"nothing is sent":        {reply{after: time.Hour, hangs: true}, func(*fake) {}},
		"a full FIFO and a half": {reply{irq: irqRx, data: make([]byte, 100)}, func(*fake) {}},
		"it is overheated":       {reply{err: errTemp, irq: irqErr}, func(*fake) {}},
		"it was reset between":   {reply{}, func(f *fake) { f.powerUp() }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(c.reply, reply{irq: irqRx, data: []byte{4, 0}})
				chip := opened(t, f, Config{})
				c.spoil(f)
				begin := time.Now()
				if _, err := chip.Transceive(t.Context(), rats); !errors.Is(err, hw.ErrGone) {
					t.Fatal(err)
				}
				if d := time.Since(begin); d > 200*time.Millisecond {
					t.Errorf("told after %v", d)
				}
				before := f.count
				if _, err := chip.Transceive(t.Context(), rats); !errors.Is(err, hw.ErrGone) || f.count != before {
					t.Errorf("%v, %d transactions with a lost chip", err, f.count-before)
				}
				if f.stuck >= 0 || f.broken {
					for _, on := range []bool{false, true} {
						if err := chip.Field(t.Context(), on); !errors.Is(err, hw.ErrGone) {
							t.Error(err)
						}
					}
				}
				f.stuck, f.broken = -1, false
				f.regs[errorReg] = 0
				f.script = []reply{{irq: irqRx, data: []byte{4, 0}}}
				if err := chip.Field(t.Context(), true); err != nil {
					t.Fatal(err)
				}
				if a, err := chip.Transceive(t.Context(), rats); err != nil || len(a.Data) != 2 {
					t.Errorf("after it came back: %+v, %v", a, err)
				}
			})
		})
	}
}

// A transmitter that hangs leaves the FIFO full for ever.
func TestJammed(t *testing.T) {
	for _, n := range []int{5, 64, 65, 256} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			f.jammed = true
			chip := opened(t, f, Config{})
			begin := time.Now()
			if _, err := chip.Transceive(t.Context(), badge.Frame{Data: make([]byte, n), CRC: true, Wait: time.Millisecond}); !errors.Is(err, hw.ErrGone) {
				t.Errorf("%d bytes: %v", n, err)
			}
			if d := time.Since(begin); d > 200*time.Millisecond {
				t.Errorf("%d bytes: told after %v", n, d)
			}
		})
	}
}

func TestFieldTellsALostChip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		chip := opened(t, f, Config{})
		f.powerUp()
		if err := chip.Field(t.Context(), true); !errors.Is(err, hw.ErrGone) {
			t.Error(err)
		}
		if err := chip.Field(t.Context(), true); err != nil {
			t.Error(err)
		}
	})
}

func TestContextEndsAnExchange(t *testing.T) {
	for _, wired := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(reply{after: time.Hour})
			config := Config{}
			if wired {
				f.irq = irqPin()
				config.Interrupt = f.irq
			}
			chip := opened(t, f, config)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			begin := time.Now()
			_, err := chip.Transceive(ctx, badge.Frame{Data: []byte{1}, Wait: 30 * time.Second})
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			if d := time.Since(begin); d > 1250*time.Millisecond {
				t.Errorf("ended after %v", d)
			}
			if f.regs[commandReg] != cmdIdle {
				t.Error("the chip still listens")
			}
			if _, err := chip.Transceive(ctx, reqa); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		})
	}
}

func TestGuardTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(reply{irq: irqRx, data: []byte{1}})
		chip := opened(t, f, Config{})
		begin := time.Now()
		if _, err := chip.Transceive(t.Context(), badge.Frame{Data: []byte{2}, CRC: true, Wait: time.Millisecond, Guard: 40 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		if d := f.begun.Sub(begin); d != 40*time.Millisecond {
			t.Errorf("sent after %v", d)
		}
	})
}

// Frames up to four times as long as the FIFO pass through it, both ways.
func TestLongFrames(t *testing.T) {
	for _, n := range []int{1, 31, 32, 62, 63, 64, 65, 100, 128, 200, 255, 256} {
		for _, wired := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(reply{data: pattern(n)})
				f.aired = true
				config := Config{}
				if wired {
					f.irq = irqPin()
					config.Interrupt = f.irq
					stop := f.run()
					defer stop()
				}
				chip := opened(t, f, config)
				a, err := chip.Transceive(t.Context(), badge.Frame{Data: pattern(n), CRC: true, Wait: 5 * time.Millisecond})
				if err != nil || !bytes.Equal(a.Data, pattern(n)) {
					t.Errorf("%d bytes: %d came back, %v", n, len(a.Data), err)
				}
				if !bytes.Equal(f.sent, pattern(n)) {
					t.Errorf("%d bytes: %d were sent", n, len(f.sent))
				}
			})
		}
	}
}

func pattern(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(7*i + i>>8)
	}
	return p
}

func TestAnswerWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(reply{data: make([]byte, 5000)})
		f.aired = true
		chip := opened(t, f, Config{})
		begin := time.Now()
		if _, err := chip.Transceive(t.Context(), rats); !errors.Is(err, badge.ErrOverflow) {
			t.Error(err)
		}
		if d := time.Since(begin); d > 50*time.Millisecond {
			t.Errorf("given up after %v", d)
		}
	})
}

// A computer that is too slow says so, instead of sending another frame than
// the one meant or leaving a hole in an answer.
func TestLateComputer(t *testing.T) {
	for name, c := range map[string]struct {
		sends, answers int
		want           error
	}{
		"to refill": {200, 5, ErrUnderrun},
		"to drain":  {5, 200, badge.ErrOverflow},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(reply{data: pattern(c.answers)})
			f.aired, f.slow = true, 10*time.Millisecond
			chip := opened(t, f, Config{})
			_, err := chip.Transceive(t.Context(), badge.Frame{Data: pattern(c.sends), CRC: true, Wait: 5 * time.Millisecond})
			if !errors.Is(err, c.want) || errors.Is(err, hw.ErrGone) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}
