//go:build !webkit

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprint(os.Stderr, `kiosk-view: built without the browser engine. Build it with:
  apt-get install gcc g++ pkg-config libgtk-3-dev libwebkit2gtk-4.1-dev
  PKG_CONFIG_PATH=$PWD/internal/pkgconfig go build -tags webkit -o bin/kiosk-view ./cmd/kiosk-view
`)
	os.Exit(125)
}
