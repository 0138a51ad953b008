package main

import (
	"context"
	"errors"
	"io"

	"periph.io/x/conn/v3/gpio"

	"guichet.example/hw/mfrc522"
	"guichet.example/hw/periphboard"
	"guichet.example/hw/spidev"
)

// openSPI opens an MFRC522 on this computer's SPI port.
func openSPI(ctx context.Context, f readerFlags) (_ station, err error) {
	port, err := spidev.Open(f.SPI)
	if err != nil {
		return nil, &hintError{err, "connect the MFRC522 and name its port with --spi, or use a USB reader with --reader pcsc"}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, port.Close())
		}
	}()
	var c mfrc522.Config
	if c.Reset, err = f.line(f.Reset); err != nil {
		return nil, err
	}
	if c.Interrupt, err = f.line(f.Interrupt); err != nil {
		return nil, err
	}
	chip, err := mfrc522.Open(ctx, port, c)
	if err != nil {
		return nil, &hintError{err, "check the wires of the MFRC522, and --spi, --chip, --reset and --interrupt"}
	}
	return &chipStation{pcd: chip, close: []io.Closer{chip, port}}, nil
}

// line finds a line of the GPIO chip, nil for none.
func (f readerFlags) line(offset int) (gpio.PinIO, error) {
	if offset < 0 {
		return nil, nil
	}
	pin, err := periphboard.FindPin(periphboard.Line{Chip: f.Chip, Offset: offset})
	if err != nil {
		return nil, &hintError{err, "name the GPIO chip with --chip and its lines with --reset and --interrupt"}
	}
	return pin, nil
}
