package main

import (
	"fmt"
	"image"
	"os"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"guichet.example/cmd/kiosk-bench/display"
)

// manager is the window manager of a kiosk: every window fills the screen,
// dialogs stand in its middle, the newest has the keyboard. Without one, some
// browsers stay smaller than the screen, which nobody would build.
type manager struct {
	conn  *xgb.Conn
	root  xproto.Window
	size  image.Point
	order []xproto.Window // mapped, the newest last
	done  chan struct{}
}

// manage starts the manager of a screen; close ends its goroutine.
func manage(screen *display.Screen) (*manager, error) {
	c := screen.Client()
	if err := os.Setenv("XAUTHORITY", c.Xauthority); err != nil { // the library looks nowhere else
		return nil, err
	}
	conn, err := xgb.NewConnDisplay(c.X11)
	if err != nil {
		return nil, fmt.Errorf("manage windows: %w", err)
	}
	m := &manager{conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root, size: screen.Size(), done: make(chan struct{})}
	err = xproto.ChangeWindowAttributesChecked(conn, m.root, xproto.CwEventMask,
		[]uint32{xproto.EventMaskSubstructureRedirect | xproto.EventMaskSubstructureNotify}).Check()
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("manage windows: %w", err)
	}
	go m.run()
	return m, nil
}

func (m *manager) close() {
	m.conn.Close()
	<-m.done
}

func (m *manager) run() {
	defer close(m.done)
	for {
		event, err := m.conn.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		switch e := event.(type) {
		case xproto.MapRequestEvent:
			m.fit(e.Window)
			xproto.MapWindow(m.conn, e.Window)
			m.order = append(m.order, e.Window)
			m.focus()
		case xproto.ConfigureRequestEvent:
			m.fit(e.Window)
		case xproto.UnmapNotifyEvent:
			m.forget(e.Window)
		case xproto.DestroyNotifyEvent:
			m.forget(e.Window)
		}
	}
}

// fit gives a window its place: the whole screen, or the middle of it for one
// that belongs to another.
func (m *manager) fit(w xproto.Window) {
	place := image.Rectangle{Max: m.size}
	if m.transient(w) {
		if g, err := xproto.GetGeometry(m.conn, xproto.Drawable(w)).Reply(); err == nil {
			size := image.Pt(min(int(g.Width), m.size.X), min(int(g.Height), m.size.Y))
			at := m.size.Sub(size).Div(2)
			place = image.Rectangle{at, at.Add(size)}
		}
	}
	xproto.ConfigureWindow(m.conn, w,
		xproto.ConfigWindowX|xproto.ConfigWindowY|xproto.ConfigWindowWidth|xproto.ConfigWindowHeight|xproto.ConfigWindowBorderWidth,
		[]uint32{uint32(place.Min.X), uint32(place.Min.Y), uint32(place.Dx()), uint32(place.Dy()), 0})
}

func (m *manager) transient(w xproto.Window) bool {
	r, err := xproto.GetProperty(m.conn, false, w, xproto.AtomWmTransientFor, xproto.AtomWindow, 0, 1).Reply()
	return err == nil && r.ValueLen > 0
}

// focus gives the newest window the keyboard.
func (m *manager) focus() {
	if len(m.order) == 0 {
		return
	}
	newest := m.order[len(m.order)-1]
	xproto.ConfigureWindow(m.conn, newest, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
	xproto.SetInputFocus(m.conn, xproto.InputFocusPointerRoot, newest, xproto.TimeCurrentTime)
}

func (m *manager) forget(w xproto.Window) {
	for i, known := range m.order {
		if known == w {
			m.order = append(m.order[:i], m.order[i+1:]...)
			m.focus()
			return
		}
	}
}
