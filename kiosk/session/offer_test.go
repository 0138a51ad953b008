package session

import (
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/view/wire"
)

var (
	aidants   = Choose{Procedure{ID: helpers, Helper: true}}
	pinned    = BadgeArrived{Role: hw.RoleHelper, PIN: true}
	toOffer   = path(toIdle, helper, BadgeLeft{})
	toHelpers = path(toOffer, aidants, private)
)

func TestHelpersOwnSession(t *testing.T) {
	const ended = `Blank, SetFilm private, Allow ""`
	for _, c := range []struct {
		name   string
		events []Event
		state  State
		doing  string
	}{
		{"a badge on the home surface", path(toIdle, helper), Idle, "Cover offer"},
		{"a badge with a PIN", path(toIdle, pinned), Idle, "SetFilm private, Cover pin"},
		{"its PIN", path(toIdle, pinned, PINTyped{}, PINChecked{Right: true}), Idle, "Cover offer"},
		{"not its PIN", path(toIdle, pinned, PINTyped{}, PINChecked{}), Idle, "Cover pin"},
		{"not its PIN, and waits", path(toIdle, pinned, PINTyped{}, PINChecked{Wait: time.Minute}), Idle, "Cover none, Status"},
		{"it still waits", path(toIdle, BadgeArrived{Role: hw.RoleHelper, PIN: true, Wait: time.Minute}), Idle, "Status"},
		{"and a person comes", path(toIdle, BadgeArrived{Role: hw.RoleHelper, PIN: true, Wait: time.Minute}, Choose{demo}), Active,
			`Status, Allow "demo", SetFilm private`},
		{"it leaves", path(toIdle, pinned, BadgeLeft{}), Idle, "Cover none"},
		{"it leaves once the film is private", path(toIdle, pinned, private, wait(dwell), BadgeLeft{}), Idle, "Cover none, SetFilm clear"},
		{"the offer after the PIN ends", path(toIdle, pinned, private, PINTyped{}, PINChecked{Right: true}, BadgeLeft{}, wait(30*time.Second)), Idle,
			"Cover none, SetFilm clear"},
		{"the film does not follow the pad", path(toIdle, pinned, wait(late)), Wiping, ended + ", Light fault"},
		{"chosen before the PIN", path(toIdle, pinned, aidants), Idle, "Ignored"},
		{"a person is there before the PIN", path(toIdle, pinned, Choose{demo}), Active, `Cover none, Allow "demo", SetFilm private`},
		{"the second tap with a PIN", path(toHelpers, pinned), Wiping, ended},
		{"a badge that has nothing to open", path(toIdle, technician), Idle, "Ignored"},
		{"for a person who called", path(toIdle, Help{}, helper), Idle, "Light off, Status"},
		{"and again for the helper", path(toIdle, Help{}, helper, BadgeLeft{}, helper), Idle, "Cover offer"},
		{"without a badge", path(toIdle, aidants), Idle, "Ignored"},
		{"after the offer", path(toOffer, wait(30*time.Second), aidants), Idle, "Ignored"},
		{"the offer ends", path(toOffer, wait(30*time.Second)), Idle, "Cover none"},
		{"the second tap", path(toOffer, helper), Idle, "Cover none"},
		{"nothing for me", path(toOffer, CloseOffer{}), Idle, "Cover none"},
		{"nothing to close", path(toIdle, CloseOffer{}), Idle, "Ignored"},
		{"the reader goes", path(toOffer, ReaderLost{}), Idle, "Cover none"},
		{"somebody calls beside the helper", path(toOffer, Help{}), Idle, "Ignored"},
		{"a person is faster", path(toOffer, Choose{demo}), Active, `Cover none, Allow "demo", SetFilm private`},
		{"chosen", path(toOffer, aidants), Active, `Cover none, Allow "aidants", SetFilm private`},
		{"and private", toHelpers, Active, "Open, Show session, Status"},
		{"the badge again", path(toHelpers, helper), Wiping, ended},
		{"the badge again while the film closes", path(toOffer, aidants, helper), Wiping, "Status, " + ended},
		{"the badge again at the warning", path(toHelpers, wait(3*time.Minute), helper), Wiping, ended},
		{"the button", path(toHelpers, End{}), Wiping, ended},
		{"nobody is there", path(toHelpers, wait(3*time.Minute)), Warning, "Cover warning, Chime"},
		{"nobody at all", path(toHelpers, wait(3*time.Minute), wait(time.Minute)), Wiping, ended},
		{"the film clears", path(toHelpers, cleared), Wiping, ended + ", Light fault"},
		{"help is there", path(toHelpers, Help{}), Active, "Ignored"},
		{"nothing else opens", path(toHelpers, Choose{demo}), Active, "Ignored"},
		{"in a session of a person", path(toActive, aidants), Active, "Ignored"},
		{"while assisted", path(toAssisted, aidants), Assisted, "Ignored"},
		{"before the helper's answer", path(toAssisted, End{}, Blanked{}, Wiped{true}, helper), Idle, "Ignored"},
		{"wiped like any other", path(toHelpers, End{}, Blanked{}), Wiping, "KillView, Wipe"},
		{"and not counted", path(toHelpers, End{}, Blanked{}, Wiped{true}), Idle, "TakeSpare, Show home, Warm"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, effects := walk(c.events, DefaultLimits(), ReleaseInForce)
			if doing := names(effects); m.State() != c.state || doing != c.doing {
				t.Errorf("%v: %s\nwant %v: %s", m.State(), doing, c.state, c.doing)
			}
		})
	}
}

// A site whose packs hold nothing for helpers is as it was.
func TestNothingIsOfferedWhereThereIsNothing(t *testing.T) {
	limits := DefaultLimits()
	limits.Offer = 0
	for _, events := range [][]Event{path(toIdle, helper), path(toOffer, aidants)} {
		m, effects := walk(events, limits, ReleaseInForce)
		if m.State() != Idle || names(effects) != "Ignored" {
			t.Errorf("%v: %v", m.State(), effects)
		}
	}
}

func TestHelpersSessionIsMarked(t *testing.T) {
	_, effects := walk(toHelpers, DefaultLimits(), ReleaseInForce)
	if !slices.Contains(effects, Effect(Status{Helper: true})) {
		t.Errorf("%v", effects)
	}
	_, effects = walk(toActive, DefaultLimits(), ReleaseInForce)
	if slices.ContainsFunc(effects, func(e Effect) bool { s, ok := e.(Status); return ok && s.Helper }) {
		t.Errorf("%v", effects)
	}
}

// What a helper does is counted neither at its end nor when the box stops.
func TestHelpersSessionIsNotCounted(t *testing.T) {
	for _, e := range [][]Event{{End{}}, {ViewLost{}}, {cleared}, {Succeeded{}, End{}}} {
		m, effects := walk(toHelpers, DefaultLimits(), ReleaseInForce)
		effects = append(effects, m.Stop()...)
		for _, one := range e {
			m, effects = m.Step(one)
		}
		if doing := names(append(effects, m.Stop()...)); strings.Contains(doing, "Count") {
			t.Errorf("%v: %s", e, doing)
		}
	}
	m, _ := walk(toHelpers, DefaultLimits(), ReleaseInForce)
	if doing := names(m.Stop()); doing != "" {
		t.Errorf("stopped: %s", doing)
	}
	if m, _ := walk(toOffer, DefaultLimits(), ReleaseInForce); panelOf(m) != wire.PanelOffer {
		t.Error("nothing was offered")
	}
}
