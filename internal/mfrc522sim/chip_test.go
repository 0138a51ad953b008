package mfrc522sim

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
)

// TestResetValues is section 9.3.
func TestResetValues(t *testing.T) {
	h := newHost(t, Config{})
	all := map[byte]byte{
		0x01: 0x20, 0x02: 0x80, 0x03: 0x00, 0x04: 0x14, 0x05: 0x00, 0x06: 0x00, 0x07: 0x21, 0x08: 0x00, 0x0A: 0x00,
		0x0B: 0x08, 0x0C: 0x10, 0x0D: 0x00, 0x0E: 0xA0, 0x11: 0x3F, 0x12: 0x00, 0x13: 0x00, 0x14: 0x80, 0x15: 0x00,
		0x16: 0x10, 0x17: 0x84, 0x18: 0x84, 0x19: 0x4D, 0x1C: 0x62, 0x1D: 0x00, 0x1F: 0xEB, 0x21: 0xFF, 0x22: 0xFF,
		0x24: 0x26, 0x26: 0x48, 0x27: 0x88, 0x28: 0x20, 0x29: 0x20, 0x2A: 0x00, 0x2B: 0x00, 0x2C: 0x00, 0x2D: 0x00,
		0x31: 0x00, 0x32: 0x00, 0x33: 0x80, 0x34: 0x00, 0x36: 0x40, 0x37: 0x92, 0x38: 0x00,
	}
	check := func() {
		t.Helper()
		for addr, want := range all {
			if got := h.read(addr); got != want && addr != 0x0E || addr == 0x0E && got&0xE0 != want {
				t.Errorf("register %02X is %02X, want %02X", addr, got, want)
			}
		}
	}
	check()
	for _, addr := range []byte{comIEnReg, modeReg, txASKReg, tModeReg, demodReg, waterLevelReg} {
		h.write(addr, 0x55)
	}
	h.write(fifoDataReg, 1, 2, 3)
	h.write(commandReg, cmdSoftReset)
	if h.read(commandReg)&0x10 == 0 {
		t.Error("PowerDown does not read 1 while the chip starts")
	}
	h.write(modeReg, 0x11) // too early
	for h.read(commandReg)&0x10 != 0 {
	}
	check()
}

// TestBus is section 8.1.2, on the wire.
func TestBus(t *testing.T) {
	h := newHost(t, Config{})
	if got := h.tx([]byte{0xEE, 0x88, 0x82, 0x00}); !bytes.Equal(got[1:], []byte{0x92, 0x14, 0x20}) {
		t.Errorf("VersionReg, ComIrqReg and CommandReg in one read: %X", got)
	}
	h.tx([]byte{0x12, 0xAA, 0xBB, 0xCC}) // FIFODataReg
	h.want(fifoLevelReg, 3)
	if got := h.drain(); !bytes.Equal(got, []byte{0xAA, 0xBB, 0xCC}) {
		t.Errorf("FIFO buffer: %X", got)
	}
	packets := []spi.Packet{{W: []byte{0x80 | versionReg<<1}, KeepCS: true}, {W: []byte{0}, R: make([]byte, 1)}}
	if err := h.conn.TxPackets(packets); err != nil || packets[1].R[0] != 0x92 {
		t.Errorf("a read in two packets: %X, %v", packets[1].R, err)
	}
	before := h.chip.Elapsed()
	h.tx(make([]byte, 10))
	if took := h.chip.Elapsed() - before; took != 8*time.Microsecond {
		t.Errorf("10 bytes at 10 MHz took %v", took)
	}
}

