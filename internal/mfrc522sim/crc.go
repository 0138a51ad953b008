package mfrc522sim

import (
	"math/bits"

	"guichet.example/internal/picc"
)

// coprocessor is the CRC coprocessor (section 8.6): the polynomial of
// ISO/IEC 14443-3, presets by ModeReg.
type coprocessor struct {
	busy  bool
	ready bool
	value uint16
}

func (c *Chip) msbFirst() bool { return c.regs[modeReg]&0x80 != 0 }

func (x *coprocessor) add(b byte, msbFirst bool) {
	if msbFirst {
		b = bits.Reverse8(b)
	}
	x.value ^= uint16(b)
	for range 8 {
		odd := x.value & 1
		x.value >>= 1
		if odd != 0 {
			x.value ^= 0x8408
		}
	}
}

// result is CRCResultReg; with MSBFirst each of its bytes is turned round.
func (x *coprocessor) result(msbFirst bool) uint16 {
	if !msbFirst {
		return x.value
	}
	return uint16(bits.Reverse8(byte(x.value>>8)))<<8 | uint16(bits.Reverse8(byte(x.value)))
}

// startCRC is CalcCRC, which goes on until another command, or the self-test.
func (c *Chip) startCRC() {
	if c.regs[autoTestReg]&0x0F == 0x09 {
		c.selfTest()
		return
	}
	c.crc.value = [...]uint16{0x0000, 0x6363, 0xA671, 0xFFFF}[c.regs[modeReg]&3]
	if len(c.fifo) > 0 {
		c.feedCRC()
	}
}

// feedCRC takes bytes as long as there are any: one in eight clocks.
func (c *Chip) feedCRC() {
	if c.crc.busy {
		return
	}
	c.crc.busy, c.crc.ready = true, false
	c.during(picc.Periods(8), c.stepCRC)
}

func (c *Chip) stepCRC() {
	if len(c.fifo) > 0 {
		c.crc.add(c.pop(), c.msbFirst())
	}
	if len(c.fifo) > 0 {
		c.during(picc.Periods(8), c.stepCRC)
		return
	}
	c.crc.busy, c.crc.ready = false, true
	c.regs[divIrqReg] |= irqCRC
}

// selfTestPeriods is how long the self-test takes here; the data sheet does
// not say.
const selfTestPeriods = 64 * 64

// selfTest fills the FIFO buffer with the bytes of section 16.1.1, if the host
// has prepared it as told there: the internal buffer and the FIFO buffer with
// nothing but zeros. What else comes out is not said; it is wrong.
func (c *Chip) selfTest() {
	wrong := byte(0)
	for _, b := range append(c.memory[:], c.fifo...) {
		wrong |= b
	}
	if len(c.fifo) != 1 {
		wrong |= 0x80
	}
	c.fifo = nil
	c.crc.ready = false
	c.during(picc.Periods(selfTestPeriods), func() {
		for _, b := range selfTestBytes(c.cfg.Version) {
			c.push(b ^ wrong)
		}
		c.crc.ready = true
		c.regs[divIrqReg] |= irqCRC
	})
}

func selfTestBytes(version byte) [64]byte {
	if version == 0x91 {
		return [64]byte{
			0x00, 0xC6, 0x37, 0xD5, 0x32, 0xB7, 0x57, 0x5C, 0xC2, 0xD8, 0x7C, 0x4D, 0xD9, 0x70, 0xC7, 0x73,
			0x10, 0xE6, 0xD2, 0xAA, 0x5E, 0xA1, 0x3E, 0x5A, 0x14, 0xAF, 0x30, 0x61, 0xC9, 0x70, 0xDB, 0x2E,
			0x64, 0x22, 0x72, 0xB5, 0xBD, 0x65, 0xF4, 0xEC, 0x22, 0xBC, 0xD3, 0x72, 0x35, 0xCD, 0xAA, 0x41,
			0x1F, 0xA7, 0xF3, 0x53, 0x14, 0xDE, 0x7E, 0x02, 0xD9, 0x0F, 0xB5, 0x5E, 0x25, 0x1D, 0x29, 0x79,
		}
	}
	return [64]byte{
		0x00, 0xEB, 0x66, 0xBA, 0x57, 0xBF, 0x23, 0x95, 0xD0, 0xE3, 0x0D, 0x3D, 0x27, 0x89, 0x5C, 0xDE,
		0x9D, 0x3B, 0xA7, 0x00, 0x21, 0x5B, 0x89, 0x82, 0x51, 0x3A, 0xEB, 0x02, 0x0C, 0xA5, 0x00, 0x49,
		0x7C, 0x84, 0x4D, 0xB3, 0xCC, 0xD2, 0x1B, 0x81, 0x5D, 0x48, 0x76, 0xD5, 0x71, 0x61, 0x21, 0xA9,
		0x86, 0x96, 0x83, 0x38, 0xCF, 0x9D, 0x5B, 0x6D, 0xDC, 0x15, 0xBA, 0x3E, 0x7D, 0x95, 0x3B, 0x2F,
	}
}
