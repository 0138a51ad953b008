//go:build webkit

package main

/*
#include <stdlib.h>
#include "ui.h"
#include "engine.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"reflect"
	"runtime/cgo"
	"strings"
	"sync"
	"unsafe"

	webview "github.com/webview/webview_go"

	"guichet.example/kiosk/view/wire"
)

// gtkWindow is the real window: GTK, WebKit and a display.
type gtkWindow struct {
	engine  webview.WebView
	posting sync.Mutex // webview_go's Dispatch mixes up concurrent callers

	loop    *loop
	designs []built
	found   map[string]widget
	top     widget
	first   widget // tile in view
	drawn   screen
}

// newWindow builds everything, hidden. The code is the exit code of the error.
func newWindow(l *loop) (*gtkWindow, int, error) {
	input := cgo.NewHandle(l)
	if C.ui_init(C.uintptr_t(input)) == 0 {
		return nil, exitDisplay, errors.New("open display: none; set WAYLAND_DISPLAY or DISPLAY")
	}
	text(styleSheet, func(css *C.char) { C.ui_css(css) })
	w := &gtkWindow{loop: l, found: map[string]widget{}}
	if err := w.assemble(); err != nil {
		return nil, exitEngine, err
	}
	if err := w.openEngine(l); err != nil {
		return nil, exitEngine, err
	}
	w.connect()
	if !w.find("home-logo").setPicture(l.start.Logo) {
		l.start.Logo = nil // words alone
	}
	w.find("home").showAll()
	w.find("surfaces").setPage(string(wire.SurfaceHome))
	C.ui_fill(w.top.p, C.int(l.start.Screen.Width), C.int(l.start.Screen.Height))
	C.ui_every(500, C.uintptr_t(cgo.NewHandle(l.tick)))
	C.ui_resized(w.top.p, C.uintptr_t(cgo.NewHandle(l.redraw)))
	return w, 0, nil
}

// assemble puts the parts of ui/ together.
func (w *gtkWindow) assemble() error {
	for _, name := range []string{"window", "home", "session", "panels", "aside", "question", "closed", "pin", "maintenance", "notices"} {
		b, err := build(name)
		if err != nil {
			return err
		}
		w.designs = append(w.designs, b)
	}
	w.top = w.find("window")
	for _, s := range []wire.Surface{wire.SurfaceHome, wire.SurfaceSession, wire.SurfaceUnprovisioned, wire.SurfaceOutOfService, wire.SurfaceMaintenance} {
		w.find("surfaces").addPage(w.find(string(s)), string(s))
	}
	for _, panel := range []string{"warning", "consent", "question", "trouble", "dialog", "aside"} {
		w.find("content").addPage(w.find(panel), panel)
	}
	w.find("home-content").addPage(w.find("notices"), "notices")
	w.find("surfaces").addPage(w.find("pin"), "pin")
	w.find("frame").showAll()
	return nil
}

// openEngine makes webview_go's view inside our box and refuses any that is
// not ours.
func (w *gtkWindow) openEngine(l *loop) error {
	text(l.start.Proxy, func(proxy *C.char) {
		C.engine_prepare(proxy, C.int(l.start.MemoryLimitMiB), C.uintptr_t(cgo.NewHandle(l)))
	})
	w.engine = webview.NewWindow(false, unsafe.Pointer(w.find("web").p))
	if why := C.engine_adopt(w.find("web").p); why != nil {
		return fmt.Errorf("check engine: %s", C.GoString(why))
	}
	C.gtk_widget_set_hexpand(C.engine_widget(), 1)
	C.gtk_widget_set_vexpand(C.engine_widget(), 1)
	return nil
}

// find returns the widget with that name, which must exist.
func (w *gtkWindow) find(id string) widget {
	if found, ok := w.found[id]; ok {
		return found
	}
	for _, d := range w.designs {
		if found := d.find(id); found.p != nil {
			w.found[id] = found
			return found
		}
	}
	return widget{}
}

// connect says what each button does.
func (w *gtkWindow) connect() {
	l := w.loop
	answer := func() { l.reply(true, w.find("dialog-entry").entry()) }
	nextLanguage := func() { l.speak(l.nextLanguage().Code) }
	for id, f := range map[string]func(){
		"home-size": l.resize, "bar-size": l.resize, "work-size": l.resize,
		"home-contrast": l.invert, "bar-contrast": l.invert, "work-contrast": l.invert,
		"home-help": l.callHelp, "bar-help": l.callHelp,
		"home-notices": l.readNotices, "notices-back": l.closeNotices,
		"home-next": func() { l.turn(1) }, "home-prev": func() { l.turn(-1) },
		"bar-home": l.goHome, "bar-back": l.goBack, "trouble-home": l.goOn, "trouble-page": l.goOn,
		"bar-language": nextLanguage, "work-language": nextLanguage, "work-install": l.agree, "work-leave": l.leave,
		"bar-finish":  func() { l.press(wire.ButtonFinish) },
		"offer-back":  func() { l.press(wire.ButtonCloseOffer) },
		"assist-stop": func() { l.press(wire.ButtonStopHelp) },
		"guide-more":  func() { l.press(wire.ButtonMoreTime) },
		"guide-hide":  l.fold, "guide-show": l.fold,
		"warning-continue": func() { l.press(wire.ButtonContinue) },
		"consent-accept":   func() { l.press(wire.ButtonAccept) },
		"consent-refuse":   func() { l.press(wire.ButtonRefuse) },
		"question-skip":    func() { l.press(wire.ButtonSkip) },
		"dialog-ok":        answer, "dialog-entry": answer,
		"dialog-cancel": func() { l.reply(false, "") },
		"aside-back":    l.closeAside, "aside-help": l.callHelp,
		"pin-erase": l.eraseDigit, "pin-ok": l.sendPIN, "pin-cancel": func() { l.press(wire.ButtonCancelPIN) },
	} {
		w.find(id).onClick(f)
	}
	for digit := byte('0'); digit <= '9'; digit++ {
		w.find("pin-key-"+string(digit)).padKey(string(digit), func() { l.typeDigit(digit) })
	}
	for _, help := range helps {
		w.find("help-" + help).onClick(func() { l.answer(help) })
	}
	for _, referral := range referrals {
		w.find("refer-" + referral).onClick(func() { l.refer(referral) })
	}
}

func (w *gtkWindow) run() { w.engine.Run() }

// dispatch runs f on the GTK thread, in the order of the calls.
func (w *gtkWindow) dispatch(f func()) {
	w.posting.Lock()
	defer w.posting.Unlock()
	w.engine.Dispatch(f)
}

func (w *gtkWindow) version() string {
	v := C.engine_version()
	defer C.g_free(C.gpointer(unsafe.Pointer(v)))
	return C.GoString(v)
}

func (w *gtkWindow) size() (width, height int) {
	var x, y C.int
	C.ui_size(w.top.p, &x, &y)
	return int(x), int(y)
}

func (w *gtkWindow) show(surface wire.Surface, drawn func()) {
	w.find("surfaces").setPage(string(surface))
	C.ui_raise(w.top.p)
	switch {
	case surface == wire.SurfaceHome && w.drawn.Panel == "choice":
		w.first.focus()
	case surface == wire.SurfaceSession && w.drawn.Panel == "page":
		w.focusPage()
	}
	w.top.afterFrame(drawn)
}

func (w *gtkWindow) blank(drawn func()) {
	w.find("surfaces").setPage(string(wire.SurfaceBlank))
	w.find("message").setVisible(false)
	C.engine_mute()
	C.ui_close_popups(w.top.p)
	C.ui_paint_now(w.top.p)
	w.top.afterFrame(drawn)
}

func (w *gtkWindow) focusPage() { C.gtk_widget_grab_focus(C.engine_widget()) }

func (w *gtkWindow) load(url string) { text(url, func(u *C.char) { C.engine_load(u) }) }
func (w *gtkWindow) back()           { C.engine_back() }
func (w *gtkWindow) close()          { C.engine_close() }
func (w *gtkWindow) end()            { C.engine_terminate() }
func (w *gtkWindow) alive() bool     { return C.engine_alive() != 0 }
func (w *gtkWindow) ping(number int) { C.engine_ping(C.int(number)) }
func (w *gtkWindow) zoom(percent int) {
	C.engine_zoom(C.double(percent) / 100)
}
func (w *gtkWindow) languages(codes string) {
	text(codes, func(c *C.char) { C.engine_languages(c) })
}

func (w *gtkWindow) invert(on bool) {
	css := ""
	if on {
		css = invertStyle
	}
	text(css, func(i *C.char) { text(pdfStyle, func(p *C.char) { C.engine_style(i, p) }) })
}

func (w *gtkWindow) mask(sheets []sheet) {
	for _, s := range sheets {
		text(s.CSS, func(css *C.char) {
			text(strings.Join(s.Except, " "), func(except *C.char) { C.engine_mask_add(css, except) })
		})
	}
	C.engine_mask_done()
}

// confirmMask asks after a frame: a page that a panel covered until now learns
// first that it can be seen.
func (w *gtkWindow) confirmMask(number int) {
	w.afterFrame(func() { C.engine_confirm_mask(C.int(number)) })
}

func (w *gtkWindow) afterFrame(f func()) { w.top.afterFrame(f) }

func (w *gtkWindow) answerDialog(ok bool, answer string) {
	text(answer, func(a *C.char) { C.engine_dialog_answer(toC(ok), a) })
}

func (w *gtkWindow) scroll(by scroll) { C.ui_scroll(w.find("work-scroll").p, C.int(by)) }

// draw carries out what differs from what was drawn last.
func (w *gtkWindow) draw(s screen) {
	was := w.drawn
	w.drawn = s
	restyled := s.Scale != was.Scale || s.Contrast != was.Contrast
	if restyled {
		w.restyle(s)
	}
	for id, look := range s.Looks {
		old, ok := was.Looks[id]
		if !ok || old != look {
			w.find(id).dress(w.find(id+"-text"), look)
		}
		if i, drawn := icons[id]; drawn && (restyled || old.Tone != look.Tone) {
			if look.Tone != 0 {
				i.tone = look.Tone
			}
			w.find(id+"-icon").draw(i, s)
		}
	}
	for id, lines := range s.Lists {
		if !reflect.DeepEqual(was.Lists[id], lines) {
			w.list(id, lines)
		}
	}
	if restyled || s.Columns != was.Columns || !reflect.DeepEqual(s.Tiles, was.Tiles) {
		w.tile(s, s.Offered != was.Offered)
	}
	if !reflect.DeepEqual(s.Tongues, was.Tongues) {
		w.tongue(s.Tongues)
	}
	w.fill(was, s)
	if s.Panel != was.Panel || s.Over != was.Over || s.Step != was.Step {
		w.panel(was, s)
	}
	if was.Looks == nil {
		C.ui_lay_out(w.top.p)
	}
	if s.Panel == "page" && C.gtk_window_get_focus((*C.GtkWindow)(unsafe.Pointer(w.top.p))) == nil {
		w.focusPage() // "Retour" had the keyboard, and leads nowhere now
	}
}

// fill shows what is neither a text nor a look.
func (w *gtkWindow) fill(was, s screen) {
	if s.Dots != was.Dots {
		w.find("dialog-entry").setDots(s.Dots)
	}
	if s.Progress != was.Progress {
		w.find("work-bar").setProgress(s.Progress)
	}
}

// dress shows look on a widget, its text on its caption where it has one.
func (w widget) dress(caption widget, l look) {
	if l.Text != "" {
		if caption.p == nil {
			caption = w
		}
		caption.setText(l.Text)
	}
	if name := l.Name; name != "" {
		w.setName(name)
	} else if l.Text != "" {
		w.setName(l.Text)
	}
	if caption.p != nil && caption != w {
		caption.setVisible(!l.Bare)
	}
	w.setVisible(!l.Hidden)
	w.setEnabled(!l.Disabled)
	w.setClass("on", l.On)
	w.setNote(l.Note)
}

func (w *gtkWindow) panel(was, s screen) {
	C.ui_close_popups(w.top.p)
	if was.Over == "surfaces" && s.Over != was.Over {
		w.find("surfaces").setPage(s.Surface) // the pad stood before it
	}
	if s.Panel == "dialog" {
		w.find("dialog-entry").setEntry(s.Entry)
	}
	stack := w.find(s.Over)
	if s.Focus != "" {
		stack.movePage(w.find(s.Panel), s.Panel)
	}
	stack.setPage(s.Panel)
	switch {
	case s.Focus != "":
		w.find(s.Focus).focus()
	case s.Panel == "choice":
		w.first.focus()
	default:
		w.focusPage()
	}
}

// basePixels is the height of our type at text size 100 %; see style.css.
const basePixels = 20

// restyle sets the classes that style.css hangs its sizes and colours on, and
// draws the icons anew.
func (w *gtkWindow) restyle(s screen) {
	for _, scale := range []int{100, 125, 150, 200} {
		w.top.setClass(fmt.Sprintf("s%d", scale), scale == s.Scale)
	}
	w.top.setClass("contrast", s.Contrast)
	for id, i := range icons {
		w.find(id+"-icon").draw(i, s)
	}
}

func (w widget) draw(i icon, s screen) {
	svg, err := drawingFiles.ReadFile("icons/" + i.name + ".svg")
	if err != nil {
		return // a test reads every icon
	}
	// In the bar captions give way first; then icons stop growing.
	w.setImage(strings.ReplaceAll(string(svg), "currentColor", i.colour(s.Contrast)),
		int(i.em*basePixels)*min(s.Scale, 150)/100)
}
