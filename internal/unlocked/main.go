//go:build webkit

package main

/*
#cgo pkg-config: gtk+-3.0 webkit2gtk-4.0
#cgo CFLAGS: -Wall -Wno-unused-parameter -Wno-deprecated-declarations
#include <stdlib.h>
#include "browser.h"
*/
import "C"

import (
	"bufio"
	"os"
	"strings"
	"unsafe"

	webview "github.com/webview/webview_go"
)

func main() {
	search := ""
	if len(os.Args) > 1 {
		search = os.Args[1] // where an error page leads who asks
	}
	w := webview.New(true)
	text(search, func(s *C.char) { C.browser_unlock(w.Window(), s) })
	go obey(w) // ends with the standard input, and the program with it
	w.Run()
}

// obey carries out one line after the other.
func obey(w webview.WebView) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		act, rest, _ := strings.Cut(lines.Text(), " ")
		w.Dispatch(func() {
			switch act {
			case "open":
				text(rest, func(s *C.char) { C.browser_open(s) })
			case "close":
				C.browser_close()
			case "tidy":
				C.browser_tidy()
			}
		})
	}
	os.Exit(0)
}

func text(s string, use func(*C.char)) {
	c := C.CString(s)
	defer C.free(unsafe.Pointer(c))
	use(c)
}
