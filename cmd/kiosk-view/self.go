package main

import (
	"strings"

	"guichet.example/kiosk/view/wire"
)

// meet notes which kiosk this is; nil where nobody is to know.
func (l *loop) meet(k *wire.Kiosk) {
	l.kiosk = wire.Kiosk{}
	if k != nil {
		l.kiosk = *k
	}
}

// number is a kiosk's id in groups that a person can read out: "k-" and four
// times four characters.
func number(id string) string {
	digits, ok := strings.CutPrefix(plain(id), "k-")
	if !ok {
		return plain(id)
	}
	var groups []string
	for len(digits) > 4 {
		groups, digits = append(groups, digits[:4]), digits[4:]
	}
	return "k-" + strings.Join(append(groups, digits), " ")
}

// kioskLine is the kiosk's name and number in one line, "" before it has either.
func (l *loop) kioskLine() string { return joined(plain(l.kiosk.Name), number(l.kiosk.ID)) }

func (l *loop) kioskPlace() string { return plain(inWorkLanguage(l, l.kiosk.Place)) }

func joined(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, " · ")
}

// selfLook is the box in which a kiosk says large who it is.
type selfLook struct{ caption, big, more string }

// workSelf is empty where the step is about something else.
func (l *loop) workSelf(w words) selfLook {
	switch place := l.kioskPlace(); {
	case l.work.Step == wire.StepEnrolled:
		return selfLook{w["kiosk.number"], number(l.kiosk.ID), ""}
	case l.work.Step != wire.StepDone:
		return selfLook{}
	case place == "":
		return selfLook{w["kiosk.now"], l.kioskLine(), ""}
	default:
		return selfLook{w["kiosk.now"], place, l.kioskLine()}
	}
}
