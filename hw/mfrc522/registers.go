package mfrc522

// register is an address of the chip, section 9.2. On the bus it is shifted by
// one, section 8.1.2.3.
type register byte

// Page 0, command and status (section 9.3.1).
const (
	commandReg    register = 0x01 // 9.3.1.2
	comIEnReg     register = 0x02 // 9.3.1.3
	divIEnReg     register = 0x03 // 9.3.1.4
	comIrqReg     register = 0x04 // 9.3.1.5
	divIrqReg     register = 0x05 // 9.3.1.6
	errorReg      register = 0x06 // 9.3.1.7
	fifoDataReg   register = 0x09 // 9.3.1.10
	fifoLevelReg  register = 0x0A // 9.3.1.11
	waterLevelReg register = 0x0B // 9.3.1.12
	controlReg    register = 0x0C // 9.3.1.13
	bitFramingReg register = 0x0D // 9.3.1.14
	collReg       register = 0x0E // 9.3.1.15
)

// Page 1, communication (section 9.3.2).
const (
	modeReg      register = 0x11 // 9.3.2.2
	txModeReg    register = 0x12 // 9.3.2.3
	rxModeReg    register = 0x13 // 9.3.2.4
	txControlReg register = 0x14 // 9.3.2.5
	txASKReg     register = 0x15 // 9.3.2.6
)

// Page 2, configuration (section 9.3.3).
const (
	rfCfgReg      register = 0x26 // 9.3.3.6
	tModeReg      register = 0x2A // 9.3.3.10
	tPrescalerReg register = 0x2B // 9.3.3.10
	tReloadHiReg  register = 0x2C // 9.3.3.11
	tReloadLoReg  register = 0x2D // 9.3.3.11
)

// Page 3, test (section 9.3.4).
const (
	autoTestReg register = 0x36 // 9.3.4.7
	versionReg  register = 0x37 // 9.3.4.8
)

// Commands for the low four bits of CommandReg, section 10.3.
const (
	cmdIdle       = 0x00 // ends what is under way
	cmdMem        = 0x01 // moves 25 bytes from the FIFO to the internal buffer
	cmdCalcCRC    = 0x03 // with the self-test enabled: performs it
	cmdTransceive = 0x0C // sends the FIFO's content, then receives
	cmdSoftReset  = 0x0F
)

// Bits of CommandReg, section 9.3.1.2.
const powerDown = 1 << 4 // reads 1 until the chip is up after a reset

// Bits of ComIEnReg and ComIrqReg, sections 9.3.1.3 and 9.3.1.5. Those of the
// first pass the ones of the second on to the pin IRQ.
const (
	irqInverted = 1 << 7 // ComIEnReg: the pin is low when an enabled bit is set
	irqSet      = 1 << 7 // ComIrqReg: write 1 to set the marked bits, 0 to clear them
	irqTx       = 1 << 6 // the last bit was sent
	irqRx       = 1 << 5 // the end of an answer was received
	irqIdle     = 1 << 4 // the command ended by itself
	irqHiAlert  = 1 << 3 // the FIFO is nearly full
	irqErr      = 1 << 1 // a bit of ErrorReg is set
	irqTimer    = 1 << 0 // the timer reached 0: no answer began in time
	irqAll      = 0x7F
)

// Bits of ErrorReg, section 9.3.1.7.
const (
	errWrite     = 1 << 7 // the FIFO was written between the last bit sent and the last one received
	errTemp      = 1 << 6 // overheated: the chip has switched the antenna off
	errOverflow  = 1 << 4 // the FIFO was full and more came
	errCollision = 1 << 3
	errCRC       = 1 << 2
	errParity    = 1 << 1
	errProtocol  = 1 << 0 // the answer's start is malformed
	errAll       = errWrite | errTemp | errOverflow | errCollision | errCRC | errParity | errProtocol
)

// Bits of FIFOLevelReg, section 9.3.1.11.
const (
	fifoFlush = 1 << 7
	fifoLevel = 0x7F // bytes in the FIFO
)

// fifoSize is the number of bytes the FIFO holds, section 8.3.
const fifoSize = 64

// Bits of ControlReg and BitFramingReg, sections 9.3.1.13 and 9.3.1.14.
const (
	rxLastBits = 0x07 // ControlReg: valid bits of the last byte received, 0 = 8
	startSend  = 1 << 7
	rxAlignPos = 4 // BitFramingReg: bits 6 to 4; TxLastBits are bits 2 to 0
)

// Bits of CollReg, section 9.3.1.15.
const (
	valuesAfterColl = 1 << 7 // 0: bits after a collision are cleared
	collPosNotValid = 1 << 5 // no collision, or after the 32nd bit
	collPos         = 0x1F   // 1 = first bit, 0 = 32nd
)

// Bits of TxModeReg and RxModeReg, sections 9.3.2.3 and 9.3.2.4. Their speed
// bits are 0: 106 kbit/s.
const (
	crcEnabled = 1 << 7
	rxNoErr    = 1 << 3 // less than 4 bits are taken for noise and the receiver goes on
)

// Bits of TxControlReg, section 9.3.2.5.
const (
	antennaOff = 0x80        // InvTx2RFOn, the value after a reset
	antennaOn  = 0x80 | 0x03 // and Tx1RFEn, Tx2RFEn: both drivers carry the field
)

// Values of other registers.
const (
	crcPreset6363   = 0x3D // ModeReg 9.3.2.2: as after a reset, but CRCPreset = 01 (ISO/IEC 14443-3 CRC_A)
	force100ASK     = 0x40 // TxASKReg 9.3.2.6
	timerAuto       = 0x80 // TModeReg 9.3.3.10: starts with the end of what is sent, stops with the fifth bit received
	selfTestEnabled = 0x09 // AutoTestReg, section 16.1.1
	openDrain       = 0x00 // DivIEnReg 9.3.1.4: IRQPushPull = 0
)
