package session

import (
	"guichet.example/hw"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/view/wire"
)

func (s *step) choose(p Procedure) {
	switch s.state {
	case Idle:
		if p.Helper && !s.offering() {
			s.ignore("only a helper's badge opens this")
			return
		}
		if s.asking || s.offering() || s.pad != noPad {
			s.emit(Cover{Panel: wire.PanelNone})
		}
		locked := s.locked > 0
		s.countPending()
		s.stopAll()
		s.stop(timerFilm)
		s.visit = visit{procedure: p, since: s.now, calls: usage.CallsNone}
		if s.helpCalled {
			s.visit.calls = usage.CallsUnanswered
		}
		s.state, s.hidden = Active, untilOpen
		if locked { // said to the helper before, and no longer
			s.tell()
		}
		s.emit(Allow{p.ID})
		s.private()
		s.revealIfPrivate()
	case Active, Warning, PIN, Consent, Masking, Assisted:
		s.ignore("one procedure a session: finish this one first")
	case Wiping, OutOfService, Unprovisioned, Maintenance:
		s.ignore("no procedure can be chosen now")
	}
}

// revealIfPrivate shows the content when the film already is private. Shortly
// after it was commanded to clear, a contact that still says private proves
// nothing: it may be about to follow. Then the machine waits for the contact
// to move, or for the time in which it could.
func (s *step) revealIfPrivate() {
	switch {
	case s.sensed != hw.FilmPrivate: // FilmSensed reveals
	case s.moving > s.now:
		s.start(timerHold, s.moving-s.now)
	default:
		s.reveal()
	}
}

// reveal puts the content on screen. It is only called when the film is
// commanded and sensed private.
func (s *step) reveal() {
	if s.hidden == untilOpen {
		s.visit.opened = true
		s.settle = 0 // the film has proved itself
		s.emit(Open{s.visit.procedure.ID})
		if s.limits.Queue > 0 {
			s.start(timerQueue, s.limits.Queue)
		}
	}
	s.hidden = notHidden
	s.stop(timerHold)
	s.emit(Show{Surface: wire.SurfaceSession})
	if s.asking {
		s.ask()
	}
	s.awaitInput()
	s.tell()
}

// awaitInput starts the idle limit anew. Nobody may be sent away while a helper
// is on the way.
func (s *step) awaitInput() {
	limit := s.limits.Idle
	if s.moreTime {
		limit *= moreTime
	}
	if s.helpCalled {
		limit = max(limit, s.limits.IdleInHelp)
	}
	s.start(timerIdle, limit)
}

func (s *step) touched() {
	switch s.state {
	case Active:
		if s.hidden == notHidden {
			s.awaitInput()
		}
	case Warning:
		s.goOn()
	case Assisted:
		s.start(timerAssistedIdle, s.limits.AssistedIdle)
	case Idle, Unprovisioned: // whatever they changed is gone when they walk away
		s.awaitInput()
	case Maintenance:
		if s.work == deciding {
			s.start(timerWork, s.limits.Decide)
		}
	case Wiping, OutOfService:
		s.ignore("nothing on screen takes input")
	case PIN:
		s.ignore("only the PIN counts")
	case Consent:
		s.ignore("only an answer counts")
	case Masking: // over in a moment
	}
}

func (s *step) idleTooLong() {
	switch s.state {
	case Active:
		s.asking = false
		s.stop(timerQuestion)
		s.state = Warning
		s.start(timerWarning, s.limits.Warning)
		s.emit(Cover{Panel: wire.PanelWarning, For: s.limits.Warning}, Chime{})
	case Idle, Unprovisioned: // somebody touched the home surface and left
		s.end("", "")
	case Wiping, OutOfService, Warning, PIN, Consent, Masking, Assisted, Maintenance: // the timer does not run here
	}
}

func (s *step) goOn() {
	if s.state != Warning {
		s.ignore("no warning is on screen")
		return
	}
	s.backToActive()
}

// backToActive takes the panel away and lets the person work on.
func (s *step) backToActive() {
	s.state = Active
	s.stop(timerWarning)
	s.stop(timerConsent)
	s.emit(Cover{Panel: wire.PanelNone})
	s.awaitInput()
	s.tell()
}

func (s *step) wantMoreTime() {
	switch s.state {
	case Active, Warning, Masking, Assisted:
		s.moreTime = true
		s.aids |= aidMoreTime
		switch {
		case s.state == Warning:
			s.backToActive()
		case s.state == Active && s.hidden == notHidden:
			s.awaitInput()
		}
		s.tell()
	case Wiping, OutOfService, Unprovisioned, Idle, PIN, Consent, Maintenance:
		s.ignore("no time is running that could be more")
	}
}

func (s *step) finish() {
	switch s.state {
	case Active, Warning, PIN, Consent, Masking, Assisted:
		s.end(usage.OutcomeLeft, "")
	case Wiping, OutOfService, Unprovisioned, Idle, Maintenance:
		s.ignore("no session to end")
	}
}

func (s *step) succeeded() {
	if !s.inSession() {
		s.ignore("no session that could succeed")
		return
	}
	s.visit.succeeded = true
}

func (s *step) spoke(l Language) {
	switch s.state {
	case Idle, Active, Warning, PIN, Consent, Masking, Assisted:
		s.language = l
		if s.state != PIN && s.state != Consent {
			s.touched()
		}
	case Wiping, OutOfService, Unprovisioned, Maintenance:
		s.ignore("nothing on screen takes input")
	}
}

func (s *step) aided(a usage.Aid) {
	switch s.state {
	case Idle, Active, Warning, PIN, Consent, Masking, Assisted:
		s.aids |= aidOf(a)
		if s.state != PIN && s.state != Consent {
			s.touched()
		}
	case Wiping, OutOfService, Unprovisioned, Maintenance:
		s.ignore("nothing on screen takes input")
	}
}

// closeVisit settles what will be counted. After an assistance nobody has
// answered for, the helper is asked first.
func (s *step) closeVisit(outcome usage.Outcome) {
	if s.state == Assisted {
		s.visit.helped += max(s.now-s.helperFrom, 1)
	}
	v := &s.visit
	v.outcome, v.length = outcome, s.now-v.since
	if v.succeeded && outcome != usage.OutcomeFailed || outcome == usage.OutcomeLeft && v.opened && !v.procedure.Succeeds {
		v.outcome = usage.OutcomeFinished
	}
	v.aids, v.language = s.aids, s.language
	if v.procedure.Helper { // of the few helpers of a place, a figure would be somebody's working day
		s.visit = visit{}
		return
	}
	s.asking = v.helped > 0 && (v.help == "" || s.state == Assisted) && outcome == usage.OutcomeLeft // by somebody who is there
	if !s.asking {
		s.count()
	}
}

func (s *step) count() {
	s.emit(Count{s.visit.fact()})
	s.visit = visit{}
}

// countPending counts a visit whose question nobody will answer now.
func (s *step) countPending() {
	if s.asking {
		s.asking = false
		s.count()
	}
}
