package session

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/usage"
)

var (
	demo       = Procedure{ID: "demo", Theme: usage.ThemeFamily, Succeeds: true}
	private    = FilmSensed{hw.FilmPrivate}
	cleared    = FilmSensed{hw.FilmClear}
	unknown    = FilmSensed{hw.FilmUnknown}
	helper     = BadgeArrived{Role: hw.RoleHelper}
	technician = BadgeArrived{Role: hw.RoleTechnician}
)

// Paths to a state, from power-on.
var (
	toTrial     = []Event{private, Wiped{true}, SpareReady{}, wait(dwell)}
	toIdle      = path(toTrial, cleared, SpareReady{})
	toActive    = path(toIdle, Choose{demo}, private)
	toWarning   = path(toActive, wait(3*time.Minute))
	toNext      = path(toActive, End{}, Blanked{}, Wiped{true})
	toConsent   = path(toActive, wait(dwell), helper, BadgeLeft{})
	toMasking   = path(toConsent, Agreed{true})
	toAssisted  = path(toMasking, Masked{}, cleared)
	toLeft      = path(toActive, wait(dwell), helper, Agreed{true}, Masked{}, cleared)
	toFilmFault = path(toActive, cleared, Blanked{}, Wiped{true})
)

// dwell is how long the film stays private at least, and late how long it may
// take to follow.
var dwell, late = DefaultLimits().Dwell, DefaultLimits().Film

// wait is time passing: the test adds it to the clock.
type wait time.Duration

func (wait) event() {}

func path(base []Event, more ...Event) []Event {
	return append(append([]Event{}, base...), more...)
}

// walk returns the machine after a path and the effects of its last event.
func walk(events []Event, limits Limits, release Release) (Machine, []Effect) {
	m, effects := New(limits, release)
	now := time.Duration(0)
	for _, e := range events {
		if d, ok := e.(wait); ok {
			now += time.Duration(d)
			e = Tick{now}
		} else {
			m, _ = m.Step(Tick{now})
		}
		m, effects = m.Step(e)
	}
	return m, effects
}

