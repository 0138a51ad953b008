package display

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"sync"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// mirrorPeriod is how often the window on the developer's display is brought
// up to date: smooth enough to look at, and cheap.
const mirrorPeriod = 50 * time.Millisecond

// mirrorBytes is how much goes in one request: below the 256 KiB that every
// server takes.
const mirrorBytes = 128 << 10

// mirror is a window on another display that shows the screen and passes
// pointer and keys on to it.
type mirror struct {
	screen *Screen
	from   *link // to the private server, for pixels and pointer
	to     *link // to the other display
	window xproto.Window
	gc     xproto.Gcontext
	delete xproto.Atom // WM_DELETE_WINDOW

	mu      sync.Mutex           // of keys and shown
	keys    [256][]xproto.Keysym // what the keys of the other display stand for
	shown   []byte               // the pixels that the window has; nil = none
	closed  chan struct{}
	closing sync.Once
	stop    context.CancelFunc
	done    chan struct{} // closed when the goroutine of update has ended
}

// openMirror opens the window. Its two goroutines, one for events and one for
// pixels, end with close or with the display.
func openMirror(s *Screen, display string) (*mirror, error) {
	xgb.Logger.SetOutput(io.Discard)
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, err
	}
	m := &mirror{screen: s, to: newLink(conn), closed: make(chan struct{}), done: make(chan struct{})}
	go m.to.watch(m.event)
	if m.from, err = dial(s.client.X11Socket, s.cookie); err == nil {
		err = errors.Join(m.fits(), m.readKeys(), m.makeWindow())
	}
	if err != nil {
		if m.from != nil {
			m.from.close()
		}
		m.to.close()
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	m.stop = cancel
	go m.run(ctx)
	return m, nil
}

func (m *mirror) close() {
	m.stop()
	<-m.done
	m.to.close()
	m.from.close()
}

// fits checks that pixels can be copied as they are.
func (m *mirror) fits() error {
	for _, f := range m.to.setup.PixmapFormats {
		if f.Depth == m.to.screen.RootDepth && f.BitsPerPixel == 32 && f.Depth == 24 &&
			m.to.setup.ImageByteOrder == xproto.ImageOrderLSBFirst {
			return nil
		}
	}
	return fmt.Errorf("it has depth %d; only displays of 24 bits a pixel are known", m.to.screen.RootDepth)
}

func (m *mirror) readKeys() error {
	first, last := m.to.setup.MinKeycode, m.to.setup.MaxKeycode
	r, err := xproto.GetKeyboardMapping(m.to.conn, first, byte(last-first+1)).Reply()
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	width := int(r.KeysymsPerKeycode)
	for i := 0; width > 0 && i+width <= len(r.Keysyms); i += width {
		m.keys[int(first)+i/width] = r.Keysyms[i : i+width]
	}
	return nil
}

func (m *mirror) makeWindow() (err error) {
	c, size := m.to.conn, m.screen.options.Size
	if m.window, err = xproto.NewWindowId(c); err != nil {
		return err
	}
	if m.gc, err = xproto.NewGcontextId(c); err != nil {
		return err
	}
	const events = xproto.EventMaskExposure | xproto.EventMaskKeyPress | xproto.EventMaskButtonPress |
		xproto.EventMaskButtonRelease | xproto.EventMaskPointerMotion
	create := xproto.CreateWindowChecked(c, 0, m.window, m.to.screen.Root, 0, 0, uint16(size.X), uint16(size.Y), 0,
		xproto.WindowClassInputOutput, 0, xproto.CwBackPixel|xproto.CwEventMask, []uint32{0, events})
	if err := create.Check(); err != nil {
		return err
	}
	xproto.CreateGC(c, m.gc, xproto.Drawable(m.window), 0, nil)
	const title = "Guichet"
	m.property(xproto.AtomWmName, xproto.AtomString, 8, len(title), []byte(title))
	hints := make([]byte, 18*4) // WM_NORMAL_HINTS: smallest size = largest size
	xgb.Put32(hints, 1<<4|1<<5)
	for i, v := range []int{size.X, size.Y, size.X, size.Y} {
		xgb.Put32(hints[4*(5+i):], uint32(v))
	}
	m.property(xproto.AtomWmNormalHints, xproto.AtomWmSizeHints, 32, 18, hints)
	protocols, err := m.atom("WM_PROTOCOLS")
	if err != nil {
		return err
	}
	if m.delete, err = m.atom("WM_DELETE_WINDOW"); err != nil {
		return err
	}
	value := make([]byte, 4)
	xgb.Put32(value, uint32(m.delete))
	m.property(protocols, xproto.AtomAtom, 32, 1, value)
	return xproto.MapWindowChecked(c, m.window).Check()
}

