package mfrc522sim

import (
	"io"
	"time"

	"guichet.example/internal/picc"
)

// Commands (section 10.3).
const (
	cmdIdle             = 0x0
	cmdMem              = 0x1
	cmdGenerateRandomID = 0x2
	cmdCalcCRC          = 0x3
	cmdTransmit         = 0x4
	cmdNoCmdChange      = 0x7
	cmdReceive          = 0x8
	cmdTransceive       = 0xC
	cmdMFAuthent        = 0xE
	cmdSoftReset        = 0xF
)

// modemState is ModemState of Status2Reg.
type modemState byte

const (
	modemIdle         modemState = 0
	modemWaitSend     modemState = 1 // for StartSend
	modemTxWait       modemState = 2 // for the RF field
	modemTransmitting modemState = 3
	modemRxWait       modemState = 4
	modemWaitData     modemState = 5
	modemReceiving    modemState = 6
)

// wakeUp is 1024 clocks of 27.12 MHz (section 8.8.2).
const wakeUp = 37740 * time.Nanosecond

// writeCommand starts and stops commands, and power-down.
func (c *Chip) writeCommand(v byte) {
	if v&0x0F == cmdSoftReset && !c.power.down {
		c.resetRegisters()
		c.starting(wakeUp)
		return
	}
	c.regs[commandReg] = v & 0x20 // RcvOff
	switch {
	case v&0x10 != 0:
		c.stopCommand()
		c.command = cmdIdle
		c.power.down = true
		c.antenna()
		return
	case c.power.down:
		c.power.down = false
		c.starting(wakeUp)
		return
	}
	if v&0x0F != cmdNoCmdChange {
		c.begin(v & 0x0F)
	}
}

// starting is the time until the chip is ready; until then PowerDown reads 1.
func (c *Chip) starting(after time.Duration) {
	c.power.waking = true
	c.power.epoch++
	epoch := c.power.epoch
	c.antenna()
	c.schedule(after, func() {
		if c.power.epoch == epoch && !c.power.held {
			c.power.waking = false
			c.antenna()
		}
	})
}

// begin starts a command; the one before is cancelled. Starting one clears all
// errors but TempErr (section 9.3.1.7).
func (c *Chip) begin(command byte) {
	c.stopCommand()
	c.command = command
	if command != cmdIdle {
		c.regs[errorReg] &= errTemp
	}
	switch command {
	case cmdIdle:
	case cmdMem:
		c.mem()
		c.terminate()
	case cmdGenerateRandomID:
		_, _ = io.ReadFull(c.cfg.Rand, c.memory[:10]) // a dry source leaves what was there
		c.terminate()
	case cmdCalcCRC:
		c.startCRC()
	case cmdTransmit:
		c.transmit()
	case cmdReceive:
		c.listen(nil, c.now)
	case cmdTransceive:
		c.modem = modemWaitSend
	case cmdMFAuthent:
		c.mfAuthent()
	default:
		c.terminate() // unknown: Idle, with IdleIRq (section 9.3.1.5)
	}
}

// stopCommand leaves nothing of the command in hand.
func (c *Chip) stopCommand() {
	c.epoch++
	c.modem, c.rx = modemIdle, nil
	c.crc.busy = false
}

// terminate is a command that ends by itself.
func (c *Chip) terminate() {
	c.stopCommand()
	c.command = cmdIdle
	c.raise(irqIdle)
}

// mem moves 25 bytes from the FIFO buffer to the internal one, or back when
// the FIFO buffer is empty (section 10.3.1.2).
func (c *Chip) mem() {
	if len(c.fifo) == 0 {
		for _, b := range c.memory {
			c.push(b)
		}
		return
	}
	for i := range c.memory {
		c.memory[i] = c.pop()
	}
}

// mfAuthent takes its twelve bytes and calls for a card that knows Crypto1.
// There is none: it goes on until the host ends it, by the timer.
func (c *Chip) mfAuthent() {
	if len(c.fifo) < 12 {
		c.fail(errProtocol)
		c.terminate()
		return
	}
	for range 12 {
		c.pop()
	}
	c.modem = modemTransmitting
	c.during(picc.Periods(128*(4*9+2)), func() {
		c.raise(irqTx)
		c.modem = modemWaitData
		c.autoStart()
	})
}
