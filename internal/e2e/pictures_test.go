package e2e

import (
	"bytes"
	"image"
	"image/color"
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

// drawn waits until there is something to be seen of the page, and then until it
// has come to rest. A page that is late is one colour, and stands still, too.
func (b *bench) drawn() {
	b.t.Helper()
	page := image.Rect(340, 100, 1272, 792)
	b.until("a page drawn", func(state) bool {
		screen := b.screen()
		first := screen.At(page.Min.X, page.Min.Y)
		for y := page.Min.Y; y < page.Max.Y; y += 4 {
			for x := page.Min.X; x < page.Max.X; x += 4 {
				if screen.At(x, y) != first {
					return true
				}
			}
		}
		return false
	})
	b.settle()
}

// coloured waits until a pixel has a colour.
func (b *bench) coloured(what string, x, y int, want color.RGBA) {
	b.t.Helper()
	b.until(what, func(state) bool { return color.RGBAModel.Convert(b.screen().At(x, y)) == want })
}

// panel waits until a panel of ours stands before the page, which is not of the
// colour of its ground, and has come to rest.
func (b *bench) panel() {
	b.t.Helper()
	b.coloured("our panel", 340, 792, ground)
	b.settle()
}

// settle waits until the screen stands still for half a second.
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

// Colours of ours.
var (
	ground = color.RGBA{0xf3, 0xf5, 0xf9, 0xff}
	helped = color.RGBA{0xff, 0xd5, 0x4a, 0xff} // of what helpers are for
)

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
