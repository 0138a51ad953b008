//go:build !linux

package main

import (
	"context"
	"errors"
)

// openSPI says that there is none: only Linux has the port as a file.
func openSPI(context.Context, readerFlags) (station, error) {
	return nil, &hintError{errors.New("a reader on an SPI port works under Linux only"),
		"use a USB reader with --reader pcsc, in a kioskctl built with -tags pcsc"}
}
