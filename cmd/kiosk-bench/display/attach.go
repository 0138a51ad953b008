package display

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"os"
	"strings"

	"github.com/jezek/xgb/xproto"
)

// Attach connects to a screen that another process has opened, such as that
// of a running kiosk-bench, to look at it and to make input on it. Close only
// lets go of it. Of c, X11 and Xauthority are needed; with WaylandSocket no
// key is lent, see Type.
func Attach(ctx context.Context, c Client) (*Screen, error) {
	cookie, err := readAuthority(c.Xauthority)
	if err != nil {
		return nil, fmt.Errorf("attach to display %q: %w", c.X11, err)
	}
	if c.X11Socket == "" {
		c.X11Socket = "/tmp/.X11-unix/X" + strings.TrimPrefix(c.X11, ":")
	}
	s := &Screen{client: c, cookie: cookie, keeper: newKeeper()}
	_, err = await(ctx, func() (struct{}, error) {
		var err error
		if s.x, err = dial(c.X11Socket, cookie); err != nil {
			return struct{}{}, err
		}
		s.options.Size = image.Pt(int(s.x.screen.WidthInPixels), int(s.x.screen.HeightInPixels))
		s.layout, err = readLayout(s.x)
		return struct{}{}, err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("attach to display %q: %w", c.X11, err), s.Close())
	}
	return s, nil
}

// readAuthority returns the last field of the first entry of an Xauthority
// file, see writeAuthority: a family and four counted fields.
func readAuthority(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var field []byte
	rest := data[min(2, len(data)):]
	for range 4 {
		if len(rest) < 2 {
			return nil, fmt.Errorf("read %q: cut short", path)
		}
		n := int(binary.BigEndian.Uint16(rest))
		if len(rest) < 2+n {
			return nil, fmt.Errorf("read %q: cut short", path)
		}
		field, rest = rest[2:2+n], rest[2+n:]
	}
	if len(field) != 16 {
		return nil, fmt.Errorf("read %q: a secret of %d bytes, want 16", path, len(field))
	}
	return field, nil
}

// Paint gives the X server's own window a colour, 0xRRGGBB: where nobody
// draws, that is what the screen shows.
func (s *Screen) Paint(ctx context.Context, rgb uint32) error {
	_, err := await(ctx, func() (struct{}, error) { return struct{}{}, s.paintRoot(rgb) })
	return err
}

// Window is one window that the X server shows directly on its own.
type Window struct {
	ID     xproto.Window
	Bounds image.Rectangle
	Title  string // WM_NAME
	Class  string // WM_CLASS, its second part
	PID    int    // _NET_WM_PID, in the namespace of its process; 0 = it says none
	Popup  bool   // override-redirect: a menu, a tooltip, a drag icon
}

func (w Window) String() string {
	kind := "window"
	if w.Popup {
		kind = "popup"
	}
	return fmt.Sprintf("%s %q of %q at %v", kind, w.Title, w.Class, w.Bounds)
}

// Windows lists what is mapped, from the lowest to the topmost.
func (s *Screen) Windows(ctx context.Context) ([]Window, error) {
	list, err := await(ctx, s.windows)
	if err != nil {
		return nil, fmt.Errorf("list windows: %w", err)
	}
	return list, nil
}

func (s *Screen) windows() ([]Window, error) {
	tree, err := xproto.QueryTree(s.x.conn, s.x.screen.Root).Reply()
	if err != nil {
		return nil, err
	}
	var list []Window
	for _, id := range tree.Children {
		attributes, err := xproto.GetWindowAttributes(s.x.conn, id).Reply()
		if err != nil || attributes.MapState != xproto.MapStateViewable || attributes.Class != xproto.WindowClassInputOutput {
			continue // an error: it has gone meanwhile
		}
		g, err := xproto.GetGeometry(s.x.conn, xproto.Drawable(id)).Reply()
		if err != nil {
			continue
		}
		at := image.Pt(int(g.X), int(g.Y))
		w := Window{ID: id, Bounds: image.Rectangle{at, at.Add(image.Pt(int(g.Width), int(g.Height)))},
			Title: string(s.property(id, "WM_NAME")), Popup: attributes.OverrideRedirect}
		if _, class, ok := strings.Cut(strings.TrimRight(string(s.property(id, "WM_CLASS")), "\x00"), "\x00"); ok {
			w.Class = class
		}
		if pid := s.property(id, "_NET_WM_PID"); len(pid) >= 4 {
			w.PID = int(binary.LittleEndian.Uint32(pid))
		}
		list = append(list, w)
	}
	return list, nil
}

// property returns a property of a window, or nothing.
func (s *Screen) property(id xproto.Window, name string) []byte {
	atom, err := xproto.InternAtom(s.x.conn, true, uint16(len(name)), name).Reply()
	if err != nil || atom.Atom == 0 {
		return nil
	}
	const longest = 64 // of four bytes
	r, err := xproto.GetProperty(s.x.conn, false, id, atom.Atom, xproto.GetPropertyTypeAny, 0, longest).Reply()
	if err != nil {
		return nil
	}
	return r.Value
}
