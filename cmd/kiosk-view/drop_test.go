//go:build webkit

package main_test

import (
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
)

// Another program drags text over the page and lets it fall, in the words of
// the XDND protocol. A window that takes drops answers, or asks for the text.
func TestNothingIsDroppedIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		program func() (string, error)
		answers bool
	}{"open": {unfiltered, true}, "kiosk": {program, false}} {
		t.Run(name, func(t *testing.T) {
			w := watch(t, startDisplay(t), c.program, watching)
			wait := time.Second
			if c.answers {
				wait = patience
			}
			if got := w.dragIn(t, wait); got != c.answers {
				t.Errorf("the window answers a drag: %v", got)
			}
		})
	}
}

func (d *display) atom(t *testing.T, name string) uint32 {
	t.Helper()
	a, err := xproto.InternAtom(d.x, false, uint16(len(name)), name).Reply()
	if err != nil {
		t.Fatal(err)
	}
	return uint32(a.Atom)
}

// dragIn reports whether our window answered in time, or asked for what is
// dragged.
func (w *watcher) dragIn(t *testing.T, wait time.Duration) bool {
	t.Helper()
	source, err := xproto.NewWindowId(w.x)
	if err != nil {
		t.Fatal(err)
	}
	xproto.CreateWindow(w.x, 0, source, w.root, 0, 0, 1, 1, 0, xproto.WindowClassInputOutput, 0, 0, nil)
	status, selection := xproto.Atom(w.atom(t, "XdndStatus")), xproto.Atom(w.atom(t, "XdndSelection"))
	xproto.SetSelectionOwner(w.x, source, selection, 0)
	send := func(name string, data ...uint32) {
		e := xproto.ClientMessageEvent{Format: 32, Window: w.window(t), Type: xproto.Atom(w.atom(t, name)),
			Data: xproto.ClientMessageDataUnionData32New(append([]uint32{uint32(source)}, data...))}
		xproto.SendEvent(w.x, false, e.Window, 0, string(e.Bytes()))
		w.x.Sync()
	}
	const at = (originX+400)<<16 | (originY + 330)
	send("XdndEnter", 5<<24, w.atom(t, "text/plain"), 0, 0)
	send("XdndPosition", 0, at, 0, w.atom(t, "XdndActionCopy"))
	w.report(t) // by then it was handled
	for end := time.Now().Add(wait); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if e, _ := w.x.PollForEvent(); e != nil {
			if m, ok := e.(xproto.ClientMessageEvent); ok && m.Type == status {
				return true
			}
			if r, ok := e.(xproto.SelectionRequestEvent); ok && r.Selection == selection {
				return true
			}
		}
	}
	return false
}

// window returns the one that is on the screen.
func (d *display) window(t *testing.T) xproto.Window {
	t.Helper()
	tree, err := xproto.QueryTree(d.x, d.root).Reply()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range tree.Children {
		if a, err := xproto.GetWindowAttributes(d.x, w).Reply(); err == nil && a.MapState == xproto.MapStateViewable {
			return w
		}
	}
	t.Fatal("no window")
	return 0
}
