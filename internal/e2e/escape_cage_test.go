package e2e

import (
	"slices"
	"testing"

	"guichet.example/internal/escape"
)

// TestEscapesFromCage presses what a compositor might act on, on the one that
// a box has: chords, other consoles, its own debugging key, the pointer.
func TestEscapesFromCage(t *testing.T) {
	t.Parallel()
	if !slices.Contains(compositors(t), "cage") {
		t.Skip("not run: there is no cage here")
	}
	_, site, k := openHostile(t, "cage")
	var vectors []escape.Vector
	for _, v := range escape.Vectors() {
		if v.Cage {
			vectors = append(vectors, v)
		}
	}
	console := activeConsole()
	r := &escape.Runner{Subject: k, Site: site, After: unharmed(k)}
	t.Cleanup(func() {
		if now := activeConsole(); now != console {
			t.Errorf("console %q, was %q", now, console)
		}
	})
	attack(t, []*escape.Runner{r}, vectors, none)
}
