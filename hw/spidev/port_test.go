package spidev

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
)

// kernel is the other side of the ioctl: it keeps what it was given, and gives
// back each byte plus one.
type kernel struct {
	port     *Port
	mode     byte
	sent     []byte
	transfer transfer
	fails    error
}

func (k *kernel) ioctl(_, request uintptr, arg unsafe.Pointer) error {
	if k.fails != nil {
		return k.fails
	}
	switch request {
	case 0x40016B01: // SPI_IOC_WR_MODE
		k.mode = *(*byte)(arg)
	case 0x40206B00: // SPI_IOC_MESSAGE(1)
		k.transfer = *(*transfer)(arg)
		p, n := k.port, k.transfer.length
		if k.transfer.tx != uint64(uintptr(unsafe.Pointer(&p.w))) || k.transfer.rx != uint64(uintptr(unsafe.Pointer(&p.r))) {
			return syscall.EFAULT
		}
		k.sent = bytes.Clone(p.w[:n])
		for i, b := range k.sent {
			p.r[i] = b + 1
		}
	default:
		return syscall.ENOTTY
	}
	return nil
}

func open(t *testing.T, k *kernel) *Port {
	t.Helper()
	path := filepath.Join(t.TempDir(), "spidev0.0")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	k.port, p.ioctl = p, k.ioctl
	t.Cleanup(func() { p.Close() })
	return p
}

func connect(t *testing.T, p *Port) spi.Conn {
	t.Helper()
	c, err := p.Connect(4*physic.MegaHertz, spi.Mode0, 8)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTransferHasTheKernelsForm(t *testing.T) {
	if n := unsafe.Sizeof(transfer{}); n != 32 {
		t.Fatalf("%d bytes, the kernel's has 32", n)
	}
	for name, c := range map[string]struct{ is, want uintptr }{
		"rx_buf": {unsafe.Offsetof(transfer{}.rx), 8}, "len": {unsafe.Offsetof(transfer{}.length), 16},
		"speed_hz": {unsafe.Offsetof(transfer{}.speed), 20}, "delay_usecs": {unsafe.Offsetof(transfer{}.delay), 24},
		"bits_per_word": {unsafe.Offsetof(transfer{}.bits), 26}, "cs_change": {unsafe.Offsetof(transfer{}.csChange), 27},
	} {
		if c.is != c.want {
			t.Errorf("%s is at %d, want %d", name, c.is, c.want)
		}
	}
}

func TestTransfers(t *testing.T) {
	k := &kernel{}
	p := open(t, k)
	c, err := p.Connect(4*physic.MegaHertz, spi.Mode3, 8)
	if err != nil || k.mode != 3 {
		t.Fatal(err, k.mode)
	}
	r := make([]byte, 3)
	if err := c.Tx([]byte{1, 2, 3}, r); err != nil || !bytes.Equal(r, []byte{2, 3, 4}) || !bytes.Equal(k.sent, []byte{1, 2, 3}) {
		t.Errorf("both: sent %x, got %x, %v", k.sent, r, err)
	}
	if k.transfer.speed != 4_000_000 || k.transfer.bits != 8 || k.transfer.csChange != 0 {
		t.Errorf("%+v", k.transfer)
	}
	if err := c.Tx([]byte{9}, nil); err != nil || !bytes.Equal(k.sent, []byte{9}) {
		t.Errorf("out: sent %x, %v", k.sent, err)
	}
	if err := c.Tx(nil, r); err != nil || !bytes.Equal(k.sent, []byte{0, 0, 0}) {
		t.Errorf("in: sent %x, %v", k.sent, err)
	}
	if p.w != [maxTransfer]byte{} || p.r != [maxTransfer]byte{} {
		t.Error("something of a transfer stays in memory")
	}
	if err := p.LimitSpeed(physic.MegaHertz); err != nil {
		t.Fatal(err)
	}
	if err := c.Tx([]byte{9}, nil); err != nil || k.transfer.speed != 1_000_000 {
		t.Errorf("limited: %d Hz, %v", k.transfer.speed, err)
	}
	if err := c.Tx(make([]byte, maxTransfer), make([]byte, maxTransfer)); err != nil {
		t.Error(err)
	}
}

func TestRefused(t *testing.T) {
	k := &kernel{}
	p := open(t, k)
	for _, err := range []error{
		p.LimitSpeed(0), p.LimitSpeed(2 * physic.GigaHertz),
		second(p.Connect(0, spi.Mode0, 8)), second(p.Connect(physic.MegaHertz, spi.Mode0, 9)),
		second(p.Connect(physic.MegaHertz, spi.Mode0|spi.HalfDuplex, 8)),
	} {
		if err == nil || !strings.Contains(err.Error(), "spidev0.0") {
			t.Error(err)
		}
	}
	c := connect(t, p)
	for _, err := range []error{
		second(p.Connect(physic.MegaHertz, spi.Mode0, 8)), c.TxPackets(nil),
		c.Tx(nil, nil), c.Tx(make([]byte, 2), make([]byte, 3)), c.Tx(make([]byte, maxTransfer+1), nil),
	} {
		if err == nil {
			t.Error("no error")
		}
	}
	k.fails = syscall.EIO
	if err := c.Tx([]byte{1}, nil); !errors.Is(err, syscall.EIO) {
		t.Error(err)
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	k.fails = nil
	if err := c.Tx([]byte{1}, nil); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestOpenSaysWhatToDo(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "spidev0.0")); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "dtparam=spi=on") {
		t.Error(err)
	}
}

// A file that is no SPI port is told as soon as it is connected.
func TestNoPort(t *testing.T) {
	p, err := Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Connect(physic.MegaHertz, spi.Mode0, 8); !errors.Is(err, syscall.ENOTTY) {
		t.Error(err)
	}
}
