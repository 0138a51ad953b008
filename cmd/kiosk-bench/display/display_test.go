package display

import (
	"context"
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// reachable makes a directory that the compositor's user can reach, which
// those of testing are not when root runs the tests.
func reachable(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "display-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCapture(t *testing.T) {
	t.Parallel()
	s := open(t, Options{Size: image.Pt(800, 480), Compositor: X11})
	r := image.Rect(100, 50, 300, 150)
	openWindow(t, s, r, 0x3366cc)
	img, err := s.Capture(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds() != image.Rect(0, 0, 800, 480) {
		t.Errorf("size %v, want 800x480", img.Bounds())
	}
	for y := range 480 {
		for x := range 800 {
			want := color.RGBA{A: 255}
			if image.Pt(x, y).In(r) {
				want = color.RGBA{0x33, 0x66, 0xcc, 0xff}
			}
			if got := img.RGBAAt(x, y); got != want {
				t.Fatalf("pixel %d,%d is %v, want %v", x, y, got, want)
			}
		}
	}
}

func TestTap(t *testing.T) {
	t.Parallel()
	s := open(t, Options{Compositor: X11})
	w := openWindow(t, s, image.Rectangle{Max: s.Size()}, 0xffffff)
	for _, p := range []image.Point{{0, 0}, {640, 400}, {1279, 799}, {3, 777}} {
		if err := s.Tap(t.Context(), p.X, p.Y); err != nil {
			t.Fatal(err)
		}
		e := w.wait(t, isPress).(xproto.ButtonPressEvent)
		if got := image.Pt(int(e.RootX), int(e.RootY)); got != p || e.Detail != 1 {
			t.Errorf("button %d at %v, want 1 at %v", e.Detail, got, p)
		}
		w.wait(t, func(e xgb.Event) bool { _, ok := e.(xproto.ButtonReleaseEvent); return ok })
	}
	if err := s.Tap(t.Context(), 1280, 0); err == nil {
		t.Error("tapped beside the screen")
	}
}

func isPress(e xgb.Event) bool { _, ok := e.(xproto.ButtonPressEvent); return ok }

func TestTapReleasesWhenCancelled(t *testing.T) {
	t.Parallel()
	s := open(t, Options{Compositor: X11})
	w := openWindow(t, s, image.Rectangle{Max: s.Size()}, 0xffffff)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for e := range w.events {
			if isPress(e) {
				cancel()
				return
			}
		}
	}()
	_ = s.Tap(ctx, 5, 5)
	<-ctx.Done() // the press is on its way, however long the button was down
	p, err := xproto.QueryPointer(w.conn, w.screen.Root).Reply()
	if err != nil || p.Mask != 0 {
		t.Errorf("buttons %#x (%v) after a cancelled tap, want none", p.Mask, err)
	}
	if err := s.Tap(ctx, 5, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("tap under a cancelled context: %v", err)
	}
}

func TestType(t *testing.T) {
	t.Parallel()
	s := open(t, Options{Compositor: X11})
	w := openWindow(t, s, image.Rectangle{Max: s.Size()}, 0xffffff)
	for _, want := range []string{
		"Née à Saint-Étienne, le 07/11/1968 : où ça ? Là-bas !",
		"élève.forêt@exemple.fr\tmaïs, Noël, œuvre\n",
		`0123456789 &"'(-_)=+°^~#{[|\]}$£*%µ<>,;:!?./§€`,
		"« L’été… » – ÀÉÈÇÙÂÊÎÔÛËÏÜŸŒÆ",
		"ñ ã Ñ Š ś ű", // ű has no dead key: it is lent one
		"Ελλάδα العربية 漢字 🙂",
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
	} {
		if err := s.Type(t.Context(), []rune(want)); err != nil {
			t.Fatal(err)
		}
		keys := w.pressed(t)
		if got := text(keys); got != want {
			t.Errorf("typed %q, want %q", got, want)
		}
		if n := len(keys); n%2 != 0 {
			t.Errorf("%d key events for %q: a key is stuck", n, want)
		}
	}
}

func TestTypeRefuses(t *testing.T) {
	t.Parallel()
	s := open(t, Options{Compositor: X11})
	w := openWindow(t, s, image.Rectangle{Max: s.Size()}, 0xffffff)
	for _, bad := range []string{"abc\x1b", "a\u0085"} {
		if err := s.Type(t.Context(), []rune(bad)); err == nil {
			t.Errorf("typed %q", bad)
		}
	}
	if keys := w.pressed(t); len(keys) != 0 {
		t.Errorf("a refused text pressed %v", keys)
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	s := open(t, Options{Compositor: X11})
	w := openWindow(t, s, image.Rectangle{Max: s.Size()}, 0xffffff)
	const shift, ctrl, alt, super = xproto.ModMaskShift, xproto.ModMaskControl, xproto.ModMask1, xproto.ModMask4
	for _, c := range []struct {
		key   string
		sym   xproto.Keysym
		state uint16
	}{
		{"Tab", symTab, 0}, {"Return", symReturn, 0}, {"escape", 0xff1b, 0}, {"Print", 0xff61, 0},
		{"super", symSuperL, 0}, {"alt+F4", 0xffc1, alt}, {"shift+F10", 0xffc7, shift},
		{"ctrl+shift+i", 'I', ctrl | shift}, {"ctrl+alt+Delete", 0xffff, ctrl | alt},
		{"ctrl+A", 'a', ctrl}, {"super+l", 'l', super}, {"é", 'é', 0}, {"ctrl+Plus", '+', ctrl | shift},
		{"shift+Tab", 0xfe20, shift}, {"F12", 0xffc9, 0}, {"Left", 0xff51, 0},
	} {
		if err := s.Key(t.Context(), c.key); err != nil {
			t.Fatal(err)
		}
		keys := w.pressed(t)
		if len(keys)%2 != 0 || len(keys) == 0 {
			t.Fatalf("%s: events %v", c.key, keys)
		}
		last := keys[len(keys)/2-1] // the middle of down, down, up, up
		if last.sym != c.sym || last.state != c.state || !last.down {
			t.Errorf("%s: pressed %#x with %#x, want %#x with %#x", c.key, last.sym, last.state, c.sym, c.state)
		}
	}
}

func TestKeyRefuses(t *testing.T) {
	for _, bad := range []string{"", "+", "ctrl+", "+a", "ctrl+ctrl+a", "a+b", "hyper+a", "F13", "ctrl a", "\n", strings.Repeat("x", 999)} {
		c, err := parseCombo(bad)
		if err == nil {
			t.Errorf("%q: read as %v", bad, c)
			continue
		}
		if !strings.Contains(err.Error(), "such as") || len(err.Error()) > 600 {
			t.Errorf("%q: does not say the form briefly: %v", bad, err)
		}
	}
}

func FuzzKey(f *testing.F) {
	f.Add("ctrl+shift+i")
	f.Add("é")
	f.Add("++")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCombo(text)
		if (err == nil) == (c.key == 0) || len(c.held) > 5 {
			t.Errorf("%q: %v, %v", text, c, err)
		}
	})
}

