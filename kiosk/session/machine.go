package session

import (
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/view/wire"
)

// State is what the kiosk is doing.
type State int

const (
	Wiping        State = iota // ending a session, or power-on; nothing of ours or theirs is shown
	OutOfService               // a fault keeps the kiosk from serving
	Unprovisioned              // no configuration yet
	Idle                       // the home surface waits for a person
	Active                     // somebody works alone
	Warning                    // nobody has touched anything for long; countdown
	PIN                        // a helper came whose badge asks for a PIN; a pad covers the session
	Consent                    // a helper came; the person decides
	Masking                    // they agreed; the page hides sensitive fields while the film is still private
	Assisted                   // a helper sees the screen
	Maintenance                // a technician works with a stick, or a new release is tried
)

// String returns the name used in the API and in the table.
func (s State) String() string {
	return [...]string{"wiping", "out-of-service", "unprovisioned", "idle", "active", "warning", "pin", "consent",
		"masking", "assisted", "maintenance"}[s]
}

// Machine is the session machine: a comparable value. The zero Machine is not
// ready; see New.
type Machine struct {
	limits      Limits
	now         time.Duration
	state       State
	provisioned bool
	onTrial     bool // the release in force has not shown yet that it works

	wanted, commanded, sensed hw.Film                  // clear can be wanted before it is commanded
	settle                    time.Duration            // of the next film fault; 0 = Limits.Settle
	moving                    time.Duration            // until then the film may still follow a command to clear
	proved                    bool                     // sensed private since that was commanded
	tested                    bool                     // the contact followed to clear, and no film fault came since
	rested                    time.Duration            // from then on the relay may be energised again
	cleared                   [maxClears]time.Duration // when it was, the newest last
	badge                     bool                     // a badge is in the field and has been reported
	forgotten                 bool                     // it lies there for long
	several                   bool                     // more badges than one lie there; never with badge
	pad                       pad                      // asks for its PIN
	withStick                 bool                     // with pad: a stick is in the port
	locked                    time.Duration            // it has to wait after wrong PINs, and its owner is told
	light                     hw.Light

	view    bool // a view is on screen
	spare   bool // a warm view waits
	warming bool // a spare is being started

	stage stage       // in Wiping
	fault wire.Reason // in OutOfService; in Wiping: what leads there after the wipe

	visit      visit // of the session, or waiting for the helper's answer after it
	language   Language
	aids       aids
	helpCalled bool
	moreTime   bool
	unaided    bool // told that help could not begin
	hidden     hidden
	asking     bool          // the helper's question is, or will be, on screen
	helperFrom time.Duration // start of the present assistance
	troubles   [maxTroubles - 1]time.Duration
	status     Status // last one emitted

	work    work // in Maintenance
	storing bool // Install was emitted and not answered
	change  change

	due deadlines
}

// Release says what a box has been given to work with.
type Release int

const (
	ReleaseNone    Release = iota // nothing yet
	ReleaseInForce                // a configuration
	ReleaseOnTrial                // one that is to be tested before anybody is served
)

// stage is how far a wipe is.
type stage int

const (
	notWiping stage = iota
	blanking        // waiting for the blank frame
	erasing         // waiting for the wipe's proof
	waiting         // verified; waiting for a spare
	trial           // the film clears over a blank screen, to see that its contact follows
)

// hidden says why the content of a session is not on screen.
type hidden int

const (
	notHidden hidden = iota
	untilOpen        // chosen, not opened: the film is not sensed private yet
	untilBack        // assistance ended: the film is not sensed private yet
)

// New returns the machine at power-on, and the effects that begin its life:
// whatever was on screen, in memory or on disk is wiped before anything else.
func New(limits Limits, release Release) (Machine, []Effect) {
	s := step{Machine: Machine{limits: limits, provisioned: release != ReleaseNone, onTrial: release == ReleaseOnTrial,
		state: Wiping, stage: erasing}}
	s.private()
	s.emit(Light{hw.LightOff}, Wipe{})
	s.start(timerStage, limits.Wipe)
	return s.Machine, s.effects
}

// State returns what the kiosk is doing.
func (m Machine) State() State { return m.state }

// HelpCalled says whether a call for help is open.
func (m Machine) HelpCalled() bool { return m.helpCalled }

// Procedure returns the id of the procedure in hand, "" outside a session.
func (m Machine) Procedure() string {
	if !m.inSession() {
		return ""
	}
	return m.visit.procedure.ID
}

// Fault returns why the kiosk is, or will be after the wipe, out of service.
func (m Machine) Fault() wire.Reason { return m.fault }

