package mfrc522_test

import (
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"

	"guichet.example/hw/badge"
	"guichet.example/hw/mfrc522"
	"guichet.example/internal/mfrc522sim"
	"guichet.example/internal/picc"
)

// These tests hold the driver against a chip that was written from the data
// sheet by itself, and cards that were written from the standards.

// counter is an SPI port that counts what passes.
type counter struct {
	spi.Port
	transactions, bytes int
}

func (c *counter) Connect(f physic.Frequency, m spi.Mode, bits int) (spi.Conn, error) {
	conn, err := c.Port.Connect(f, m, bits)
	return &counted{conn, c}, err
}

type counted struct {
	spi.Conn
	c *counter
}

func (c *counted) Tx(w, r []byte) error {
	c.c.transactions++
	c.c.bytes += max(len(w), len(r))
	return c.Conn.Tx(w, r)
}

// rig is a driver on an emulated chip.
type rig struct {
	*mfrc522.Chip
	sim *mfrc522sim.Chip
	bus *counter
}

// wirings are the ways in which the pins may be there.
var wirings = []string{"alone", "with reset", "with interrupt", "with both"}

func newRig(t testing.TB, wiring string, sim mfrc522sim.Config, cards ...picc.Card) *rig {
	t.Helper()
	r := &rig{sim: mfrc522sim.New(sim)}
	t.Cleanup(func() { r.sim.Close() })
	r.bus = &counter{Port: r.sim.Port()}
	var c mfrc522.Config
	if wiring == "with reset" || wiring == "with both" {
		c.Reset = r.sim.NRSTPD()
	}
	if wiring == "with interrupt" || wiring == "with both" {
		c.Interrupt = r.sim.IRQ()
	}
	var err error
	if r.Chip, err = mfrc522.Open(t.Context(), r.bus, c); err != nil {
		t.Fatal(err)
	}
	for _, card := range cards {
		r.sim.Place(card)
	}
	if err := r.Field(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	return r
}

// each runs a test for every wiring, in simulated time.
func each(t *testing.T, test func(t *testing.T, wiring string)) {
	for _, w := range wirings {
		t.Run(w, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, w) })
		})
	}
}

// echo is a card that returns what it hears, or an answer of its own.
type echo struct {
	heard  []byte
	answer func(data []byte) picc.Frame // nil: echo, with a checksum
	delay  time.Duration
}

func (e *echo) Power(time.Duration, bool) {}
func (e *echo) Receive(_ time.Duration, f picc.Frame) (picc.Reply, bool) {
	d := f.Decode(0)
	e.heard = d.Data
	r := picc.Reply{Frame: picc.Encode(d.Data, 0), Delay: max(e.delay, picc.Periods(1236))}
	if e.answer != nil {
		r.Frame = e.answer(d.Data)
	}
	return r, len(r.Frame) > 0
}

func typeA(t testing.TB, uid ...byte) *picc.TypeA {
	t.Helper()
	c, err := picc.New(picc.Config{UID: uid})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var wupa = badge.Frame{Data: []byte{0x52}, LastBits: 7, Wait: time.Millisecond}