func TestConnect(t *testing.T) {
	c := New(Config{})
	defer func() { _ = c.Close() }()
	for _, bad := range []struct {
		f    physic.Frequency
		mode spi.Mode
		bits int
	}{{11 * physic.MegaHertz, spi.Mode0, 8}, {physic.MegaHertz, spi.Mode1, 8}, {physic.MegaHertz, spi.Mode0, 16}} {
		if _, err := c.Port().Connect(bad.f, bad.mode, bad.bits); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
	conn, err := c.Port().Connect(0, spi.Mode0, 8)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Port().Connect(0, spi.Mode0, 8); err == nil {
		t.Error("a second connection was made")
	}
	if err := conn.Tx(make([]byte, 2), make([]byte, 3)); err == nil {
		t.Error("lengths that differ were taken")
	}
	_ = c.Close()
	if err := conn.Tx(make([]byte, 2), nil); err == nil {
		t.Error("a closed chip answers")
	}
}

func TestBusFaults(t *testing.T) {
	h := newHost(t, Config{})
	for _, level := range []byte{0x00, 0xFF} {
		h.chip.Break(BusFault{Gone: true, Level: level})
		h.want(versionReg, level)
		h.write(modeReg, 0x3D)
	}
	h.chip.Break(BusFault{})
	h.want(modeReg, 0x3F)
	h.chip.Break(BusFault{FlipIn: 16})
	h.want(versionReg, 0x93)
	h.want(versionReg, 0x92)
	h.chip.Break(BusFault{FlipOut: 9})
	h.write(modeReg, 0x3D)
	h.want(modeReg, 0xBD)
	lost := errors.New("lost")
	h.chip.Break(BusFault{Err: lost})
	if err := h.conn.Tx([]byte{0}, nil); !errors.Is(err, lost) {
		t.Errorf("error %v", err)
	}
}

func TestFIFO(t *testing.T) {
	h := newHost(t, Config{})
	h.write(comIrqReg, 0x7F)
	h.write(fifoDataReg, make([]byte, 55)...)
	h.want(status1Reg, 0x20) // neither alert: 8 is the water level
	h.write(fifoDataReg, 0)
	h.want(status1Reg, 0x22)
	h.want(comIrqReg, irqHiAlert)
	h.write(fifoDataReg, make([]byte, 8)...)
	h.want(fifoLevelReg, 64)
	h.want(errorReg, 0)
	h.write(fifoDataReg, 0x77)
	h.want(errorReg, errOverflow)
	h.want(comIrqReg, irqHiAlert|irqErr)
	h.write(fifoLevelReg, 0x80)
	h.want(errorReg, 0)
	h.want(fifoLevelReg, 0)
	h.write(comIrqReg, 0x7F)
	h.write(fifoDataReg, make([]byte, 9)...)
	h.want(comIrqReg, 0)
	h.read(fifoDataReg)
	h.want(comIrqReg, irqLoAlert)
}

// TestInterruptPin is sections 9.3.1.3 to 9.3.1.6: Set1, inversion and drive.
func TestInterruptPin(t *testing.T) {
	h := newHost(t, Config{})
	irq := h.chip.IRQ()
	h.write(comIrqReg, 0x7F)
	if err := irq.In(gpio.PullUp, gpio.FallingEdge); err != nil {
		t.Fatal(err)
	}
	level := func(want gpio.Level) {
		t.Helper()
		if got := irq.Read(); got != want {
			t.Fatalf("the pin is %v, want %v", got, want)
		}
	}
	level(gpio.High) // open drain, pulled up
	h.write(comIEnReg, 0x80|irqTx)
	h.write(comIrqReg, 0x80|irqTx)
	h.want(comIrqReg, irqTx)
	h.want(status1Reg, 0x31)
	level(gpio.Low)
	if !irq.WaitForEdge(0) || irq.WaitForEdge(0) {
		t.Error("want one edge")
	}
	h.write(comIrqReg, irqTx)
	level(gpio.High)
	if err := irq.In(gpio.Float, gpio.RisingEdge); err != nil {
		t.Fatal(err)
	}
	level(gpio.Low)           // nobody pulls it up
	h.write(divIEnReg, 0x80)  // push-pull
	level(gpio.High)          // idle, inverted
	h.write(comIEnReg, irqTx) // not inverted
	level(gpio.Low)           // idle
	h.write(comIrqReg, 0x80|irqTx)
	level(gpio.High)
	h.write(comIEnReg, 0)
	level(gpio.Low)
	h.write(divIEnReg, 0x80|irqCRC)
	h.write(divIrqReg, 0x80|irqCRC)
	level(gpio.High)
}

func TestCRC(t *testing.T) {
	h := newHost(t, Config{})
	calculate := func(mode byte, data ...byte) uint16 {
		h.write(modeReg, mode)
		h.write(commandReg, cmdIdle)
		h.write(divIrqReg, irqCRC)
		h.write(fifoLevelReg, 0x80)
		h.write(fifoDataReg, data...)
		h.write(commandReg, cmdCalcCRC)
		for h.read(divIrqReg)&irqCRC == 0 {
		}
		return uint16(h.read(crcResultRegH))<<8 | uint16(h.read(crcResultRegL))
	}
	if got := calculate(0x3D, 0x12, 0x34); got != 0xCF26 { // ISO/IEC 14443-3, annex B
		t.Errorf("preset 6363: %04X", got)
	}
	if got := calculate(0x3C, []byte("123456789")...); got != 0x2189 { // CRC-16/KERMIT
		t.Errorf("preset 0000: %04X", got)
	}
	if got := calculate(0x3F, []byte("123456789")...); got != 0x6F91 { // CRC-16/MCRF4XX
		t.Errorf("preset FFFF: %04X", got)
	}
	if got := calculate(0x3D, 0x50, 0x00, 0x57, 0xCD); got != 0 {
		t.Errorf("over its own checksum: %04X", got)
	}
	if h.read(status1Reg)&0x60 != 0x60 {
		t.Error("CRCOk and CRCReady are not set")
	}
	h.write(fifoDataReg, 0x01) // CalcCRC goes on
	if got := h.read(fifoLevelReg); got != 0 {
		t.Errorf("%d bytes left", got)
	}
}

// TestSelfTest is section 16.1.1, step by step, and with a step left out.
func TestSelfTest(t *testing.T) {
	for _, version := range []byte{0x91, 0x92} {
		h := newHost(t, Config{Version: version})
		run := func() []byte {
			h.write(autoTestReg, 0x09)
			h.write(fifoDataReg, 0x00)
			h.write(commandReg, cmdCalcCRC)
			for h.read(fifoLevelReg) < 64 {
			}
			return h.drain()
		}
		clear := func() {
			h.write(commandReg, cmdSoftReset)
			for h.read(commandReg)&0x10 != 0 {
			}
			h.write(fifoDataReg, make([]byte, 25)...)
			h.write(commandReg, cmdMem)
		}
		want := selfTestBytes(version)
		clear()
		if got := run(); !bytes.Equal(got, want[:]) {
			t.Errorf("version %02X: %X", version, got)
		}
		clear()
		h.write(fifoDataReg, bytes.Repeat([]byte{1}, 25)...)
		h.write(commandReg, cmdMem)
		if got := run(); bytes.Equal(got, want[:]) {
			t.Error("a buffer that was not cleared makes no difference")
		}
		h.want(versionReg, version)
	}
}

func TestMem(t *testing.T) {
	h := newHost(t, Config{Rand: bytes.NewReader([]byte("0123456789"))})
	h.write(fifoDataReg, bytes.Repeat([]byte{0xEE}, 25)...)
	h.write(commandReg, cmdMem)
	h.want(fifoLevelReg, 0)
	h.write(commandReg, cmdGenerateRandomID)
	h.write(commandReg, cmdMem)
	if got := h.drain(); string(got) != "0123456789"+string(bytes.Repeat([]byte{0xEE}, 15)) {
		t.Errorf("internal buffer %X", got)
	}
	h.write(comIrqReg, 0x7F)
	h.write(commandReg, cmdIdle)
	h.want(comIrqReg, 0) // the host's own Idle is no IdleIRq
	h.write(commandReg, 0x0D)
	h.want(comIrqReg, irqIdle)
}

// TestTimer is section 8.5: (2·TPrescaler+1)·(TReload+1)/13.56 MHz.
func TestTimer(t *testing.T) {
	h := newHost(t, Config{})
	for _, c := range []struct {
		hi, lo, rh, rl, demod byte
		want                  time.Duration
	}{
		{0x0D, 0x3E, 0x00, 0x1E, 0x4D, 15506 * time.Microsecond}, // prescaler D3E, reload 30
		{0x00, 0xA9, 0x03, 0xE8, 0x4D, 25024 * time.Microsecond}, // A9: 25 µs a tick
		{0x00, 0xA9, 0x03, 0xE8, 0x5D, 25098 * time.Microsecond}, // even
	} {
		h.write(tModeReg, c.hi)
		h.write(tPrescalerReg, c.lo)
		h.write(tReloadRegH, c.rh)
		h.write(tReloadRegL, c.rl)
		h.write(demodReg, c.demod)
		h.write(divIEnReg, 0x80)
		h.write(comIEnReg, 0x80|irqTimer)
		h.write(comIrqReg, 0x7F)
		if err := h.chip.IRQ().In(gpio.Float, gpio.FallingEdge); err != nil {
			t.Fatal(err)
		}
		h.write(controlReg, 0x40)
		begin := h.chip.Elapsed()
		if h.read(status1Reg)&0x08 == 0 {
			t.Error("TRunning is not set")
		}
		if h.chip.IRQ().WaitForEdge(10 * time.Millisecond) {
			t.Error("too early")
		}
		if !h.chip.IRQ().WaitForEdge(time.Second) {
			t.Fatal("no interrupt")
		}
		if took := h.chip.Elapsed() - begin; took < c.want-5*time.Microsecond || took > c.want+5*time.Microsecond {
			t.Errorf("%v, want %v", took, c.want)
		}
		h.want(tCounterValReL, 0)
	}
	h.write(controlReg, 0x40)
	h.write(controlReg, 0x80)
	if h.read(status1Reg)&0x08 != 0 || h.read(tCounterValReH) != 0x03 {
		t.Error("TStopNow")
	}
}

func TestPower(t *testing.T) {
	h := newHost(t, Config{Crystal: time.Millisecond})
	h.write(modeReg, 0x3D)
	if err := h.chip.NRSTPD().Out(gpio.Low); err != nil {
		t.Fatal(err)
	}
	h.want(versionReg, 0)
	if err := h.chip.NRSTPD().Out(gpio.High); err != nil {
		t.Fatal(err)
	}
	begin := h.chip.Elapsed()
	for h.read(commandReg)&0x10 != 0 {
	}
	if took := h.chip.Elapsed() - begin; took < time.Millisecond {
		t.Errorf("it was ready after %v", took)
	}
	h.want(modeReg, 0x3F)
	h.write(commandReg, 0x10)
	h.want(commandReg, 0x10)
	h.write(modeReg, 0x3D) // no clock
	h.write(commandReg, 0x00)
	for h.read(commandReg)&0x10 != 0 {
	}
	h.want(modeReg, 0x3F)
}

// FuzzBus writes anything to the chip with a card in its field.
func FuzzBus(f *testing.F) {
	f.Add([]byte{0x02, 0x0C, 0x12, 0x26, 0x1A, 0x87})
	f.Add([]byte{0x28, 0x83, 0x2A, 0x40, 0x12, 0x52, 0x02, 0x0C, 0x1A, 0x87, 0x82, 0x00})
	f.Add([]byte{0x6C, 0x09, 0x02, 0x03})
	f.Fuzz(func(t *testing.T, data []byte) {
		h := newHost(t, Config{})
		h.chip.Place(card(t, "abcd"))
		for len(data) > 1 {
			n := 2 + int(data[0])%3
			n = min(n, len(data))
			h.tx(data[:n])
			data = data[n:]
			h.chip.IRQ().WaitForEdge(0)
			h.tx(make([]byte, 64))
		}
		if err := h.chip.NRSTPD().Out(gpio.Low); err != nil {
			t.Fatal(err)
		}
		_ = h.chip.NRSTPD().Out(gpio.High)
		h.settled()
		h.want(versionReg, 0x92)
	})
}
