package mfrc522

import (
	"errors"
	"slices"
	"sync"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
)

var errUnplugged = errors.New("no such device")

// fake is a chip that says what a test wants it to say: registers hold what
// was written, and a frame that is sent gets the reply of the script. It knows
// nothing of RF; that is the emulator's.
type fake struct {
	mu      sync.Mutex
	regs    [64]byte
	fifo    []byte
	sent    []byte // the last frame
	framing byte   // BitFramingReg when it was sent
	begun   time.Time
	pending *reply
	script  []reply

	aired    bool      // bytes take their time on air, both ways
	began    time.Time // aired: when the FIFO began to empty or to fill
	moved    int       // aired: bytes since then
	incoming []byte    // aired: what is still to be received

	stuck  int           // the line reads only this byte, unless it is negative
	broken bool          // the bus fails
	slow   time.Duration // each transaction that reads takes so long
	failAt int           // the transaction that fails, counted from 1; 0: none
	jammed bool          // StartSend does nothing
	noise  []byte        // what the next reads of the registers of an exchange give
	asleep int           // reads of CommandReg for which the chip is not up yet
	count  int           // transactions
	speed  physic.Frequency
	irq    *gpiotest.Pin // follows IRQ; nil: not wired
	dead   bool          // the wire of irq is cut
}

// reply is what a frame leads to.
type reply struct {
	irq, err, control, coll byte
	data                    []byte
	after                   time.Duration
	loses                   bool // the supply dips: every register is as after a reset
	hangs                   bool // nothing is sent
}

func newFake(script ...reply) *fake {
	f := &fake{script: script, stuck: -1}
	f.powerUp()
	return f
}

func (f *fake) powerUp() {
	f.regs = [64]byte{commandReg: 0x20, comIEnReg: 0x80, comIrqReg: 0x14, modeReg: 0x3F, txControlReg: 0x80,
		waterLevelReg: 8, collReg: 0xA0, rfCfgReg: 0x48, versionReg: 0x92}
	f.fifo, f.pending = nil, nil
}

func (f *fake) String() string               { return "SPI0.0" }
func (f *fake) Duplex() conn.Duplex          { return conn.Full }
func (f *fake) TxPackets([]spi.Packet) error { return errors.ErrUnsupported }
func (f *fake) Connect(speed physic.Frequency, mode spi.Mode, bits int) (spi.Conn, error) {
	if mode != spi.Mode0 || bits != 8 {
		return nil, errors.New("the chip knows mode 0 with 8 bits only")
	}
	f.speed = speed
	return f, nil
}

func (f *fake) Tx(w, r []byte) error {
	if r != nil {
		time.Sleep(f.slow)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	if f.broken || f.count == f.failAt {
		return errUnplugged
	}
	f.step()
	if w[0]&0x80 == 0 {
		for _, v := range w[1:] {
			f.write(register(w[0]>>1), v)
		}
	}
	for i := 1; i < len(r); i++ {
		if r[i] = f.read(register(w[i-1] & 0x7F >> 1)); f.stuck >= 0 {
			r[i] = byte(f.stuck)
		}
	}
	f.drive()
	return nil
}

// step lets the reply happen once its time has come.
func (f *fake) step() {
	if f.aired {
		f.air()
	}
	p := f.pending
	if p == nil || time.Since(f.begun) < p.after {
		return
	}
	f.pending = nil
	if p.loses {
		f.powerUp()
		return
	}
	f.regs[comIrqReg] |= p.irq
	f.regs[errorReg], f.regs[controlReg], f.regs[collReg] = p.err, p.control, p.coll
	f.fifo = slices.Clone(p.data)
}

// air moves as many bytes out of the FIFO, and later into it, as had time.
func (f *fake) air() {
	if f.began.IsZero() {
		return
	}
	for time.Since(f.began) >= time.Duration(f.moved+1)*(airTime(2)-airTime(1)) {
		f.moved++
		switch {
		case f.incoming == nil && len(f.fifo) > 0:
			f.sent, f.fifo = append(f.sent, f.fifo[0]), f.fifo[1:]
		case f.incoming == nil:
			f.regs[comIrqReg] |= irqTx
			f.incoming, f.began, f.moved = f.script[0].data, time.Now(), 0
		case len(f.incoming) > 0 && len(f.fifo) == fifoSize:
			f.regs[errorReg] |= errOverflow
			f.incoming = f.incoming[1:]
		case len(f.incoming) > 0:
			f.fifo, f.incoming = append(f.fifo, f.incoming[0]), f.incoming[1:]
		default:
			f.regs[comIrqReg] |= irqRx
			f.began = time.Time{}
			return
		}
		if fifoSize-len(f.fifo) <= int(f.regs[waterLevelReg]) && f.incoming != nil {
			f.regs[comIrqReg] |= irqHiAlert
		}
	}
}

func (f *fake) read(r register) byte {
	if len(f.noise) > 0 && (r >= comIrqReg && r <= errorReg || r == fifoDataReg || r == fifoLevelReg || r == controlReg || r == collReg) {
		b := f.noise[0]
		f.noise = f.noise[1:]
		return b
	}
	switch r {
	case commandReg:
		if f.asleep > 0 {
			f.asleep--
			return f.regs[r] | powerDown
		}
	case fifoLevelReg:
		return byte(len(f.fifo))
	case fifoDataReg:
		if len(f.fifo) == 0 {
			return 0
		}
		b := f.fifo[0]
		f.fifo = f.fifo[1:]
		return b
	}
	return f.regs[r]
}

func (f *fake) write(r register, v byte) {
	switch r {
	case fifoDataReg:
		f.fifo = append(f.fifo, v)
	case fifoLevelReg:
		f.fifo = nil
	case comIrqReg:
		if v&irqSet != 0 {
			f.regs[r] |= v & irqAll
		} else {
			f.regs[r] &^= v
		}
	case commandReg:
		f.command(v)
	case bitFramingReg:
		if f.regs[r] = v; v&startSend != 0 && f.regs[commandReg] == cmdTransceive && !f.jammed {
			f.send(v)
		}
	case versionReg, errorReg:
	default:
		f.regs[r] = v
	}
}

func (f *fake) command(v byte) {
	f.regs[commandReg] = v
	f.regs[errorReg] &= errTemp
	switch v {
	case cmdSoftReset:
		version := f.regs[versionReg]
		f.powerUp()
		f.regs[versionReg] = version
	case cmdIdle:
		f.pending = nil
	case cmdCalcCRC:
		if want, ok := reference(Version(f.regs[versionReg])); ok && f.regs[autoTestReg] == selfTestEnabled {
			f.fifo = want[:]
		}
	}
}

func (f *fake) send(framing byte) {
	f.framing, f.begun = framing, time.Now()
	if f.aired {
		f.sent, f.incoming, f.began, f.moved = nil, nil, time.Now(), 0
		return
	}
	f.sent, f.fifo = f.fifo, nil
	if len(f.script) == 0 || !f.script[0].hangs {
		f.regs[comIrqReg] |= irqTx
	}
	if len(f.script) > 0 {
		f.pending, f.script = &f.script[0], f.script[1:]
	}
}

// drive lets the pin follow the requests.
func (f *fake) drive() {
	if f.irq == nil || f.dead {
		return
	}
	l := gpio.Level(f.regs[comIrqReg]&f.regs[comIEnReg]&irqAll == 0)
	f.irq.Lock()
	was := f.irq.L
	f.irq.L = l
	f.irq.Unlock()
	if was && !l {
		f.irq.EdgesChan <- l
	}
}