func TestWatchSeesAChange(t *testing.T) {
	t.Parallel()
	s := open(t, Options{Compositor: X11})
	at := image.Pt(20, 20)
	before := time.Now()
	var last Sample
	n := 0
	err := s.Watch(t.Context(), []image.Point{at, {500, 500}}, time.Millisecond, func(v Sample) bool {
		if n++; n == 3 {
			openWindow(t, s, image.Rect(0, 0, 40, 40), 0x00ff00)
		}
		if v.At.Before(before) || v.Took <= 0 {
			t.Errorf("sample at %v took %v", v.At, v.Took)
		}
		last, before = v, v.At
		return v.Colours[0] == (color.RGBA{A: 255}) && n < 5000
	})
	if err != nil {
		t.Fatal(err)
	}
	if last.Colours[0] != (color.RGBA{0, 255, 0, 255}) || last.Colours[1] != (color.RGBA{A: 255}) {
		t.Errorf("last sample %v after %d", last.Colours, n)
	}
	if err := s.Watch(t.Context(), []image.Point{{-1, 0}}, 0, nil); err == nil {
		t.Error("watched a pixel beside the screen")
	}
}

func TestTwoScreens(t *testing.T) {
	t.Parallel()
	a, b := open(t, Options{Compositor: X11}), open(t, Options{Compositor: X11})
	if a.Client().X11 == b.Client().X11 {
		t.Fatalf("both on %s", a.Client().X11)
	}
	wa := openWindow(t, a, image.Rectangle{Max: a.Size()}, 0x00ff00)
	wb := openWindow(t, b, image.Rectangle{Max: b.Size()}, 0x0000ff)
	if err := a.Type(t.Context(), []rune("a")); err != nil {
		t.Fatal(err)
	}
	if got := text(wa.pressed(t)); got != "a" {
		t.Errorf("the one got %q", got)
	}
	if got := wb.pressed(t); len(got) != 0 {
		t.Errorf("the other got %v", got)
	}
}

