package session

import (
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/view/wire"
)

// Effect is something to be done, as data. The loop carries effects out in
// the order in which Step returns them; that order is part of the contract.
type Effect interface{ effect() }

type (
	// SetFilm drives the relay.
	SetFilm struct{ Film hw.Film }

	// Blank covers the screen. The view answers with the event Blanked.
	Blank struct{}

	// Allow opens the way out of the current view to the origins of one
	// procedure; "" closes it.
	Allow struct{ Procedure string }

	// Open loads the start page of a procedure behind what is shown.
	Open struct{ Procedure string }

	// Show brings a surface of the current view to the screen.
	Show struct {
		Surface wire.Surface
		Reason  wire.Reason // with SurfaceOutOfService
	}

	// Cover lays a panel over the content; For is its countdown, 0 for none.
	Cover struct {
		Panel wire.Panel
		For   time.Duration
		Again bool // with PanelPIN: what was typed last was refused
	}

	// CheckPIN has the digits that were typed last looked at. Answered by
	// PINChecked, or not at all when the badge left meanwhile.
	CheckPIN struct{}

	// Status tells the bar what to show. Left is the time until the session
	// ends by itself, 0 when that is not to be shown.
	Status struct {
		Assisted, HelpCalled, MoreTime bool
		Helper                         bool // the session is a helper's own
		Left                           time.Duration
		Notice                         wire.Notice
		Wait                           time.Duration // with NoticeLocked
	}

	// MaskInputs hides what is typed into sensitive fields. The view answers
	// On with the event Masked.
	MaskInputs struct{ On bool }

	// Light sets the indicator.
	Light struct{ Light hw.Light }

	// Chime sounds the warning.
	Chime struct{}

	// KillView ends the current view's whole tree.
	KillView struct{}

	// Wipe ends what is left of the killed view and proves that nothing
	// remains; without one, of everything a crash left. Answered by Wiped.
	Wipe struct{}

	// Warm starts a spare view. Answered by SpareReady or SpareLost.
	Warm struct{}

	// TakeSpare makes the spare the current view.
	TakeSpare struct{}

	// Count records the fact that a session took place. The loop adds what
	// the gate refused.
	Count struct{ Session usage.Session }

	// ReadStick has the stick read and checked, and shows what it would change.
	// Answered by StickRead.
	ReadStick struct{}

	// Install stores what the plan on screen brings and puts it in force on
	// trial. Answered by Installed.
	Install struct{}

	// SelfTest tries the release on trial, and confirms one that works.
	// Answered by Tested.
	SelfTest struct{}

	// Restart starts the daemon anew, on the release that is in force, or on the
	// one that Renew has told of.
	Restart struct{}

	// TakeBack puts the release before the one on trial in force and starts the
	// daemon anew.
	TakeBack struct{}

	// Reboot restarts the box.
	Reboot struct{}

	// Ignored says that the event made no sense in this state, and why.
	Ignored struct{ Why string }
)

func (SetFilm) effect()    {}
func (Blank) effect()      {}
func (Allow) effect()      {}
func (Open) effect()       {}
func (Show) effect()       {}
func (Cover) effect()      {}
func (CheckPIN) effect()   {}
func (Status) effect()     {}
func (MaskInputs) effect() {}
func (Light) effect()      {}
func (Chime) effect()      {}
func (KillView) effect()   {}
func (Wipe) effect()       {}
func (Warm) effect()       {}
func (TakeSpare) effect()  {}
func (Count) effect()      {}
func (ReadStick) effect()  {}
func (Install) effect()    {}
func (SelfTest) effect()   {}
func (Restart) effect()    {}
func (TakeBack) effect()   {}
func (Reboot) effect()     {}
func (Ignored) effect()    {}
