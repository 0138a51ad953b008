package e2e

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func (b *bench) screen() image.Image {
	b.t.Helper()
	img, err := png.Decode(bytes.NewReader(b.get("/api/screen.png")))
	if err != nil {
		b.t.Fatal(err)
	}
	return img
}

// settle waits until the screen stands still for half a second: the page is
// loaded, and its field has the focus.
func (b *bench) settle() {
	b.t.Helper()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	last, still := b.screen(), 0
	for range 80 {
		<-tick.C
		now := b.screen()
		if far(last, now) > 0.0005 { // a caret may blink
			last, still = now, 0
			continue
		}
		if still++; still == 2 {
			return
		}
	}
	b.t.Fatal("the screen does not come to rest")
}

// far is the share of pixels that differ clearly.
func far(a, b image.Image) float64 {
	if a.Bounds() != b.Bounds() {
		return 1
	}
	different, all := 0, 0
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y += 2 {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x += 2 {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			all++
			if apart(r1, r2) || apart(g1, g2) || apart(b1, b2) {
				different++
			}
		}
	}
	return float64(different) / float64(all)
}

func apart(a, b uint32) bool { return max(a, b)-min(a, b) > 0x1000 }

// keep writes the screen to $GUICHET_SCREENS, for a person to look at.
func (b *bench) keep(name string) {
	if path := pictureFile(b.t, name); path != "" {
		if err := os.WriteFile(path, b.get("/api/screen.png"), 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
}

// keepPicture does the same with a picture that was taken already.
func keepPicture(t *testing.T, name string, screen image.Image) {
	path := pictureFile(t, name)
	if path == "" {
		return
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, screen); err != nil {
		t.Fatal(err)
	}
}

// pictureFile is where a picture goes, "" when nobody wants any. It makes the
// directory.
func pictureFile(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("GUICHET_SCREENS")
	if dir == "" {
		return ""
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, strings.ReplaceAll(name, "/", "_")+".png")
}
