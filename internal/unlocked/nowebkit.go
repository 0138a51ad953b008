//go:build !webkit

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "unlocked: built without the browser engine; build it with -tags webkit")
	os.Exit(125)
}
