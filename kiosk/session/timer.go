package session

import (
	"time"

	"guichet.example/kiosk/usage"
)

type timer int

const (
	timerFilm timer = iota
	timerHold
	timerClear
	timerSettle
	timerStage
	timerReboot
	timerIdle
	timerWarning
	timerPIN
	timerConsent
	timerMask
	timerNotice
	timerBadge
	timerForgotten
	timerAssistedIdle
	timerAssisted
	timerQuestion
	timerOffer
	timerHelp
	timerQueue
	timerWork
	timers
)

// deadlines say when each timer fires; 0 = not running.
type deadlines [timers]time.Duration

// Deadline returns when the next Tick is due at the latest; false for never.
func (m Machine) Deadline() (time.Duration, bool) {
	_, at, ok := m.next()
	return at, ok
}

func (m Machine) next() (timer, time.Duration, bool) {
	first, at, found := timer(0), time.Duration(0), false
	for t, due := range m.due {
		if due != 0 && (!found || due < at) {
			first, at, found = timer(t), due, true
		}
	}
	return first, at, found
}

func (s *step) start(t timer, after time.Duration) { s.due[t] = s.now + after }

func (s *step) stop(t timer) { s.due[t] = 0 }

// stopAll stops every timer but those of what goes on whoever is there.
func (s *step) stopAll() {
	s.takePad()
	s.locked = 0
	s.due = deadlines{timerFilm: s.due[timerFilm], timerBadge: s.due[timerBadge]}
}

// tick fires what is due, in order.
func (s *step) tick(now time.Duration) {
	s.now = max(s.now, now)
	for {
		t, at, ok := s.next()
		if !ok || at > s.now {
			return
		}
		s.stop(t)
		s.fire(t)
	}
}

func (s *step) fire(t timer) {
	switch t {
	case timerFilm:
		s.filmLate()
	case timerHold:
		s.reveal()
	case timerClear:
		s.tryClear()
	case timerSettle:
		s.recover()
	case timerStage:
		s.stageLate()
	case timerReboot:
		s.emit(Reboot{})
	case timerIdle:
		s.idleTooLong()
	case timerWarning, timerQueue:
		s.end(usage.OutcomeTimedOut, "")
	case timerPIN:
		s.endPIN()
	case timerConsent:
		s.consent(false)
	case timerMask:
		s.notMasked()
	case timerNotice:
		s.unaided, s.locked = false, 0
		s.tell()
	case timerBadge:
		s.badgeStays()
	case timerForgotten:
		s.endAssistance()
	case timerAssistedIdle, timerAssisted:
		s.endAssistance()
	case timerQuestion:
		s.answered(Answer{Help: usage.HelpUnsaid})
	case timerOffer:
		s.withdraw()
	case timerHelp:
		s.cancelHelp()
	case timerWork:
		s.workLate()
	}
}
