// Package hw says what the kiosk needs of its hardware, in the kiosk's words:
// a relay that drives the privacy film, a contact that senses it, a badge
// reader, an indicator and buttons. It names no pin, chip or bus; those
// are known to the implementations (periphboard on a Pi, simboard on the
// bench), and hwtest holds the contract that all of them meet.
//
// Package hw is pure and may be imported by everything.
package hw

import (
	"context"
	"errors"
	"time"
)

// ErrGone is returned when a device was unplugged or no longer answers. The
// caller may try again later; any other error is final for that device.
var ErrGone = errors.New("device is gone")

// Film is the state of the privacy film over the screen.
//
// The film is a switchable liquid-crystal layer: with power the screen can be
// read from the side, without power only from the front. The zero value is
// the one that must never be mistaken for private.
type Film int

const (
	FilmUnknown Film = iota // no contact, or its two wires contradict each other
	FilmPrivate             // relay de-energised: only the person in front can read
	FilmClear               // relay energised: a helper beside them can read too
)

// String returns the word used in the API and in logs.
func (f Film) String() string {
	switch f {
	case FilmPrivate:
		return "private"
	case FilmClear:
		return "clear"
	default:
		return "unknown"
	}
}

// Relay drives the film.
type Relay interface {
	// Set energises the coil for FilmClear and releases it for anything else.
	// It returns when the coil is driven; whether the film followed is what
	// FilmContact says. After an error the coil is released.
	Set(ctx context.Context, f Film) error
	// Close releases the coil, also when Set failed before, and frees the line.
	Close() error
}

// FilmContact senses the film through a contact of its own, so that a welded
// relay or a cut wire is seen.
type FilmContact interface {
	// Next returns the sensed state: the first call at once, later calls when
	// the state differs from the last one returned. It returns ErrGone when
	// the contact cannot be read; once it can be read again, the next call
	// returns the state at once.
	Next(ctx context.Context) (Film, error)
	Close() error
}

// Role is what a badge entitles its bearer to, after everything about the
// badge was checked. No identifier of the badge or the bearer leaves a
// BadgeReader.
type Role int

const (
	RoleNone       Role = iota // unknown, revoked, expired or forged: told apart nowhere
	RoleHelper                 // may help a person who agrees
	RoleTechnician             // may maintain the box
)

// String returns the role's name; it never says why a badge was refused.
func (r Role) String() string {
	switch r {
	case RoleHelper:
		return "helper"
	case RoleTechnician:
		return "technician"
	default:
		return "none"
	}
}

// PIN is what a badge asks for before it counts. It holds what the PIN is
// judged with, and nothing that says whose it is.
type PIN interface {
	// Wait returns how long the badge has to wait after wrong PINs, 0 when it
	// may be tried.
	Wait() time.Duration
	// Check says whether typed is the badge's PIN. Before it answers, the try is
	// written down where a power cut does not reach it. A wrong PIN is told
	// after a time that does not say why, and so is one that was not looked
	// at: the badge has to wait, has left, or the try could not be written down.
	// Check does not keep typed.
	Check(ctx context.Context, typed []byte) bool
}

// Badge is what lies in the field of the reader after a change: a badge that
// came, several at once, or nothing.
type Badge struct {
	Present bool
	Role    Role // set when Present
	PIN     PIN  // of a badge with a role: must be typed before it counts; nil = none
	Several bool // more than one lies there and none was read; never with Present
}

// BadgeReader reports badges as they come and go.
type BadgeReader interface {
	// Next blocks until a badge comes or leaves. Between two badges, and between
	// a badge and several, the field is told to be empty; from several it may
	// come to one. It returns ErrGone while the
	// reader does not answer; the caller may call it again.
	Next(ctx context.Context) (Badge, error)
	Close() error
}

// Light is what the indicator on top of the kiosk shows.
type Light int

const (
	LightOff      Light = iota
	LightHelp           // slow blink: somebody asked for help, or left a badge
	LightAssisted       // steady: a helper sees the screen
	LightFault          // fast blink: out of service
)

// String returns the word used in the API.
func (l Light) String() string {
	switch l {
	case LightHelp:
		return "help"
	case LightAssisted:
		return "assisted"
	case LightFault:
		return "fault"
	default:
		return "off"
	}
}

// Indicator is the lamp that staff see from afar.
type Indicator interface {
	Show(ctx context.Context, l Light) error
	// Close switches the lamp off.
	Close() error
}

// Button is a physical button: the one beside the screen that calls a helper,
// or the service switch inside the case.
type Button interface {
	// Next blocks until the button is pressed; contact bounce is filtered.
	Next(ctx context.Context) error
	Close() error
}
