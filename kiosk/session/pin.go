package session

import (
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/view/wire"
)

// pad is what asks for a badge's PIN: alone in the state PIN, where it covers
// a session, and laid over the surfaces of Idle and OutOfService.
type pad int

const (
	noPad     pad = iota
	padAsks       // digits are awaited
	padChecks     // some were typed and are being looked at
)

// AsksPIN says whether a pad for a badge's PIN is on screen.
func (m Machine) AsksPIN() bool { return m.pad != noPad }

// needsPIN says whether a badge of this role must have its PIN typed first:
// only where it would have some power. Taking power back, by a second tap or
// while consent is asked, needs none.
func (m Machine) needsPIN(role hw.Role, stick bool) bool {
	switch role {
	case hw.RoleHelper:
		return m.mayOffer() || !m.OfHelper() && (m.state == Active && m.hidden == notHidden || m.state == Warning && m.helpCalled)
	case hw.RoleTechnician:
		return m.state == OutOfService && !m.filmStuck() || stick && m.mayMaintain()
	default:
		return false
	}
}

// askPIN covers what is on screen, while the film is private as it was.
func (s *step) askPIN(wait time.Duration, stick bool) {
	switch {
	case wait > 0:
		s.badgeWaits(wait)
		return
	case s.state == OutOfService && !s.view:
		s.ignore("no screen to type the PIN on")
		return
	case s.state == Warning:
		s.backToActive() // the person waits for this helper
	}
	if s.state == Active {
		s.state = PIN
		s.asking, s.unaided, s.locked = false, false, 0
		s.stop(timerQuestion)
		s.stop(timerNotice)
		s.stop(timerIdle)
	}
	if s.state == Idle { // whose film is clear
		s.private()
		s.countPending()
		s.stop(timerQuestion)
		s.stop(timerOffer)
	}
	s.withStick = stick
	s.stop(timerBadge) // it has to lie there
	s.padUp(false)
}

// padUp shows the pad, empty; again says that what was typed last was refused.
func (s *step) padUp(again bool) {
	s.pad = padAsks
	s.start(timerPIN, s.limits.PIN)
	s.emit(Cover{Panel: wire.PanelPIN, For: s.limits.PIN, Again: again})
	s.tell()
}

// takePad takes the pad's state away. What it covered is shown by the caller.
func (s *step) takePad() {
	if s.pad == noPad {
		return
	}
	s.pad, s.withStick = noPad, false
	s.stop(timerPIN)
	if s.badge {
		s.start(timerBadge, s.limits.Badge)
	}
}

// endPIN goes back to where the badge came.
func (s *step) endPIN() {
	s.takePad()
	if s.state == PIN {
		s.backToActive()
		return
	}
	s.emit(Cover{Panel: wire.PanelNone})
	s.clearHome()
	s.tell()
}

func (s *step) cancelPIN() {
	if s.pad == noPad {
		s.ignore("no PIN is asked for")
		return
	}
	s.endPIN()
}

// pinTyped has the digits looked at, which the machine never sees.
func (s *step) pinTyped() {
	if s.pad != padAsks {
		s.ignore("no PIN is asked for")
		return
	}
	s.pad = padChecks
	s.start(timerPIN, s.limits.PIN)
	s.emit(CheckPIN{})
}

func (s *step) pinChecked(e PINChecked) {
	switch {
	case s.pad != padChecks:
		s.ignore("no PIN is being looked at")
	case e.Right && s.state == PIN:
		s.takePad()
		s.askConsent()
	case e.Right && s.state == Idle && !s.withStick:
		s.takePad()
		s.offer()
		s.tell()
	case e.Right:
		stick := s.withStick
		s.takePad()
		s.emit(Cover{Panel: wire.PanelNone})
		s.technicianArrived(stick)
	case e.Wait > 0:
		s.endPIN()
		s.badgeWaits(e.Wait)
	default:
		s.padUp(true)
	}
}

// badgeWaits tells that this badge has had too many wrong PINs. Nobody is kept
// from going on.
func (s *step) badgeWaits(wait time.Duration) {
	s.locked, s.unaided = wait, false
	s.start(timerNotice, s.limits.Notice)
	s.tell()
}
