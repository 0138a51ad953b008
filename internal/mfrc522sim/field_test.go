package mfrc522sim

import (
	"bytes"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"guichet.example/internal/picc"
)

// TestRequest is one card, one REQA, and how long it takes.
func TestRequest(t *testing.T) {
	h := newHost(t, Config{})
	h.ready(5 * time.Millisecond)
	if got := h.short(0x26); !got.timer || len(got.data) != 0 {
		t.Fatalf("an empty field answered: %+v", got)
	}
	h.chip.Place(card(t, "abcd"))
	h.settled()
	h.wantAnswer(h.short(0x26), "\x04\x03")
	if got := h.short(0x52); !got.timer {
		t.Errorf("a card in READY answered: %+v", got)
	}
	h.wantAnswer(h.short(0x52), "\x04\x03")
}

func TestRequestTiming(t *testing.T) {
	h := newHost(t, Config{})
	h.ready(5 * time.Millisecond)
	h.chip.Place(card(t, "abcd"))
	h.settled()
	h.write(txModeReg, 0)
	h.write(fifoLevelReg, 0x80)
	h.write(comIrqReg, 0x7F)
	h.write(fifoDataReg, 0x26)
	h.write(commandReg, cmdTransceive)
	h.write(bitFramingReg, 0x87)
	begin := h.chip.Elapsed()
	if !h.chip.IRQ().WaitForEdge(time.Second) {
		t.Fatal("no interrupt")
	}
	// 9 bits out, 86.4 µs until the answer, 20 bits in.
	want := picc.Periods(9*128) + picc.Periods(9*128+20) + picc.Periods(20*128)
	if took := h.chip.Elapsed() - begin; took < want-5*time.Microsecond || took > want+15*time.Microsecond {
		t.Errorf("REQA took %v, want %v", took, want)
	}
	if h.read(status1Reg)&0x08 != 0 {
		t.Error("the timer goes on after an answer")
	}
}

// TestSilence has what keeps cards from hearing or the chip from listening.
func TestSilence(t *testing.T) {
	for name, spoil := range map[string]func(h *host){
		"ten per cent ASK":  func(h *host) { h.write(txASKReg, 0x00) },
		"no antenna":        func(h *host) { h.write(txControlReg, 0x80); h.write(modeReg, 0x1F) },
		"a deaf receiver":   func(h *host) { h.write(rxSelReg, 0x84|0x3F) },
		"a card that left":  func(h *host) { h.chip.Remove(h.chip.field.Cards()[0]) },
		"eight bits":        nil,
		"nothing is spoilt": func(*host) {},
	} {
		h := newHost(t, Config{})
		h.chip.Place(card(t, "abcd"))
		h.ready(5 * time.Millisecond)
		var got heard
		if spoil == nil {
			got = h.send([]byte{0x26}, 0, 0, false)
		} else {
			spoil(h)
			got = h.short(0x26)
		}
		if answered := !got.timer; answered != (name == "nothing is spoilt") {
			t.Errorf("%s: answered %v", name, answered)
		}
	}
}

// TestCollision is two cards that differ in bits that lie apart.
func TestCollision(t *testing.T) {
	h := newHost(t, Config{})
	h.ready(5 * time.Millisecond)
	h.chip.Place(card(t, "\x01\x22\x33\x44"))
	h.chip.Place(card(t, "\x01\x2A\x33\x45"))
	h.settled()
	h.wantAnswer(h.short(0x26), "\x04\x03")
	got := h.send([]byte{0x93, 0x20}, 0, 0, false)
	if got.err&errColl == 0 || got.coll != 12 || got.timer {
		t.Fatalf("want a collision in bit 12: %+v", got)
	}
	if !bytes.Equal(got.data, []byte{0x01, 0x02, 0, 0, 0}) {
		t.Errorf("bits after the collision are not cleared: %X", got.data)
	}
	// Bits 1 to 12 of the UID, the last one 1; the answer goes on in bit 4.
	got = h.send([]byte{0x93, 0x34, 0x01, 0x0A}, 4, 4, false)
	if got.err != 0 || got.coll != 0x20 || !bytes.Equal(got.data, []byte{0x20, 0x33, 0x45, 0x01 ^ 0x2A ^ 0x33 ^ 0x45}) {
		t.Fatalf("the rest of the UID: %+v", got)
	}
	h.wantAnswer(h.send([]byte{0x93, 0x70, 0x01, 0x2A, 0x33, 0x45, 0x01 ^ 0x2A ^ 0x33 ^ 0x45}, 0, 0, true), "\x00")
}

// TestCollisionAligned counts the position from bit 0 of the first byte.
func TestCollisionAligned(t *testing.T) {
	h := newHost(t, Config{})
	h.ready(5 * time.Millisecond)
	h.chip.Place(card(t, "\x01\x22\x33\x44"))
	h.chip.Place(card(t, "\x01\x2A\x33\x45"))
	h.settled()
	h.wantAnswer(h.short(0x26), "\x04\x03")
	if got := h.send([]byte{0x93, 0x33, 0x01, 0x02}, 3, 3, false); got.coll != 4 || got.err != errColl {
		t.Errorf("want a collision in bit 4: %+v", got)
	}
}