// The server lets nobody in without the cookie.
func TestStrangersStayOut(t *testing.T) {
	t.Parallel()
	s := open(t, Options{Compositor: X11})
	if l, err := dial(s.Client().X11Socket, make([]byte, 16)); err == nil {
		l.close()
		t.Error("connected with a wrong cookie")
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	dir := reachable(t)
	s := open(t, Options{Dir: dir})
	client := s.Client()
	if len(children(t, dir)) == 0 {
		t.Fatal("found no process of the screen while it runs: this test proves nothing")
	}
	var nested []string // the sockets that cage reserves for Xwayland
	for _, p := range s.keeper.procs {
		nested = append(nested, reserved(p.pid)...)
	}
	t.Log("reserved beside", client.X11Socket, nested)
	sockets := map[string]os.FileInfo{}
	for _, path := range append(nested, client.X11Socket) {
		socket, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		sockets[path] = socket
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ended(t, dir)
	if left, _ := filepath.Glob(dir + "/*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	for path, was := range sockets {
		switch is, err := os.Stat(path); {
		case errors.Is(err, os.ErrNotExist):
		case err != nil:
			t.Error(err)
		case os.SameFile(was, is) && was.ModTime().Equal(is.ModTime()): // else it is another server's by now
			t.Errorf("socket %s left behind", path)
		}
	}
	select {
	case <-s.Gone():
	default:
		t.Error("not gone")
	}
	if err := s.Tap(t.Context(), 1, 1); err == nil {
		t.Error("tapped a closed screen")
	}
	if _, err := s.Capture(t.Context()); err == nil {
		t.Error("captured a closed screen")
	}
}

// reserved returns the sockets of the X displays that a process has locked.
func reserved(pid int) (sockets []string) {
	locks, _ := filepath.Glob("/tmp/.X*-lock")
	for _, lock := range locks {
		if text, _ := os.ReadFile(lock); strings.Trim(string(text), " \n\x00") == strconv.Itoa(pid) {
			sockets = append(sockets, strings.NewReplacer("/.X", "/.X11-unix/X", "-lock", "").Replace(lock))
		}
	}
	return sockets
}

// ended waits until no process has to do with dir: what is killed still has to
// get a turn of the processor to die.
func ended(t *testing.T, dir string) {
	t.Helper()
	for deadline := time.Now().Add(patience); len(children(t, dir)) > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("left behind: %v", children(t, dir))
		}
	}
}

// children returns the processes whose environment or command line mentions
// dir, besides this one.
func children(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	procs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range procs {
		if filepath.Base(p) == strings.TrimSpace(readlink("/proc/self")) {
			continue
		}
		env, _ := os.ReadFile(p + "/environ")
		line, _ := os.ReadFile(p + "/cmdline")
		if strings.Contains(string(env)+string(line), dir) {
			found = append(found, p+" "+strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

func readlink(path string) string { name, _ := os.Readlink(path); return name }

func TestOptionsRefuse(t *testing.T) {
	for _, o := range []Options{
		{Size: image.Pt(-1, 100)}, {Size: image.Pt(100000, 100)}, {Compositor: "weston"},
	} {
		if s, err := Open(t.Context(), o); err == nil {
			_ = s.Close()
			t.Errorf("opened %+v", o)
		}
	}
}
