package session

import (
	"time"

	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/view/wire"
)

// end leaves whatever is going on for a wipe. After it comes the next person,
// or out of service when fault is given.
//
// The order holds rule 1 and 2 of the design: cover, film private, way out
// closed, and only then kill and wipe.
func (s *step) end(outcome usage.Outcome, fault wire.Reason) {
	if s.inSession() {
		s.closeVisit(outcome)
	}
	s.state, s.hidden, s.stage, s.work = Wiping, notHidden, blanking, noWork
	if fault != "" {
		s.fault = fault
	}
	s.stopAll()
	s.helpCalled, s.moreTime, s.unaided, s.troubles = false, false, false, [maxTroubles - 1]time.Duration{}
	s.language, s.aids = "", 0
	if s.view {
		s.emit(Blank{})
	}
	s.private()
	s.emit(Allow{})
	s.status = Status{}
	s.lightUp()
	if !s.view {
		s.erase()
		return
	}
	s.start(timerStage, s.limits.Blank)
}

// erase kills and wipes.
func (s *step) erase() {
	s.view = false
	s.stage = erasing
	s.emit(KillView{}, Wipe{})
	s.start(timerStage, s.limits.Wipe)
}

func (s *step) blanked() {
	switch {
	case s.state == Wiping && s.stage == blanking:
		s.erase()
	case s.inSession() && s.hidden == untilBack:
		// The answer to the Blank that ended an assistance.
	default:
		s.ignore("nothing was to be blanked")
	}
}

func (s *step) stageLate() {
	switch s.stage {
	case blanking: // a view that does not even blank is killed as it is
		s.erase()
	case erasing:
		s.outOfService(wire.ReasonWipe)
	case waiting:
		if s.storing {
			s.storing = false
			s.start(timerStage, s.limits.Spare)
			s.ready()
			return
		}
		s.outOfService(wire.ReasonView)
	case trial, notWiping: // the timer runs neither there nor outside of Wiping
	}
}

func (s *step) wiped(verified bool) {
	if s.state != Wiping || s.stage != erasing {
		s.ignore("no wipe is under way")
		return
	}
	if !verified {
		s.outOfService(wire.ReasonWipe)
		return
	}
	s.stage = waiting
	s.start(timerStage, s.limits.Spare)
	s.warm()
	s.ready()
}

// warm sees to it that a spare is there or on its way.
func (s *step) warm() {
	if !s.spare && !s.warming {
		s.warming = true
		s.emit(Warm{})
	}
}

func (s *step) spareReady() {
	if !s.warming {
		s.ignore("no spare was asked for")
		return
	}
	s.spare, s.warming = true, false
	switch {
	case s.state == Wiping && (s.stage == waiting || s.stage == trial):
		s.ready()
	case s.state == OutOfService && s.fault == wire.ReasonView:
		s.recover()
	case s.state == OutOfService && !s.view:
		s.showFault()
	}
}

func (s *step) spareLost() {
	if !s.spare && !s.warming {
		s.ignore("there was no spare")
		return
	}
	s.spare, s.warming = false, false
	s.warm()
}

// ready leaves Wiping once the wipe is verified, a spare is there and the
// film's contact is known to follow.
func (s *step) ready() {
	switch {
	case s.changed(): // Installed may come back here
	case s.fault != "":
		s.outOfService(s.fault)
	case !s.spare: // SpareReady comes back here
	case !s.provisioned:
		s.arrive(Unprovisioned, wire.SurfaceUnprovisioned)
	case !s.tested:
		s.stage = trial
		s.stop(timerStage) // timerClear and timerFilm bound the test
		s.clear()
	case s.onTrial:
		s.try()
	default:
		s.arrive(Idle, wire.SurfaceHome)
		s.clear()
		s.askLater()
	}
}

// arrive puts the spare on the screen.
func (s *step) arrive(to State, surface wire.Surface) {
	s.state, s.stage = to, notWiping
	s.stop(timerStage)
	s.takeSpare()
	s.emit(Show{Surface: surface})
	s.tell()
	s.warm()
}

func (s *step) takeSpare() {
	s.spare, s.view, s.status = false, true, Status{}
	s.emit(TakeSpare{})
}

func (s *step) provision() {
	switch s.state {
	case Unprovisioned:
		s.provisioned = true
		s.end("", "")
	case Wiping, OutOfService:
		s.provisioned = true
	case Idle, Active, Warning, PIN, Consent, Masking, Assisted, Maintenance:
		s.ignore("a new configuration waits for a restart")
	}
}
