//go:build webkit

package main_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"guichet.example/kiosk/view/wire"
)

// gesture is what a kiosk must not understand, and the note of the page that
// shows that an open view does.
type gesture[D any] struct {
	name  string
	do    func(*testing.T, D)
	shows string
}

// Notes of a page that was given more than one plain finger or button.
var forbidden = regexp.MustCompile(`contextmenu|auxclick|pointerdown \d|with a key|many|other buttons|dragover|drop|^scale ([^1]|1.+)`)

// compare does the gesture in an open view and in ours, and reads both notes.
// The open view gets it until it understands: a finger that is quick for one
// that is busy is none, and a wheel may be heard after the click that asks.
func (g gesture[D]) compare(t *testing.T, open, kiosk *watcher, inOpen, inKiosk D) {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		g.do(t, inOpen)
		notes := open.report(t)
		if slices.ContainsFunc(notes, regexp.MustCompile(g.shows).MatchString) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%s: control: an open view notes %q, no %q", g.name, notes, g.shows)
		}
	}
	g.do(t, inKiosk)
	if notes := kiosk.report(t); slices.ContainsFunc(notes, forbidden.MatchString) {
		t.Errorf("%s: the page notes %q", g.name, notes)
	}
}

func TestPointer(t *testing.T) {
	t.Parallel()
	open, kiosk := watch(t, startDisplay(t), unfiltered, watching), watch(t, startDisplay(t), program, watching)
	const control, alt, super = 0xffe3, 0xffe9, 0xffeb
	button := func(n byte) func(*testing.T, *watcher) {
		return func(t *testing.T, w *watcher) { w.press(t, 0, n) }
	}
	with := func(key xproto.Keysym, n byte) func(*testing.T, *watcher) {
		return func(t *testing.T, w *watcher) { w.press(t, key, n) }
	}
	for _, g := range []gesture[*watcher]{
		{"middle button", button(2), "auxclick 1"},
		{"right button", button(3), "contextmenu 2"},
		{"back button", button(8), "auxclick"},
		{"forward button", button(9), "auxclick"},
		{"click with Control", with(control, 1), "click with a key"},
		{"click with Alt", with(alt, 1), "click with a key"},
		{"wheel with Control", with(control, 5), "wheel with a key"},
		{"wheel with Alt", with(alt, 5), "wheel with a key"},
	} {
		g.compare(t, open, kiosk, open, kiosk)
	}
	for range 5 {
		kiosk.press(t, 0, 5)
	}
	kiosk.scrolls(t, "a plain wheel")
}

// hears asks the page until each of these was among its notes, and returns all
// of them: a finger, a wheel and a scroll go other ways than the click that
// asks, and may come after it.
func (w *watcher) hears(t *testing.T, what string, each ...string) (notes []string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		notes = append(notes, w.report(t)...)
		if !slices.ContainsFunc(each, func(s string) bool { return !slices.ContainsFunc(notes, regexp.MustCompile(s).MatchString) }) {
			if slices.ContainsFunc(notes, forbidden.MatchString) {
				t.Errorf("%s: the page notes %q", what, notes)
			}
			return notes
		}
	}
	t.Fatalf("%s: the page notes %q, want %q", what, notes, each)
	return nil
}

// scrolls fails unless the page heard a wheel and was scrolled by it.
func (w *watcher) scrolls(t *testing.T, by string) {
	t.Helper()
	w.hears(t, by, "^wheel$", "^scrolled [1-9]")
}

// press moves to a place of the page and presses a button there, with a key
// held unless it is 0.
func (w *watcher) press(t *testing.T, key xproto.Keysym, button byte) {
	t.Helper()
	const x, y = originX + 400, originY + 330
	xtest.FakeInput(w.x, xproto.MotionNotify, 0, 0, w.root, x, y, 0)
	if key != 0 {
		xtest.FakeInput(w.x, xproto.KeyPress, w.keycode(t, key), 0, w.root, 0, 0, 0)
	}
	xtest.FakeInput(w.x, xproto.ButtonPress, button, 0, w.root, 0, 0, 0)
	xtest.FakeInput(w.x, xproto.ButtonRelease, button, 0, w.root, 0, 0, 0)
	if key != 0 {
		xtest.FakeInput(w.x, xproto.KeyRelease, w.keycode(t, key), 0, w.root, 0, 0, 0)
	}
	w.x.Sync()
}

