package session

import (
	"guichet.example/hw"
	"guichet.example/kiosk/view/wire"
)

// work is how far a technician's work with a stick is, in Maintenance.
type work int

const (
	noWork     work = iota
	reading         // the stick is being read and checked
	deciding        // what it would change, or why it is refused, is on screen
	installing      // what it brings is being stored
	proving         // a release that is in force on trial is being tried
	told            // how it went is on screen
)

// change is what follows in place of the home surface, once a wipe has shown
// that nothing of anybody is left.
type change int

const (
	noChange change = iota
	restart         // another release wants a daemon of its own
	takeBack        // the release on trial failed: the one before it comes back
)

// mayMaintain says whether a technician with a stick finds work here: no
// session is under way, and there is a screen to show it on. After a failed
// wipe only the reboot comes.
func (m Machine) mayMaintain() bool {
	switch m.state {
	case Idle, Unprovisioned:
		return true
	case OutOfService:
		return m.view && m.fault != wire.ReasonWipe
	default:
		return false
	}
}

// serviceSwitch takes the switch inside the case, pressed with a stick in. It
// stands for a badge as long as there can be none; also where the film's contact
// is wired otherwise than the factory says, which the first site mends.
func (s *step) serviceSwitch() {
	if s.provisioned || !s.mayMaintain() {
		s.ignore("the switch in the case sets up a new kiosk only")
		return
	}
	s.maintain()
}

// maintain has the stick read, behind a private film.
func (s *step) maintain() {
	if s.asking || s.offering() || s.pad != noPad {
		s.emit(Cover{Panel: wire.PanelNone})
	}
	s.countPending()
	s.stopAll()
	s.state, s.fault, s.helpCalled, s.work = Maintenance, "", false, reading
	s.private()
	if s.sensed != hw.FilmPrivate {
		s.stop(timerFilm) // nothing of anybody is shown: a film that is stuck is found by the next trial
	}
	s.start(timerWork, s.limits.Read)
	s.emit(Show{Surface: wire.SurfaceMaintenance}, ReadStick{})
	s.tell()
}

// stickOut ends what cannot go on without the stick. What is being stored was
// copied before.
func (s *step) stickOut() {
	switch s.work {
	case reading, deciding, told:
		s.end("", "")
	case noWork, installing, proving:
		if s.withStick {
			s.endPIN()
			return
		}
		s.ignore("nothing waits for a stick")
	}
}

// stickRead lets the technician read the plan, or why there is none.
func (s *step) stickRead() {
	if s.work != reading {
		s.ignore("no stick is being read")
		return
	}
	s.work = deciding
	s.start(timerWork, s.limits.Decide)
}

// install takes the technician's word for the plan on screen.
func (s *step) install() {
	if s.work != deciding {
		s.ignore("no plan is on screen")
		return
	}
	s.work, s.storing = installing, true
	s.start(timerWork, s.limits.Install)
	s.emit(Install{})
}

// installed is told while somebody looks. Otherwise the wipe waits for it.
func (s *step) installed(good bool) {
	if !s.storing {
		s.ignore("nothing is being stored")
		return
	}
	s.storing = false
	if good {
		s.change = restart
	}
	switch {
	case s.work == installing:
		s.tellHow()
	case s.stage == waiting:
		s.start(timerStage, s.limits.Spare)
		s.ready()
	}
}

// try tests a release that is in force on trial, before anybody is served.
func (s *step) try() {
	s.private() // the film was clear for its own trial
	s.arrive(Maintenance, wire.SurfaceMaintenance)
	s.work = proving
	s.start(timerWork, s.limits.Test)
	s.emit(SelfTest{})
}

func (s *step) tried(good bool) {
	if s.work != proving {
		s.ignore("no release is being tried")
		return
	}
	s.onTrial = false
	if !good {
		s.change = takeBack
	}
	s.tellHow()
}

func (s *step) tellHow() {
	s.work = told
	s.start(timerWork, s.limits.Told)
}

// leave ends what a technician has read.
func (s *step) leave() {
	if s.work != deciding && s.work != told {
		s.ignore("nothing is on screen that can be left")
		return
	}
	s.end("", "")
}

// workLate ends what took too long. A release whose trial does has failed it.
func (s *step) workLate() {
	if s.work == proving {
		s.onTrial, s.change = false, takeBack
	}
	s.end("", "")
}

// AtRest says that nobody is there: the home surface waits, untouched, with no
// badge on the reader and nothing to answer. Out of service is no rest: there a
// release would fail its trial for what is broken.
func (m Machine) AtRest() bool {
	return m.state == Idle && m.due[timerIdle] == 0 && !m.helpCalled && !m.asking && !m.offering() && m.pad == noPad && !m.badge && !m.several
}

// renew ends the home surface for a release that nobody is asked about.
func (s *step) renew() {
	if !s.AtRest() {
		s.ignore("somebody is there, or the kiosk does not serve")
		return
	}
	s.change = restart
	s.end("", "")
}

// changed carries out what follows a technician's work, and says whether
// anything does.
func (s *step) changed() bool {
	switch {
	case s.change == restart:
		s.emit(Restart{})
	case s.change == takeBack:
		s.emit(TakeBack{})
	case s.storing: // Installed comes back here, or timerStage gives it up
		s.start(timerStage, s.limits.Install)
	default:
		return false
	}
	return true
}