// Film returns what was commanded and what is sensed.
func (m Machine) Film() (commanded, sensed hw.Film) { return m.commanded, m.sensed }

// ContentVisible says whether content of a session is on the screen.
func (m Machine) ContentVisible() bool { return m.inSession() && m.hidden == notHidden }

func (m Machine) inSession() bool {
	switch m.state {
	case Active, Warning, PIN, Consent, Masking, Assisted:
		return true
	default:
		return false
	}
}

// step is one step under way: the machine it becomes and what it does.
type step struct {
	Machine
	effects []Effect
}

// Step returns the machine after the event, and what is to be done, in order.
func (m Machine) Step(event Event) (Machine, []Effect) {
	s := step{Machine: m}
	s.take(event)
	return s.Machine, s.effects
}

func (s *step) emit(effects ...Effect) { s.effects = append(s.effects, effects...) }

func (s *step) ignore(why string) { s.emit(Ignored{why}) }

func (s *step) take(event Event) {
	switch e := event.(type) {
	case Tick:
		s.tick(e.Now)
	case FilmSensed:
		s.filmSensed(e.Film)
	case RelayFailed:
		s.relayFailed()
	case BadgeArrived:
		s.badgeArrived(e)
	case BadgeLeft:
		s.badgeLeft()
		s.tell()
	case SeveralBadges:
		s.badgeLeft()
		s.several = true
		s.tell()
	case PINChecked:
		s.pinChecked(e)
	case ReaderLost:
		s.readerLost()
	case SpareReady:
		s.spareReady()
	case SpareLost:
		s.spareLost()
	case Blanked:
		s.blanked()
	case Masked:
		s.masked()
	case PageTroubled:
		s.pageTroubled()
	case ViewLost:
		s.viewLost()
	case Succeeded:
		s.succeeded()
	case Wiped:
		s.wiped(e.Verified)
	case StickOut:
		s.stickOut()
	case StickRead:
		s.stickRead()
	case Installed:
		s.installed(e.Good)
	case Tested:
		s.tried(e.Good)
	case Provisioned:
		s.provision()
	case Renew:
		s.renew()
	default:
		s.takeHand(event)
	}
}

// takeHand takes the events made by people.
func (s *step) takeHand(event Event) {
	switch e := event.(type) {
	case Choose:
		s.choose(e.Procedure)
	case Touched:
		s.touched()
	case End:
		s.finish()
	case Continue:
		s.goOn()
	case MoreTime:
		s.wantMoreTime()
	case Help:
		s.callHelp()
	case CancelHelp:
		s.cancelHelp()
	case Agreed:
		s.consent(e.Accept)
	case PINTyped:
		s.pinTyped()
	case CancelPIN:
		s.cancelPIN()
	case CloseOffer:
		s.closeOffer()
	case StopHelp:
		s.stopHelp()
	case Answer:
		s.answer(e)
	case Spoke:
		s.spoke(e.Language)
	case Aided:
		s.aided(e.Aid)
	case ServiceSwitch:
		s.serviceSwitch()
	case AgreeInstall:
		s.install()
	case Leave:
		s.leave()
	}
}

// lightUp sets the indicator to what the state calls for.
func (s *step) lightUp() {
	light := hw.LightOff
	switch {
	case s.state == OutOfService || s.fault != "":
		light = hw.LightFault
	case s.state == Assisted:
		light = hw.LightAssisted
	case s.helpCalled, s.forgotten:
		light = hw.LightHelp
	}
	if light != s.light {
		s.light = light
		s.emit(Light{light})
	}
}

// tell brings bar and indicator up to date.
func (s *step) tell() {
	s.lightUp()
	status := Status{Assisted: s.state == Assisted, HelpCalled: s.helpCalled, MoreTime: s.moreTime,
		Helper: s.OfHelper(), Notice: s.notice()}
	if status.Notice == wire.NoticeLocked {
		status.Wait = s.locked
	}
	if due := s.due[timerQueue]; due != 0 {
		status.Left = due - s.now
	}
	if status != s.status {
		s.status = status
		s.emit(status)
	}
}

// Stop returns the effects that settle what is not counted yet when the box is
// stopped in an orderly way.
func (m Machine) Stop() []Effect {
	s := step{Machine: m}
	if s.inSession() {
		s.closeVisit(usage.OutcomeFailed)
	}
	s.countPending()
	return s.effects
}

// SpareReady says whether a warm view waits.
func (m Machine) SpareReady() bool { return m.spare }
