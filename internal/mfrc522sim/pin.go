package mfrc522sim

import (
	"errors"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
)

// IRQ is the chip's interrupt pin, as the host sees it.
func (c *Chip) IRQ() gpio.PinIO { return &c.irq }

// NRSTPD is the chip's reset and power-down pin, as the host drives it. It is
// high until somebody drives it.
func (c *Chip) NRSTPD() gpio.PinIO { return &c.reset }

// irqPin follows ComIEnReg and DivIEnReg (sections 9.3.1.3 and 9.3.1.4).
type irqPin struct {
	chip  *Chip
	pull  gpio.Pull
	edge  gpio.Edge
	level gpio.Level
	seen  bool // an edge since the last WaitForEdge
	setup int  // counts In
}

// driven is the level on the wire. With an open drain only low is driven; high
// needs the host's pull-up, and without one the line is low.
func (p *irqPin) driven() gpio.Level {
	c := p.chip
	inverted := c.regs[comIEnReg]&0x80 != 0
	high := c.interrupting() != inverted
	off := c.power.held || c.power.down
	if c.regs[divIEnReg]&0x80 == 0 || off {
		return gpio.Level((high || off) && p.pull == gpio.PullUp)
	}
	return gpio.Level(high)
}

// settle lets the pin follow.
func (c *Chip) settle() {
	p := &c.irq
	level := p.driven()
	if level == p.level {
		return
	}
	p.level = level
	if p.edge == gpio.BothEdges || p.edge == gpio.RisingEdge && bool(level) || p.edge == gpio.FallingEdge && !bool(level) {
		p.seen = true
	}
}

// In implements gpio.PinIn.
func (p *irqPin) In(pull gpio.Pull, edge gpio.Edge) error {
	defer p.chip.enter()()
	if pull != gpio.PullNoChange {
		p.pull = pull
	}
	p.level = p.driven()
	p.edge, p.seen = edge, false
	p.setup++
	return nil
}

// Read implements gpio.PinIn.
func (p *irqPin) Read() gpio.Level {
	defer p.chip.enter()()
	return p.driven()
}

// WaitForEdge implements gpio.PinIn. It skips to what happens next in the
// chip; where nothing will happen by itself, it really waits.
func (p *irqPin) WaitForEdge(timeout time.Duration) bool {
	c := p.chip
	c.mu.Lock()
	defer c.mu.Unlock()
	c.catchUp()
	c.settle()
	setup, end := p.setup, c.now+timeout
	for {
		switch {
		case p.setup != setup || c.closed:
			return false
		case p.seen:
			p.seen = false
			return true
		case timeout >= 0 && c.now >= end:
			return false
		}
		wait := time.Duration(-1)
		if timeout >= 0 {
			wait = end - c.now
		}
		known := len(c.events) > 0
		if known && (wait < 0 || c.events[0].at-c.now < wait) {
			wait = c.events[0].at - c.now
		}
		if known && !c.cfg.RealTime {
			c.skip(wait)
			c.mu.Unlock() // others may come in between: a timer can restart for ever
			c.mu.Lock()
		} else if over := c.pause(wait); over && !c.cfg.RealTime {
			c.skip(end - c.now) // where the clock stands
		}
		c.catchUp()
		c.settle()
	}
}

// pause gives the lock away until something changes or a time is over, and
// says whether it is; below 0 is for ever.
func (c *Chip) pause(d time.Duration) (over bool) {
	changed := c.changed
	c.waiters++
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.waiters--
	}()
	if d < 0 {
		<-changed
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-changed:
		return false
	case <-t.C:
		return true
	}
}

var (
	errInput  = errors.New("the chip drives this pin")
	errOutput = errors.New("the chip does not drive this pin")
	errPWM    = errors.New("no PWM on this pin")
)

func (p *irqPin) Pull() gpio.Pull {
	defer p.chip.enter()()
	return p.pull
}
func (p *irqPin) DefaultPull() gpio.Pull                { return gpio.Float }
func (p *irqPin) Out(gpio.Level) error                  { return errInput }
func (p *irqPin) PWM(gpio.Duty, physic.Frequency) error { return errPWM }
func (p *irqPin) String() string                        { return "MFRC522.IRQ" }
func (p *irqPin) Name() string                          { return "MFRC522.IRQ" }
func (p *irqPin) Number() int                           { return -1 }
func (p *irqPin) Function() string                      { return "In" }
func (p *irqPin) Halt() error                           { return p.In(gpio.PullNoChange, gpio.NoEdge) }

// resetPin is NRSTPD: low switches the chip off, the rising edge resets it
// (section 8.8).
type resetPin struct{ chip *Chip }

// Out implements gpio.PinOut.
func (p *resetPin) Out(l gpio.Level) error {
	c := p.chip
	defer c.enter()()
	held := !bool(l)
	if held == c.power.held {
		return nil
	}
	c.power.held = held
	c.resetRegisters()
	c.memory = [25]byte{}
	c.power.down = false
	if !held {
		c.starting(c.cfg.Crystal + wakeUp)
	}
	return nil
}

// Read implements gpio.PinIn: what is driven now.
func (p *resetPin) Read() gpio.Level {
	defer p.chip.enter()()
	return gpio.Level(!p.chip.power.held)
}

func (p *resetPin) In(gpio.Pull, gpio.Edge) error         { return errOutput }
func (p *resetPin) WaitForEdge(time.Duration) bool        { return false }
func (p *resetPin) Pull() gpio.Pull                       { return gpio.PullUp }
func (p *resetPin) DefaultPull() gpio.Pull                { return gpio.PullUp }
func (p *resetPin) PWM(gpio.Duty, physic.Frequency) error { return errPWM }
func (p *resetPin) String() string                        { return "MFRC522.NRSTPD" }
func (p *resetPin) Name() string                          { return "MFRC522.NRSTPD" }
func (p *resetPin) Number() int                           { return -1 }
func (p *resetPin) Function() string                      { return "Out" }
func (p *resetPin) Halt() error                           { return nil }

var (
	_ gpio.PinIO = (*irqPin)(nil)
	_ gpio.PinIO = (*resetPin)(nil)
)
