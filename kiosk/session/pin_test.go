package session

import (
	"testing"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/view/wire"
)

var (
	helperPIN     = BadgeArrived{Role: hw.RoleHelper, PIN: true}
	technicianPIN = BadgeArrived{Role: hw.RoleTechnician, PIN: true}
	toPIN         = path(toActive, wait(dwell), helperPIN)
	toChecked     = path(toPIN, PINTyped{})
	toOut         = path(toFilmFault, SpareReady{}, private)
)

func TestPINTransitions(t *testing.T) {
	waits := BadgeArrived{Role: hw.RoleHelper, PIN: true, Wait: time.Minute}
	for _, c := range []struct {
		name   string
		events []Event
		state  State
		does   string
	}{
		{"helper whose badge asks for a PIN", toPIN, PIN, "Cover pin"},
		{"in the warning, after a call", path(toActive, wait(dwell), Help{}, wait(10*time.Minute), helperPIN), PIN, "Cover none, Cover pin"},
		{"in the warning, not called", path(toWarning, helperPIN), Warning, "Ignored"},
		{"while the film closes", path(toIdle, Choose{demo}, helperPIN), Active, "Ignored"},
		{"typed", toChecked, PIN, "CheckPIN"},
		{"typed twice", path(toChecked, PINTyped{}), PIN, "Ignored"},
		{"right", path(toChecked, PINChecked{Right: true}), Consent, "Cover consent"},
		{"wrong", path(toChecked, PINChecked{}), PIN, "Cover pin"},
		{"wrong, then typed", path(toChecked, PINChecked{}, PINTyped{}), PIN, "CheckPIN"},
		{"wrong once too often", path(toChecked, PINChecked{Wait: 15 * time.Second}), Active, "Cover none, Status"},
		{"what nobody typed is right", path(toPIN, PINChecked{Right: true}), PIN, "Ignored"},
		{"an answer that is late", path(toChecked, CancelPIN{}, PINChecked{Right: true}), Active, "Ignored"},
		{"cancelled", path(toPIN, CancelPIN{}), Active, "Cover none"},
		{"cancelled by the bar", path(toPIN, StopHelp{}), Active, "Cover none"},
		{"cancelled, nothing to cancel", path(toActive, CancelPIN{}), Active, "Ignored"},
		{"badge taken", path(toPIN, BadgeLeft{}), Active, "Cover none"},
		{"badge taken while it is looked at", path(toChecked, BadgeLeft{}), Active, "Cover none"},
		{"a second badge laid over it", path(toPIN, SeveralBadges{}), Active, "Cover none, Status"},
		{"reader gone", path(toPIN, ReaderLost{}), Active, "Cover none"},
		{"nobody types", path(toPIN, wait(time.Minute)), Active, "Cover none"},
		{"each try has its time", path(toPIN, wait(59*time.Second), PINTyped{}, PINChecked{}, wait(59*time.Second)), PIN, ""},
		{"finished", path(toPIN, End{}), Wiping, `Count left, Blank, SetFilm private, Allow ""`},
		{"film clears by itself", path(toPIN, cleared), Wiping, `Count failed, Blank, SetFilm private, Allow "", Light fault`},
		{"has to wait", path(toActive, wait(dwell), waits), Active, "Status"},
		{"has to wait, in the warning", path(toActive, Help{}, wait(10*time.Minute), waits), Warning, "Status"},
		{"the badge need not be taken while it is asked", path(toPIN, wait(30*time.Second)), PIN, ""},
		{"but after the right PIN", path(toChecked, PINChecked{Right: true}, wait(10*time.Second)), Consent, "Light help, Status"},
		{"the second tap asks nothing", path(toAssisted, helperPIN), Active, "Blank, SetFilm private, MaskInputs false, Light off, Status"},
		{"nor does the helper who withdraws", path(toConsent, helperPIN), Active, "Cover none"},
		{"nor one who came to a call from the home surface", path(toIdle, Help{}, helperPIN), Idle, "Light off, Status"},
		{"technician", path(toOut, technicianPIN), OutOfService, "Cover pin"},
		{"technician, right", path(toOut, technicianPIN, PINTyped{}, PINChecked{Right: true}), Wiping, `Cover none, Blank, SetFilm private, Allow "", Light off`},
		{"technician, cancelled", path(toOut, technicianPIN, CancelPIN{}), OutOfService, "Cover none"},
		{"technician, film not private", path(toFilmFault, SpareReady{}, technicianPIN), OutOfService, "Ignored"},
		{"technician in a session", path(toActive, technicianPIN), Active, "Ignored"},
		{"technician, no screen", []Event{private, Wiped{true}, wait(20 * time.Second), technicianPIN}, OutOfService, "Ignored"},
		{"helper, out of service", path(toOut, helperPIN), OutOfService, "Ignored"},
	} {
		m, effects := walk(c.events, DefaultLimits(), ReleaseInForce)
		if m.State() != c.state || c.does != "" && names(effects) != c.does {
			t.Errorf("%s: %v doing %q; want %v doing %q", c.name, m.State(), names(effects), c.state, c.does)
		}
	}
}

// What is told of a badge that waits, and for how long.
func TestLockedNotice(t *testing.T) {
	m, effects := walk(path(toChecked, PINChecked{Wait: time.Minute}), DefaultLimits(), ReleaseInForce)
	told, ok := effects[len(effects)-1].(Status)
	if !ok || told.Notice != wire.NoticeLocked || told.Wait != time.Minute || m.status.Wait != time.Minute {
		t.Fatalf("told %+v", effects)
	}
	m, _ = m.Step(BadgeLeft{})
	if m.notice() != wire.NoticeLocked {
		t.Error("it goes with the badge")
	}
	m, _ = m.Step(Tick{m.now + DefaultLimits().Notice})
	if m.notice() != wire.NoticeNone || m.status.Wait != 0 {
		t.Errorf("it stays: %+v", m.status)
	}
}

// TestPINRulesCanFail shows that the rules about PINs would notice.
func TestPINRulesCanFail(t *testing.T) {
	at := func(events ...Event) node {
		m, _ := walk(events, DefaultLimits(), ReleaseInForce)
		return node{m: m, w: world{view: true, screen: wire.SurfaceSession, allowed: demo.ID, film: hw.FilmPrivate, followed: true,
			panel: panelOf(m)}}
	}
	good := at(toPIN...)
	if err := good.check(good, helperPIN, nil); err != nil {
		t.Fatal(err)
	}
	asked := at(toConsent...)
	if err := asked.check(good, PINChecked{}, nil); err == nil {
		t.Error("consent without a PIN")
	}
	asked.w.proved = true
	if err := asked.check(good, PINChecked{Right: true}, nil); err != nil {
		t.Error(err)
	}
	out, _ := walk(toOut, DefaultLimits(), ReleaseInForce)
	if err := good.check(node{m: out}, technicianPIN, nil); err == nil {
		t.Error("a technician's badge left out of service without its PIN")
	}
	seen := good
	seen.w.panel = wire.PanelNone
	if err := seen.check(good, helperPIN, nil); err == nil {
		t.Error("the page is not covered while the PIN is typed")
	}
	late := good
	late.w.checking = true
	if err := late.check(good, PINTyped{}, nil); err == nil {
		t.Error("digits are looked at that the pad knows nothing of")
	}
}
