package mfrc522

import (
	"fmt"

	"periph.io/x/conn/v3/spi"

	"guichet.example/hw"
)

// bus reads and writes registers. Each method is one transaction on the SPI
// port: what costs time there is the call into the kernel, not the bytes.
type bus struct {
	conn spi.Conn
	// held is what the registers hold that only this driver changes, so that
	// what is there already is not written again; every exchange reads it back.
	held map[register]byte
	// w and r are reused, so that nothing is allocated for a transaction.
	w, r [1 + maxHeld + fifoSize]byte
}

// maxHeld is room for the registers in held.
const maxHeld = 16

// address bytes, section 8.1.2.3.
func readAddress(r register) byte  { return 0x80 | byte(r)<<1 }
func writeAddress(r register) byte { return byte(r) << 1 }

func (b *bus) tx(w, r []byte) error {
	if err := b.conn.Tx(w, r); err != nil {
		return fmt.Errorf("%w: transfer of %d bytes on the SPI bus: %w", hw.ErrGone, len(w), err)
	}
	return nil
}

// write writes values one after another to the same register, section
// 8.1.2.2: one value, or what goes into the FIFO.
func (b *bus) write(r register, values ...byte) error {
	b.w[0] = writeAddress(r)
	n := 1 + copy(b.w[1:], values)
	err := b.tx(b.w[:n], nil)
	clear(b.w[:n]) // may have been a part of a cryptogram
	return err
}

// set writes a register that only the driver changes, unless it holds the
// value already.
func (b *bus) set(r register, value byte) error {
	if held, ok := b.held[r]; ok && held == value {
		return nil
	}
	delete(b.held, r) // unknown, if the write fails
	if err := b.write(r, value); err != nil {
		return err
	}
	b.held[r] = value
	return nil
}

// read reads registers in the given order, and after them n bytes out of the
// FIFO, section 8.1.2.1. What it returns is overwritten by the next
// transaction.
func (b *bus) read(n int, regs ...register) (values, fifo []byte, err error) {
	w := b.w[:0]
	for _, r := range regs {
		w = append(w, readAddress(r))
	}
	for range n {
		w = append(w, readAddress(fifoDataReg))
	}
	w = append(w, 0) // clocks the last answer in
	if err := b.tx(w, b.r[:len(w)]); err != nil {
		return nil, nil, err
	}
	in := b.r[1:len(w)]
	return in[:len(regs)], in[len(regs):], nil
}
