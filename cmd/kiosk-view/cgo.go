//go:build webkit

package main

/*
#cgo pkg-config: gtk+-3.0 webkit2gtk-4.0
#cgo CFLAGS: -Wall -Wno-unused-parameter
#include <stdlib.h>
#include <string.h>
#include "ui.h"
#include "input.h"
#include "engine.h"
*/
import "C"

import (
	"runtime/cgo"
	"strings"

	"guichet.example/kiosk/view/wire"
)

// What C calls. Each handle holds the Go value it was made of.

//export kioskCall
func kioskCall(handle C.uintptr_t) { cgo.Handle(handle).Value().(func())() }

//export kioskRelease
func kioskRelease(handle C.uintptr_t) { cgo.Handle(handle).Delete() }

//export kioskTick
func kioskTick(handle C.uintptr_t) C.int {
	cgo.Handle(handle).Value().(func())()
	return 1
}

//export kioskTouch
func kioskTouch(handle C.uintptr_t) { cgo.Handle(handle).Value().(*loop).touch() }

//export kioskKey
func kioskKey(handle C.uintptr_t, down C.int, code, key, state C.uint) C.int {
	l := cgo.Handle(handle).Value().(*loop)
	if l.win != nil && (l.padKey(down != 0, uint(code), uint(key)) || l.scrollKey(down != 0, uint(key))) {
		return 0
	}
	if down == 0 {
		return toC(l.keys.release(uint(code)))
	}
	return toC(l.keys.press(uint(code), uint(key), uint(state), character(uint(key))))
}

// character is what a key symbol types, 0 for nothing.
func character(key uint) rune { return rune(C.gdk_keyval_to_unicode(C.guint(key))) }

//export kioskEngine
func kioskEngine(handle C.uintptr_t, kind C.int, a *C.char, n C.int) C.int {
	l := cgo.Handle(handle).Value().(*loop)
	if l.win == nil {
		return 0
	}
	switch kind {
	case C.EV_NAVIGATE:
		return toC(l.mayNavigate(short(a)))
	case C.EV_URI:
		l.at(short(a), n != 0)
	case C.EV_COMING:
		l.comes(n != 0)
	case C.EV_LOADED:
		l.loaded()
	case C.EV_FAILED:
		l.failed([...]trouble{troubleNetwork, troubleTLS, troubleDenied, troubleLogin}[n])
	case C.EV_TERMINATED:
		l.ended(terminations[n])
	case C.EV_REFUSED:
		[...]func(){func() { l.refused("link") }, func() { l.refused("download") }, l.openTray, l.print,
			func() { l.refused("popup") }}[n]()
	case C.EV_HISTORY:
		l.history(n != 0)
	case C.EV_TOP:
		l.over(int(n))
	case C.EV_PONG:
		l.pong(int(n))
	case C.EV_MASKED:
		l.maskDrawn(int(n))
	}
	return 1
}

//export kioskDialog
func kioskDialog(handle C.uintptr_t, kind C.int, uri, message, preset *C.char) C.int {
	l := cgo.Handle(handle).Value().(*loop)
	if l.win == nil {
		return 0
	}
	if kind < 0 {
		l.forget()
		return 0
	}
	return toC(l.ask(pageDialog{Host: hostOf(short(uri)), Text: short(message), Preset: short(preset),
		Cancel: kind != C.WEBKIT_SCRIPT_DIALOG_ALERT, Entry: kind == C.WEBKIT_SCRIPT_DIALOG_PROMPT,
		Leave: kind == C.WEBKIT_SCRIPT_DIALOG_BEFORE_UNLOAD_CONFIRM}))
}

// terminations are the reasons of WebKit in its order.
var terminations = [...]wire.PageEvent{wire.PageCrashed, wire.PageMemory}

// maxText is how much of a page's text or address is looked at, in bytes. Pages
// make them of a hundred megabytes, and the bar has to answer meanwhile.
const maxText = 8 << 10

// short copies a text of a page, or its beginning.
func short(text *C.char) string {
	return strings.ToValidUTF8(C.GoStringN(text, C.int(C.strnlen(text, maxText))), "")
}

func toC(b bool) C.int {
	if b {
		return 1
	}
	return 0
}
