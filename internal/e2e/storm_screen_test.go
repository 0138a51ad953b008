package e2e

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/cmd/kiosk-bench/display"
)

// Where the bar's buttons are at 1280x800, in French and in English.
var (
	barStart    = image.Pt(60, 47)
	barLanguage = image.Pt(570, 47)
	barFinish   = image.Pt(1180, 47)
	onThePage   = image.Pt(800, 450)
)

// hand is somebody at the screen of a bench who sees pixels and presses.
type hand struct {
	t      *testing.T
	screen *display.Screen
}

// attach finds the X server among the processes of a bench.
func attach(b *bench) *hand {
	t := b.t
	t.Helper()
	var client display.Client
	for _, pid := range b.below() {
		args, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // it may have ended
		fields := strings.Split(string(args), "\x00")
		if i := slices.Index(fields, "-auth"); i > 0 && filepath.Base(fields[0]) == "Xvfb" {
			client.Xauthority = fields[i+1]
		}
		environ, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		for _, v := range strings.Split(string(environ), "\x00") {
			if number, ok := strings.CutPrefix(v, "DISPLAY="); ok {
				client.X11 = number
			}
		}
	}
	screen, err := display.Attach(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	return &hand{t, screen}
}

// press presses the first button for a while.
func (h *hand) press(at image.Point, long time.Duration) {
	h.t.Helper()
	if err := h.screen.Press(h.t.Context(), at, display.ButtonLeft, long); err != nil {
		h.t.Error(err)
	}
}

// answerLimit is how long an answer is waited for.
const answerLimit = 8 * time.Second

// holding is how long a finger stays on a button: longer than barGoal, so that
// a button that looks pressed too late is not taken for one that never did.
const holding = 120 * time.Millisecond

// glance is how often the screen is looked at, and so what a figure may be too
// high by. Each millisecond, looking took most of a core from what is measured.
const glance = 3 * time.Millisecond

// answersInTime presses in rounds of three until a round was good.
func (h *hand) answersInTime() (rounds []barFigures) {
	h.t.Helper()
	for len(rounds) < 4 {
		rounds = append(rounds, h.bar(3))
		if rounds[len(rounds)-1].median() <= barGoal {
			break
		}
	}
	return rounds
}

func (h *hand) bar(presses int) (f barFigures) {
	h.t.Helper()
	for range presses {
		looks, acts := h.answers()
		f.looks, f.acts = append(f.looks, looks), append(f.acts, acts)
	}
	return f
}

// answers presses the bar's language button and returns how long it took
// until the button looked pressed, and from letting go until the bar spoke the
// other language; answerLimit for what was not seen.
func (h *hand) answers() (looks, acts time.Duration) {
	h.t.Helper()
	points := grid(image.Rect(530, 24, 620, 72), 12, 5)
	h.still(points)
	ctx, cancel := context.WithTimeout(h.t.Context(), 2*answerLimit)
	defer cancel()
	var before, held []color.RGBA
	var down, up time.Time
	pressed := make(chan struct{})
	looks, acts = answerLimit, answerLimit
	err := h.screen.Watch(ctx, points, glance, func(s display.Sample) bool {
		switch {
		case before == nil:
			before = slices.Clone(s.Colours)
			down = time.Now()
			up = down.Add(holding)
			go func() { defer close(pressed); h.press(barLanguage, holding) }()
		case held == nil && differ(before, s.Colours) > len(points)/2: // its whole ground
			looks, held = s.At.Sub(down), slices.Clone(s.Colours)
		case held != nil && s.At.After(up) && differ(held, s.Colours) > len(points)/2 && differ(before, s.Colours) > 0:
			acts = s.At.Sub(up)
			return false
		case held == nil && s.At.After(up) && differ(before, s.Colours) > 0: // both in one frame
			looks, acts = s.At.Sub(down), s.At.Sub(up)
			return false
		}
		return s.At.Sub(down) < answerLimit
	})
	if err != nil && ctx.Err() == nil {
		h.t.Error(err)
	}
	<-pressed
	return looks, acts
}

// still waits until the bar has not changed for a moment: that a slow answer
// to the last press is over.
func (h *hand) still(points []image.Point) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), answerLimit)
	defer cancel()
	var last []color.RGBA
	var since time.Time
	err := h.screen.Watch(ctx, points, 10*time.Millisecond, func(s display.Sample) bool {
		if last == nil || differ(last, s.Colours) > 0 {
			last, since = slices.Clone(s.Colours), s.At
		}
		return s.At.Sub(since) < 100*time.Millisecond
	})
	if err != nil && ctx.Err() == nil {
		h.t.Error(err)
	}
}

// blank presses "J'ai terminé" and returns how long it took from letting go
// until nothing of the session was to be seen.
func (h *hand) blank() time.Duration {
	h.t.Helper()
	points := grid(image.Rect(0, 0, 1280, 800), 5, 4)
	ctx, cancel := context.WithTimeout(h.t.Context(), answerLimit)
	defer cancel()
	const tap = 40 * time.Millisecond
	var up time.Time
	took, gap := answerLimit, time.Duration(0)
	pressed := make(chan struct{})
	last := time.Now()
	err := h.screen.Watch(ctx, points, glance, func(s display.Sample) bool {
		if up.IsZero() {
			up = time.Now().Add(tap)
			go func() { defer close(pressed); h.press(barFinish, tap) }()
			return true
		}
		gap, last = max(gap, s.At.Sub(last)), s.At
		if isBlank(s.Colours) {
			took = s.At.Sub(up)
		}
		return took == answerLimit
	})
	if err != nil && ctx.Err() == nil {
		h.t.Error(err)
	}
	<-pressed
	if took == answerLimit {
		h.t.Errorf("no blank was seen, by somebody who looked away for up to %v", gap)
	}
	return took
}

// isBlank knows the blank surface, see style.css, and the ground of the X
// server, which shows when its view has been killed.
func isBlank(colours []color.RGBA) bool {
	blank, ground := color.RGBA{0x0f, 0x2f, 0x52, 0xff}, color.RGBA{0, 0, 0, 0xff}
	return (colours[0] == blank || colours[0] == ground) &&
		!slices.ContainsFunc(colours, func(c color.RGBA) bool { return c != colours[0] })
}

// grid spreads columns times rows points over a rectangle.
func grid(r image.Rectangle, columns, rows int) []image.Point {
	var points []image.Point
	for y := range rows {
		for x := range columns {
			points = append(points, r.Min.Add(image.Pt((2*x+1)*r.Dx()/(2*columns), (2*y+1)*r.Dy()/(2*rows))))
		}
	}
	return points
}

func differ(a, b []color.RGBA) int {
	n := 0
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}
