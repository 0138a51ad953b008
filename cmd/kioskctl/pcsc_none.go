//go:build !pcsc

package main

import "errors"

const defaultReader = "spi"

// openPCSC says how to get a kioskctl that has PC/SC. It needs a C library,
// and the default build has none.
func openPCSC(readerFlags) (station, error) {
	return nil, &hintError{errors.New("this kioskctl was built without PC/SC"),
		"install libpcsclite-dev and gcc, then: CGO_ENABLED=1 go build -tags pcsc ./cmd/kioskctl"}
}