func TestTouch(t *testing.T) {
	t.Parallel()
	inOpen, inKiosk := startTouchDisplay(t), startTouchDisplay(t)
	open, kiosk := watch(t, inOpen.display, unfiltered, watching), watch(t, inKiosk.display, program, watching)
	for _, g := range []gesture[*touchDisplay]{
		{"long press", longPress, "contextmenu"},
		{"pinch on a touchpad", padPinch, "scale [^1]"},
		{"two fingers", pinch, "touchstart many"},
		{"pinch", pinch, "scale [^1]"},
	} {
		g.compare(t, open, kiosk, inOpen, inKiosk)
	}
	inKiosk.glass.touch(t, 1, touchBegin, 800, 600)
	inKiosk.glass.touch(t, 1, touchEnd, 800, 600)
	taps := append(kiosk.hears(t, "a tap", "^touchend$", "^click$"), kiosk.report(t)...)
	if n := strings.Count(strings.Join(taps, " "), "click"); n != 1 {
		t.Errorf("a tap is %d clicks: %q", n, taps)
	}
	drag(t, inKiosk, 1)
	kiosk.scrolls(t, "one finger")
	restingHand(t, inKiosk, kiosk)
}

// restingHand lays a finger down that stays; the next one must work, in the
// page and on our buttons.
func restingHand(t *testing.T, d *touchDisplay, w *watcher) {
	t.Helper()
	d.glass.touch(t, 1, touchBegin, 600, 700)
	drag(t, d, 2)
	w.hears(t, "one finger beside a resting hand", "^wheel$")
	d.glass.touch(t, 2, touchBegin, 1170, 47) // "J'ai terminé"
	d.glass.touch(t, 2, touchEnd, 1170, 47)
	if p, _ := await[wire.Pressed](t, w.view); p.Button != wire.ButtonFinish {
		t.Errorf("%+v", p)
	}
	d.glass.touch(t, 1, touchEnd, 600, 700)
}

func drag(t *testing.T, d *touchDisplay, finger uint32) {
	t.Helper()
	d.glass.touch(t, finger, touchBegin, 800, 600)
	for i := range 20 {
		d.glass.touch(t, finger, touchUpdate, 800, 600-float64(10*i))
	}
	d.glass.touch(t, finger, touchEnd, 800, 400)
}

func longPress(t *testing.T, d *touchDisplay) {
	t.Helper()
	d.glass.touch(t, 1, touchBegin, 745, 440)
	time.Sleep(time.Second) // GTK's own is half of that
	d.glass.touch(t, 1, touchEnd, 745, 440)
}

func pinch(t *testing.T, d *touchDisplay) {
	t.Helper()
	d.glass.touch(t, 1, touchBegin, 800, 500)
	d.glass.touch(t, 2, touchBegin, 850, 500)
	for i := range 20 {
		d.glass.touch(t, 1, touchUpdate, 800-float64(10*i), 500)
		d.glass.touch(t, 2, touchUpdate, 850+float64(10*i), 500)
		time.Sleep(15 * time.Millisecond)
	}
	d.glass.touch(t, 1, touchEnd, 610, 500)
	d.glass.touch(t, 2, touchEnd, 1040, 500)
}

func padPinch(t *testing.T, d *touchDisplay) {
	t.Helper()
	d.pad.pinch(t, pinchBegin, 1)
	for i := range 20 {
		d.pad.pinch(t, pinchUpdate, 1+float64(i)/10)
		time.Sleep(15 * time.Millisecond) // WebKit first asks the page what lies there
	}
	d.pad.pinch(t, pinchEnd, 3)
}
