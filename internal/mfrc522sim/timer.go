package mfrc522sim

import (
	"time"

	"guichet.example/internal/picc"
)

// timer is the unit of section 8.5.
type timer struct {
	running bool
	epoch   int
	begin   time.Duration
	reload  int
	tick    int // carrier periods
	value   int // while it stands
}

func (t *timer) stop() {
	t.running = false
	t.epoch++
}

// controlTimer is TStopNow and TStartNow of ControlReg.
func (c *Chip) controlTimer(v byte) {
	if v&0x80 != 0 {
		c.timer.value = c.timerValue()
		c.timer.stop()
	}
	if v&0x40 != 0 {
		c.startTimer()
	}
}

// autoStart is TAuto at the end of a transmission.
func (c *Chip) autoStart() {
	if c.regs[tModeReg]&0x80 != 0 {
		c.startTimer()
	}
}

// autoStop is TAuto at the fifth bit received, unless RxMultiple is set.
func (c *Chip) autoStop() {
	if c.regs[tModeReg]&0x80 != 0 && c.regs[rxModeReg]&0x04 == 0 && c.timer.running {
		c.timer.value = c.timerValue()
		c.timer.stop()
	}
}

// startTimer loads and starts. A tick is 2·TPrescaler+1 periods of 13.56 MHz,
// or +2 with TPrescalEven; it is over after TReload+1 of them.
func (c *Chip) startTimer() {
	t := &c.timer
	t.stop()
	prescaler := int(c.regs[tModeReg]&0x0F)<<8 | int(c.regs[tPrescalerReg])
	t.tick = 2*prescaler + 1
	if c.regs[demodReg]&0x10 != 0 {
		t.tick++
	}
	t.reload = int(c.regs[tReloadRegH])<<8 | int(c.regs[tReloadRegL])
	t.running, t.begin = true, c.now
	epoch := t.epoch
	c.schedule(picc.Periods(t.tick*(t.reload+1)), func() {
		if t.epoch != epoch {
			return
		}
		t.value = 0
		t.stop()
		c.raise(irqTimer)
		if c.regs[tModeReg]&0x10 != 0 { // TAutoRestart
			c.startTimer()
		}
	})
}

// timerValue is what TCounterValReg reads.
func (c *Chip) timerValue() int {
	t := &c.timer
	if !t.running {
		return t.value
	}
	return max(0, t.reload-int((c.now-t.begin)/picc.Periods(t.tick)))
}
