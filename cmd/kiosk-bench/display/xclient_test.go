package display

import (
	"image"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// need skips a test when a program is missing, and says so.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("not run: %s is not installed", p)
		}
	}
}

func open(t *testing.T, o Options) *Screen {
	t.Helper()
	need(t, "Xvfb", "setxkbmap")
	if o.Dir == "" {
		o.Dir = reachable(t)
	}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// window is a client of the X server that fills a rectangle with a colour and
// hands on the input it gets.
type window struct {
	*link
	id     xproto.Window
	events chan xgb.Event
}

func openWindow(t *testing.T, s *Screen, r image.Rectangle, rgb uint32) *window {
	t.Helper()
	raw, err := net.Dial("unix", s.Client().X11Socket)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := xgb.NewConnNet(&cookieConn{Conn: raw, cookie: s.cookie})
	if err != nil {
		t.Fatal(err)
	}
	w := &window{link: newLink(conn), events: make(chan xgb.Event, 1000)}
	if w.id, err = xproto.NewWindowId(conn); err != nil {
		t.Fatal(err)
	}
	xproto.CreateWindow(conn, 0, w.id, w.screen.Root, int16(r.Min.X), int16(r.Min.Y),
		uint16(r.Dx()), uint16(r.Dy()), 0, xproto.WindowClassInputOutput, 0,
		xproto.CwBackPixel|xproto.CwOverrideRedirect|xproto.CwEventMask, []uint32{rgb, 1,
			xproto.EventMaskExposure | xproto.EventMaskButtonPress | xproto.EventMaskButtonRelease |
				xproto.EventMaskKeyPress | xproto.EventMaskKeyRelease})
	xproto.MapWindow(conn, w.id)
	go w.watch(func(e xgb.Event) { w.events <- e })
	t.Cleanup(w.close)
	w.wait(t, func(e xgb.Event) bool { _, ok := e.(xproto.ExposeEvent); return ok })
	xproto.SetInputFocus(conn, xproto.InputFocusPointerRoot, w.id, xproto.TimeCurrentTime)
	if err := w.sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// wait returns the first event that matches; others are dropped.
func (w *window) wait(t *testing.T, match func(xgb.Event) bool) xgb.Event {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case e := <-w.events:
			if match(e) {
				return e
			}
		case <-timer.C:
			t.Fatalf("no such event within %v", patience)
			return nil
		}
	}
}

// pressed returns the key events that the server has sent so far, as "+symbol"
// and "-symbol": what is under the modifiers of the event.
func (w *window) pressed(t *testing.T) []keyEvent {
	t.Helper()
	// What the window sends itself comes behind them.
	end := xproto.ClientMessageEvent{Format: 32, Window: w.id, Type: xproto.AtomString, Data: xproto.ClientMessageDataUnionData32New(make([]uint32, 5))}
	if err := xproto.SendEventChecked(w.conn, false, w.id, xproto.EventMaskNoEvent, string(end.Bytes())).Check(); err != nil {
		t.Fatal(err)
	}
	var keys []keyEvent
	w.wait(t, func(e xgb.Event) bool {
		switch e := e.(type) {
		case xproto.KeyPressEvent:
			keys = append(keys, keyEvent{true, w.symbol(t, e.Detail, e.State), e.State})
		case xproto.KeyReleaseEvent:
			keys = append(keys, keyEvent{false, w.symbol(t, e.Detail, e.State), e.State})
		case xproto.ClientMessageEvent:
			return true
		}
		return false
	})
	return keys
}

type keyEvent struct {
	down  bool
	sym   xproto.Keysym
	state uint16
}

// symbol looks a key up as a client does, at the level its modifiers choose.
func (w *window) symbol(t *testing.T, key xproto.Keycode, state uint16) xproto.Keysym {
	t.Helper()
	m, err := xproto.GetKeyboardMapping(w.conn, key, 1).Reply()
	if err != nil {
		t.Fatal(err)
	}
	column := 0
	if state&xproto.ModMaskShift != 0 {
		column++
	}
	if state&xproto.ModMask5 != 0 {
		column += 4
	}
	if column >= len(m.Keysyms) || m.Keysyms[column] == 0 {
		column = 0 // a key with fewer levels
	}
	return m.Keysyms[column]
}

// text turns key presses into what an input method makes of them.
func text(keys []keyEvent) string {
	var out []rune
	var dead xproto.Keysym
	for _, k := range keys {
		switch {
		case !k.down:
		case k.sym == symReturn:
			out = append(out, '\n')
		case k.sym == symTab:
			out = append(out, '\t')
		case k.sym >= 0xfe50 && k.sym < 0xfe70:
			dead = k.sym
		case runeOf(k.sym) != 0:
			out = append(out, composed(dead, runeOf(k.sym)))
			dead = 0
		}
	}
	return string(out)
}

func composed(dead xproto.Keysym, letter rune) rune {
	for _, d := range deadKeys() {
		marked := []rune(d.marked)
		for i, l := range []rune(d.letters) {
			if d.sym == dead && l == letter {
				return marked[i]
			}
		}
	}
	return letter
}
