package mfrc522

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"guichet.example/hw"
	"guichet.example/hw/badge"
)

// moody is a pin whose waits fail as those of an unplugged gpioioctl
// line do, and that notes waits which a real line would not end.
type moody struct {
	gpio.PinIn
	fails  bool
	waits  int
	misuse time.Duration
}

func (m *moody) WaitForEdge(d time.Duration) bool {
	m.waits++
	if d <= 0 || d > 250*time.Millisecond {
		m.misuse = d
	}
	if m.fails {
		return false
	}
	return m.PinIn.WaitForEdge(d)
}

// later lets the fake change without a transaction, as a chip does.
func (f *fake) later(d time.Duration, irq byte) {
	time.AfterFunc(d, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.step()
		f.regs[comIrqReg] |= irq
		f.drive()
	})
}

func TestInterruptWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(reply{irq: irqRx, data: []byte{1}, after: 60 * time.Millisecond})
		f.irq = irqPin()
		pin := &moody{PinIn: f.irq}
		chip := opened(t, f, Config{Interrupt: pin})
		before, begin := f.count, time.Now()
		f.later(60*time.Millisecond, 0)
		if _, err := chip.Transceive(t.Context(), badge.Frame{Data: []byte{1}, Wait: 77 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(begin); d != 60*time.Millisecond {
			t.Errorf("woken up after %v", d)
		}
		// 3 for the timer, 5 to send, 2 looks for a stale edge and the answer, 2 to stop, 1 for the FIFO
		if n := f.count - before; n > 13 {
			t.Errorf("%d transactions", n)
		}
		if pin.misuse != 0 {
			t.Errorf("waits for an edge for %v", pin.misuse)
		}
	})
}

// run lets the fake go on by itself until stop.
func (f *fake) run() (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.Tick(50 * time.Microsecond); ; {
			select {
			case <-end:
				return
			case <-tick:
				f.mu.Lock()
				f.step()
				f.drive()
				f.mu.Unlock()
			}
		}
	}()
	return func() { close(end); <-ended }
}

// However the pin fails, the exchange does not.
func TestInterruptFails(t *testing.T) {
	for name, spoil := range map[string]func(*fake, *moody){
		"its wire broke":      func(f *fake, _ *moody) { f.dead = true },
		"it gives up at once": func(_ *fake, m *moody) { m.fails = true },
		"an edge from before": func(f *fake, _ *moody) { f.irq.EdgesChan <- gpio.Low },
		"a storm of edges": func(f *fake, _ *moody) {
			for range 10 {
				f.irq.EdgesChan <- gpio.Low
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(reply{irq: irqRx, data: []byte{1}, after: 60 * time.Millisecond}, reply{irq: irqTimer, after: time.Millisecond})
				f.irq = irqPin()
				pin := &moody{PinIn: f.irq}
				chip := opened(t, f, Config{Interrupt: pin})
				spoil(f, pin)
				begin := time.Now()
				f.later(60*time.Millisecond, 0)
				if _, err := chip.Transceive(t.Context(), badge.Frame{Data: []byte{1}, Wait: 77 * time.Millisecond}); err != nil {
					t.Fatal(err)
				}
				if d := time.Since(begin); d > 60*time.Millisecond+slice {
					t.Errorf("answer after %v", d)
				}
				if _, err := chip.Transceive(t.Context(), reqa); !errors.Is(err, badge.ErrNoAnswer) {
					t.Error(err)
				}
				if pin.misuse != 0 || pin.waits > 20 {
					t.Errorf("%d waits for an edge, one for %v", pin.waits, pin.misuse)
				}
			})
		})
	}
}

// An error has an edge, and what follows it has none.
func TestInterruptOfAnErrorThenTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(reply{irq: irqErr, err: errParity, after: time.Millisecond})
		f.irq = irqPin()
		chip := opened(t, f, Config{Interrupt: f.irq})
		f.later(time.Millisecond, 0)
		f.later(3*time.Millisecond, irqRx)
		begin := time.Now()
		if _, err := chip.Transceive(t.Context(), rats); !errors.Is(err, badge.ErrParity) {
			t.Error(err)
		}
		if d := time.Since(begin); d < 3*time.Millisecond || d > 5*time.Millisecond {
			t.Errorf("ended after %v", d)
		}
	})
}

func TestOpenTriesTheInterruptPin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.irq, f.dead = irqPin(), true
		_, err := Open(t.Context(), f, Config{Interrupt: f.irq})
		if !errors.Is(err, hw.ErrGone) || !strings.Contains(err.Error(), `interrupt pin "GPIO24" is High where the chip drives it Low`) {
			t.Error(err)
		}
	})
}
