//go:build webkit && !unwrapped

package main

// The linker sends webview_go's call of webkit_web_view_new to our own
// constructor in engine.c. The tag unwrapped leaves this out, so that a test
// can see that such a program refuses to run.

// #cgo LDFLAGS: -Wl,--wrap=webkit_web_view_new
import "C"