func TestErrors(t *testing.T) {
	lastOf := func(f picc.Fault) heard {
		h := newHost(t, Config{})
		h.chip.Place(&picc.Faulty{Card: card(t, "abcd"), Fault: f, Where: picc.Nth(1)})
		h.ready(5 * time.Millisecond)
		h.short(0x26)
		return h.send([]byte{0x93, 0x20}, 0, 0, false)
	}
	if got := lastOf(picc.FlipAnswer(3)); got.err != errParity {
		t.Errorf("a bit turned over: error %02X", got.err)
	}
	if got := lastOf(picc.Truncate(21)); got.last != 3 || len(got.data) != 3 {
		t.Errorf("a frame of 21 bits: %+v", got)
	}
	if got := lastOf(picc.Late(20 * time.Millisecond)); !got.timer {
		t.Errorf("an answer that is late: %+v", got)
	}
	if got := lastOf(picc.Oversize(70, false)); got.err != errOverflow || len(got.data) != 64 {
		t.Errorf("75 bytes: %d, error %02X", len(got.data), got.err)
	}
	h := newHost(t, Config{})
	h.chip.Place(card(t, "abcd"))
	h.ready(5 * time.Millisecond)
	h.short(0x26)
	if got := h.send([]byte{0x93, 0x20}, 0, 0, true); !got.timer {
		t.Errorf("ANTICOLLISION with a checksum was answered: %+v", got)
	}
	h.short(0x26)
	h.write(txModeReg, 0)
	h.chip.Upset(errProtocol | errTemp)
	got := h.send([]byte{0x93, 0x20}, 0, 0, false)
	if got.err != errProtocol|errTemp || h.read(txControlReg)&3 != 0 {
		t.Errorf("upset: error %02X", got.err)
	}
}

func TestWriteError(t *testing.T) {
	h := newHost(t, Config{})
	h.ready(5 * time.Millisecond)
	h.write(fifoLevelReg, 0x80)
	h.write(fifoDataReg, 0x26)
	h.write(commandReg, cmdTransceive)
	h.write(bitFramingReg, 0x87)
	for h.read(comIrqReg)&irqTx == 0 {
	}
	h.write(fifoDataReg, 1)
	h.want(errorReg, errWr)
	h.want(status2Reg, byte(modemRxWait))
	for h.read(status2Reg) == byte(modemRxWait) {
	}
	h.want(status2Reg, byte(modemWaitData))
}

// TestFieldOff resets cards, in the middle of an answer too.
func TestFieldOff(t *testing.T) {
	h := newHost(t, Config{})
	p := card(t, "abcd")
	h.chip.Place(p)
	h.ready(5 * time.Millisecond)
	h.short(0x26)
	if p.State() != "READY" {
		t.Fatalf("state %s", p.State())
	}
	h.write(txControlReg, 0x80)
	if p.State() != "POWER-OFF" {
		t.Errorf("state %s without a field", p.State())
	}
	h.write(txControlReg, 0x83)
	h.settled()
	h.wantAnswer(h.short(0x26), "\x04\x03")
}

// TestRemoval takes the card away at every moment of an exchange.
func TestRemoval(t *testing.T) {
	whole, partial, silent := 0, 0, 0
	for us := time.Duration(0); us < 900; us += 7 {
		h := newHost(t, Config{})
		p := card(t, "abcd")
		h.chip.Place(p)
		h.ready(5 * time.Millisecond)
		h.short(0x26)
		h.chip.RemoveAt(h.chip.Elapsed()+us*time.Microsecond, p)
		switch got := h.send([]byte{0x93, 0x20}, 0, 0, false); {
		case got.timer:
			silent++
		case len(got.data) == 5 && got.last == 0 && got.err == 0:
			whole++
		default:
			partial++
		}
		h.settled() // until it has gone, whenever that was
		h.chip.Place(p)
		h.settled()
		h.wantAnswer(h.short(0x26), "\x04\x03")
	}
	if whole == 0 || partial == 0 || silent == 0 {
		t.Errorf("%d whole, %d partial, %d silent: want some of each", whole, partial, silent)
	}
}

