package display

import (
	"bufio"
	"fmt"
	"image"
	"image/color"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// A screen shown in a window on another display: that display here is a
// screen too, so that the test can look at it and touch it.
func TestMirror(t *testing.T) {
	desk := open(t, Options{Size: image.Pt(900, 700), Compositor: X11})
	t.Setenv("XAUTHORITY", desk.Client().Xauthority)
	s := open(t, Options{Size: image.Pt(640, 480), Compositor: X11, Display: desk.Client().X11})
	w := openWindow(t, s, image.Rectangle{Max: s.Size()}, 0x3366cc)
	inside, outside := image.Pt(639, 479), image.Pt(640, 480)
	start := time.Now()
	err := desk.Watch(t.Context(), []image.Point{{}, inside, outside}, time.Millisecond, func(v Sample) bool {
		if time.Since(start) > patience {
			t.Fatalf("the window shows %v", v.Colours)
		}
		blue, black := color.RGBA{0x33, 0x66, 0xcc, 0xff}, color.RGBA{A: 255}
		return v.Colours[0] != blue || v.Colours[1] != blue || v.Colours[2] != black
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := desk.Tap(t.Context(), 123, 45); err != nil {
		t.Fatal(err)
	}
	e := w.wait(t, isPress).(xproto.ButtonPressEvent)
	if e.RootX != 123 || e.RootY != 45 {
		t.Errorf("tap at %d,%d, want 123,45", e.RootX, e.RootY)
	}
	w.wait(t, func(e xgb.Event) bool { _, ok := e.(xproto.ButtonReleaseEvent); return ok })
	const want = "Élève à 12 € «ñ»\n"
	if err := desk.Type(t.Context(), []rune(want)); err != nil {
		t.Fatal(err)
	}
	var keys []keyEvent
	for deadline := time.Now().Add(patience); text(keys) != want && time.Now().Before(deadline); {
		keys = append(keys, w.pressed(t)...)
	}
	if got := text(keys); got != want {
		t.Errorf("typed %q, want %q", got, want)
	}
	if err := desk.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.WindowClosed():
	case <-time.After(patience):
		t.Error("the window's display has gone, and nobody said so")
	}
	if _, err := s.Capture(t.Context()); err != nil {
		t.Errorf("the screen itself ended too: %v", err)
	}
}

func TestMirrorNowhere(t *testing.T) {
	need(t, "Xvfb", "setxkbmap")
	dir := reachable(t)
	s, err := Open(t.Context(), Options{Display: ":65000", Compositor: X11, Dir: dir})
	if err == nil {
		_ = s.Close()
		t.Fatal("opened a window on a display that does not exist")
	}
	if !strings.Contains(err.Error(), `":65000"`) {
		t.Errorf("error %v does not name the display", err)
	}
	ended(t, dir)
}

// TestKilled kills a process that has a screen, and looks what is left of it.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("DISPLAY_TEST_DIR"); dir != "" {
		s, err := Open(t.Context(), Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("open", s.Client().X11)
		select {}
	}
	need(t, "Xvfb", "setxkbmap")
	dir := reachable(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$", "-test.timeout=30s")
	cmd.Env = append(os.Environ(), "DISPLAY_TEST_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if !strings.HasPrefix(line, "open") {
		t.Errorf("child said %q, %v", line, err)
	}
	if n := len(children(t, dir)); n < 2 {
		t.Errorf("%d processes while it runs: this test proves nothing", n)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	ended(t, dir)
}
