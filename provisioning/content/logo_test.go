package content_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"guichet.example/provisioning/content"
)

func TestLogoFitsItsPlace(t *testing.T) {
	for size, want := range map[image.Point]image.Point{
		{2000, 10}: {240, 1}, {10, 2000}: {1, 64}, {600, 150}: {240, 60}, {640, 640}: {64, 64}, {100, 30}: {100, 30}, {1, 1}: {1, 1}, {2000, 1}: {240, 1},
	} {
		small, err := content.Logo(picture(t, size.X, size.Y))
		if err != nil {
			t.Fatal(err)
		}
		got, err := png.DecodeConfig(bytes.NewReader(small))
		if err != nil || got.Width != want.X || got.Height != want.Y {
			t.Errorf("%v became %dx%d, want %v (%v)", size, got.Width, got.Height, want, err)
		}
	}
	// Half of the points red, half clear: what is clear stays so, and the edge
	// does not turn dark.
	drawing := image.NewNRGBA(image.Rect(0, 0, 480, 128))
	for y := range 128 {
		for x := range 480 {
			if x%2 == 0 {
				drawing.SetNRGBA(x, y, color.NRGBA{255, 0, 0, 255})
			}
		}
	}
	var data bytes.Buffer
	if err := png.Encode(&data, drawing); err != nil {
		t.Fatal(err)
	}
	small, err := content.Logo(data.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	if c := color.NRGBAModel.Convert(got.At(100, 30)).(color.NRGBA); c.R < 250 || c.A != 127 {
		t.Errorf("half red became %v", c)
	}
}

func TestALogoCutShortIsRefused(t *testing.T) {
	whole := picture(t, 200, 200)
	if _, err := content.Logo(whole[:len(whole)-20]); err == nil {
		t.Error("half a logo is taken")
	}
}
