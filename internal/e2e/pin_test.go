package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/cmd/kiosk-bench/control"
	"guichet.example/internal/residue"
)

// TestPIN types the PIN, then one of nobody's until the badge has to wait,
// looks where its digits are left, and comes back after the daemon was killed.
func TestPIN(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	b := startBench(t, data, "--compositor", "x11")
	b.openDemo()
	wrong := b.unheard()
	b.layPIN()
	b.keep("pin")
	b.post("/api/type", map[string]string{"text": control.PIN})
	b.post("/api/key", map[string]string{"key": "Return"})
	b.until("asked for consent", func(s state) bool { return s.Session.State == "consent" && !s.Session.Pad })
	b.post("/api/consent", map[string]bool{"accept": false})
	b.do("DELETE", "/api/badge", nil)
	b.layPIN()
	from := b.mark()
	for try := range 5 {
		for _, digit := range []byte(wrong) {
			b.tap(padKey(digit))
		}
		if try == 0 { // positive control: until they are sent they are in the view
			b.until("typed", func(state) bool { return len(b.holding(wrong)) > 0 })
		}
		b.tap(padOK)
		from = b.await(from, "pin", "wrong") + 1
		if try == 0 { // the view overwrites them when it has sent them, not before
			b.until("the view without the digits", func(state) bool { return len(b.holding(wrong)) == 0 })
		}
		if try < 4 {
			b.padUp(true)
		}
	}
	b.until("alone again", func(s state) bool { return s.Session.State == "active" && !s.Session.Pad })
	b.stillWaits()
	from = b.mark()
	b.post("/api/end", nil)
	b.inOrder(from, "wipe verified", "session idle")
	b.nowhere(wrong)

	if err := b.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-b.exited
	b = startBench(t, data, "--compositor", "x11")
	b.openDemo()
	b.stillWaits()
}

func (b *bench) openDemo() {
	b.t.Helper()
	b.until("idle", func(s state) bool { return s.Session.State == "idle" })
	b.post("/api/procedure", map[string]string{"id": "demo"})
	b.until("on the site", func(s state) bool { return s.View.Host == "mairie.localhost" })
}

// unheard are six digits that nothing of the kiosk holds, by chance or not.
func (b *bench) unheard() string {
	b.t.Helper()
	for range 20 {
		digits := fmt.Sprintf("%06d", rand.IntN(1_000_000))
		if digits != control.PIN && len(residue.Holding(digits, b.below()...)) == 0 {
			return digits
		}
	}
	b.t.Fatal("every number is somewhere")
	return ""
}

// layPIN lays the badge down and waits for the pad.
func (b *bench) layPIN() {
	b.t.Helper()
	b.post("/api/badge", map[string]string{"card": "helper-pin"})
	b.until("asked for the PIN", func(s state) bool { return s.Session.State == "pin" && s.Session.Pad })
	b.padUp(false)
}

// stillWaits lays the badge down, and nobody is asked for anything.
func (b *bench) stillWaits() {
	b.t.Helper()
	b.do("DELETE", "/api/badge", nil)
	from := b.mark()
	b.post("/api/badge", map[string]string{"card": "helper-pin"})
	b.await(from, "badge", "helper")
	b.caughtUp()
	if s := b.state(); s.Session.State != "active" || s.Session.Pad {
		b.t.Errorf("a badge that has to wait: %+v", s.Session)
	}
	b.do("DELETE", "/api/badge", nil)
}

// Places of the pad at 1280x800 and text size 100 %.
var padOK = image.Pt(980, 604)

func padKey(digit byte) image.Point {
	place := int(digit - '1')
	if digit == '0' {
		place = 10
	}
	return image.Pt(676+164*(place%3), 204+96*(place/3))
}

func (b *bench) tap(p image.Point) {
	b.t.Helper()
	b.post("/api/tap", map[string]int{"x": p.X, "y": p.Y})
}

// padUp waits for the pad, and for whether it says that a PIN was refused.
func (b *bench) padUp(refused bool) {
	b.t.Helper()
	b.until("the pad", func(state) bool {
		screen := b.screen()
		key := padKey('5').Add(image.Pt(50, 20))
		return hasColour(screen, image.Rectangle{key, key.Add(image.Pt(1, 1))}, color.RGBA{0xee, 0xf2, 0xf8, 0xff}) &&
			hasColour(screen, image.Rect(170, 400, 560, 480), color.RGBA{0x9c, 0x2f, 0x00, 0xff}) == refused
	})
}

// hasColour looks for a colour in a part of the screen.
func hasColour(screen image.Image, part image.Rectangle, want color.RGBA) bool {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if color.RGBAModel.Convert(screen.At(x, y)) == want {
				return true
			}
		}
	}
	return false
}

// holding are the view's processes that hold the digits; those of the daemon
// hold them until its collector has been there, which the wipe waits for.
func (b *bench) holding(digits string) []string {
	b.t.Helper()
	return residue.Holding(digits, b.below()[1:]...)
}

// nowhere looks through every process, the log, the events and every file.
func (b *bench) nowhere(digits string) {
	b.t.Helper()
	if held := residue.Holding(digits, b.below()...); len(held) > 0 {
		b.t.Errorf("the digits are left in %v", held)
	}
	b.mu.Lock()
	events := fmt.Sprint(b.events)
	b.mu.Unlock()
	if strings.Contains(b.output.String(), digits) || strings.Contains(events, digits) {
		b.t.Error("the digits are in the log")
	}
	files := 0
	err := filepath.WalkDir(b.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // a view's files come and go
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		files++
		if bytes.Contains(data, []byte(digits)) {
			b.t.Errorf("the digits are in %s", path)
		}
		return nil
	})
	if _, missing := os.Stat(filepath.Join(b.data, "pin-tries")); err != nil || missing != nil || files < 3 {
		b.t.Errorf("looked through %d files: %v, %v", files, err, missing)
	}
}
