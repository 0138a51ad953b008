//go:build webkit

package main

/*
#include <stdlib.h>
#include "ui.h"
#include "pin.h"
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"unsafe"
)

// widget is one GTK widget, nil when there is none.
type widget struct{ p *C.GtkWidget }

// built is what one .ui file describes.
type built struct{ b *C.GtkBuilder }

func build(name string) (built, error) {
	xml, err := designFiles.ReadFile("ui/" + name + ".ui")
	if err != nil {
		return built{}, fmt.Errorf("read design: %w", err)
	}
	var b *C.GtkBuilder
	text(string(xml), func(s *C.char) { b = C.ui_build(s) })
	if b == nil {
		return built{}, fmt.Errorf("build %q: malformed", name)
	}
	return built{b}, nil
}

func (b built) find(id string) (w widget) {
	text(id, func(s *C.char) { w.p = C.ui_find(b.b, s) })
	return w
}

// free drops the builder; widgets that were put into a container live on.
func (b built) free() { C.g_object_unref(C.gpointer(unsafe.Pointer(b.b))) }

// text lends s to f as a C string.
func text(s string, f func(*C.char)) {
	c := C.CString(s)
	defer C.free(unsafe.Pointer(c))
	f(c)
}

func (w widget) setText(s string) { text(s, func(c *C.char) { C.ui_text(w.p, c) }) }
func (w widget) setName(s string) { text(s, func(c *C.char) { C.ui_accessible(w.p, c) }) }
func (w widget) setNote(s string) { text(s, func(c *C.char) { C.ui_describe(w.p, c) }) }
func (w widget) setEntry(s string) {
	text(s, func(c *C.char) { C.ui_set_entry(w.p, c) })
}
func (w widget) setDots(on bool)    { C.ui_set_dots(w.p, toC(on)) }
func (w widget) entry() string      { return C.GoString(C.ui_entry(w.p)) }
func (w widget) setVisible(on bool) { C.gtk_widget_set_visible(w.p, toC(on)) }
func (w widget) setEnabled(on bool) { C.gtk_widget_set_sensitive(w.p, toC(on)) }
func (w widget) focus()             { C.gtk_widget_grab_focus(w.p) }
func (w widget) add(child widget)   { C.ui_add(w.p, child.p) }
func (w widget) clear()             { C.ui_empty(w.p) }
func (w widget) showAll()           { C.gtk_widget_show_all(w.p) }

func (w widget) setProgress(percent int) { C.ui_progress(w.p, C.int(percent)) }

func (w widget) setClass(name string, on bool) {
	text(name, func(c *C.char) { C.ui_class(w.p, c, toC(on)) })
}

func (w widget) addPage(child widget, name string) {
	text(name, func(c *C.char) { C.ui_add_page(w.p, child.p, c) })
}

// movePage takes child out of the stack it stands in, if another, into w.
func (w widget) movePage(child widget, name string) {
	text(name, func(c *C.char) { C.ui_move_page(w.p, child.p, c) })
}

func (w widget) setPage(name string) { text(name, func(c *C.char) { C.ui_page(w.p, c) }) }

func (w widget) setImage(svg string, size int) {
	text(svg, func(c *C.char) { C.ui_image(w.p, c, C.int(size)) })
}

// setPicture shows a PNG file as it is, and says whether it is one.
func (w widget) setPicture(png []byte) bool {
	p := C.CBytes(png)
	defer C.free(p)
	return C.ui_picture(w.p, (*C.guchar)(p), C.gsize(len(png))) != 0
}

func (w widget) attach(child widget, column, row int) {
	C.ui_attach(w.p, child.p, C.int(column), C.int(row))
}

// onClick calls f when the button is activated, by finger, mouse or key, or
// Return is pressed in the entry; the widget's end releases it.
func (w widget) onClick(f func()) { C.ui_clicked(w.p, C.uintptr_t(cgo.NewHandle(f))) }

// padKey makes the widget a key of the PIN pad.
func (w widget) padKey(name string, f func()) {
	text(name, func(c *C.char) { C.pin_key(w.p, c, C.uintptr_t(cgo.NewHandle(f))) })
}

// afterFrame calls f once the window's next frame is on its way to the display.
func (w widget) afterFrame(f func()) {
	var h cgo.Handle
	h = cgo.NewHandle(func() { h.Delete(); f() })
	C.ui_after_frame(w.p, C.uintptr_t(h))
}

// gap is an empty place that takes its share of a grid.
func gap() widget { return widget{C.ui_gap()} }
