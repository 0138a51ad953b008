package mfrc522sim

// Registers (section 9.2).
const (
	commandReg     = 0x01
	comIEnReg      = 0x02
	divIEnReg      = 0x03
	comIrqReg      = 0x04
	divIrqReg      = 0x05
	errorReg       = 0x06
	status1Reg     = 0x07
	status2Reg     = 0x08
	fifoDataReg    = 0x09
	fifoLevelReg   = 0x0A
	waterLevelReg  = 0x0B
	controlReg     = 0x0C
	bitFramingReg  = 0x0D
	collReg        = 0x0E
	modeReg        = 0x11
	txModeReg      = 0x12
	rxModeReg      = 0x13
	txControlReg   = 0x14
	txASKReg       = 0x15
	rxSelReg       = 0x17
	demodReg       = 0x19
	mfRxReg        = 0x1D
	crcResultRegH  = 0x21
	crcResultRegL  = 0x22
	tModeReg       = 0x2A
	tPrescalerReg  = 0x2B
	tReloadRegH    = 0x2C
	tReloadRegL    = 0x2D
	tCounterValReH = 0x2E
	tCounterValReL = 0x2F
	autoTestReg    = 0x36
	versionReg     = 0x37
)

// Bits of ComIrqReg and ComIEnReg.
const (
	irqTx      = 0x40
	irqRx      = 0x20
	irqIdle    = 0x10
	irqHiAlert = 0x08
	irqLoAlert = 0x04
	irqErr     = 0x02
	irqTimer   = 0x01
	irqAll     = 0x7F

	irqCRC    = 0x04 // DivIrqReg
	irqMfin   = 0x10
	divIrqAll = irqCRC | irqMfin
)

// Bits of ErrorReg.
const (
	errWr       = 0x80
	errTemp     = 0x40
	errOverflow = 0x10
	errColl     = 0x08
	errCRC      = 0x04
	errParity   = 0x02
	errProtocol = 0x01
)

const fifoSize = 64

// resetValues are those of section 9.3. What the data sheet leaves undefined
// is 0, but for CollReg.
func resetValues() [64]byte {
	return [64]byte{
		commandReg: 0x20, comIEnReg: 0x80, comIrqReg: irqIdle | irqLoAlert, status1Reg: 0x21,
		waterLevelReg: 0x08, controlReg: 0x10, collReg: 0xA0, modeReg: 0x3F, txControlReg: 0x80,
		0x16: 0x10, rxSelReg: 0x84, 0x18: 0x84, demodReg: 0x4D, 0x1C: 0x62, 0x1F: 0xEB,
		crcResultRegH: 0xFF, crcResultRegL: 0xFF, 0x23: 0x88, 0x24: 0x26, 0x25: 0x87, 0x26: 0x48,
		0x27: 0x88, 0x28: 0x20, 0x29: 0x20, 0x33: 0x80, autoTestReg: 0x40,
	}
}

// writable are the bits that the host can store; registers with a life of
// their own are left out and written by write.
func writable(addr byte) byte {
	switch addr {
	case divIEnReg:
		return 0x80 | divIrqAll
	case waterLevelReg:
		return 0x3F
	case comIEnReg, modeReg, txModeReg, rxModeReg, txControlReg, txASKReg, 0x16, rxSelReg, 0x18, demodReg,
		0x1C, mfRxReg, 0x1F, 0x24, 0x26, 0x27, 0x28, 0x29, tModeReg, tPrescalerReg, tReloadRegH, tReloadRegL,
		0x31, 0x32, 0x33, 0x34, autoTestReg, 0x38, 0x39, 0x3A:
		return 0xFF
	}
	return 0
}

// coll is what CollReg tells of a reception.
type coll struct {
	pos    int  // 1 is the first bit
	beyond bool // there was one after bit 32
}

// resetRegisters is what a reset does, hard or soft: the internal buffer stays.
func (c *Chip) resetRegisters() {
	c.stopCommand()
	c.regs = resetValues()
	c.fifo = nil
	c.command, c.coll, c.modem = cmdIdle, coll{}, modemIdle
	c.timer.stop()
	c.crc = coprocessor{ready: true, value: 0xFFFF}
	c.antenna()
}

// read is one register read on the bus.
func (c *Chip) read(addr byte) byte {
	switch addr {
	case commandReg:
		v := c.regs[commandReg]&0x20 | c.command
		if c.power.down || c.power.waking {
			v |= 0x10
		}
		return v
	case status1Reg:
		return c.status1()
	case status2Reg:
		return c.regs[status2Reg]&0xC8 | byte(c.modem)
	case fifoDataReg:
		return c.pop()
	case fifoLevelReg:
		return byte(len(c.fifo))
	case collReg:
		return c.regs[collReg]&0x80 | c.coll.register()
	case crcResultRegH:
		return byte(c.crc.result(c.msbFirst()) >> 8)
	case crcResultRegL:
		return byte(c.crc.result(c.msbFirst()))
	case tCounterValReH:
		return byte(c.timerValue() >> 8)
	case tCounterValReL:
		return byte(c.timerValue())
	case versionReg:
		return c.cfg.Version
	}
	return c.regs[addr]
}

