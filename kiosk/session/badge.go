package session

import (
	"guichet.example/hw"
	"guichet.example/kiosk/view/wire"
)

// badgeArrived takes a badge. One that never left the field does not count
// again.
func (s *step) badgeArrived(e BadgeArrived) {
	if s.badge {
		s.ignore("the badge has not left the reader")
		return
	}
	s.badge, s.several = true, false
	s.tell()
	s.start(timerBadge, s.limits.Badge)
	if e.PIN && s.needsPIN(e.Role, e.Stick) {
		s.askPIN(e.Wait, e.Stick)
		return
	}
	switch e.Role {
	case hw.RoleHelper:
		s.helperArrived()
	case hw.RoleTechnician:
		s.technicianArrived(e.Stick)
	case hw.RoleNone:
		s.ignore("the badge opens nothing")
	}
}

// badgeStays tells people that a badge lies there still. It counts no second
// time; a helper who leaves it there does not mind it.
func (s *step) badgeStays() {
	s.forgotten = true
	if s.state == Assisted {
		s.start(timerForgotten, s.limits.Forgotten)
	}
	s.tell()
}

// badgeLeft makes room for the next.
func (s *step) badgeLeft() {
	s.badge, s.forgotten, s.several = false, false, false
	s.stop(timerBadge)
	s.stop(timerForgotten)
	if s.pad != noPad {
		s.endPIN()
	}
}

func (s *step) helperArrived() {
	if s.OfHelper() { // the second tap
		s.finish()
		return
	}
	switch s.state {
	case Idle: // they came; nothing is on screen to agree to
		s.helperAtHome()
	case Active:
		if s.hidden != notHidden {
			s.ignore("the film is still closing")
			return
		}
		s.askConsent()
	case PIN: // a badge that lies there does not come
		s.ignore("the badge has not left the reader")
	case Consent: // the helper withdraws
		s.consent(false)
	case Masking:
		s.unmask()
	case Assisted: // the second tap
		s.endAssistance()
	case Warning:
		if !s.helpCalled {
			s.ignore("the person must answer the warning first")
			return
		}
		s.backToActive() // the person waits for this helper
		s.askConsent()
	case Wiping, OutOfService, Unprovisioned, Maintenance:
		s.ignore("no session to help with")
	}
}

func (s *step) technicianArrived(stick bool) {
	switch {
	case stick && s.mayMaintain():
		s.maintain()
	case s.state == OutOfService && s.fault == wire.ReasonWipe:
		s.stop(timerReboot)
		s.emit(Reboot{})
	case s.filmStuck():
		s.ignore("the film is still not private")
	case s.state == OutOfService:
		s.recover()
	default:
		s.ignore("a technician's badge opens nothing in a session")
	}
}

// filmStuck says that not even a technician's badge helps.
func (m Machine) filmStuck() bool {
	return m.state == OutOfService && m.fault == wire.ReasonFilm && m.sensed != hw.FilmPrivate
}

// notice is what there is to be told in the person's language.
func (m Machine) notice() wire.Notice {
	switch {
	case m.several:
		return wire.NoticeBadges
	case m.forgotten:
		return wire.NoticeBadge
	case m.locked > 0:
		return wire.NoticeLocked
	case m.unaided:
		return wire.NoticeUnaided
	default:
		return wire.NoticeNone
	}
}
