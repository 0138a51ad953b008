package mfrc522sim

import (
	"bytes"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"

	"guichet.example/internal/picc"
)

// host is the least that talks to the chip over its bus.
type host struct {
	t    *testing.T
	chip *Chip
	conn spi.Conn
	wait func(time.Duration)
}

func newHost(t *testing.T, cfg Config) *host {
	t.Helper()
	wait := time.Sleep
	if cfg.Now == nil && !cfg.RealTime {
		clock := time.Unix(0, 0) // stands: all time is simulated
		cfg.Now = func() time.Time { return clock }
		wait = func(d time.Duration) { clock = clock.Add(d) }
	}
	c := New(cfg)
	t.Cleanup(func() { _ = c.Close() })
	conn, err := c.Port().Connect(10*physic.MegaHertz, spi.Mode0, 8)
	if err != nil {
		t.Fatal(err)
	}
	return &host{t, c, conn, wait}
}

func (h *host) tx(w []byte) []byte {
	h.t.Helper()
	r := make([]byte, len(w))
	if err := h.conn.Tx(w, r); err != nil {
		h.t.Fatal(err)
	}
	return r
}

func (h *host) read(addr byte) byte {
	h.t.Helper()
	return h.tx([]byte{0x80 | addr<<1, 0})[1]
}

func (h *host) write(addr byte, v ...byte) {
	h.t.Helper()
	h.tx(append([]byte{addr << 1}, v...))
}

func (h *host) want(addr, want byte) {
	h.t.Helper()
	if got := h.read(addr); got != want {
		h.t.Fatalf("register %02X is %02X, want %02X", addr, got, want)
	}
}

// drain reads the FIFO buffer in one burst.
func (h *host) drain() []byte {
	h.t.Helper()
	n := int(h.read(fifoLevelReg))
	w := bytes.Repeat([]byte{0x80 | fifoDataReg<<1}, n+1)
	w[n] = 0
	return h.tx(w)[1:]
}

// ready prepares for cards as the data sheet says, with a timer of ticks of
// 1/13.56 MHz times 135 (about 10 µs).
func (h *host) ready(wait time.Duration) {
	h.t.Helper()
	h.write(tModeReg, 0x80)
	h.write(tPrescalerReg, 67)
	ticks := int(wait / picc.Periods(135))
	h.write(tReloadRegH, byte(ticks>>8))
	h.write(tReloadRegL, byte(ticks))
	h.write(txASKReg, 0x40)
	h.write(txControlReg, 0x83)
	h.write(divIEnReg, 0x80)
	h.write(comIEnReg, 0x80|irqRx|irqTimer)
	if err := h.chip.IRQ().In(gpio.Float, gpio.FallingEdge); err != nil {
		h.t.Fatal(err)
	}
	h.settled()
}

// settled lets the cards start.
func (h *host) settled() { h.wait(6 * time.Millisecond) }

// heard is what came of a frame.
type heard struct {
	data  []byte
	last  byte
	err   byte
	timer bool
	coll  byte
}

func (h *host) send(data []byte, last, align byte, crc bool) heard {
	h.t.Helper()
	h.write(commandReg, cmdIdle)
	h.write(comIrqReg, 0x7F)
	h.write(fifoLevelReg, 0x80)
	mode := byte(0)
	if crc {
		mode = 0x80
	}
	h.write(txModeReg, mode)
	h.write(rxModeReg, mode)
	h.write(collReg, 0x00)
	h.write(fifoDataReg, data...)
	h.write(commandReg, cmdTransceive)
	h.write(bitFramingReg, 0x80|align<<4|last)
	if !h.chip.IRQ().WaitForEdge(time.Second) {
		h.t.Fatal("no interrupt")
	}
	irq := h.read(comIrqReg)
	return heard{h.drain(), h.read(controlReg) & 7, h.read(errorReg), irq&irqTimer != 0, h.read(collReg)}
}

// short sends REQA or WUPA.
func (h *host) short(b byte) heard {
	h.t.Helper()
	return h.send([]byte{b}, 7, 0, false)
}

func (h *host) wantAnswer(got heard, want string) {
	h.t.Helper()
	if got.timer || got.err != 0 || string(got.data) != want {
		h.t.Fatalf("got %X, error %02X, timer %v; want %X", got.data, got.err, got.timer, want)
	}
}

func card(t *testing.T, uid string) *picc.TypeA {
	t.Helper()
	p, err := picc.New(picc.Config{UID: []byte(uid)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
