package session

import (
	"guichet.example/hw"
	"guichet.example/kiosk/view/wire"
)

// OfHelper says whether the session is a helper's own: not one of a person, in
// which a helper has nothing to open.
func (m Machine) OfHelper() bool { return m.inSession() && m.visit.procedure.Helper }

// offering says whether the home surface shows what a helper may open.
func (m Machine) offering() bool { return m.due[timerOffer] != 0 }

// mayOffer says whether a helper's badge has something to open here.
func (m Machine) mayOffer() bool {
	return m.state == Idle && m.limits.Offer > 0 && !m.helpCalled && !m.asking && !m.offering()
}

// helperAtHome takes a helper's badge while nobody is in a session.
func (s *step) helperAtHome() {
	switch {
	case s.helpCalled:
		s.cancelHelp()
	case s.offering():
		s.withdraw()
	case s.mayOffer():
		s.offer()
	default:
		s.ignore("no session to help with")
	}
}

// offer shows what helpers may open.
func (s *step) offer() {
	s.start(timerOffer, s.limits.Offer)
	s.emit(Cover{Panel: wire.PanelOffer, For: s.limits.Offer})
}

// withdraw shows the tiles again that are there for everybody.
func (s *step) withdraw() {
	s.stop(timerOffer)
	s.emit(Cover{Panel: wire.PanelNone})
	s.clearHome()
}

// clearHome clears the film again that went private for a PIN.
func (s *step) clearHome() {
	if s.state == Idle && s.wanted != hw.FilmClear {
		s.clear()
	}
}

func (s *step) closeOffer() {
	if !s.offering() {
		s.ignore("nothing is offered to a helper")
		return
	}
	s.withdraw()
}