// register is CollPosNotValid and CollPos: 0 is the 32nd bit.
func (x coll) register() byte {
	if x.pos == 0 || x.beyond {
		return 0x20
	}
	return byte(x.pos & 0x1F)
}

func (c *Chip) status1() byte {
	v := byte(0)
	if c.crc.ready {
		v |= 0x20
		if c.crc.value == 0 {
			v |= 0x40
		}
	}
	if c.interrupting() {
		v |= 0x10
	}
	if c.timer.running {
		v |= 0x08
	}
	if c.hiAlert() {
		v |= 0x02
	}
	if c.loAlert() {
		v |= 0x01
	}
	return v
}

func (c *Chip) hiAlert() bool { return fifoSize-len(c.fifo) <= int(c.regs[waterLevelReg]) }
func (c *Chip) loAlert() bool { return len(c.fifo) <= int(c.regs[waterLevelReg]) }

func (c *Chip) interrupting() bool {
	return c.regs[comIrqReg]&c.regs[comIEnReg]&irqAll != 0 || c.regs[divIrqReg]&c.regs[divIEnReg]&divIrqAll != 0
}

// write is one register write on the bus.
func (c *Chip) write(addr, v byte) {
	if c.power.waking || c.power.down && addr != commandReg {
		return // no clock
	}
	switch addr {
	case commandReg:
		c.writeCommand(v)
	case comIrqReg:
		c.regs[comIrqReg] = set1(c.regs[comIrqReg], v, irqAll)
	case divIrqReg:
		c.regs[divIrqReg] = set1(c.regs[divIrqReg], v, divIrqAll)
	case status2Reg:
		c.regs[status2Reg] = v&0xC0 | c.regs[status2Reg]&v&0x08
	case fifoDataReg:
		c.writeFIFO(v)
	case fifoLevelReg:
		if v&0x80 != 0 { // FlushBuffer
			c.fifo = nil
			c.regs[errorReg] &^= errOverflow
		}
	case controlReg:
		c.controlTimer(v)
	case bitFramingReg:
		c.regs[bitFramingReg] = v & 0x77
		if v&0x80 != 0 {
			c.startSend()
		}
	case collReg:
		c.regs[collReg] = v & 0x80
	default:
		mask := writable(addr)
		c.regs[addr] = c.regs[addr]&^mask | v&mask
		if addr == txControlReg {
			c.antenna()
		}
	}
}

// set1 sets or clears the marked bits of an interrupt register, as its first
// bit says.
func set1(have, v, mask byte) byte {
	if v&0x80 != 0 {
		return have | v&mask
	}
	return have &^ (v & mask)
}

// raise sets an interrupt request.
func (c *Chip) raise(bits byte) { c.regs[comIrqReg] |= bits }

// fail sets bits of ErrorReg.
func (c *Chip) fail(bits byte) {
	if bits == 0 {
		return
	}
	c.regs[errorReg] |= bits
	c.raise(irqErr)
	if bits&errTemp != 0 { // the drivers are switched off by the chip itself
		c.regs[txControlReg] &^= 0x03
		c.antenna()
	}
}

// push adds a byte to the FIFO buffer.
func (c *Chip) push(v byte) {
	if len(c.fifo) >= fifoSize {
		c.fail(errOverflow)
		return
	}
	was := c.hiAlert()
	c.fifo = append(c.fifo, v)
	if !was && c.hiAlert() {
		c.raise(irqHiAlert)
	}
}

// pop takes a byte from the FIFO buffer, 0 when there is none.
func (c *Chip) pop() byte {
	if len(c.fifo) == 0 {
		return 0
	}
	was := c.loAlert()
	v := c.fifo[0]
	c.fifo = c.fifo[1:]
	if !was && c.loAlert() {
		c.raise(irqLoAlert)
	}
	return v
}

// writeFIFO is the host's write: wrong between the last bit sent and the last
// one received, and during MFAuthent (WrErr).
func (c *Chip) writeFIFO(v byte) {
	if c.modem >= modemRxWait || c.command == cmdMFAuthent {
		c.fail(errWr)
		return
	}
	c.push(v)
	if c.command == cmdCalcCRC {
		c.feedCRC()
	}
}

// antenna follows TxControlReg and the power: off resets every card.
func (c *Chip) antenna() {
	on := c.regs[txControlReg]&0x03 != 0 && !c.power.held && !c.power.down && !c.power.waking
	if on == c.field.On() {
		return
	}
	c.field.Switch(c.now, on)
	if !on {
		c.cut(nil)
		return
	}
	for card := range c.placed {
		c.placed[card] = c.now
	}
	if c.modem == modemTxWait {
		c.transmit()
	}
}
