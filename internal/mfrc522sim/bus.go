package mfrc522sim

import (
	"errors"
	"fmt"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
)

// maxSpeed is that of the chip's SPI (section 8.1.2).
const maxSpeed = 10 * physic.MegaHertz

// A BusFault is something wrong between host and chip.
type BusFault struct {
	// Gone: the chip hears nothing, and the host reads Level in every byte.
	Gone  bool
	Level byte
	// Err is what a transfer returns, as when the kernel has lost the bus.
	Err error
	// FlipIn and FlipOut turn one bit over, once: of what the host reads or
	// writes, counted from 1 at the first bit (most significant first) that is
	// transferred from now on. 0 is none.
	FlipIn, FlipOut int
}

// Break puts a fault on the bus; the zero value mends it.
func (c *Chip) Break(f BusFault) {
	defer c.enter()()
	c.bus.fault, c.bus.bits = f, 0
}

// Port is the chip's SPI port. It can be connected once at a time.
func (c *Chip) Port() spi.PortCloser { return &c.bus }

// bus is port and connection.
type bus struct {
	chip      *Chip
	connected bool
	limit     physic.Frequency
	speed     physic.Frequency
	fault     BusFault
	bits      int    // transferred since Break
	kept      []byte // written in a transaction that goes on (KeepCS)
}

func (b *bus) String() string { return "MFRC522.SPI" }

// Close implements io.Closer; the port can be connected again.
func (b *bus) Close() error {
	defer b.chip.enter()()
	b.connected = false
	return nil
}

// LimitSpeed implements spi.PortCloser.
func (b *bus) LimitSpeed(f physic.Frequency) error {
	defer b.chip.enter()()
	if f <= 0 {
		return errors.New("limit the speed of the simulated bus: a speed is above 0")
	}
	b.limit = f
	return nil
}

// Connect implements spi.Port. The chip wants mode 0, eight bits, the most
// significant first (section 8.1.2), and at most 10 MHz.
func (b *bus) Connect(f physic.Frequency, mode spi.Mode, bits int) (spi.Conn, error) {
	defer b.chip.enter()()
	if f == 0 || b.limit != 0 && b.limit < f {
		f = b.limit
	}
	if f == 0 {
		f = maxSpeed
	}
	switch {
	case b.connected:
		return nil, errors.New("connect to the simulated chip: it is connected")
	case mode != spi.Mode0 || bits != 8:
		return nil, fmt.Errorf("connect to the simulated chip: it wants Mode0 and 8 bits, not %v and %d", mode, bits)
	case f > maxSpeed:
		return nil, fmt.Errorf("connect to the simulated chip: %v is above its %v", f, maxSpeed)
	}
	b.connected, b.speed = true, f
	return &connection{b}, nil
}

// connection is what Connect returns.
type connection struct{ *bus }

func (b *connection) Duplex() conn.Duplex { return conn.Full }

// Tx implements conn.Conn.
func (b *connection) Tx(w, r []byte) error { return b.TxPackets([]spi.Packet{{W: w, R: r}}) }

// TxPackets implements spi.Conn.
func (b *connection) TxPackets(packets []spi.Packet) error {
	c := b.chip
	defer c.enter()()
	for _, p := range packets {
		if err := b.packet(p); err != nil {
			return err
		}
	}
	return nil
}

func (b *bus) packet(p spi.Packet) error {
	n := max(len(p.W), len(p.R))
	switch {
	case b.chip.closed || !b.connected:
		return errClosed
	case p.BitsPerWord != 0 && p.BitsPerWord != 8:
		return errors.New("transfer to the simulated chip: it wants 8 bits a word")
	case len(p.W) != 0 && len(p.R) != 0 && len(p.W) != len(p.R):
		return fmt.Errorf("transfer to the simulated chip: %d bytes out, %d in", len(p.W), len(p.R))
	case b.fault.Err != nil:
		return b.fault.Err
	}
	b.chip.skip(b.chip.cfg.Overhead + time.Duration(n)*8*b.speed.Period())
	out, in := make([]byte, n), make([]byte, n)
	copy(out, p.W)
	flip(out, b.fault.FlipOut-b.bits)
	b.transfer(out, in)
	flip(in, b.fault.FlipIn-b.bits)
	b.bits += 8 * n
	b.kept = append(b.kept, out...)
	if !p.KeepCS {
		b.kept = nil
	}
	copy(p.R, in)
	return nil
}

// flip turns over bit n of data, counted from 1, the most significant first.
func flip(data []byte, n int) {
	if n >= 1 && n <= 8*len(data) {
		data[(n-1)/8] ^= 0x80 >> ((n - 1) % 8)
	}
}

// transfer is section 8.1.2: the first byte is an address, its first bit says
// whether to read. A read answers each address in the next byte, so that the
// last byte of the host is nothing but a clock; a write gives all bytes to the
// one register.
func (b *bus) transfer(out, in []byte) {
	c := b.chip
	for i, v := range out {
		switch {
		case b.fault.Gone:
			in[i] = b.fault.Level
			continue
		case c.power.held:
			continue // MISO is not driven; read as 0
		}
		before := len(b.kept) + i
		if before == 0 {
			continue
		}
		first, previous := b.sent(out, 0), b.sent(out, before-1)
		if first&0x80 != 0 {
			in[i] = c.read(previous >> 1 & 0x3F)
		} else {
			c.write(first>>1&0x3F, v)
		}
	}
}

// sent is byte n of the transaction.
func (b *bus) sent(out []byte, n int) byte {
	if n < len(b.kept) {
		return b.kept[n]
	}
	return out[n-len(b.kept)]
}

var (
	_ spi.PortCloser = (*bus)(nil)
	_ spi.Conn       = (*connection)(nil)
)
