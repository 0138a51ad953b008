package mfrc522

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/conntest"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
	"periph.io/x/conn/v3/spi/spitest"

	"guichet.example/hw/badge"
)

// The sequences are written out byte by byte, from the data sheet: a write is
// the address shifted by one and its values, a read the addresses with bit 7
// set, and the answers come one byte later.
func opening() []conntest.IO {
	return []conntest.IO{
		{W: []byte{0x82, 0xEE, 0x00}, R: []byte{0x00, 0x20, 0x92}}, // CommandReg, VersionReg
		{W: []byte{0x02, 0x00}}, // CommandReg: Idle
		{W: []byte{0x1A, 0x00}}, // BitFramingReg
		{W: []byte{0x04, 0xAB}}, // ComIEnReg: inverted; Rx, HiAlert, Err, Timer
		{W: []byte{0x06, 0x00}}, // DivIEnReg: open drain
		{W: []byte{0x16, 0x10}}, // WaterLevelReg 16
		{W: []byte{0x1C, 0x00}}, // CollReg
		{W: []byte{0x22, 0x3D}}, // ModeReg: CRC preset 6363
		{W: []byte{0x24, 0x00}}, // TxModeReg
		{W: []byte{0x26, 0x08}}, // RxModeReg: RxNoErr
		{W: []byte{0x28, 0x80}}, // TxControlReg: antenna off
		{W: []byte{0x2A, 0x40}}, // TxASKReg: Force100ASK
		{W: []byte{0x4C, 0x48}}, // RFCfgReg: 33 dB
		{W: []byte{0x54, 0x80}}, // TModeReg: TAuto
		{W: []byte{0x56, 0x00}}, // TPrescalerReg
		{W: []byte{0x58, 0x55}}, // TReloadReg, high
		{W: []byte{0x5A, 0xAA}}, // TReloadReg, low
		collected(0x00, 0x08, 0x80, 0x00, 0x55, 0xAA),
	}
}

func playback(ops ...[]conntest.IO) *spitest.Playback {
	p := &spitest.Playback{Playback: conntest.Playback{DontPanic: true}}
	for _, o := range ops {
		p.Ops = append(p.Ops, o...)
	}
	return p
}

func TestOpenByteByByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		softReset := []conntest.IO{{W: []byte{0x02, 0x0F}}}
		closing := []conntest.IO{{W: []byte{0x28, 0x80}}}
		p := playback(softReset, opening(), closing)
		c, err := Open(t.Context(), p, Config{})
		if err != nil {
			t.Fatal(err)
		}
		if c.Version() != Version2 {
			t.Errorf("version %v", c.Version())
		}
		for range 2 {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestOpenWithResetPinByteByByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reset := &gpiotest.Pin{N: "GPIO25", Num: 25}
		p := playback(opening(), []conntest.IO{{W: []byte{0x28, 0x80}}})
		c, err := Open(t.Context(), p, Config{Reset: reset})
		if err != nil {
			t.Fatal(err)
		}
		if reset.L != gpio.High {
			t.Error("the chip is held in reset")
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if reset.L != gpio.Low {
			t.Error("a closed chip is not held in reset")
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}

// collected is every setting read back, and bytes of the FIFO.
func collected(txMode, rxMode, txControl, prescaler, reloadHi, reloadLo byte, fifo ...byte) conntest.IO {
	w := []byte{0x82, 0x9A, 0x84, 0x86, 0x96, 0x9C, 0xA2, 0xA4, 0xA6, 0xA8, 0xAA, 0xCC, 0xD4, 0xD6, 0xD8, 0xDA}
	for range fifo {
		w = append(w, 0x92)
	}
	r := []byte{0x00, 0x00, 0x00, 0xAB, 0x00, 0x10, 0x20, 0x3D, txMode, rxMode, txControl, 0x40, 0x48, 0x80, prescaler, reloadHi, reloadLo}
	return conntest.IO{W: append(w, 0x00), R: append(r, fifo...)}
}

// A REQA (a short frame of 7 bits) and its ATQA, then a frame with checksum:
// only what differs is set again.
func TestTransceiveByteByByte(t *testing.T) {
	status := []byte{0x88, 0x8C, 0x94, 0x98, 0x9C, 0xA8, 0x00} // ComIrq, Error, FIFOLevel, Control, Coll, TxControl
	stop := []conntest.IO{{W: []byte{0x02, 0x00}}, {W: []byte{0x1A, 0x00}}}
	p := playback([]conntest.IO{{W: []byte{0x02, 0x0F}}}, opening(),
		[]conntest.IO{
			{W: []byte{0x28, 0x83}}, // TxControlReg: antenna on
			collected(0x00, 0x08, 0x83, 0x00, 0x55, 0xAA),
			// 100 µs are 1356 periods, and 640 for the first bits: 1996 - 1 = 0x07CB, prescaler 0
			{W: []byte{0x58, 0x07}}, {W: []byte{0x5A, 0xCB}},
			{W: []byte{0x14, 0x80}}, // FIFOLevelReg: flush
			{W: []byte{0x12, 0x26}}, // FIFODataReg: REQA
			{W: []byte{0x08, 0x7F}}, // ComIrqReg: clear all
			{W: []byte{0x02, 0x0C}}, // CommandReg: Transceive
			{W: []byte{0x1A, 0x87}}, // BitFramingReg: StartSend, 7 bits
			{W: status, R: []byte{0x00, 0x44, 0x00, 0x00, 0x00, 0x20, 0x83}},
			{W: status, R: []byte{0x00, 0x64, 0x00, 0x02, 0x00, 0x20, 0x83}}, // RxIRq, 2 bytes
		}, stop, []conntest.IO{
			collected(0x00, 0x08, 0x83, 0x00, 0x07, 0xCB, 0x44, 0x03),
			// 5 ms are 67 800 periods and 640: prescaler 1, 22 814 - 1 = 0x591D
			{W: []byte{0x24, 0x80}}, {W: []byte{0x26, 0x88}}, // TxModeReg, RxModeReg: CRC
			{W: []byte{0x56, 0x01}}, {W: []byte{0x58, 0x59}}, {W: []byte{0x5A, 0x1D}},
			{W: []byte{0x14, 0x80}}, {W: []byte{0x12, 0xE0, 0x50}}, {W: []byte{0x08, 0x7F}},
			{W: []byte{0x02, 0x0C}}, {W: []byte{0x1A, 0x80}},
			{W: status, R: []byte{0x00, 0x64, 0x00, 0x06, 0x00, 0x20, 0x83}},
		}, stop, []conntest.IO{
			collected(0x80, 0x88, 0x83, 0x01, 0x59, 0x1D, 0x06, 0x75, 0x77, 0x81, 0x02, 0x80),
			{W: []byte{0x28, 0x80}}, // closed
		})
	synctest.Test(t, func(t *testing.T) {
		c, err := Open(t.Context(), p, Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Field(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		a, err := c.Transceive(t.Context(), badge.Frame{Data: []byte{0x26}, LastBits: 7, Wait: 100 * time.Microsecond})
		if err != nil || !bytes.Equal(a.Data, []byte{0x44, 0x03}) || a.LastBits != 0 || a.Collision != 0 {
			t.Errorf("ATQA: %+v, %v", a, err)
		}
		a, err = c.Transceive(t.Context(), badge.Frame{Data: []byte{0xE0, 0x50}, CRC: true, Wait: 5 * time.Millisecond})
		if err != nil || !bytes.Equal(a.Data, []byte{0x06, 0x75, 0x77, 0x81, 0x02, 0x80}) {
			t.Errorf("ATS: %+v, %v", a, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}
