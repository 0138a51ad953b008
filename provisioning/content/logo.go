package content

import (
	"bytes"
	"errors"
	"image"
	"image/draw"
	"image/png"
)

// Largest size of a logo on screen, in pixels.
const (
	LogoWidth  = 240
	LogoHeight = 64
)

var errLogo = errors.New("expected a PNG file of 1 MiB and 2000 by 2000 points at most")

// Logo reads a site's logo and returns it as a PNG file of at most LogoWidth by
// LogoHeight pixels, in its proportions. What shows it gets nothing that came
// from outside, and has no work with a large one.
func Logo(data []byte) ([]byte, error) {
	size, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil || size.Width > maxLogoPoints || size.Height > maxLogoPoints || len(data) > maxLogo {
		return nil, errLogo
	}
	drawing, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, errLogo
	}
	whole := image.NewRGBA(image.Rect(0, 0, size.Width, size.Height))
	draw.Draw(whole, whole.Rect, drawing, drawing.Bounds().Min, draw.Src)
	var out bytes.Buffer
	if err := png.Encode(&out, shrink(whole)); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// shrink averages the points that fall on each pixel; a small logo stays as it
// is.
func shrink(from *image.RGBA) *image.RGBA {
	width, height := from.Rect.Dx(), from.Rect.Dy()
	w, h := width, height
	if w > LogoWidth {
		w, h = LogoWidth, max(1, h*LogoWidth/w)
	}
	if h > LogoHeight {
		w, h = max(1, width*LogoHeight/height), LogoHeight
	}
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			average(from, image.Rect(x*width/w, y*height/h, (x+1)*width/w, (y+1)*height/h), to.Pix[to.PixOffset(x, y):])
		}
	}
	return to
}

// average writes the mean of the points in part, as four bytes. They are
// premultiplied: what is clear has no colour to add.
func average(from *image.RGBA, part image.Rectangle, pixel []byte) {
	var sum [4]int
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			for c, v := range from.Pix[from.PixOffset(x, y):][:4] {
				sum[c] += int(v)
			}
		}
	}
	for c := range sum {
		pixel[c] = byte(sum[c] / (part.Dx() * part.Dy()))
	}
}
