package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"guichet.example/cmd/kiosk-bench/display"
)

// contender is a kiosk under comparison, ours or a browser of others.
type contender interface {
	Screen() *display.Screen
	Home(ctx context.Context) (*image.RGBA, error) // what its home surface looks like
	Ready(ctx context.Context) error               // returns when the home surface may be used
	// Enter begins a session from the home surface; begun says whether it has.
	Enter(ctx context.Context, begun func() bool) error
	Reset(ctx context.Context) error // ends it as its administrator would
	Close() error
}

// homePage is the calm surface of those that bring none: one link, all over
// the middle.
const homePage = `<!doctype html><html lang="fr"><meta charset="utf-8"><title>Accueil</title>
<style>html, body { margin: 0; height: 100%%; background: #1b4f72 }
a { position: fixed; inset: 25%%; background: #f4d03f; color: #000; font: 40px sans-serif; text-align: center; text-decoration: none }</style>
<a href="%s">Commencer</a>
`

// homePicture is what the home page looks like, but for its text: where no
// point of the grid lies.
func homePicture(size image.Point) *image.RGBA {
	picture := image.NewRGBA(image.Rectangle{Max: size})
	blue, yellow := image.NewUniform(color.RGBA{0x1b, 0x4f, 0x72, 0xff}), image.NewUniform(color.RGBA{0xf4, 0xd0, 0x3f, 0xff})
	draw.Draw(picture, picture.Bounds(), blue, image.Point{}, draw.Src)
	link := image.Rectangle{size.Div(4), size.Mul(3).Div(4)}
	draw.Draw(picture, link, yellow, image.Point{}, draw.Src)
	return picture
}

// serveHome serves the home page until ctx ends and returns its address.
func serveHome(ctx context.Context, host, session string) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("serve home page: %w", err)
	}
	server := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, homePage, session)
	})}
	context.AfterFunc(ctx, func() { _ = server.Close() }) // nobody is left to tell
	go func() { _ = server.Serve(l) }()                   // until then
	return fmt.Sprintf("http://%s:%d/", host, l.Addr().(*net.TCPAddr).Port), nil
}

// grid spreads points over the screen, none on an edge of the home page.
func grid(size image.Point) []image.Point {
	var points []image.Point
	for y := 1; y < 6; y++ {
		for x := 1; x < 9; x++ {
			points = append(points, image.Pt(size.X*x/9, size.Y*y/6))
		}
	}
	return points
}

// same tells whether every point looks as it does in the picture.
func same(colours []color.RGBA, picture *image.RGBA, points []image.Point) bool {
	for i, p := range points {
		if picture.RGBAAt(p.X, p.Y) != colours[i] {
			return false
		}
	}
	return true
}

// still captures the screen once it has stood still for half a second and is
// not one colour all over: a page is drawn.
func still(ctx context.Context, screen *display.Screen) (*image.RGBA, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	points := grid(screen.Size())
	var last *image.RGBA
	for since := time.Now(); ; {
		now, err := screen.Capture(ctx)
		if err != nil {
			return nil, fmt.Errorf("wait for a still screen: %w", err)
		}
		colours := colours(now, points)
		if last == nil || !same(colours, last, points) || plain(colours) {
			last, since = now, time.Now()
		}
		if time.Since(since) > 500*time.Millisecond {
			return now, nil
		}
		pause(ctx, 20*time.Millisecond)
	}
}

func colours(picture *image.RGBA, points []image.Point) []color.RGBA {
	var all []color.RGBA
	for _, p := range points {
		all = append(all, picture.RGBAAt(p.X, p.Y))
	}
	return all
}

func plain(colours []color.RGBA) bool {
	return !slices.ContainsFunc(colours, func(c color.RGBA) bool { return c != colours[0] })
}

// sampling is how often pixels are looked at: often enough for the fastest,
// and seldom enough to leave the processor to whom is measured.
const sampling = 2 * time.Millisecond

// reset ends a session and returns how long it took, from the command, until
// the home surface was on the screen again, pixel by pixel.
func reset(ctx context.Context, c contender, home *image.RGBA) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	points := grid(c.Screen().Size())
	var began, ended time.Time
	acted := make(chan error, 1)
	first := true
	watched := c.Screen().Watch(ctx, points, sampling, func(s display.Sample) bool {
		if first {
			first = false
			began = time.Now()
			go func() { acted <- c.Reset(ctx) }() // it is waited for below
			return true
		}
		ended = s.At
		return !same(s.Colours, home, points)
	})
	if first {
		return 0, fmt.Errorf("reset: %w", watched)
	}
	if err := errors.Join(<-acted, watched); err != nil {
		return 0, fmt.Errorf("reset: %w", err)
	}
	return ended.Sub(began), nil
}

// covered waits until a session's page is on the screen instead of the home
// surface.
func covered(ctx context.Context, c contender, home *image.RGBA) error {
	points := grid(c.Screen().Size())
	err := c.Screen().Watch(ctx, points, 10*time.Millisecond, func(s display.Sample) bool { return same(s.Colours, home, points) })
	if err != nil {
		return fmt.Errorf("wait for a session's page: %w", err)
	}
	return nil
}

// median returns the middle one of some values.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// keep keeps a picture of the screen, see picture.
func keep(ctx context.Context, screen *display.Screen, name string) {
	if now, err := screen.Capture(ctx); err == nil { // else whoever looks will miss it
		picture(name, now)
	}
}

// picture writes an image to $GUICHET_SCREENS, for a person to look at. That
// directory must not lie below /tmp, which is another one here.
func picture(name string, screen image.Image) {
	dir := os.Getenv("GUICHET_SCREENS")
	var data bytes.Buffer
	if dir == "" || png.Encode(&data, screen) != nil {
		return
	}
	name = strings.Map(func(r rune) rune {
		if r == '/' {
			return '_'
		}
		return r
	}, name)
	_ = os.WriteFile(filepath.Join(dir, name+".png"), data.Bytes(), 0o644) // as above
}
