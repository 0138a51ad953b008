// Package spidev is an SPI port of the Linux kernel, /dev/spidev0.0, as
// periph's spi.PortCloser.
//
// It may be imported by programs and by tests. It takes the place of periph's
// own sysfs package, which with its import registers every pin of the board a
// second time, under names that clash with those of gpioioctl.
package spidev

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
)

// maxTransfer is the longest transaction in bytes: the kernel's default for
// the parameter bufsiz of its module spidev.
const maxTransfer = 4096

// Port is an open SPI port with its chip select. It may be used by several
// goroutines.
type Port struct {
	path  string
	file  *os.File
	ioctl func(fd, request uintptr, arg unsafe.Pointer) error

	mu        sync.Mutex
	limit     physic.Frequency // of LimitSpeed
	speed     physic.Frequency // of Connect
	connected bool
	// The kernel is given addresses of these, which are on the heap and stay
	// where they are.
	transfer transfer
	w, r     [maxTransfer]byte
}

var (
	_ spi.PortCloser = (*Port)(nil)
	_ spi.Conn       = (*connection)(nil)
	_ conn.Limits    = (*connection)(nil)
)

// Open opens a port, for instance "/dev/spidev0.0".
func Open(path string) (*Port, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("open SPI port: %w: switch SPI on, on a Pi by dtparam=spi=on in config.txt", err)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("open SPI port: %w: run as root, or as a user of the group spi", err)
	case err != nil:
		return nil, fmt.Errorf("open SPI port: %w", err)
	}
	return &Port{path: path, file: file, ioctl: ioctl}, nil
}

// String returns the port's path.
func (p *Port) String() string { return p.path }

// Close closes the port; its connection fails from then on.
func (p *Port) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) { // closed before: no matter
		return fmt.Errorf("close SPI port: %w", err)
	}
	return nil
}

// LimitSpeed sets the fastest clock that the wires bear.
func (p *Port) LimitSpeed(f physic.Frequency) error {
	if f < physic.Hertz || f > physic.GigaHertz {
		return fmt.Errorf("limit speed of %s: %v is not 1 Hz to 1 GHz", p.path, f)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limit = f
	return nil
}

// Connect sets the mode; a port is connected once. It knows full duplex with
// the kernel's chip select, the most significant bit first, and words of 8
// bits.
func (p *Port) Connect(f physic.Frequency, mode spi.Mode, bits int) (spi.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.connected:
		return nil, fmt.Errorf("connect to %s: it is connected already", p.path)
	case mode&^spi.Mode3 != 0 || bits != 8:
		return nil, fmt.Errorf("connect to %s: %v with %d bits is not one of Mode0 to Mode3 with 8", p.path, mode, bits)
	case f < physic.Hertz || f > physic.GigaHertz:
		return nil, fmt.Errorf("connect to %s: %v is not 1 Hz to 1 GHz", p.path, f)
	}
	m := byte(mode)
	if err := p.control(writeMode, unsafe.Pointer(&m)); err != nil {
		return nil, fmt.Errorf("connect to %s: set %v: %w", p.path, mode, err)
	}
	p.speed, p.connected = f, true
	return &connection{p}, nil
}

// connection is what Connect returns.
type connection struct{ *Port }

// Duplex implements conn.Conn.
func (c *connection) Duplex() conn.Duplex { return conn.Full }

// MaxTxSize implements conn.Limits.
func (c *connection) MaxTxSize() int { return maxTransfer }

// TxPackets implements spi.Conn. Nobody here needs several packets in one
// transaction.
func (c *connection) TxPackets([]spi.Packet) error {
	return fmt.Errorf("transfer packets on %s: %w", c.path, errors.ErrUnsupported)
}

// Tx sends w and receives r at the same time; where both are given they are of
// one length.
func (c *connection) Tx(w, r []byte) error {
	n := max(len(w), len(r))
	if n == 0 || n > maxTransfer || len(w) != 0 && len(r) != 0 && len(w) != len(r) {
		return fmt.Errorf("transfer on %s: %d bytes out and %d in", c.path, len(w), len(r))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.w[copy(c.w[:], w):n])
	speed := c.speed
	if c.limit != 0 {
		speed = min(speed, c.limit)
	}
	c.transfer = transfer{
		tx: uint64(uintptr(unsafe.Pointer(&c.w))), rx: uint64(uintptr(unsafe.Pointer(&c.r))),
		length: uint32(n), speed: uint32(speed / physic.Hertz), bits: 8,
	}
	err := c.control(message, unsafe.Pointer(&c.transfer))
	copy(r, c.r[:n])
	clear(c.w[:n])
	clear(c.r[:n])
	if err != nil {
		return fmt.Errorf("transfer on %s: %w", c.path, err)
	}
	return nil
}

// control calls the kernel while the file is surely open.
func (p *Port) control(request uintptr, arg unsafe.Pointer) error {
	raw, err := p.file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = p.ioctl(fd, request, arg) }); err != nil {
		return os.ErrClosed // Control has no other reason
	}
	return failed
}

// transfer is struct spi_ioc_transfer of linux/spi/spidev.h.
type transfer struct {
	tx, rx    uint64 // addresses of the buffers
	length    uint32
	speed     uint32 // Hz
	delay     uint16
	bits      uint8
	csChange  uint8
	txBits    uint8
	rxBits    uint8
	wordDelay uint8
	_         uint8
}

// Requests of linux/spi/spidev.h, by the scheme of asm-generic/ioctl.h: write,
// size, 'k', number.
const (
	message   = 1<<30 | 32<<16 | 'k'<<8    // SPI_IOC_MESSAGE(1), number 0
	writeMode = 1<<30 | 1<<16 | 'k'<<8 | 1 // SPI_IOC_WR_MODE
)

func ioctl(fd, request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}