// TestLongFrames are longer than the FIFO buffer, both ways.
func TestLongFrames(t *testing.T) {
	h := newHost(t, Config{})
	d, err := picc.NewCard(picc.Content{UID: []byte("1234567")})
	if err != nil {
		t.Fatal(err)
	}
	tape := &picc.Recorder{Card: d}
	h.chip.Place(tape)
	h.ready(5 * time.Millisecond)
	h.write(txModeReg, 0)
	h.write(bitFramingReg, 0)
	h.write(fifoDataReg, make([]byte, 64)...)
	h.write(commandReg, cmdTransceive)
	h.write(comIrqReg, 0x7F)
	h.write(bitFramingReg, 0x80)
	for more := 100; more > 0; {
		if h.read(fifoLevelReg) < 60 {
			h.write(fifoDataReg, 0x11)
			more--
		}
	}
	for h.read(comIrqReg)&irqTx == 0 {
	}
	if n := len(tape.Exchanges); n != 1 || len(tape.Exchanges[0].Sent) != 164*9 {
		t.Fatalf("%d frames, the first of %d bits", n, len(tape.Exchanges[0].Sent))
	}

	big := &picc.Faulty{Card: card(t, "abcd"), Fault: picc.Oversize(198, false)}
	h.chip.Remove(tape)
	h.chip.Place(big)
	h.settled()
	h.write(commandReg, cmdIdle)
	h.write(fifoLevelReg, 0x80)
	h.write(comIrqReg, 0x7F)
	h.write(fifoDataReg, 0x26)
	h.write(commandReg, cmdTransceive)
	h.write(bitFramingReg, 0x87)
	var got []byte
	for h.read(comIrqReg)&irqRx == 0 {
		if h.read(comIrqReg)&irqHiAlert != 0 {
			got = append(got, h.drain()...)
			h.write(comIrqReg, irqHiAlert)
		}
	}
	got = append(got, h.drain()...)
	if len(got) != 200 || h.read(errorReg) != 0 {
		t.Errorf("%d bytes, error %02X", len(got), h.read(errorReg))
	}
}

// TestDESFire goes through the chip to a personalised card.
func TestDESFire(t *testing.T) {
	h := newHost(t, Config{})
	d, err := picc.NewCard(picc.Content{UID: []byte("\x041234567"[:7]), Applications: []picc.Application{{
		AID: picc.AID{1, 2, 3}, Settings: 0x0B, Keys: make([]picc.Key, 2),
		Files: []picc.File{{No: 1, Rights: picc.Rights{Read: 0x0E, Write: 0x0F, ReadWrite: 0x0F}, Data: []byte("bonjour")}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	h.chip.Place(d)
	h.ready(100 * time.Millisecond)
	h.wantAnswer(h.short(0x52), "\x44\x03")
	for _, level := range []byte{0x93, 0x95} {
		cl := h.send([]byte{level, 0x20}, 0, 0, false)
		h.send(append([]byte{level, 0x70}, cl.data...), 0, 0, true)
	}
	h.wantAnswer(h.send([]byte{0xE0, 0x50}, 0, 0, true), "\x06\x75\x77\x81\x02\x80")
	h.settled()
	h.wantAnswer(h.send([]byte("\x02\x90\x5A\x00\x00\x03\x01\x02\x03\x00"), 0, 0, true), "\x02\x91\x00")
	h.wantAnswer(h.send([]byte("\x03\xBD\x01\x00\x00\x00\x00\x00\x00"), 0, 0, true), "\x03\x00bonjour")
	h.wantAnswer(h.send([]byte{0xC2}, 0, 0, true), "\xC2")
}

// TestRealTime waits as long as real hardware would, in a bubble; Close wakes
// who waits for ever.
func TestRealTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, Config{RealTime: true})
		h.ready(50 * time.Millisecond)
		begin := time.Now()
		if got := h.short(0x26); !got.timer {
			t.Error("an empty field answered")
		}
		if took := time.Since(begin); took < 49*time.Millisecond || took > 51*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		var done sync.WaitGroup
		done.Go(func() {
			if h.chip.IRQ().WaitForEdge(-1) {
				t.Error("an edge came from nowhere")
			}
		})
		synctest.Wait()
		if err := h.chip.Close(); err != nil {
			t.Error(err)
		}
		done.Wait()
	})
}

// TestWaiting has one goroutine wait for the edge that another brings about.
func TestWaiting(t *testing.T) {
	for _, real := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			h := newHost(t, Config{RealTime: real, Now: time.Now})
			h.ready(5 * time.Millisecond)
			var done sync.WaitGroup
			done.Go(func() {
				if !h.chip.IRQ().WaitForEdge(-1) {
					t.Error("no edge")
				}
			})
			synctest.Wait()
			h.write(comIrqReg, 0x7F)
			h.write(fifoDataReg, 0x26)
			h.write(commandReg, cmdTransceive)
			h.write(bitFramingReg, 0x87)
			done.Wait()
			done.Go(func() {
				if h.chip.IRQ().WaitForEdge(time.Hour) {
					t.Error("In does not end the waiting")
				}
			})
			synctest.Wait()
			if err := h.chip.IRQ().In(gpio.Float, gpio.FallingEdge); err != nil {
				t.Error(err)
			}
			done.Wait()
		})
	}
}

// TestNoGoroutines: the chip has none of its own.
func TestNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	h := newHost(t, Config{})
	h.chip.Place(card(t, "abcd"))
	h.ready(5 * time.Millisecond)
	h.short(0x26)
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines, were %d", after, before)
	}
}
