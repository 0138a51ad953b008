package session

import (
	"guichet.example/hw"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/view/wire"
)

// outOfService shows the fault, on whatever view there is.
func (s *step) outOfService(reason wire.Reason) {
	s.countPending()
	s.state, s.stage, s.fault, s.work = OutOfService, notWiping, reason, noWork
	s.stopAll()
	if s.wanted != hw.FilmPrivate {
		s.private()
	}
	s.lightUp()
	s.showFault()
	s.warm()
	switch {
	case reason == wire.ReasonWipe:
		s.start(timerReboot, s.limits.Reboot)
	case reason == wire.ReasonFilm:
		s.tested = false
		s.settle = max(s.limits.Settle, min(2*s.settle, s.limits.Slowest))
		if s.sensed == hw.FilmPrivate {
			s.start(timerSettle, s.settle)
		}
	}
	s.storing = false
	if reason == wire.ReasonWipe { // after the reboot the release in force is tried, or taken back, all the same
		s.change = noChange
		return
	}
	if s.onTrial {
		s.onTrial, s.change = false, takeBack
	}
	s.changed()
}

func (s *step) showFault() {
	if !s.view && s.spare {
		s.takeSpare()
		s.warm()
	}
	if s.view {
		s.emit(Show{Surface: wire.SurfaceOutOfService, Reason: s.fault})
		s.tell()
	}
}

// recover tries again after a fault, through a wipe of what is on screen. A
// failed wipe is never recovered from: only the reboot ends it.
func (s *step) recover() {
	s.fault = ""
	if s.view {
		s.end("", "")
		return
	}
	s.state, s.stage = Wiping, waiting // the last wipe was verified and nothing was shown since
	s.stopAll()
	s.lightUp()
	s.start(timerStage, s.limits.Spare)
	s.ready()
}

// pageTroubled counts: the view shows a calm panel each time, but the third
// within a short time ends the session.
func (s *step) pageTroubled() {
	switch s.state {
	case Active, Warning, PIN, Consent, Masking, Assisted:
		oldest := s.troubles[0]
		if oldest != 0 && s.now-oldest <= s.limits.Trouble {
			s.end(usage.OutcomeFailed, "")
			return
		}
		copy(s.troubles[:], s.troubles[1:])
		s.troubles[len(s.troubles)-1] = max(s.now, 1)
	case Idle, Unprovisioned, Maintenance: // nothing was opened: replace the view
		s.end("", "")
	case Wiping, OutOfService:
		s.ignore("the view is about to be replaced or shows no page")
	}
}

func (s *step) viewLost() {
	if !s.view {
		s.ignore("no view is on screen")
		return
	}
	switch s.state {
	case Wiping: // blanking: it cannot blank any more
		s.erase()
	case OutOfService:
		if s.fault == wire.ReasonWipe {
			s.view = false
			s.takePad()
			return
		}
		s.view = false
		s.end("", "")
	case Unprovisioned, Idle, Active, Warning, PIN, Consent, Masking, Assisted, Maintenance:
		s.view = false
		s.end(usage.OutcomeFailed, "")
	}
}

func (s *step) readerLost() {
	if s.pad != noPad {
		s.badgeLeft()
		return
	}
	s.badgeLeft()
	s.tell()
	switch s.state {
	case Assisted: // a tap could no longer end it
		s.endAssistance()
	case Consent:
		s.consent(false)
	case Masking:
		s.unmask()
	case Idle:
		if s.offering() { // whose badge it was cannot be asked again
			s.withdraw()
			return
		}
		s.ignore("people alone can go on without the reader")
	case Wiping, OutOfService, Unprovisioned, Active, Warning, PIN, Maintenance:
		s.ignore("people alone can go on without the reader")
	}
}