func (m *mirror) property(name, kind xproto.Atom, format byte, n int, data []byte) {
	xproto.ChangeProperty(m.to.conn, xproto.PropModeReplace, m.window, name, kind, format, uint32(n), data)
}

func (m *mirror) atom(name string) (xproto.Atom, error) {
	r, err := xproto.InternAtom(m.to.conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return 0, err
	}
	return r.Atom, nil
}

// run brings the window up to date until it is stopped or either side ends.
func (m *mirror) run(ctx context.Context) {
	defer close(m.done)
	tick := time.NewTicker(mirrorPeriod)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.to.gone:
			m.gone()
			return
		case <-tick.C:
			if m.update() != nil {
				return
			}
		}
	}
}

// gone tells that the window was closed.
func (m *mirror) gone() { m.closing.Do(func() { close(m.closed) }) }

// update sends the rows that have changed.
func (m *mirror) update() error {
	size := m.screen.options.Size
	reply, err := m.from.getImage(image.Rectangle{Max: size}).Reply()
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	row := 4 * size.X
	rows := max(1, mirrorBytes/row)
	for y := 0; y < size.Y; y += rows {
		n := min(rows, size.Y-y)
		from, to := y*row, (y+n)*row
		if len(reply.Data) < to {
			return errors.New("fewer pixels than the screen has")
		}
		if m.shown != nil && bytes.Equal(m.shown[from:to], reply.Data[from:to]) {
			continue
		}
		xproto.PutImage(m.to.conn, xproto.ImageFormatZPixmap, xproto.Drawable(m.window), m.gc,
			uint16(size.X), uint16(n), 0, int16(y), 0, 24, reply.Data[from:to])
	}
	m.shown = reply.Data
	return nil
}

// event deals with one event of the other display.
func (m *mirror) event(e xgb.Event) {
	switch e := e.(type) {
	case xproto.ExposeEvent:
		m.mu.Lock()
		m.shown = nil
		m.mu.Unlock()
	case xproto.MotionNotifyEvent:
		m.point(xproto.MotionNotify, 0, e.EventX, e.EventY)
	case xproto.ButtonPressEvent:
		m.point(xproto.MotionNotify, 0, e.EventX, e.EventY)
		m.point(xproto.ButtonPress, byte(e.Detail), 0, 0)
	case xproto.ButtonReleaseEvent:
		m.point(xproto.ButtonRelease, byte(e.Detail), 0, 0)
	case xproto.KeyPressEvent:
		m.key(e.Detail, e.State)
	case xproto.MappingNotifyEvent:
		go func() { _ = m.readKeys() }() // not here: this goroutine must take the events meanwhile; ends with the display
	case xproto.ClientMessageEvent:
		if e.Format == 32 && xproto.Atom(e.Data.Data32[0]) == m.delete {
			m.gone()
		}
	}
}

func (m *mirror) point(kind, detail byte, x, y int16) {
	xtest.FakeInput(m.from.conn, kind, detail, 0, m.from.screen.Root, x, y, 0)
}

// key presses on the screen what the key means on the developer's keyboard,
// whatever layout that has. Modifiers alone are not passed on.
func (m *mirror) key(code xproto.Keycode, state uint16) {
	sym := m.meaning(code, state)
	if sym == 0 || sym >= symShiftL && sym <= 0xffee || sym >= 0xfe01 && sym <= 0xfe0f {
		return
	}
	s := m.screen
	s.input.Lock()
	defer s.input.Unlock()
	k, ok := s.layout.strokes[sym]
	if !ok {
		r := runeOf(sym)
		if r == 0 || s.client.WaylandSocket != "" {
			return
		}
		var err error
		if k, err = s.layout.lend(s.x, r); err != nil {
			return
		}
	}
	k.shift = k.shift || state&xproto.ModMaskShift != 0 && runeOf(sym) == 0
	held := s.modifiers(k)
	for mask, mod := range map[uint16]xproto.Keysym{
		xproto.ModMaskControl: symControlL, xproto.ModMask1: symAltL, xproto.ModMask4: symSuperL,
	} {
		if state&mask != 0 {
			held = append(held, s.layout.strokes[mod].key)
		}
	}
	_ = s.press(context.Background(), held, k.key) // fails only with the private server
}

// meaning returns the symbol of a key at the level its modifiers choose.
func (m *mirror) meaning(code xproto.Keycode, state uint16) xproto.Keysym {
	m.mu.Lock()
	syms := m.keys[code]
	m.mu.Unlock()
	column := 0
	if state&xproto.ModMask5 != 0 { // AltGr
		column = 4
	}
	if state&xproto.ModMaskShift != 0 {
		column++
	}
	for _, c := range []int{column, column &^ 1, 0} { // a key may have fewer levels
		if c < len(syms) && syms[c] != 0 {
			return syms[c]
		}
	}
	return 0
}
