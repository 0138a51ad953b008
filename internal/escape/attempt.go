package escape

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"time"

	"guichet.example/cmd/kiosk-bench/display"
	"guichet.example/internal/hostile"
)

// Attempt is one try in progress.
type Attempt struct {
	Subject
	Visit *hostile.Visit
	Site  *hostile.Site

	before  scene
	now     scene               // when somebody looked last
	heard   int                 // how much the visit had said when the try began
	reached int                 // and how much had reached the witness
	found   []Evidence          // what the try itself has noticed
	ignore  func(Evidence) bool // see Runner.Ignore
	letters int                 // typed as fences so far
	answers int                 // given to dialogs since the try began
}

// step is how long one step of an attempt may take on a loaded machine.
const step = 5 * time.Second

// dwell is how long a button stays pressed in a touch.
const dwell = 40 * time.Millisecond

// Target is where the page's nth target is on the screen.
func (a *Attempt) Target(n int) image.Point {
	return a.Page().Min.Add(image.Pt(170, 35+56*n))
}

// Field is where the page's text field is.
func (a *Attempt) Field() image.Point { return a.Page().Min.Add(image.Pt(450, 30)) }

// Touch touches the page's nth target. The page must have felt it; for what
// stands there to be carried out, or the page to be left, it waits some time.
func (a *Attempt) Touch(ctx context.Context, n int, name string) error {
	done, felt := "done:"+name, a.Visit.Count("down")
	ends := a.Visit.Count(done) + a.Visit.Count("left")
	if err := a.Click(ctx, a.Target(n), display.ButtonLeft); err != nil {
		return err
	}
	if err := a.await(ctx, "down", felt+1); err != nil {
		return err
	}
	return a.wait(ctx, 2*time.Second, func() bool { return a.Visit.Count(done)+a.Visit.Count("left") > ends })
}

// wait waits until something is so, but no longer than a time.
func (a *Attempt) wait(ctx context.Context, long time.Duration, so func() bool) error {
	end := time.Now().Add(long)
	for !so() && time.Now().Before(end) {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// settle waits until the screen stands still for a moment.
func (a *Attempt) settle(ctx context.Context) error {
	const still, longest = 200 * time.Millisecond, 3 * time.Second
	var last *image.RGBA
	var since time.Time
	var failed error
	err := a.wait(ctx, longest, func() bool {
		now, err := a.Screen().Capture(ctx)
		if err != nil {
			failed = err
			return true
		}
		if last == nil || differing(now, last, a.Page()) > 0.0005 { // a caret may blink
			last, since = now, time.Now()
		}
		return time.Since(since) > still
	})
	return errors.Join(err, failed)
}

// released waits until a page has let go, for no longer than a time, and notes
// if it has not.
func (a *Attempt) released(ctx context.Context, long time.Duration, so func() bool, held string) error {
	err := a.wait(ctx, long, so)
	if err == nil && !so() {
		a.note(Held, held)
	}
	return err
}

// Click presses and releases a pointer button.
func (a *Attempt) Click(ctx context.Context, at image.Point, button byte, held ...string) error {
	return a.Screen().Press(ctx, at, button, dwell, held...)
}

// await waits until the page has said something n times, within a step.
func (a *Attempt) await(ctx context.Context, what string, n int) error {
	ctx, cancel := context.WithTimeout(ctx, step)
	defer cancel()
	return a.Visit.Await(ctx, what, n)
}

// fence types a plain letter and waits until the page has seen it: by then
// it has seen everything that came before, or never will.
func (a *Attempt) fence(ctx context.Context) error {
	const letter = "w"
	a.letters++
	if err := a.Screen().Key(ctx, letter); err != nil {
		return err
	}
	for end := time.Now().Add(step); time.Now().Before(end); {
		heard := func() bool { return a.Visit.Count("key:"+letter) >= a.letters }
		if err := a.wait(ctx, 400*time.Millisecond, heard); err != nil || heard() {
			return err
		}
		if found, err := a.look(ctx, Try{}); len(found) > 0 || err != nil {
			return err // something else has the keyboard
		}
	}
	return errors.New("the page does not hear the keyboard any more")
}

// Chord presses a combination, and a fence after it.
func (a *Attempt) Chord(ctx context.Context, chord string) error {
	if err := a.Screen().Chord(ctx, chord); err != nil {
		return err
	}
	return a.fence(ctx)
}

// said is what the visit has said since the try began.
func (a *Attempt) said() []string {
	all := a.Visit.Said()
	return all[min(a.heard, len(all)):]
}

// note adds evidence that the try itself has found.
func (a *Attempt) note(kind Kind, what string) { a.found = append(a.found, Evidence{kind, what}) }

// find looks for evidence until there is some or the patience ends.
func (a *Attempt) find(ctx context.Context, t Try, patience time.Duration) ([]Evidence, error) {
	end := time.Now().Add(patience)
	for {
		found, err := a.look(ctx, t)
		if len(found) > 0 || err != nil || !time.Now().Before(end) {
			return found, err
		}
		select {
		case <-time.After(25 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// look gathers the evidence that there is now.
func (a *Attempt) look(ctx context.Context, t Try) ([]Evidence, error) {
	now, err := survey(ctx, a.Subject, a.Visit.Token)
	if err != nil {
		return nil, err
	}
	a.now = now
	found := now.differences(a.before)
	for _, said := range a.said() {
		if slices.ContainsFunc(t.Saw, func(p string) bool { return strings.HasPrefix(said, p) }) {
			found = append(found, Evidence{Saw, said})
			break
		}
	}
	if all := a.Visit.Reached(); len(all) > a.reached {
		found = append(found, Evidence{Reached, summary(all[a.reached:])})
	}
	found = append(found, a.found...)
	return slices.DeleteFunc(found, func(e Evidence) bool {
		return a.ignore != nil && a.ignore(e) || t.On != nil && e.Kind != Saw && !slices.Contains(t.On, e.Kind)
	}), nil
}

// summary keeps a list short enough for a line of a table.
func summary(list []string) string {
	const most = 4
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}
