package escape

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"time"

	"guichet.example/cmd/kiosk-bench/display"
	"guichet.example/internal/hostile"
)

// Result is what came of one try.
type Result struct {
	Vector Vector
	Try    string
	Found  []Evidence // empty: it did not succeed
	After  error      // what was wrong afterwards, see Runner.After
	Err    error      // it could not be tried
	Took   time.Duration
}

// Escaped reports whether the attempt succeeded.
func (r Result) Escaped() bool { return len(r.Found) > 0 }

func (r Result) String() string {
	what := "refused"
	switch {
	case r.Err != nil:
		what = "not tried: " + r.Err.Error()
	case r.Escaped():
		what = "OUT by " + r.Found[0].String()
	}
	if r.After != nil {
		what += "; afterwards " + r.After.Error()
	}
	return fmt.Sprintf("%s %-14s %5d ms  %s", r.Vector.ID, r.Try, r.Took.Milliseconds(), what)
}

// Runner tries vectors on one subject.
type Runner struct {
	Subject Subject
	Site    *hostile.Site

	// After, if set, is called after each try that found nothing: it says
	// what is wrong with the subject all the same.
	After func(ctx context.Context) error

	// Ignore, if set, tells evidence that does not count on this subject.
	Ignore func(Evidence) bool

	// Picture, if set, is given the screen on which an attempt succeeded or
	// could not be made.
	Picture func(id, try string, screen image.Image)

	first *scene   // how the subject looked at the very beginning
	last  *Attempt // whose page is still there
}

// Run tries one vector. It returns an error only when the subject is lost.
func (r *Runner) Run(ctx context.Context, v Vector) ([]Result, error) {
	var results []Result
	r.last = nil
	patience := r.Subject.Patience()
	for i, t := range v.Tries {
		if t.Hard && i > 0 && results[i-1].Escaped() {
			break // a new start for each would show nothing new
		}
		start := time.Now()
		result, err := r.try(ctx, v, t, patience)
		if result.Escaped() {
			patience = min(patience, time.Second) // that the vector works has been shown
		}
		result.Took = time.Since(start)
		results = append(results, result)
		if err != nil {
			return results, err
		}
	}
	return results, nil
}

func (r *Runner) try(ctx context.Context, v Vector, t Try, patience time.Duration) (Result, error) {
	result := Result{Vector: v, Try: t.Name}
	a, err := r.begin(ctx, t)
	if err != nil {
		result.Err = err
		r.picture(ctx, v.ID, t.Name)
		return result, r.Subject.Restart(ctx)
	}
	trouble := t.Do(ctx, a)
	if t.same && trouble == nil {
		patience /= 8 // a fence came after it
	}
	if result.Found, err = a.find(ctx, t, patience); err != nil {
		trouble = errors.Join(trouble, err)
	}
	r.last = a
	switch {
	case result.Escaped():
	case trouble != nil:
		result.Err = trouble
	default:
		if result.After = r.unchanged(a); result.After == nil && r.After != nil {
			result.After = r.After(ctx)
		}
		if result.After == nil {
			return result, nil
		}
	}
	r.last = nil
	r.picture(ctx, v.ID, t.Name)
	if result.Err != nil || t.Hard {
		return result, r.Subject.Restart(ctx)
	}
	return result, r.Subject.Tidy(ctx)
}

// unchanged compares what is the subject's own with how it looked first: what
// an attempt has changed for good is no part of the picture it began with.
func (r *Runner) unchanged(a *Attempt) error {
	now := a.now
	if r.first == nil {
		r.first = &a.before
	}
	if len(now.windows) != len(r.first.windows) {
		return fmt.Errorf("it has %d windows, at first %d", len(now.windows), len(r.first.windows))
	}
	for _, rect := range now.steady {
		if share := differing(now.picture, r.first.picture, rect); share > 0.2 {
			return fmt.Errorf("%.0f %% of the pixels in %v are not as at first", 100*share, rect)
		}
	}
	return nil
}

func (r *Runner) picture(ctx context.Context, id, try string) {
	if r.Picture == nil {
		return
	}
	if screen, err := r.Subject.Screen().Capture(ctx); err == nil {
		r.Picture(id, try, screen)
	}
}

// begin shows the page of a try.
func (r *Runner) begin(ctx context.Context, t Try) (*Attempt, error) {
	if r.last != nil && t.same {
		a := r.last
		a.heard, a.reached, a.found, a.answers = len(a.Visit.Said()), len(a.Visit.Reached()), nil, 0
		return a, nil
	}
	a := &Attempt{Subject: r.Subject, Site: r.Site, ignore: r.Ignore}
	err := a.show(ctx, t.Page)
	if err != nil {
		if restarted := r.Subject.Restart(ctx); restarted != nil {
			return nil, errors.Join(err, restarted)
		}
		err = a.show(ctx, t.Page)
	}
	if err != nil {
		return nil, fmt.Errorf("show page %q: %w", t.Page, err)
	}
	if a.before, err = survey(ctx, r.Subject, a.Visit.Token); err != nil {
		return nil, err
	}
	a.heard = len(a.Visit.Said())
	a.reached = len(a.Visit.Reached())
	return a, nil
}

// show arms a page, goes to it and waits until it is drawn.
func (a *Attempt) show(ctx context.Context, page string) error {
	a.Visit = a.Site.Arm(page)
	if err := a.Open(ctx); err != nil {
		return err
	}
	if err := a.await(ctx, "ready:"+page, 1); err != nil {
		return err
	}
	if err := a.drawn(ctx); err != nil {
		return err
	}
	// The keyboard may still be where Open left it.
	if err := a.Click(ctx, a.Field(), display.ButtonLeft); err != nil {
		return err
	}
	return a.await(ctx, "down", 1) // not to be taken for a touch that follows
}

// drawn waits until the page's first target is to be seen, beside its words.
func (a *Attempt) drawn(ctx context.Context) error {
	at := a.Target(0).Add(image.Pt(140, -15))
	seen, failed := false, error(nil)
	err := a.wait(ctx, step, func() bool {
		var now *image.RGBA
		if now, failed = a.Screen().Capture(ctx); failed == nil {
			seen = now.RGBAAt(at.X, at.Y) == color.RGBA{0xdd, 0xdd, 0xdd, 0xff}
		}
		return seen || failed != nil
	})
	if err == nil && failed == nil && !seen {
		err = errors.New("its first target is not drawn")
	}
	return errors.Join(err, failed)
}
