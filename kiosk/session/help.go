package session

import (
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/view/wire"
)

func (s *step) callHelp() {
	if s.helpCalled && s.state != Warning {
		s.callAgain()
		return
	}
	if s.offering() || s.OfHelper() || s.state == Idle && s.pad != noPad {
		s.ignore("a helper is here")
		return
	}
	switch s.state {
	case Idle:
		s.helpCalled = true
		s.start(timerHelp, s.limits.IdleInHelp)
		if s.due[timerIdle] != 0 {
			s.awaitInput()
		}
		s.tell()
	case Active, Warning:
		s.helpCalled = true
		if s.visit.calls != usage.CallsAnswered {
			s.visit.calls = usage.CallsUnanswered
		}
		switch {
		case s.state == Warning: // whoever calls is still there
			s.backToActive()
		case s.hidden == notHidden:
			s.awaitInput()
		}
		s.tell()
	case PIN, Consent, Masking, Assisted:
		s.ignore("a helper is here")
	case Wiping, OutOfService, Unprovisioned, Maintenance:
		s.ignore("nobody can be helped now")
	}
}

// callAgain changes nothing but that somebody is there.
func (s *step) callAgain() {
	if s.state == Active && s.hidden == notHidden {
		s.awaitInput()
		return
	}
	s.ignore("help was called already")
}

func (s *step) cancelHelp() {
	if !s.helpCalled {
		s.ignore("help was not called")
		return
	}
	s.helpCalled = false
	s.stop(timerHelp)
	if s.state == Active && s.hidden == notHidden {
		s.awaitInput()
	}
	s.tell()
}

// askConsent asks the person, in their language, while the film is still
// private.
func (s *step) askConsent() {
	if s.helpCalled {
		s.helpCalled = false
		s.visit.calls = usage.CallsAnswered
	}
	s.asking, s.unaided, s.locked = false, false, 0
	s.stop(timerQuestion)
	s.stop(timerNotice)
	s.stop(timerIdle)
	s.state = Consent
	s.start(timerConsent, s.limits.Consent)
	s.emit(Cover{Panel: wire.PanelConsent, For: s.limits.Consent})
	s.tell()
}

func (s *step) consent(accept bool) {
	if s.state != Consent {
		s.ignore("nobody asked for consent")
		return
	}
	if !accept {
		s.backToActive()
		return
	}
	s.state = Masking
	s.stop(timerConsent)
	s.start(timerMask, s.limits.Mask)
	s.emit(Cover{Panel: wire.PanelNone}, MaskInputs{true})
}

// masked begins assistance: what the helper is not to read is hidden.
func (s *step) masked() {
	if s.state != Masking {
		s.ignore("nothing was to be masked")
		return
	}
	s.state = Assisted
	s.stop(timerMask)
	s.helperFrom = s.now
	s.start(timerAssistedIdle, s.limits.AssistedIdle)
	s.start(timerAssisted, s.limits.AssistedMax)
	if s.forgotten {
		s.start(timerForgotten, s.limits.Forgotten)
	}
	s.tell()
	s.clear()
}

// notMasked lets the person go on alone: a page that hangs cannot be masked,
// and nobody else is to see it.
func (s *step) notMasked() {
	s.unaided, s.locked = true, 0
	s.start(timerNotice, s.limits.Notice)
	s.unmask()
}

// unmask goes back before anybody else saw anything.
func (s *step) unmask() {
	s.stop(timerMask)
	s.state = Active
	s.emit(MaskInputs{false})
	s.awaitInput()
	s.tell()
}

func (s *step) stopHelp() {
	switch s.state {
	case Assisted:
		s.endAssistance()
	case PIN:
		s.cancelPIN()
	case Consent:
		s.consent(false)
	case Masking:
		s.unmask()
	case Wiping, OutOfService, Unprovisioned, Idle, Active, Warning, Maintenance:
		s.ignore("no helper sees the screen")
	}
}

// endAssistance covers the content at once and shows it again when the film
// is sensed private.
func (s *step) endAssistance() {
	s.visit.helped += max(s.now-s.helperFrom, 1)
	s.stop(timerAssistedIdle)
	s.stop(timerAssisted)
	s.stop(timerForgotten)
	s.state, s.hidden, s.asking = Active, untilBack, true
	s.emit(Blank{})
	s.private()
	s.emit(MaskInputs{false})
	s.tell()
	s.revealIfPrivate()
}

// askLater puts the question of an ended session on the home surface.
func (s *step) askLater() {
	if s.asking {
		s.ask()
	}
}

func (s *step) ask() {
	s.emit(Cover{Panel: wire.PanelQuestion, For: s.limits.Question})
	s.start(timerQuestion, s.limits.Question)
}

func (s *step) answer(a Answer) {
	if s.due[timerQuestion] == 0 {
		s.ignore("no question is on screen")
		return
	}
	s.answered(a)
}

// answered takes the helper's answer, or that there will be none.
func (s *step) answered(a Answer) {
	s.asking = false
	s.stop(timerQuestion)
	s.visit.answered(a)
	s.emit(Cover{Panel: wire.PanelNone})
	if s.state == Idle {
		s.count()
	}
}
