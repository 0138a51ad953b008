package display

import (
	"image"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// attached is a window on a screen, and a second connection to that screen by
// which another process would drive it.
func attached(t *testing.T) (*Screen, *window) {
	t.Helper()
	s := open(t, Options{Size: image.Pt(400, 300), Compositor: X11})
	w := openWindow(t, s, image.Rect(10, 20, 210, 220), 0xffffff)
	a, err := Attach(t.Context(), s.Client())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a, w
}

func TestAttach(t *testing.T) {
	t.Parallel()
	a, w := attached(t)
	if a.Size() != image.Pt(400, 300) {
		t.Errorf("size %v", a.Size())
	}
	if err := a.Paint(t.Context(), 0x123456); err != nil {
		t.Fatal(err)
	}
	img, err := a.Capture(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c := img.RGBAAt(0, 0); c.R != 0x12 || c.G != 0x34 || c.B != 0x56 {
		t.Errorf("behind the window it is %v", c)
	}
	list, err := a.Windows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].ID != w.id || list[0].Bounds != image.Rect(10, 20, 210, 220) || !list[0].Popup {
		t.Errorf("windows %v", list)
	}
}

func TestAttachRefuses(t *testing.T) {
	t.Parallel()
	short := filepath.Join(t.TempDir(), "Xauthority")
	if err := os.WriteFile(short, []byte{0xff, 0xff, 0, 9, 1}, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/nonexistent", short} {
		if _, err := Attach(t.Context(), Client{X11: ":0", Xauthority: path}); err == nil {
			t.Errorf("attached with %q", path)
		}
	}
}

// Keys that no keyboard of ours has arrive as what they stand for.
func TestChord(t *testing.T) {
	t.Parallel()
	a, w := attached(t)
	for _, chord := range []string{"XF86Mail", "0x6dd", "ctrl+alt+F1", "Multi_key"} {
		if err := a.Chord(t.Context(), chord); err != nil {
			t.Fatal(err)
		}
	}
	got := map[xproto.Keysym]bool{}
	for _, k := range w.pressed(t) {
		got[k.sym] = got[k.sym] || k.down
	}
	for _, sym := range []xproto.Keysym{0x1008ff19, 0x6dd, symControlL, symAltL, 0xff20} {
		if !got[sym] {
			t.Errorf("no key %#x among %v", sym, got)
		}
	}
	if err := a.Chord(t.Context(), "ctrl+nonsense"); err == nil {
		t.Error("pressed nonsense")
	}
}

func TestPressAndDrag(t *testing.T) {
	t.Parallel()
	a, w := attached(t)
	if err := a.Press(t.Context(), image.Pt(50, 60), ButtonRight, time.Millisecond, "ctrl"); err != nil {
		t.Fatal(err)
	}
	press := w.wait(t, isPress).(xproto.ButtonPressEvent)
	if press.Detail != ButtonRight || press.RootX != 50 || press.RootY != 60 || press.State&xproto.ModMaskControl == 0 {
		t.Errorf("pressed %v", press)
	}
	overCalled := false
	if err := a.Drag(t.Context(), func() error { overCalled = true; return nil }, image.Pt(30, 30), image.Pt(90, 120)); err != nil {
		t.Fatal(err)
	}
	press = w.wait(t, isPress).(xproto.ButtonPressEvent)
	isRelease := func(e xgb.Event) bool { _, ok := e.(xproto.ButtonReleaseEvent); return ok }
	release := w.wait(t, isRelease).(xproto.ButtonReleaseEvent)
	if press.RootX != 30 || press.RootY != 30 || release.RootX != 90 || release.RootY != 120 || !overCalled {
		t.Errorf("dragged from %d,%d to %d,%d", press.RootX, press.RootY, release.RootX, release.RootY)
	}
	if err := a.Press(t.Context(), image.Pt(400, 0), ButtonLeft, 0); err == nil {
		t.Error("pressed beside the screen")
	}
}

// A client that asks for the selection gets the text, until it is released.
func TestOffer(t *testing.T) {
	t.Parallel()
	a, w := attached(t)
	release, err := a.Offer(t.Context(), "offered")
	if err != nil {
		t.Fatal(err)
	}
	const primary, target = xproto.AtomPrimary, xproto.AtomString
	xproto.ConvertSelection(w.conn, w.id, primary, target, xproto.AtomCutBuffer0, xproto.TimeCurrentTime)
	w.wait(t, func(e xgb.Event) bool { n, ok := e.(xproto.SelectionNotifyEvent); return ok && n.Property != 0 })
	r, err := xproto.GetProperty(w.conn, false, w.id, xproto.AtomCutBuffer0, xproto.GetPropertyTypeAny, 0, 64).Reply()
	if err != nil || string(r.Value) != "offered" {
		t.Errorf("got %q, %v", r.Value, err)
	}
	release()
	for deadline := time.Now().Add(5 * time.Second); ; { // the server has to see that who offered it has left
		owner, err := xproto.GetSelectionOwner(w.conn, primary).Reply()
		if err == nil && owner.Owner == 0 {
			return
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("still offered by %v, %v", owner, err)
		}
	}
}
