package display

import (
	"image"
	"image/color"
	"strings"
	"testing"
	"time"
)

func openCage(t *testing.T) *Screen {
	t.Helper()
	need(t, "cage")
	return open(t, Options{Compositor: Cage})
}

// A client of the compositor fills the screen to its last pixel, and input
// arrives where and as it was made.
func TestCage(t *testing.T) {
	t.Parallel()
	s := openCage(t)
	if name, why := s.Compositor(); name != Cage || why != "" {
		t.Fatalf("compositor %q, %q", name, why)
	}
	c := openWayland(t, s.Client().WaylandSocket, color.RGBA{0x20, 0x80, 0x40, 0xff})
	if c.size != s.Size() {
		t.Errorf("compositor offers %v, want %v", c.size, s.Size())
	}
	waitForColour(t, s, c.colour)
	img, err := s.Capture(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for y := range s.Size().Y {
		for x := range s.Size().X {
			if got := img.RGBAAt(x, y); got != c.colour {
				t.Fatalf("pixel %d,%d is %v, want %v", x, y, got, c.colour)
			}
		}
	}
	for _, p := range []image.Point{{640, 400}, {2, 3}, {1277, 797}, {1100, 20}} {
		if err := s.Tap(t.Context(), p.X, p.Y); err != nil {
			t.Fatal(err)
		}
		if got := c.tapped(t); got != p {
			t.Errorf("tap at %v, want %v", got, p)
		}
	}
	for _, want := range []string{"Née à Saint-Étienne, ça ?", "héhé@ex.fr 0123", "«Noël» ñ 12,50 €"} {
		if err := s.Type(t.Context(), []rune(want)); err != nil {
			t.Fatal(err)
		}
		if got := c.typed(t, s, len([]rune(want))); got != want {
			t.Errorf("typed %q, want %q", got, want)
		}
	}
}

// waitForColour waits until a pixel of each corner has a colour.
func waitForColour(t *testing.T, s *Screen, want color.RGBA) {
	t.Helper()
	max := s.Size().Sub(image.Pt(1, 1))
	start := time.Now()
	err := s.Watch(t.Context(), []image.Point{{}, max, {max.X, 0}, {0, max.Y}}, time.Millisecond, func(v Sample) bool {
		for _, c := range v.Colours {
			if c != want {
				if time.Since(start) > patience {
					t.Fatalf("corners are %v, want %v", v.Colours, want)
				}
				return true
			}
		}
		return false
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCageHasNoKeyForEveryRune(t *testing.T) {
	t.Parallel()
	s := openCage(t)
	err := s.Type(t.Context(), []rune("abc漢"))
	if err == nil || !strings.Contains(err.Error(), "漢") || !strings.Contains(err.Error(), "U+6F22") {
		t.Errorf("error %v, want one that names the rune", err)
	}
}

func TestCageCannotStart(t *testing.T) {
	t.Setenv("PATH", "/nonexistent:"+onlyX(t))
	s := open(t, Options{Compositor: Auto})
	if name, why := s.Compositor(); name != X11 || !strings.Contains(why, "cage") {
		t.Errorf("compositor %q because %q, want x11 and a reason", name, why)
	}
	w := openWindow(t, s, image.Rectangle{Max: s.Size()}, 0xffffff)
	if got := w.pressed(t); len(got) != 0 {
		t.Errorf("keys %v", got)
	}
	if _, err := Open(t.Context(), Options{Compositor: Cage, Dir: reachable(t)}); err == nil {
		t.Error("opened cage without cage")
	}
}

// A compositor that dies on the way leaves a plain and black screen.
func TestCageDies(t *testing.T) {
	dir := onlyX(t)
	script(t, dir+"/cage", "#!/bin/sh\necho no backend for you >&2\nexit 1\n")
	t.Setenv("PATH", dir)
	s := open(t, Options{Compositor: Auto})
	if name, why := s.Compositor(); name != X11 || !strings.Contains(why, "no backend for you") {
		t.Errorf("compositor %q because %q, want x11 and what cage said", name, why)
	}
	colours, err := s.x.colours([]image.Point{{5, 5}})
	if err != nil || colours[0] != (color.RGBA{A: 255}) {
		t.Errorf("screen is %v (%v), want black", colours, err)
	}
}
