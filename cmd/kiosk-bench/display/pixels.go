package display

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"time"

	"github.com/jezek/xgb/xproto"
)

// Capture returns the pixels that are on the screen now, those of the X
// server even when a compositor is nested in it.
func (s *Screen) Capture(ctx context.Context) (*image.RGBA, error) {
	img, err := await(ctx, func() (*image.RGBA, error) {
		return s.x.image(image.Rectangle{Max: s.options.Size})
	})
	if err != nil {
		return nil, fmt.Errorf("capture screen: %w", err)
	}
	return img, nil
}

// Sample is the colour of some pixels at one instant.
type Sample struct {
	// At is when the answer was there, with a monotonic reading. The pixels
	// are at most Took older.
	At      time.Time
	Took    time.Duration
	Colours []color.RGBA // in the order of the points asked for
}

// Watch samples pixels every period until seen returns false, and then
// returns nil. It has a connection of its own, so that Capture does not hold
// it up. Period 0 samples as fast as the server answers.
func (s *Screen) Watch(ctx context.Context, points []image.Point, period time.Duration, seen func(Sample) bool) error {
	for _, p := range points {
		if !p.In(image.Rectangle{Max: s.options.Size}) {
			return fmt.Errorf("watch pixel %v: outside the screen of %v", p, s.options.Size)
		}
	}
	x, err := dial(s.client.X11Socket, s.cookie)
	if err != nil {
		return fmt.Errorf("watch pixels: %w", err)
	}
	defer x.close()
	var ticks <-chan time.Time
	if period > 0 {
		ticker := time.NewTicker(period)
		defer ticker.Stop()
		ticks = ticker.C
	}
	for ctx.Err() == nil {
		start := time.Now()
		colours, err := x.colours(points)
		if err != nil {
			return fmt.Errorf("watch pixels: %w", err)
		}
		at := time.Now()
		if !seen(Sample{At: at, Took: at.Sub(start), Colours: colours}) {
			return nil
		}
		if ticks != nil {
			select {
			case <-ticks:
			case <-ctx.Done():
			}
		}
	}
	return ctx.Err()
}

// closely is how many pixels are read at once rather than one by one: 64 KiB.
const closely = 1 << 14

// colours reads single pixels, all of them in one round trip: where they lie
// close together as one image, which costs the server the least.
func (l *link) colours(points []image.Point) ([]color.RGBA, error) {
	var area image.Rectangle
	for _, p := range points {
		area = area.Union(image.Rectangle{p, p.Add(image.Pt(1, 1))})
	}
	if area.Empty() || area.Dx()*area.Dy() > closely {
		return l.apart(points)
	}
	img, err := l.image(area)
	if err != nil {
		return nil, err
	}
	colours := make([]color.RGBA, len(points))
	for i, p := range points {
		p = p.Sub(area.Min)
		colours[i] = img.RGBAAt(p.X, p.Y)
	}
	return colours, nil
}

// apart reads pixels that lie far from one another.
func (l *link) apart(points []image.Point) ([]color.RGBA, error) {
	cookies := make([]xproto.GetImageCookie, len(points))
	for i, p := range points {
		cookies[i] = l.getImage(image.Rectangle{p, p.Add(image.Pt(1, 1))})
	}
	colours := make([]color.RGBA, len(points))
	var errs []error
	for i, c := range cookies {
		reply, err := c.Reply()
		if err == nil && len(reply.Data) < 4 {
			err = errors.New("not four bytes a pixel")
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		colours[i] = color.RGBA{reply.Data[2], reply.Data[1], reply.Data[0], 255}
	}
	return colours, errors.Join(errs...)
}

func (l *link) getImage(r image.Rectangle) xproto.GetImageCookie {
	return xproto.GetImage(l.conn, xproto.ImageFormatZPixmap, xproto.Drawable(l.screen.Root),
		int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), ^uint32(0))
}

// image reads a rectangle. Depth 24 on Xvfb is four bytes a pixel: blue,
// green, red and one unused.
func (l *link) image(r image.Rectangle) (*image.RGBA, error) {
	reply, err := l.getImage(r).Reply()
	if err != nil {
		return nil, err
	}
	img := image.NewRGBA(image.Rectangle{Max: r.Size()})
	if len(reply.Data) < len(img.Pix) {
		return nil, fmt.Errorf("%d bytes for %v pixels, want four a pixel", len(reply.Data), r.Size())
	}
	for i := 0; i < len(img.Pix); i += 4 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] =
			reply.Data[i+2], reply.Data[i+1], reply.Data[i], 255
	}
	return img, nil
}
