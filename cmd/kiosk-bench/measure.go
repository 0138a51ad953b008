package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"guichet.example/cmd/kiosk-bench/control"
	"guichet.example/cmd/kiosk-bench/display"
	"guichet.example/kiosk"
	"guichet.example/kiosk/view/wire"
)

// measureArg starts the measurement instead of the control page.
const measureArg = "measure"

// sampling is how often pixels are looked at: more often, and the sampler would
// take the two cores from what it measures.
const sampling = time.Millisecond

// rounds is how many sessions are measured on each compositor.
const rounds = 15

// measured is one figure: its name, its target and what was seen.
type measured struct {
	name   string
	target string
	unit   string
	values []float64
}

func (m *measured) add(v float64) { m.values = append(m.values, v) }

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// median returns the middle value; NaN-free because it is never asked of none.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func (m *measured) print(w io.Writer) {
	if len(m.values) == 0 {
		fmt.Fprintf(w, "  %-44s %28s\n", m.name, "not measured here")
		return
	}
	fmt.Fprintf(w, "  %-44s %8.1f %-4s (%.1f to %.1f, n=%d)  target %s\n", m.name, median(m.values), m.unit,
		slices.Min(m.values), slices.Max(m.values), len(m.values), m.target)
}

// runMeasure measures the badge reader, then the whole kiosk on each compositor,
// and prints medians.
func runMeasure(ctx context.Context, stdout io.Writer) error {
	if err := measureBadges(ctx, stdout); err != nil {
		return err
	}
	for _, c := range []struct{ compositor, blank, home string }{
		{display.X11, "≤ 25 ms", "≤ 40 ms"},
		{display.Cage, "≤ 40 ms", "≤ 100 ms"},
	} {
		if err := measureOn(ctx, stdout, c.compositor, c.blank, c.home); err != nil {
			return fmt.Errorf("measure on %s: %w", c.compositor, err)
		}
	}
	return measureDaemon(ctx, stdout)
}

// trial is one running kiosk under measurement.
type trial struct {
	*box
	ours string // how the marks of this kiosk's views begin
	mu   sync.Mutex
	last map[string]time.Time // when each kind of observation was made last
}

func (t *trial) observe(o kiosk.Observation) {
	t.Add(o.Event, o.Value)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last[o.Event+" "+o.Value] = time.Now()
}

func (t *trial) when(event string) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last[event]
}

func measureOn(ctx context.Context, stdout io.Writer, compositor, blankTarget, homeTarget string) (err error) {
	var ends cleanup
	defer func() { err = errors.Join(err, ends.run()) }()
	data, err := dataDir("", &ends)
	if err != nil {
		return err
	}
	sites, stopSite, err := startSite(ctx, io.Discard)
	if err != nil {
		return err
	}
	ends.add(stopSite)
	b, parts, err := assemble(ctx, Flags{Compositor: compositor}, data, sites, slog.New(slog.DiscardHandler), &ends)
	if err != nil {
		return err
	}
	t := &trial{box: b, ours: wire.MarkPrefix(filepath.Join(data, "views")), last: map[string]time.Time{}}
	parts.Observe = t.observe
	if err := b.open(ctx, &parts); err != nil {
		return err
	}
	k, err := kiosk.New(parts)
	if err != nil {
		return err
	}
	b.kiosk.Store(k)
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- k.Run(ctx) }()
	ends.add(func() error {
		stop()
		return <-ended
	})
	figures, err := t.run(ctx, blankTarget, homeTarget)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "\nThe whole kiosk on %s, %d sessions\n", compositor, rounds)
	for _, m := range figures {
		m.print(stdout)
	}
	return nil
}

func (t *trial) run(ctx context.Context, blankTarget, homeTarget string) ([]*measured, error) {
	film := &measured{name: "tile to film commanded", target: "none set", unit: "ms"}
	content := &measured{name: "film sensed private to session surface", target: "none set", unit: "ms"}
	blank := &measured{name: "finished to blank pixels", target: blankTarget, unit: "ms"}
	home := &measured{name: "finished to next home pixels", target: homeTarget, unit: "ms"}
	wiped := &measured{name: "finished to wipe verified", target: "≤ 500 ms", unit: "ms"}
	idleSize := &measured{name: "views' trees idle, home and spare, PSS", target: "none set", unit: "MiB"}
	aloneSize := &measured{name: "view's tree in a session, no spare, PSS", target: "≤ 200 MiB", unit: "MiB"}
	bothSize := &measured{name: "views' trees in a session, with spare, PSS", target: "≤ 290 MiB", unit: "MiB"}
	for range rounds {
		if err := t.until(ctx, func(s control.State) bool {
			return s.Session.State == "idle" && s.View.Spare && s.Film.Sensed == "clear"
		}); err != nil {
			return nil, err
		}
		pause(ctx, 1200*time.Millisecond) // the film may have moved until then, see session.Limits.Film
		all, _ := t.pss()
		idleSize.add(all)
		before, err := t.screen.Capture(ctx)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		if err := t.Choose(ctx, "demo"); err != nil {
			return nil, err
		}
		if err := t.until(ctx, func(s control.State) bool { return s.View.Host == "mairie.localhost" }); err != nil {
			return nil, err
		}
		film.add(ms(t.when("film-command private").Sub(began)))
		content.add(ms(t.when("view-shown session").Sub(t.when("film private"))))
		pause(ctx, time.Second) // the page settles
		both, _ := t.pss()
		bothSize.add(both)
		if err := t.finish(ctx, before, blank, home, wiped); err != nil {
			return nil, err
		}
	}
	if err := t.alone(ctx, aloneSize); err != nil {
		return nil, err
	}
	return t.taps(ctx, []*measured{film, content, blank, home, wiped, idleSize, aloneSize, bothSize})
}

