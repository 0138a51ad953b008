// Package control is the page from which a person, or a test, drives a kiosk
// on the bench: the live screen, the film, the lamp, badges, faults and the
// events as they come, with the JSON API behind it. It knows nothing of how
// the kiosk is built; whatever it does goes through Box.
//
// Only kiosk-bench may import it: a kiosk in a town hall has no such page.
// The page shows what is on the screen and sends real input to it, so it is
// served on loopback only, to requests that name loopback as their host and
// that no other site has made (see Listen and Handler).
package control

import (
	"context"
	"errors"
	"image"
)

// ErrNotNow is returned, wrapped, by a Box for an act that makes no sense in
// the present state: the client gets 409 and the error's text.
var ErrNotNow = errors.New("not now")

// ErrInvalid is returned, wrapped, by a Box for an argument that only the box
// can judge, such as a point outside the screen: the client gets 400 and the
// error's text.
var ErrInvalid = errors.New("invalid")

// Box is the kiosk that the page drives. Its methods are called from many
// goroutines at once; those with a context return soon after it ends. Any
// error that is neither ErrNotNow nor ErrInvalid gives 500. Texts of errors
// are shown to the client: they hold nothing that was typed.
type Box interface {
	// State returns what the box is now; it does not block on the display.
	State() State
	// Events returns the events after the one numbered since, oldest first,
	// and a channel that is closed when there are more. Log does it.
	Events(since int) ([]Event, <-chan struct{})
	// Procedures returns what can be chosen, in the order of the home page.
	Procedures() []ProcedureInfo

	// Badge lays one of Cards on the reader. RemoveBadge takes it away.
	Badge(ctx context.Context, card string) error
	RemoveBadge(ctx context.Context) error
	// HelpButton presses the button beside the screen.
	HelpButton(ctx context.Context) error
	// Stick puts an image of a stick into the port, in place of the one that is
	// there. RemoveStick pulls it.
	Stick(ctx context.Context, image string) error
	// ExampleStick puts in one of Sticks, which the bench makes for its kiosk.
	ExampleStick(ctx context.Context, name string) error
	Sticks() []string
	RemoveStick(ctx context.Context) error
	// ServiceSwitch presses the switch inside the case.
	ServiceSwitch(ctx context.Context) error
	// Fault makes a part fail, or with "none" mends it; only pairs that
	// Faults lists are passed on.
	Fault(ctx context.Context, part, kind string) error

	// Tap touches the screen at a pixel counted from its top left corner.
	Tap(ctx context.Context, x, y int) error
	// Type types text: printable characters, '\n' for Enter, '\t' for Tab. The
	// caller overwrites text afterwards: nothing of it may be kept.
	Type(ctx context.Context, text []rune) error
	// Key presses one chord, written as ParseKey returns it.
	Key(ctx context.Context, key string) error
	// Screen returns the pixels of the display now. The image is not changed
	// after it was returned.
	Screen(ctx context.Context) (image.Image, error)

	// Choose, End, Consent and Continue are the tile, the button "I have
	// finished", the person's answer to a helper and "Continue" in the
	// warning.
	Choose(ctx context.Context, procedure string) error
	End(ctx context.Context) error
	Consent(ctx context.Context, accept bool) error
	Continue(ctx context.Context) error
}

// State is the answer of GET /api/state.
type State struct {
	Session   Session `json:"session"`
	Film      Film    `json:"film"`
	Indicator string  `json:"indicator"` // "off", "help", "assisted" or "fault"
	View      View    `json:"view"`
	Wipe      Wipe    `json:"wipe"`
	Usage     Usage   `json:"usage"`
	Work      Work    `json:"work"`
}

// Work is what the kiosk told a technician last.
type Work struct {
	Step string            `json:"step"` // "" before the first
	Code string            `json:"code"` // of a refusal or failure
	Says map[string]string `json:"says"` // its sentence, by language
}

// Session is the session's part of State.
type Session struct {
	// State is "wiping", "out-of-service", "unprovisioned", "idle", "active",
	// "warning", "pin", "consent", "masking", "assisted" or "maintenance".
	State      string `json:"state"`
	Mode       string `json:"mode"`      // "alone", "assisted", "helper" in a helper's own session, or "" without one
	Procedure  string `json:"procedure"` // id, "" without a session
	HelpCalled bool   `json:"help_called"`
	Pad        bool   `json:"pad"` // a badge's PIN is asked for, also out of service
}

// Film is the film's part of State.
type Film struct {
	Commanded string `json:"commanded"` // "private" or "clear"
	Sensed    string `json:"sensed"`    // "private", "clear" or "unknown"
}

// View is the browser's part of State.
type View struct {
	Host      string `json:"host"`      // host of the page shown, "" on our own surfaces
	Spare     bool   `json:"spare"`     // a warm view waits for the next person
	Isolation string `json:"isolation"` // "full" or "weak"
	// Checks is what the last look at a view from outside found.
	Checks         []Check `json:"checks"`
	MemoryLimitMiB int     `json:"memory_limit_mib"` // of a session
}

// Check is one thing that holds of every view, or does not.
type Check struct {
	Name   string `json:"name"` // in plain words
	Holds  bool   `json:"holds"`
	Needed bool   `json:"needed"` // a view for which it does not hold is ended
	Why    string `json:"why"`    // why it does not hold
}

// Wipe is what became of the sessions' traces.
type Wipe struct {
	Count  int    `json:"count"`  // wipes since start
	Last   string `json:"last"`   // "verified", "failed", or "" before the first
	Millis int64  `json:"millis"` // how long the last one took
}

// Usage is how many sessions were counted.
type Usage struct {
	Pending   int `json:"pending"`   // in memory only
	Committed int `json:"committed"` // in the usage file
}

// ProcedureInfo is what the page shows of a procedure.
type ProcedureInfo struct {
	ID     string            `json:"id"`     // [a-z0-9-]{1,40}
	Titles map[string]string `json:"titles"` // by language code
}

// Fault is a way in which a part of the bench can fail.
type Fault struct {
	Part string `json:"part"`
	Kind string `json:"kind"`
}

// PIN is what the bench's badges with a PIN ask for. The page says it.
const PIN = "730295"

// Cards returns the cards that can be laid on the reader: those that open
// something first. "helper-pin" and "technician-pin" ask for PIN, "random" is
// a helper's with another UID each time, "clone" a copy of the helper's without
// its keys, "two" those of helper and technician at once.
func Cards() []string {
	return []string{"helper", "helper-pin", "random", "technician", "technician-pin", "unknown", "revoked", "expired", "clone", "two"}
}

// Faults returns every pair that POST /api/fault accepts.
func Faults() []Fault {
	return []Fault{
		{"relay", "stuck-clear"}, {"relay", "stuck-private"}, {"relay", "no-feedback"}, {"relay", "none"},
		{"reader", "gone"}, {"reader", "none"},
		{"view", "crash"}, {"view", "hang"}, {"view", "none"},
		{"clock", "step-forward"}, {"clock", "step-back"}, {"clock", "none"},
	}
}
