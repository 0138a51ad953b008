package session

import (
	"testing"

	"guichet.example/hw"
	"guichet.example/kiosk/view/wire"
)

// withStick is a technician's badge while a stick is in the port.
var withStick = BadgeArrived{Role: hw.RoleTechnician, Stick: true}

// toPlan is what leads from the home surface to a plan on screen.
var toPlan = path(toIdle, withStick, BadgeLeft{}, private, StickRead{})

func TestMaintenance(t *testing.T) {
	limits := DefaultLimits()
	for _, c := range []struct {
		name   string
		events []Event
		state  State
		does   string // at the last event
	}{
		{"begins", path(toIdle, withStick), Maintenance, "SetFilm private, Show maintenance, ReadStick"},
		{"not without a stick", path(toIdle, BadgeArrived{Role: hw.RoleTechnician}), Idle, "Ignored"},
		{"not in a session", path(toActive, withStick), Active, "Ignored"},
		{"a helper's badge opens something else", path(toIdle, BadgeArrived{Role: hw.RoleHelper, Stick: true}), Idle, "Cover offer"},
		{"nothing without the word", path(toPlan, wait(limits.Decide)), Wiping, `Blank, SetFilm private, Allow ""`},
		{"the word", path(toPlan, AgreeInstall{}), Maintenance, "Install"},
		{"no word before the plan", path(toIdle, withStick, AgreeInstall{}), Maintenance, "Ignored"},
		{"pulled while it is read", path(toIdle, withStick, StickOut{}), Wiping, `Blank, SetFilm private, Allow ""`},
		{"pulled while it is stored", path(toPlan, AgreeInstall{}, StickOut{}), Maintenance, "Ignored"},
		{"stored, told, and the daemon anew", path(toPlan, AgreeInstall{}, Installed{true}, Leave{}, Blanked{}, Wiped{true}), Wiping, "Restart"},
		{"not stored, and on with the old", path(toPlan, AgreeInstall{}, Installed{false}, Leave{}, Blanked{}, Wiped{true}, SpareReady{}, wait(limits.Dwell)), Idle, "SetFilm clear"},
		{"the view dies while it is stored", path(toPlan, AgreeInstall{}, ViewLost{}, Wiped{true}), Wiping, ""},
		{"and it is stored", path(toPlan, AgreeInstall{}, ViewLost{}, Wiped{true}, Installed{true}), Wiping, "Restart"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, effects := walk(c.events, limits, ReleaseInForce)
			if m.State() != c.state || names(effects) != c.does {
				t.Errorf("%v doing %q, want %v doing %q", m.State(), names(effects), c.state, c.does)
			}
		})
	}
}

// A release on trial is tested before anybody is served.
func TestTrial(t *testing.T) {
	limits := DefaultLimits()
	tried := []Event{private, Wiped{true}, SpareReady{}, wait(limits.Dwell), cleared}
	for _, c := range []struct {
		name   string
		events []Event
		state  State
		does   string
	}{
		{"tests", tried, Maintenance, "SetFilm private, TakeSpare, Show maintenance, Warm, SelfTest"},
		{"serves", path(tried, SpareReady{}, private, Tested{true}, Leave{}, Blanked{}, Wiped{true}, wait(limits.Dwell)), Idle, "SetFilm clear"},
		{"goes back", path(tried, private, Tested{false}, Leave{}, Blanked{}, Wiped{true}), Wiping, "TakeBack"},
		{"goes back when nobody looks", path(tried, private, Tested{false}, wait(limits.Told), Blanked{}, Wiped{true}), Wiping, "TakeBack"},
		{"goes back when the test never ends", path(tried, private, wait(limits.Test), Blanked{}, Wiped{true}), Wiping, "TakeBack"},
		{"goes back when the film's lines are wrong", []Event{Wiped{true}, SpareReady{}, wait(limits.Film)}, OutOfService, "Light fault, SetFilm private, TakeSpare, Warm, Show out-of-service, TakeBack"},
		{"tests again when its screen dies", path(tried, SpareReady{}, ViewLost{}, Wiped{true}), Maintenance,
			"SetFilm private, TakeSpare, Show maintenance, Warm, SelfTest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, effects := walk(c.events, limits, ReleaseOnTrial)
			if m.State() != c.state || names(effects) != c.does {
				t.Errorf("%v doing %q, want %v doing %q", m.State(), names(effects), c.state, c.does)
			}
		})
	}
}

// The switch in the case stands for a badge as long as there can be none.
func TestServiceSwitch(t *testing.T) {
	fresh := []Event{private, Wiped{true}, SpareReady{}}
	m, effects := walk(path(fresh, ServiceSwitch{}), DefaultLimits(), ReleaseNone)
	if m.State() != Maintenance || names(effects) != "SetFilm private, Show maintenance, ReadStick" {
		t.Errorf("unprovisioned: %v doing %q", m.State(), names(effects))
	}
	// A film's contact that is wired otherwise than the factory says tells nothing.
	strange := []Event{Wiped{true}, SpareReady{}, wait(DefaultLimits().Film), Blanked{}, Wiped{true}, SpareReady{}}
	if before, _ := walk(strange, DefaultLimits(), ReleaseNone); before.State() != OutOfService {
		t.Fatal(before.State())
	}
	if m, _ := walk(path(strange, ServiceSwitch{}), DefaultLimits(), ReleaseNone); m.State() != Maintenance {
		t.Errorf("unprovisioned, out of service: %v", m.State())
	}
	if m, _ := walk(path(strange, ServiceSwitch{}), DefaultLimits(), ReleaseInForce); m.State() != OutOfService {
		t.Errorf("provisioned, out of service: %v", m.State())
	}
	for _, events := range [][]Event{toIdle, toActive} {
		before, _ := walk(events, DefaultLimits(), ReleaseInForce)
		after, effects := before.Step(ServiceSwitch{})
		if after != before || names(effects) != "Ignored" {
			t.Errorf("%v: %v doing %q", before.State(), after.State(), names(effects))
		}
	}
}

// A PIN for a stick is typed behind a private film, and the plan waits for it.
func TestMaintenancePIN(t *testing.T) {
	asks := BadgeArrived{Role: hw.RoleTechnician, Stick: true, PIN: true}
	m, effects := walk(path(toIdle, asks), DefaultLimits(), ReleaseInForce)
	if m.State() != Idle || !m.AsksPIN() || names(effects) != "SetFilm private, Cover pin" {
		t.Errorf("%v doing %q", m.State(), names(effects))
	}
	m, _ = walk(path(toIdle, asks, private, PINTyped{}, PINChecked{Right: true}), DefaultLimits(), ReleaseInForce)
	if m.State() != Maintenance {
		t.Errorf("right: %v", m.State())
	}
	m, _ = walk(path(toIdle, asks, private, PINTyped{}, StickOut{}), DefaultLimits(), ReleaseInForce)
	if m.State() != Idle || m.AsksPIN() {
		t.Errorf("pulled: %v", m.State())
	}
	m, _ = walk(path(toIdle, asks, private, CancelPIN{}, wait(dwell)), DefaultLimits(), ReleaseInForce)
	if commanded, _ := m.Film(); m.State() != Idle || commanded != hw.FilmClear {
		t.Errorf("cancelled: %v, film %v", m.State(), commanded)
	}
	if m.Fault() != wire.Reason("") {
		t.Errorf("fault %q", m.Fault())
	}
}
