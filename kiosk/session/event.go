package session

import (
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/usage"
)

// Event is something that happened: to the box, to the browser, or by a
// person's hand.
type Event interface{ event() }

// Tick carries the time. The loop sends one before every other event and
// whenever Machine.Deadline is reached.
type Tick struct {
	Now time.Duration // monotonic, since power-on; never goes back
}

// Events of the hardware.
type (
	// FilmSensed says what the film's contact says now.
	FilmSensed struct{ Film hw.Film }

	// RelayFailed says that the relay could not be driven.
	RelayFailed struct{}

	// BadgeArrived says that a badge entered the reader's field.
	BadgeArrived struct {
		Role  hw.Role
		PIN   bool          // it counts when its PIN was typed
		Wait  time.Duration // not before it has waited so long, after wrong PINs
		Stick bool          // one is in the port, which a technician may have come for
	}

	// BadgeLeft says that the field is empty again.
	BadgeLeft struct{}

	// SeveralBadges says that more badges than one lie on the reader, and none
	// is read. One of them, or none, is left next.
	SeveralBadges struct{}

	// PINChecked answers the effect CheckPIN.
	PINChecked struct {
		Right bool
		Wait  time.Duration // when wrong: until the next try; 0 = at once
	}

	// ReaderLost says that the badge reader no longer answers.
	ReaderLost struct{}
)

// Events of the browser and of the wipe.
type (
	// SpareReady says that a warm view waits.
	SpareReady struct{}

	// SpareLost says that the spare died or never became ready.
	SpareLost struct{}

	// Blanked says that the view has drawn the blank surface.
	Blanked struct{}

	// Masked says that every page on screen hides its sensitive fields, and
	// has been drawn so.
	Masked struct{}

	// PageTroubled says that the page hung or crashed; the view shows its own
	// calm panel.
	PageTroubled struct{}

	// ViewLost says that the view on screen died, hung or broke the protocol.
	ViewLost struct{}

	// Succeeded says that the procedure's page of success was reached.
	Succeeded struct{}

	// Wiped is the outcome of the effect Wipe.
	Wiped struct{ Verified bool }
)

// Events made by people.
type (
	// Choose says that a tile was touched.
	Choose struct{ Procedure Procedure }

	// Touched is input of any kind: touch, key, accessible controller.
	Touched struct{}

	// End says that the person has finished.
	End struct{}

	// Continue answers the warning.
	Continue struct{}

	// MoreTime asks for ten times the idle limit, for this session.
	MoreTime struct{}

	// Help calls for help, by the button on the screen or beside it.
	Help struct{}

	// CancelHelp takes the call back.
	CancelHelp struct{}

	// Agreed is the person's answer to "may a helper see your screen?".
	Agreed struct{ Accept bool }

	// PINTyped says that digits were typed on the pad. Which is not said.
	PINTyped struct{}

	// CancelPIN takes the pad away, by the person or the helper.
	CancelPIN struct{}

	// CloseOffer puts away what was offered to a helper.
	CloseOffer struct{}

	// StopHelp ends assistance, by the person or the helper.
	StopHelp struct{}

	// Answer is the helper's tap on what they did. Help is HelpUnsaid when
	// they skipped the question.
	Answer struct {
		Help     usage.Help
		Referral usage.Referral
	}

	// Spoke says which language was chosen: two letters.
	Spoke struct{ Language Language }

	// Aided says that an accessibility aid was switched on.
	Aided struct{ Aid usage.Aid }
)

// Events of a technician's work with a stick.
type (
	// ServiceSwitch says that the switch inside the case was pressed while a
	// stick was in.
	ServiceSwitch struct{}

	// StickOut says that the stick was pulled.
	StickOut struct{}

	// StickRead answers the effect ReadStick: a plan or a refusal is on screen.
	StickRead struct{}

	// AgreeInstall is the technician's word for the plan on screen.
	AgreeInstall struct{}

	// Installed answers the effect Install, always.
	Installed struct{ Good bool }

	// Tested answers the effect SelfTest. A good release is confirmed by then.
	Tested struct{ Good bool }

	// Leave says that the technician has read what is on screen.
	Leave struct{}
)

// Provisioned says that the box has a configuration now.
type Provisioned struct{}

// Renew says that a release from the site's server is stored, and wants a daemon
// of its own when nobody is there.
type Renew struct{}

// Procedure is what the machine needs to know of a procedure.
type Procedure struct {
	ID       string
	Theme    usage.Theme
	Succeeds bool // its page of success is known, so Succeeded can come
	Helper   bool // for helpers alone: their badge opens it, and its session is not counted
}

// Language is a two-letter code; the zero value is the site's first language.
type Language string

func (Tick) event()          {}
func (FilmSensed) event()    {}
func (RelayFailed) event()   {}
func (BadgeArrived) event()  {}
func (BadgeLeft) event()     {}
func (SeveralBadges) event() {}
func (PINChecked) event()    {}
func (PINTyped) event()      {}
func (CancelPIN) event()     {}
func (ReaderLost) event()    {}
func (SpareReady) event()    {}
func (SpareLost) event()     {}
func (Blanked) event()       {}
func (Masked) event()        {}
func (PageTroubled) event()  {}
func (ViewLost) event()      {}
func (Succeeded) event()     {}
func (Wiped) event()         {}
func (Choose) event()        {}
func (Touched) event()       {}
func (End) event()           {}
func (Continue) event()      {}
func (MoreTime) event()      {}
func (Help) event()          {}
func (CancelHelp) event()    {}
func (Agreed) event()        {}
func (CloseOffer) event()    {}
func (StopHelp) event()      {}
func (Answer) event()        {}
func (Spoke) event()         {}
func (Aided) event()         {}
func (Provisioned) event()   {}
func (Renew) event()         {}
func (ServiceSwitch) event() {}
func (StickOut) event()      {}
func (StickRead) event()     {}
func (AgreeInstall) event()  {}
func (Installed) event()     {}
func (Tested) event()        {}
func (Leave) event()         {}
