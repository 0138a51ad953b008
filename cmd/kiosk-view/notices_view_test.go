//go:build webkit

package main_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"
	"testing"

	"guichet.example/kiosk/view/wire"
)

// A logo that is none, and text that looks like markup, are no reason to fail.
func TestLogoAndNotices(t *testing.T) {
	t.Parallel()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	var logo bytes.Buffer
	green := color.RGBA{0, 0x99, 0x33, 255}
	drawing := image.NewRGBA(image.Rect(0, 0, 240, 64))
	draw.Draw(drawing, drawing.Rect, image.NewUniform(green), image.Point{}, draw.Src)
	if err := png.Encode(&logo, drawing); err != nil {
		t.Fatal(err)
	}
	show := func(t *testing.T, logo []byte) (*display, *image.RGBA) {
		d := startDisplay(t)
		start := packs(t, site(t, nil), "fr", "en")
		start.Logo = logo
		start.Notices = map[string]string{"fr": "# Vos <b>données\n" + strings.Repeat("Rien ne reste. & </span>\n\n", 60)}
		v := startView(t, bin, d, start)
		await[wire.Ready](t, v)
		return d, d.shows(t, v, wire.Show{Surface: wire.SurfaceHome})
	}
	// Inside the logo, on its card beside it, and on the button of the notices.
	inLogo, onCard, button := image.Pt(170, 45), image.Pt(52, 45), image.Pt(700, 750)
	t.Run("good", func(t *testing.T) {
		d, home := show(t, logo.Bytes())
		if home.RGBAAt(inLogo.X, inLogo.Y) != green || home.RGBAAt(onCard.X, onCard.Y) != (color.RGBA{255, 255, 255, 255}) {
			t.Errorf("no logo on its card: %v, %v", home.RGBAAt(inLogo.X, inLogo.Y), home.RGBAAt(onCard.X, onCard.Y))
		}
		if scrolls(home) {
			t.Error("the tiles do not fit any longer")
		}
		d.click(int16(button.X), int16(button.Y))
		read := d.settled(t, home)
		if !scrolls(read) {
			t.Error("60 paragraphs do not scroll, or are not there")
		}
		d.keys(t, 0xff0d) // the way back has the focus
		d.eventually(t, "the tiles", func(img *image.RGBA) bool {
			return !scrolls(img) && img.RGBAAt(inLogo.X, inLogo.Y) == green
		})
	})
	t.Run("broken", func(t *testing.T) {
		_, home := show(t, logo.Bytes()[:40])
		if home.RGBAAt(onCard.X, 20) != brand {
			t.Errorf("a card without a logo: %v", home.RGBAAt(onCard.X, 20))
		}
	})
}
