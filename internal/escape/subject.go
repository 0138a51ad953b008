package escape

import (
	"context"
	"image"
	"time"

	"guichet.example/cmd/kiosk-bench/display"
)

// Backdrop is the colour of the X server's own window while a subject is
// under attack, 0xRRGGBB: to see it is to see what lies behind the browser.
const Backdrop = 0xff00ff

// Subject is a browser under attack. It shows the hostile site's beginning
// when it starts. Its methods are called one at a time.
type Subject interface {
	Name() string

	// Screen is the display that it draws on, for input, pixels and windows.
	Screen() *display.Screen

	// Page is where the site is drawn on the screen; what is outside of it
	// belongs to the browser.
	Page() image.Rectangle

	// Steady are parts of the browser's own that look the same as long as it
	// shows a page: a page that draws over them has got out of its place.
	Steady() []image.Rectangle

	// Root is the process below which all of the browser's are, in this
	// process's namespace.
	Root() int

	// Places are directories in which a file that a page made could stand, as
	// they are now.
	Places() []string

	// Open goes back to the hostile site's beginning by the way that the
	// browser's user has, and leaves everything else as it is.
	Open(ctx context.Context) error

	// Tidy takes away what an attempt that succeeded has opened.
	Tidy(ctx context.Context) error

	// Restart begins anew, whatever has happened.
	Restart(ctx context.Context) error

	// Crash ends the process that shows the page, as a fault in it would.
	Crash(ctx context.Context) error

	// Patience is how long evidence may take after an attempt: long where an
	// attempt is to succeed, so that a slow machine is no failure; short where
	// nothing is to happen.
	Patience() time.Duration
}
