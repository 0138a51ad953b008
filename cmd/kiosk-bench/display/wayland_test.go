package display

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
)

// onlyX makes a directory with the programs of plain X and no compositor.
func onlyX(t *testing.T) string {
	t.Helper()
	need(t, "Xvfb", "setxkbmap")
	dir := reachable(t)
	for _, p := range []string{"Xvfb", "setxkbmap", "xkbcomp", "sh", "cat"} {
		path, err := exec.LookPath(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, p)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func script(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// wayland is a client of a compositor, just large enough to fill an output
// with a colour and to hear a pointer and a keyboard. Its objects have fixed
// numbers, since it makes each of them once.
type wayland struct {
	conn   *net.UnixConn
	colour color.RGBA
	size   image.Point // as configured by the compositor
	next   uint32      // number of the next object

	globals  map[string][2]uint32 // interface: name, version
	pointer  image.Point
	taps     chan image.Point
	keys     chan waylandKey
	modifier uint32
	ready    chan struct{}
	once     sync.Once // closes ready
	failed   chan error
}

type waylandKey struct {
	key      xproto.Keycode // of X, which is that of Linux plus 8
	modifier uint32         // of X: the compositor's keymap has the same order
}

const (
	wDisplay = iota + 1
	wRegistry
	wSync
	wCompositor
	wShm
	wBase
	wSeat
	wSurface
	wXdg
	wToplevel
	wPointer
	wKeyboard
	wFree // the first number for what is made more than once
)

func openWayland(t *testing.T, socket string, colour color.RGBA) *wayland {
	t.Helper()
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	c := &wayland{conn: conn, colour: colour, globals: map[string][2]uint32{},
		taps: make(chan image.Point, 100), keys: make(chan waylandKey, 1000),
		ready: make(chan struct{}), next: wFree, failed: make(chan error, 1)}
	t.Cleanup(func() { _ = conn.Close() })
	c.send(wDisplay, 1, nil, uint32(wRegistry))
	c.send(wDisplay, 0, nil, uint32(wSync))
	go c.read()
	select {
	case <-c.ready:
	case err := <-c.failed:
		t.Fatal(err)
	case <-time.After(patience):
		t.Fatalf("the compositor did not show the client within %v", patience)
	}
	return c
}

// send writes a request; file descriptors travel beside it.
func (c *wayland) send(object, opcode uint32, fds []int, args ...any) {
	var body []byte
	for _, a := range args {
		switch a := a.(type) {
		case uint32:
			body = binary.LittleEndian.AppendUint32(body, a)
		case string:
			body = binary.LittleEndian.AppendUint32(body, uint32(len(a)+1))
			body = append(body, a...)
			body = append(body, make([]byte, 4-len(a)%4)...)
		}
	}
	msg := binary.LittleEndian.AppendUint32(nil, object)
	msg = binary.LittleEndian.AppendUint32(msg, uint32(len(body)+8)<<16|opcode)
	var oob []byte
	if fds != nil {
		oob = syscall.UnixRights(fds...)
	}
	if _, _, err := c.conn.WriteMsgUnix(append(msg, body...), oob, nil); err != nil {
		select {
		case c.failed <- err:
		default:
		}
	}
}

// read handles events until the connection ends.
func (c *wayland) read() {
	var pending []byte
	buf, oob := make([]byte, 1<<16), make([]byte, 256)
	for {
		n, oobn, _, _, err := c.conn.ReadMsgUnix(buf, oob)
		if err != nil || n == 0 {
			return
		}
		if messages, err := syscall.ParseSocketControlMessage(oob[:oobn]); err == nil {
			for i := range messages {
				fds, _ := syscall.ParseUnixRights(&messages[i])
				for _, fd := range fds {
					_ = syscall.Close(fd)
				}
			}
		}
		pending = append(pending, buf[:n]...)
		for len(pending) >= 8 {
			head := binary.LittleEndian.Uint32(pending[4:])
			size := int(head >> 16)
			if size < 8 || len(pending) < size {
				break
			}
			c.event(binary.LittleEndian.Uint32(pending), head&0xffff, pending[8:size])
			pending = pending[size:]
		}
	}
}

func (c *wayland) event(object, opcode uint32, body []byte) {
	arg := func(i int) uint32 { return binary.LittleEndian.Uint32(body[4*i:]) }
	fixed := func(i int) int { return int(int32(arg(i))) >> 8 }
	switch [2]uint32{object, opcode} {
	case [2]uint32{wDisplay, 0}:
		c.failed <- errors.New("protocol error: " + string(body[12:]))
	case [2]uint32{wRegistry, 0}:
		n := arg(1)
		words := (n + 3) / 4
		c.globals[string(body[8:8+n-1])] = [2]uint32{arg(0), arg(int(2 + words))}
	case [2]uint32{wSync, 0}:
		c.build()
	case [2]uint32{wBase, 0}: // ping
		c.send(wBase, 3, nil, arg(0))
	case [2]uint32{wToplevel, 0}: // configure
		if arg(0) != 0 {
			c.size = image.Pt(int(arg(0)), int(arg(1)))
		}
	case [2]uint32{wXdg, 0}: // configure
		c.send(wXdg, 4, nil, arg(0))
		c.draw()
	case [2]uint32{wPointer, 0}: // enter
		c.pointer = image.Pt(fixed(2), fixed(3))
	case [2]uint32{wPointer, 2}: // motion
		c.pointer = image.Pt(fixed(1), fixed(2))
	case [2]uint32{wPointer, 3}: // button
		if arg(3) == 1 {
			c.taps <- c.pointer
		}
	case [2]uint32{wKeyboard, 3}: // key
		if arg(3) == 1 {
			c.keys <- waylandKey{xproto.Keycode(arg(2) + 8), c.modifier}
		}
	case [2]uint32{wKeyboard, 4}: // modifiers
		c.modifier = arg(1)
	}
}

// build makes the window, once the compositor has said what it offers.
func (c *wayland) build() {
	for _, g := range []struct {
		name    string
		version uint32
		id      uint32
	}{{"wl_compositor", 4, wCompositor}, {"wl_shm", 1, wShm}, {"xdg_wm_base", 1, wBase}, {"wl_seat", 5, wSeat}} {
		global, ok := c.globals[g.name]
		if !ok || global[1] < g.version {
			c.failed <- fmt.Errorf("the compositor offers %s in %v", g.name, global)
			return
		}
		c.send(wRegistry, 0, nil, global[0], g.name, g.version, g.id)
	}
	c.send(wCompositor, 0, nil, uint32(wSurface))
	c.send(wBase, 2, nil, uint32(wXdg), uint32(wSurface))
	c.send(wXdg, 1, nil, uint32(wToplevel))
	c.send(wSeat, 0, nil, uint32(wPointer))
	c.send(wSeat, 1, nil, uint32(wKeyboard))
	c.send(wSurface, 6, nil) // commit without a buffer: asks for the size
}

// draw fills the window with the colour. The compositor names the size only
// after it has seen a first picture, which may have any.
func (c *wayland) draw() {
	size := c.size
	if size == (image.Point{}) {
		size = image.Pt(8, 8)
	}
	file, err := os.CreateTemp("", "wayland-test-")
	if err != nil {
		c.failed <- err
		return
	}
	defer file.Close()
	_ = os.Remove(file.Name())
	pixels := make([]byte, 0, 4*size.X*size.Y)
	for range size.X * size.Y {
		pixels = append(pixels, c.colour.B, c.colour.G, c.colour.R, 0xff)
	}
	if _, err := file.Write(pixels); err != nil {
		c.failed <- err
		return
	}
	const xrgb = 1
	pool, buffer := c.next, c.next+1
	c.next += 2
	c.send(wShm, 0, []int{int(file.Fd())}, pool, uint32(len(pixels)))
	c.send(pool, 0, nil, buffer, uint32(0), uint32(size.X), uint32(size.Y), uint32(4*size.X), uint32(xrgb))
	c.send(wSurface, 1, nil, buffer, uint32(0), uint32(0))
	c.send(wSurface, 2, nil, uint32(0), uint32(0), uint32(size.X), uint32(size.Y))
	c.send(wSurface, 6, nil)
	if size == c.size {
		c.once.Do(func() { close(c.ready) })
	}
}

func (c *wayland) tapped(t *testing.T) image.Point {
	t.Helper()
	select {
	case p := <-c.taps:
		return p
	case <-time.After(patience):
		t.Fatalf("no tap within %v", patience)
		return image.Point{}
	}
}

// typed returns the next n characters as the French keymap reads them.
func (c *wayland) typed(t *testing.T, s *Screen, n int) string {
	t.Helper()
	const shift, level3 = 1, 1 << 7
	var out string
	var dead xproto.Keysym
	for len([]rune(out)) < n {
		select {
		case k := <-c.keys:
			at := stroke{k.key, k.modifier&shift != 0, k.modifier&level3 != 0}
			for sym, known := range s.layout.strokes {
				switch {
				case known != at || sym == symShiftL || sym == symLevel3:
				case sym >= 0xfe50 && sym < 0xfe70:
					dead = sym
				case runeOf(sym) != 0:
					out += string(composed(dead, runeOf(sym)))
					dead = 0
				}
			}
		case <-time.After(patience):
			t.Fatalf("only %q within %v", out, patience)
		}
	}
	return out
}
