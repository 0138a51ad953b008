// Package mfrc522sim is an MFRC522 contactless reader chip at the level of its
// registers, behind periph's spi.Port and gpio.PinIO, with an RF field that
// holds software cards of package picc.
//
// It is for tests and for the bench; no real kiosk contains it. It is written
// from the data sheet (NXP MFRC522, rev. 3.9; sections are those of it) and
// shares no code with hw/mfrc522, which it judges.
//
// A Chip has no goroutine of its own. All of it is under one lock: whoever
// calls, from whatever goroutine, first lets everything happen that was due
// until now, then does what it came for. Waiting for an edge of the interrupt
// pin is done in the goroutine that waits. Close wakes it; nothing outlives
// Close. All of this works inside a bubble of testing/synctest.
//
// # Time
//
// The chip's time is the time since New plus what was skipped: a transfer
// skips what its bits take on the bus, and who waits for an edge skips to the
// next thing that happens in the chip (with Config.RealTime it is waited for
// instead). So nothing sleeps, and Elapsed still tells what real hardware
// would have taken: frames at 106 kbit/s, the cards' frame delay times, the
// driver's own pauses and its processor time. With Config.Now fixed the last
// two are left out, and every run takes the same.
package mfrc522sim

import (
	"crypto/rand"
	"errors"
	"io"
	"sync"
	"time"

	"guichet.example/internal/picc"
)

// Config says what chip it is. The zero value is a good one.
type Config struct {
	// Version is VersionReg: 91 or 92 (hexadecimal); 0 is 92.
	Version byte
	// RealTime waits for what happens instead of skipping to it.
	RealTime bool
	// Now is the clock, nil for time.Now.
	Now func() time.Time
	// Overhead is added to each transfer: what the host needs to start one.
	Overhead time.Duration
	// Crystal is how long the oscillator takes to start after a hard reset.
	Crystal time.Duration
	// Rand feeds Generate RandomID; nil is crypto/rand.
	Rand io.Reader
}

// errClosed is what a transfer returns after Close.
var errClosed = errors.New("the simulated chip is closed")

// Chip is the chip, its bus, its pins and its field.
type Chip struct {
	cfg Config

	mu      sync.Mutex
	start   time.Time
	skipped time.Duration
	now     time.Duration // simulated; what was due until then has happened
	events  []event       // ordered by time
	changed chan struct{} // closed when something changes that a waiter looks at
	waiters int
	closed  bool

	field  picc.Field
	placed map[picc.Card]time.Duration // since when in the field

	regs    [64]byte
	fifo    []byte
	memory  [25]byte // the internal buffer
	command byte
	power   power
	coll    coll
	modem   modemState
	epoch   int // of the command: events of an older one are void
	tx      transmission
	rx      *reception
	timer   timer
	crc     coprocessor
	upset   byte // ErrorReg bits that the next reception will have

	irq   irqPin
	reset resetPin
	bus   bus
}

// power is what keeps the chip from working.
type power struct {
	held   bool // NRSTPD is low
	down   bool // soft power-down
	waking bool // the oscillator starts
	epoch  int
}

// event is something that will happen.
type event struct {
	at time.Duration
	do func()
}

// New is a chip after power-on, its antenna off, nothing in its field.
func New(cfg Config) *Chip {
	if cfg.Version == 0 {
		cfg.Version = 0x92
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	c := &Chip{cfg: cfg, start: cfg.Now(), changed: make(chan struct{}), placed: map[picc.Card]time.Duration{}}
	c.irq.chip, c.reset.chip, c.bus.chip = c, c, c
	c.resetRegisters()
	c.irq.level = c.irq.driven()
	return c
}

// Close ends all waiting; transfers fail from now on.
func (c *Chip) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.wake()
	return nil
}

// Elapsed is the chip's time since New.
func (c *Chip) Elapsed() time.Duration {
	defer c.enter()()
	return c.now
}

// Place lays a card on the reader.
func (c *Chip) Place(card picc.Card) {
	defer c.enter()()
	c.place(card)
}

// Remove takes a card away, in the middle of whatever it is saying.
func (c *Chip) Remove(card picc.Card) {
	defer c.enter()()
	c.remove(card)
}

// PlaceAt and RemoveAt do so when the chip's time has come to a moment.
func (c *Chip) PlaceAt(at time.Duration, card picc.Card) {
	defer c.enter()()
	c.schedule(at-c.now, func() { c.place(card) })
}

// RemoveAt is Remove at a moment of the chip's time.
func (c *Chip) RemoveAt(at time.Duration, card picc.Card) {
	defer c.enter()()
	c.schedule(at-c.now, func() { c.remove(card) })
}

// Upset makes the next reception end with these bits of ErrorReg set besides
// its own: for those that no card brings about (WrErr, TempErr, ProtocolErr).
func (c *Chip) Upset(errorBits byte) {
	defer c.enter()()
	c.upset = errorBits
}

func (c *Chip) place(card picc.Card) {
	c.field.Place(c.now, card)
	if _, there := c.placed[card]; !there {
		c.placed[card] = c.now
	}
}

func (c *Chip) remove(card picc.Card) {
	c.field.Remove(c.now, card)
	delete(c.placed, card)
	c.cut(card)
}

// enter takes the lock and lets happen what is due; what it returns lets the
// pin follow and gives the lock back.
func (c *Chip) enter() (leave func()) {
	c.mu.Lock()
	c.catchUp()
	return func() {
		c.settle()
		c.wake()
		c.mu.Unlock()
	}
}

// catchUp brings the chip to the present.
func (c *Chip) catchUp() {
	to := c.cfg.Now().Sub(c.start) + c.skipped
	for len(c.events) > 0 && c.events[0].at <= to {
		e := c.events[0]
		c.events = c.events[1:]
		c.now = max(c.now, e.at)
		e.do()
		c.settle()
	}
	c.now = max(c.now, to)
}

// skip lets simulated time pass.
func (c *Chip) skip(d time.Duration) {
	c.skipped += max(d, 0)
	c.catchUp()
}

// schedule has something happen after a while.
func (c *Chip) schedule(after time.Duration, do func()) {
	e := event{c.now + max(after, 0), do}
	i := len(c.events)
	for i > 0 && c.events[i-1].at > e.at {
		i--
	}
	c.events = append(c.events[:i], append([]event{e}, c.events[i:]...)...)
}

// during schedules a step of the command in hand.
func (c *Chip) during(after time.Duration, do func()) {
	epoch := c.epoch
	c.schedule(after, func() {
		if c.epoch == epoch {
			do()
		}
	})
}

// wake lets who waits look again.
func (c *Chip) wake() {
	if c.waiters == 0 {
		return
	}
	close(c.changed)
	c.changed = make(chan struct{})
}
