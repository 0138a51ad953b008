package session

import (
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/view/wire"
)

// private commands the film private: at once, whatever else is going on. It
// starts watching that the film follows.
func (s *step) private() {
	if s.commanded == hw.FilmClear {
		s.proved = false
		s.stop(timerFilm) // which waited for clear
	}
	if s.commanded != hw.FilmPrivate {
		s.rested = s.now + s.limits.Dwell
	}
	s.wanted, s.commanded = hw.FilmPrivate, hw.FilmPrivate
	s.stop(timerClear)
	s.emit(SetFilm{hw.FilmPrivate})
	if s.sensed != hw.FilmPrivate {
		s.watchFilm()
	}
	s.prove()
}

// watchFilm gives the film its time to follow; asked again, no more of it.
func (s *step) watchFilm() {
	if s.due[timerFilm] == 0 {
		s.start(timerFilm, s.limits.Film)
	}
}

// clear wants the film clear. Unlike private, that can wait.
func (s *step) clear() {
	s.wanted = hw.FilmClear
	s.tryClear()
}

// tryClear commands clear as soon as the film has proved that it is private,
// the relay has rested, and it was not energised too often of late. When the
// film is not sensed private, FilmSensed comes back here, or timerFilm fires.
func (s *step) tryClear() {
	s.prove()
	at := max(s.rested, s.moving, s.mayClear())
	switch {
	case s.wanted != hw.FilmClear || s.commanded == hw.FilmClear:
		return
	case s.sensed != hw.FilmPrivate:
		s.watchFilm()
		return
	case at > s.now:
		s.start(timerClear, at-s.now)
		return
	}
	s.commanded, s.proved = hw.FilmClear, false
	s.moving = s.now + s.limits.Film
	copy(s.cleared[:], s.cleared[1:])
	s.cleared[maxClears-1] = max(s.now, 1) // 0 is none
	s.emit(SetFilm{hw.FilmClear})
	s.watchFilm()
}

// mayClear returns from when on the limit of changes allows one more.
func (s *step) mayClear() time.Duration {
	n := min(s.limits.Clears, maxClears)
	if n <= 0 || s.cleared[maxClears-n] == 0 {
		return 0
	}
	return s.cleared[maxClears-n] + s.limits.ClearsWithin
}

// prove notes that the film is private because it was told to be: not that its
// contact has not moved yet.
func (s *step) prove() {
	if s.commanded == hw.FilmPrivate && s.sensed == hw.FilmPrivate && s.moving <= s.now {
		s.proved = true
	}
}

func (s *step) filmSensed(f hw.Film) {
	s.prove() // what it said until now
	s.sensed = f
	if f == hw.FilmClear {
		s.moving = 0 // it has followed
	}
	switch {
	case s.commanded == hw.FilmClear:
		s.sensedCleared(f)
	case f != hw.FilmPrivate:
		s.notPrivate()
	default:
		s.sensedPrivate()
	}
}

func (s *step) sensedPrivate() {
	s.stop(timerFilm)
	s.prove()
	switch {
	case s.state == OutOfService && s.fault == wire.ReasonFilm:
		s.start(timerSettle, s.settle)
	case s.hidden != notHidden:
		s.revealIfPrivate()
	default:
		s.tryClear()
	}
}

// sensedCleared takes what the contact says while clear is commanded. It leaves
// nobody less private than they agreed to, but a contact that does not follow
// proves nothing when it says private.
func (s *step) sensedCleared(f hw.Film) {
	if f != hw.FilmClear {
		s.watchFilm()
		return
	}
	s.stop(timerFilm)
	s.tested = true
	if s.stage == trial {
		s.stage = waiting
		s.start(timerStage, s.limits.Spare)
		s.ready()
	}
}

// notPrivate handles a film that is not private although that was commanded.
func (s *step) notPrivate() {
	switch {
	case s.ContentVisible():
		s.end(usage.OutcomeFailed, wire.ReasonFilm)
	case s.state == OutOfService:
		s.stop(timerSettle)
	case s.proved && s.sensed == hw.FilmClear: // it was private, and cleared by itself
		s.filmFault()
	default: // it is on its way, or its contact is not sure
		s.stop(timerHold)
		s.watchFilm()
	}
}

// filmLate fires when the film did not follow in time.
func (s *step) filmLate() {
	if s.state == Assisted && s.commanded == hw.FilmClear {
		s.tested = false // the person may finish; nobody else begins before the contact has moved
		return
	}
	s.filmFault()
}

// relayFailed says that the coil could not be driven. It is released then.
func (s *step) relayFailed() {
	if s.state == OutOfService {
		s.ignore("already out of service")
		return
	}
	s.filmFault()
}

// filmFault leads out of service, through a wipe where something is on screen.
func (s *step) filmFault() {
	switch s.state {
	case Active, Warning, PIN, Consent, Masking, Assisted:
		s.end(usage.OutcomeFailed, wire.ReasonFilm)
	case Idle, Unprovisioned, Maintenance:
		s.end("", wire.ReasonFilm)
	case Wiping:
		if s.fault == "" {
			s.fault = wire.ReasonFilm
		}
		s.lightUp()
		if s.stage == trial {
			s.ready()
		}
	case OutOfService: // where a fault leads anyway
	}
}