// names writes effects as a short line.
func names(effects []Effect) string {
	var parts []string
	for _, e := range effects {
		part := reflect.TypeOf(e).Name()
		switch e := e.(type) {
		case SetFilm:
			part += " " + e.Film.String()
		case Show:
			part += " " + string(e.Surface)
		case Cover:
			part += " " + string(e.Panel)
		case Light:
			part += " " + e.Light.String()
		case Allow:
			part += " " + fmt.Sprintf("%q", e.Procedure)
		case Count:
			part += " " + string(e.Session.Outcome)
		case MaskInputs:
			part += fmt.Sprintf(" %v", e.On)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

func TestTransitions(t *testing.T) {
	const ended = `Blank, SetFilm private, Allow ""`
	for _, c := range []struct {
		name   string
		events []Event
		state  State
		doing  string
	}{
		{"power-on wipes", nil, Wiping, "SetFilm private, Light off, Wipe"},
		{"wiped, no spare yet", []Event{Wiped{true}}, Wiping, "Warm"},
		{"first spare", []Event{private, Wiped{true}, SpareReady{}}, Wiping, ""},
		{"the film is tried", toTrial, Wiping, "SetFilm clear"},
		{"it follows", path(toTrial, cleared), Idle, "TakeSpare, Show home, Warm"},
		{"it does not follow", path(toTrial, wait(late)), OutOfService, "Light fault, SetFilm private, TakeSpare, Warm, Show out-of-service"},
		{"it is tried again", path(toTrial, wait(late), wait(5*time.Second), SpareReady{}, Blanked{}, Wiped{true}), Wiping, "SetFilm clear"},
		{"relay fails in the trial", path(toTrial, RelayFailed{}), OutOfService, "Light fault, SetFilm private, TakeSpare, Warm, Show out-of-service"},
		{"home stays private", path(toNext, wait(dwell), wait(late)), Wiping, ended + ", Light fault"},
		{"home does not stay clear", path(toIdle, private, wait(late)), Wiping, ended + ", Light fault"},
		{"film clears by itself in the wipe", path(toActive, End{}, cleared), Wiping, "Light fault"},
		{"film clears by itself, home being shown", path(toNext, cleared), Wiping, ended + ", Light fault"},
		{"a tile", path(toIdle, Choose{demo}), Active, `Allow "demo", SetFilm private`},
		{"film private", toActive, Active, "Open, Show session"},
		{"film stays clear", path(toIdle, Choose{demo}, wait(time.Second)), Wiping, "Count failed, " + ended + ", Light fault"},
		{"film lost later", path(toActive, unknown), Wiping, "Count failed, " + ended + ", Light fault"},
		{"fault, wiped", toFilmFault, OutOfService, "TakeSpare, Warm, Show out-of-service"},
		{"fault is over", path(toFilmFault, private, wait(5*time.Second)), Wiping, `Blank, SetFilm private, Allow "", Light off`},
		{"idle too long", toWarning, Warning, "Cover warning, Chime"},
		{"touched in time", path(toWarning, Touched{}), Active, "Cover none"},
		{"nobody there", path(toWarning, wait(time.Minute)), Wiping, "Count timed_out, " + ended},
		{"finished", path(toActive, Succeeded{}, End{}), Wiping, "Count finished, " + ended},
		{"left", path(toActive, End{}), Wiping, "Count left, " + ended},
		{"blanked", path(toActive, End{}, Blanked{}), Wiping, "KillView, Wipe"},
		{"never blanked", path(toActive, End{}, wait(100*time.Millisecond)), Wiping, "KillView, Wipe"},
		{"next person", path(toActive, End{}, Blanked{}, Wiped{true}), Idle, "TakeSpare, Show home, Warm"},
		{"next home clears", path(toNext, wait(dwell)), Idle, "SetFilm clear"},
		{"whoever is quicker than that", path(toNext, SpareReady{}, Choose{demo}), Active, `Allow "demo", SetFilm private, Open, Show session`},
		{"wipe failed", path(toActive, End{}, Blanked{}, Wiped{false}), OutOfService, "Light fault, TakeSpare, Warm, Show out-of-service"},
		{"wipe silent", path(toActive, End{}, Blanked{}, wait(5*time.Second)), OutOfService, "Light fault, TakeSpare, Warm, Show out-of-service"},
		{"then reboot", path(toActive, End{}, Blanked{}, Wiped{false}, wait(30*time.Second)), OutOfService, "Reboot"},
		{"help", path(toActive, Help{}), Active, "Light help, Status"},
		{"help twice", path(toActive, Help{}, Help{}), Active, ""},
		{"help again in the warning", path(toActive, Help{}, wait(10*time.Minute), Help{}), Active, "Cover none"},
		{"helper comes in the warning", path(toActive, Help{}, wait(10*time.Minute), helper), Consent, "Cover none, Cover consent, Light off, Status"},
		{"helper comes uncalled in the warning", path(toWarning, helper), Warning, "Ignored"},
		{"help from the home surface", path(toIdle, Touched{}, Help{}, wait(9*time.Minute)), Idle, ""},
		{"stale private", path(toNext, wait(dwell), Choose{demo}, unknown, private), Active, ""},
		{"private long enough", path(toNext, wait(dwell), Choose{demo}, unknown, private, wait(late)), Active, "Open, Show session"},
		{"a helper's film stays private", path(toMasking, Masked{}, wait(late)), Assisted, ""},
		{"and the person goes on", path(toMasking, Masked{}, wait(late), helper), Active, "Blank, SetFilm private, MaskInputs false, Light off, Status, Show session, Cover question"},
		{"but nobody after them", path(toMasking, Masked{}, wait(late), helper, Answer{Help: usage.HelpGuided}, End{}, Blanked{}, Wiped{true}), Wiping, ""},
		{"help taken back", path(toActive, Help{}, CancelHelp{}), Active, "Light off, Status"},
		{"helper comes", path(toActive, Help{}, helper), Consent, "Cover consent, Light off, Status"},
		{"refused", path(toConsent, Agreed{false}), Active, "Cover none"},
		{"no answer is no", path(toConsent, wait(time.Minute)), Active, "Cover none"},
		{"agreed", toMasking, Masking, "Cover none, MaskInputs true"},
		{"masked", path(toMasking, Masked{}), Assisted, "Light assisted, Status, SetFilm clear"},
		{"never masked", path(toMasking, wait(3*time.Second)), Active, "MaskInputs false, Status"},
		{"masked too late", path(toMasking, wait(3*time.Second), Masked{}), Active, "Ignored"},
		{"told long enough", path(toMasking, wait(3*time.Second), wait(15*time.Second)), Active, "Status"},
		{"the helper tries again", path(toMasking, wait(3*time.Second), helper), Consent, "Cover consent, Status"},
		{"the helper goes at once", path(toMasking, helper), Active, "MaskInputs false"},
		{"ended while it is masked", path(toMasking, End{}), Wiping, "Count left, " + ended},
		{"badge never left", path(toAssisted, helper, helper), Active, "Ignored"},
		{"second tap", path(toAssisted, helper), Active, "Blank, SetFilm private, MaskInputs false, Light off, Status"},
		{"the person stops it", path(toAssisted, StopHelp{}), Active, "Blank, SetFilm private, MaskInputs false, Light off, Status"},
		{"half an hour", path(toAssisted, wait(4*time.Minute), Touched{}, wait(4*time.Minute), Touched{}, wait(4*time.Minute), Touched{},
			wait(4*time.Minute), Touched{}, wait(4*time.Minute), Touched{}, wait(4*time.Minute), Touched{}, wait(4*time.Minute), Touched{},
			wait(2*time.Minute)), Active, "Blank, SetFilm private, MaskInputs false, Light off, Status"},
		{"film private again", path(toAssisted, helper, private), Active, "Show session, Cover question"},
		{"ended while assisted", path(toAssisted, End{}), Wiping, ended + ", Light off"},
		{"asked afterwards", path(toAssisted, End{}, Blanked{}, private, Wiped{true}), Idle, "TakeSpare, Show home, Warm, Cover question"},
		{"nobody answers", path(toAssisted, End{}, Blanked{}, private, Wiped{true}, wait(dwell), cleared, wait(20*time.Second)), Idle, "Cover none, Count left"},
		{"badge left on the home surface", path(toIdle, technician, wait(10*time.Second)), Idle, "Light help, Status"},
		{"it does not count again", path(toIdle, helper, wait(10*time.Second), Choose{demo}, private, helper), Active, "Ignored"},
		{"taken at last", path(toIdle, technician, wait(10*time.Second), BadgeLeft{}), Idle, "Light off, Status"},
		{"taken in time", path(toIdle, technician, wait(9*time.Second), BadgeLeft{}, wait(2*time.Second)), Idle, ""},
		{"the next person finds it", path(toActive, technician, wait(10*time.Second), End{}, Blanked{}, Wiped{true}), Idle, "TakeSpare, Show home, Status, Warm, SetFilm clear"},
		{"badge left while assisted", path(toLeft, wait(10*time.Second)), Assisted, "Status"},
		{"taken while assisted", path(toLeft, wait(10*time.Second), BadgeLeft{}, wait(2*time.Minute)), Assisted, ""},
		{"left for long while assisted", path(toLeft, wait(10*time.Second), wait(time.Minute)), Active, "Blank, SetFilm private, MaskInputs false, Light help, Status"},
		{"left from before they agreed", path(toActive, wait(dwell), helper, wait(50*time.Second), Agreed{true}, Masked{}, cleared, wait(59*time.Second)), Assisted, ""},
		{"removed while the person decides", path(toConsent, BadgeLeft{}), Consent, ""},
		{"several badges", path(toIdle, SeveralBadges{}), Idle, "Status"},
		{"none of them is left", path(toIdle, SeveralBadges{}, BadgeLeft{}), Idle, "Status"},
		{"one of them is left", path(toActive, wait(dwell), SeveralBadges{}, helper), Consent, "Status, Cover consent"},
		{"stranger's badge", path(toActive, BadgeArrived{Role: hw.RoleNone}), Active, "Ignored"},
		{"home surface changed and left", path(toIdle, Spoke{"en"}, wait(3*time.Minute)), Wiping, ended},
		{"view lost", path(toActive, ViewLost{}), Wiping, `Count failed, SetFilm private, Allow "", KillView, Wipe`},
		{"no view starts", []Event{private, Wiped{true}, wait(20 * time.Second)}, OutOfService, "Light fault"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, effects := walk(c.events, DefaultLimits(), ReleaseInForce)
			if m.State() != c.state || names(effects) != c.doing {
				t.Errorf("%v doing %q\nwant %v doing %q", m.State(), names(effects), c.state, c.doing)
			}
		})
	}
}

// TestClearsAreLimited: people who hurry wait for a clear film, and never for a
// private one.
func TestClearsAreLimited(t *testing.T) {
	limits := DefaultLimits()
	m, _ := walk(toIdle, limits, ReleaseInForce) // cleared once
	first := m.now
	for n := 2; ; n++ {
		for _, e := range []Event{Choose{demo}, private, SpareReady{}, End{}, Blanked{}, Wiped{true}, SpareReady{}} {
			next, effects := m.Step(e)
			if _, chose := e.(Choose); chose && !strings.Contains(names(effects), "SetFilm private") {
				t.Fatalf("session %d: %v", n, names(effects))
			}
			m = next
		}
		next, effects := m.Step(Tick{m.now + limits.Dwell})
		m = next
		if n <= limits.Clears {
			if names(effects) != "SetFilm clear" {
				t.Fatalf("clear %d: %q in %v", n, names(effects), m.state)
			}
			m, _ = m.Step(cleared)
			continue
		}
		if at, _ := m.Deadline(); names(effects) != "" || at != first+limits.ClearsWithin {
			t.Fatalf("clear %d: %q, the next at %v, want it at %v", n, names(effects), at, first+limits.ClearsWithin)
		}
		if _, effects = m.Step(Tick{first + limits.ClearsWithin}); names(effects) != "SetFilm clear" {
			t.Fatalf("clear %d: %q", n, names(effects))
		}
		return
	}
}

func TestUnprovisioned(t *testing.T) {
	steps := []Event{private, Wiped{true}, SpareReady{}}
	m, effects := walk(steps, DefaultLimits(), ReleaseNone)
	if m.State() != Unprovisioned || names(effects) != "TakeSpare, Show unprovisioned, Warm" {
		t.Fatalf("%v doing %q", m.State(), names(effects))
	}
	m, _ = walk(path(steps, SpareReady{}, Provisioned{}, Blanked{}, Wiped{true}, wait(dwell), cleared), DefaultLimits(), ReleaseNone)
	if m.State() != Idle {
		t.Errorf("provisioned: %v", m.State())
	}
}

func TestQueueLimit(t *testing.T) {
	limits := DefaultLimits()
	limits.Queue = 2 * time.Minute
	_, effects := walk(toActive, limits, ReleaseInForce)
	if names(effects) != "Open, Show session, Status" || effects[2].(Status).Left != limits.Queue {
		t.Errorf("the limit is not said at the start: %v", effects)
	}
	m, _ := walk(path(toActive, wait(2*time.Minute-1), Touched{}, MoreTime{}), limits, ReleaseInForce)
	if m.State() != Active {
		t.Errorf("just before: %v", m.State())
	}
	m, _ = walk(path(toActive, wait(2*time.Minute)), limits, ReleaseInForce)
	if m.State() != Wiping {
		t.Errorf("at the limit: %v", m.State())
	}
}

func TestCounted(t *testing.T) {
	count := func(events ...Event) usage.Session {
		_, effects := walk(path(events, End{}), DefaultLimits(), ReleaseInForce)
		for _, e := range effects {
			if c, ok := e.(Count); ok {
				return c.Session
			}
		}
		t.Fatalf("nothing counted: %v", effects)
		return usage.Session{}
	}
	alone := count(path(toActive, Aided{usage.AidTextSize}, MoreTime{}, Spoke{"en"}, Help{}, wait(20*time.Minute))...)
	want := usage.Session{Procedure: "demo", Theme: usage.ThemeFamily, Outcome: usage.OutcomeLeft, Length: usage.LengthUnder30,
		Autonomy: usage.AutonomyAlone, Language: "en", Aids: []usage.Aid{usage.AidMoreTime, usage.AidTextSize},
		Calls: usage.CallsUnanswered}
	if !reflect.DeepEqual(alone, want) {
		t.Errorf("alone: %+v", alone)
	}
	said := count(append(toIdle, Choose{Procedure{ID: "other", Theme: usage.ThemeFamily}}, private)...)
	if said.Outcome != usage.OutcomeFinished {
		t.Errorf("without a known page of success, the person's word counts: %+v", said)
	}
	left := count(append(toIdle, Choose{demo})...)
	if left.Outcome != usage.OutcomeLeft {
		t.Errorf("nothing was opened: %+v", left)
	}
	away, _ := walk(path(toActive, Succeeded{}, wait(3*time.Minute)), DefaultLimits(), ReleaseInForce)
	_, effects := away.Step(Tick{away.now + time.Minute})
	if names(effects[:1]) != "Count finished" {
		t.Errorf("walked away after the page of success: %v", names(effects))
	}
	helped := count(path(toActive, Help{}, wait(2*time.Minute), helper, BadgeLeft{}, Agreed{true}, Masked{}, wait(time.Minute), helper, private,
		Answer{Help: usage.HelpExplained, Referral: usage.ReferralOther}, Touched{}, wait(2*time.Minute))...)
	if helped.Autonomy != usage.AutonomyPartly || helped.Help != usage.HelpExplained ||
		helped.Referral != usage.ReferralOther || helped.Calls != usage.CallsAnswered {
		t.Errorf("helped: %+v", helped)
	}
}
