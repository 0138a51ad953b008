package escape

import (
	"context"
	"slices"
	"strings"
)

// Kind is a sort of evidence.
type Kind string

// Kinds of evidence.
const (
	Window  Kind = "window"   // a window that was not there before
	Gone    Kind = "gone"     // the browser's own window is not there any more
	Process Kind = "process"  // a program that was not there before
	File    Kind = "file"     // a file that a page has made, or an address handed to another program
	Reached Kind = "reached"  // something has reached a server that is not allowed
	Saw     Kind = "page saw" // the page was given what it must not get
	Over    Kind = "over"     // the page has drawn where the browser's own is
	Behind  Kind = "behind"   // what lies behind the browser is to be seen
	Held    Kind = "held"     // the page does not let go
)

// Evidence is what shows that an attempt succeeded.
type Evidence struct {
	Kind Kind
	What string
}

func (e Evidence) String() string { return string(e.Kind) + ": " + e.What }

// Vector is one way out.
type Vector struct {
	// ID is stable: K and B and the number in the list of the field, keyboard
	// and browser.
	ID     string
	Title  string
	Source string // where it is known from, in public
	Guard  string // what stands in its way here

	// Tries are the ways to try it. Without any, Untried says why it cannot
	// be tried on a machine without special hardware.
	Tries   []Try
	Untried string

	// Cage is set for what a compositor could act on: it is tried on the
	// box's own too.
	Cage bool

	// Test names another test that holds what guards it, if any.
	Test string

	// Control says why an unlocked browser of the same engine cannot show that
	// the evidence works, and what shows it instead; "" = it can.
	Control string
}

// Try is one attempt.
type Try struct {
	Name string
	Page string // of the hostile site
	Do   func(ctx context.Context, a *Attempt) error

	// Saw are the beginnings of what a page reports only if the attempt
	// succeeded.
	Saw []string

	// On are the kinds of evidence that count beside Saw; nil = all.
	On []Kind

	// Hard marks a try after whose success only a new start helps.
	Hard bool

	same bool // goes on with the page of the try before, if that found nothing
}

// Vectors lists all, in the order of their IDs.
func Vectors() []Vector {
	all := slices.Concat(keyboard(), chooser(), windows(), pages(), network(), dialogs(), machine())
	order := func(v Vector) string { return strings.NewReplacer("K", "1", "B", "2", "X", "3").Replace(v.ID) }
	slices.SortFunc(all, func(a, b Vector) int { return strings.Compare(order(a), order(b)) })
	return all
}