// alone measures a session's tree without a spare that shares pages with it:
// the spare is killed, and the loop waits before it starts the next.
func (t *trial) alone(ctx context.Context, size *measured) error {
	for range 3 {
		if err := t.until(ctx, func(s control.State) bool { return s.Session.State == "idle" && s.View.Spare }); err != nil {
			return err
		}
		if err := t.Choose(ctx, "demo"); err != nil {
			return err
		}
		if err := t.until(ctx, func(s control.State) bool { return s.View.Host == "mairie.localhost" && s.View.Spare }); err != nil {
			return err
		}
		for spare := t.kiosk.Load().State().View + 1; spare < 2*rounds+20; spare++ {
			t.views.Kill(spare) // one of these numbers is the spare's
		}
		pause(ctx, time.Second)
		all, current := t.pss()
		if all != current {
			return errors.New("the spare is still there")
		}
		size.add(current)
		if err := t.End(ctx); err != nil {
			return err
		}
	}
	return nil
}

// finish ends the session and watches the pixels until the home surface is
// what it was before.
func (t *trial) finish(ctx context.Context, home *image.RGBA, blank, next, wiped *measured) error {
	points := grid(home.Bounds())
	content, err := t.screen.Capture(ctx)
	if err != nil {
		return err
	}
	watching, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	started := make(chan struct{})
	var began time.Time
	go func() {
		<-started
		began = time.Now()
		_ = t.End(ctx) // an error shows as pixels that never change
	}()
	var blankAt, homeAt time.Time
	first := true
	err = t.screen.Watch(watching, points, sampling, func(s display.Sample) bool {
		if first {
			first = false
			close(started)
			return true
		}
		switch {
		case blankAt.IsZero() && plain(s.Colours) && !same(s.Colours, content, points):
			blankAt = s.At
		case !blankAt.IsZero() && same(s.Colours, home, points):
			homeAt = s.At
			return false
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("watch the end of a session: %w", err)
	}
	if blankAt.IsZero() {
		return errors.New("no blank frame was seen")
	}
	blank.add(ms(blankAt.Sub(began)))
	next.add(ms(homeAt.Sub(began)))
	wiped.add(ms(t.when("wipe verified").Sub(began)))
	return nil
}

// grid spreads points over the screen.
func grid(r image.Rectangle) []image.Point {
	var points []image.Point
	for y := 1; y < 4; y++ {
		for x := 1; x < 6; x++ {
			points = append(points, image.Pt(r.Min.X+r.Dx()*x/6, r.Min.Y+r.Dy()*y/4))
		}
	}
	return points
}

func plain(colors []color.RGBA) bool {
	return !slices.ContainsFunc(colors, func(c color.RGBA) bool { return c != colors[0] })
}

func same(colors []color.RGBA, picture *image.RGBA, points []image.Point) bool {
	for i, p := range points {
		if picture.RGBAAt(p.X, p.Y) != colors[i] {
			return false
		}
	}
	return true
}

// pss returns the proportional set size of the trees of all views and of the
// one on screen, in MiB.
func (t *trial) pss() (all, current float64) {
	mark := "no view"
	if traces, err := t.views.Traces(t.kiosk.Load().State().View); err == nil {
		mark = traces.Mark
	}
	for _, p := range processes() {
		environ, err := os.ReadFile(p.dir + "/environ")
		if err != nil || !bytes.Contains(environ, []byte(t.ours)) {
			continue
		}
		size := proportional(p.dir)
		all += size
		if bytes.Contains(environ, []byte(mark)) {
			current += size
		}
	}
	return all, current
}

// proportional reads Pss of /proc/PID/smaps_rollup, in MiB; 0 for a process
// that has ended.
func proportional(dir string) float64 {
	data, err := os.ReadFile(dir + "/smaps_rollup")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		var kib float64
		if n, _ := fmt.Sscanf(line, "Pss: %f kB", &kib); n == 1 {
			return kib / 1024
		}
	}
	return 0
}

// until waits for a state; the measurement itself is of events and pixels.
func (t *trial) until(ctx context.Context, ok func(control.State) bool) error {
	deadline := time.Now().Add(30 * time.Second)
	for !ok(t.State()) {
		if time.Now().After(deadline) {
			return fmt.Errorf("waiting in vain: %+v", t.State())
		}
		if !pause(ctx, 5*time.Millisecond) {
			return ctx.Err()
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
