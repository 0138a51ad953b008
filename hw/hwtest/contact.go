package hwtest

import (
	"errors"
	"fmt"
	"testing"

	"guichet.example/hw"
)

// ContactProbe is the film's side of its contact.
type ContactProbe struct {
	// Move brings the contact into a state and returns once the device could
	// read it. It starts private.
	Move func(hw.Film)

	// Plug pulls the contact out (false) or puts it back (true). nil = the
	// clauses that need it are skipped with that reason.
	Plug func(in bool)
}

// TestFilmContact checks a film contact. open opens it anew, the film being
// private.
func TestFilmContact(t *testing.T, open func(t *testing.T) (hw.FilmContact, ContactProbe)) {
	t.Helper()
	run(t, contactClauses(), open)
}

func contactClauses() []clause[hw.FilmContact, ContactProbe] {
	return []clause[hw.FilmContact, ContactProbe]{
		{"the first call returns the state at once", func(c hw.FilmContact, _ ContactProbe) error {
			return sees(c, hw.FilmPrivate)
		}},
		{"the first call returns the state of now, not of opening", func(c hw.FilmContact, p ContactProbe) error {
			p.Move(hw.FilmClear)
			return sees(c, hw.FilmClear)
		}},
		{"later calls return changes only", contactChanges},
		{"a change and back is no change", func(c hw.FilmContact, p ContactProbe) error {
			if err := sees(c, hw.FilmPrivate); err != nil {
				return err
			}
			p.Move(hw.FilmClear)
			p.Move(hw.FilmPrivate)
			return silent("next after a change and back", c.Next)
		}},
		{"a change while nobody waits is not lost", contactMissed},
		{"the context ends a wait", func(c hw.FilmContact, _ ContactProbe) error {
			if err := sees(c, hw.FilmPrivate); err != nil {
				return err
			}
			return cancelled("next", c.Next)
		}},
		{"gone is told, and the state once it is back", contactGone},
		{"close ends a wait", func(c hw.FilmContact, _ ContactProbe) error {
			if err := sees(c, hw.FilmPrivate); err != nil {
				return err
			}
			return closing("next", c.Next, c.Close)
		}},
	}
}

func sees(c hw.FilmContact, want hw.Film) error {
	got, err := next("next", c.Next)
	if err != nil {
		return unlike("next", err, want)
	}
	if got != want {
		return fmt.Errorf("next: %v, want %v", got, want)
	}
	return nil
}

func contactChanges(c hw.FilmContact, p ContactProbe) error {
	for _, f := range []hw.Film{
		hw.FilmPrivate, hw.FilmClear, hw.FilmUnknown, hw.FilmPrivate, hw.FilmUnknown, hw.FilmClear, hw.FilmPrivate,
	} {
		p.Move(f)
		if err := sees(c, f); err != nil {
			return err
		}
		if err := silent("next without a change", c.Next); err != nil {
			return err
		}
	}
	return nil
}

// contactMissed moves the film between two calls, the first of which ended
// with its context.
func contactMissed(c hw.FilmContact, p ContactProbe) error {
	if err := sees(c, hw.FilmPrivate); err != nil {
		return err
	}
	if err := silent("next without a change", c.Next); err != nil {
		return err
	}
	p.Move(hw.FilmClear)
	return sees(c, hw.FilmClear)
}

func contactGone(c hw.FilmContact, p ContactProbe) error {
	if p.Plug == nil {
		return cannot("Plug")
	}
	if err := sees(c, hw.FilmPrivate); err != nil {
		return err
	}
	p.Plug(false)
	for range 2 {
		if _, err := next("next", c.Next); !errors.Is(err, hw.ErrGone) {
			return unlike("next of an unplugged contact", err, hw.ErrGone)
		}
	}
	p.Plug(true)
	// Whoever was told that it is gone knows nothing of the film any more,
	// so the same state as before is news.
	return sees(c, hw.FilmPrivate)
}
