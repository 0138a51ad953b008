package session

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/view/wire"
)

// tinyLimits keep the number of reachable machines finite and small: every
// limit is a few units, and time moves by one.
func tinyLimits() Limits {
	return Limits{Idle: 2, IdleInHelp: 3, Warning: 1, PIN: 1, Consent: 1, Mask: 1, Notice: 1, Badge: 1, Forgotten: 1, AssistedIdle: 1, AssistedMax: 2, Question: 1, Offer: 1,
		Read: 1, Decide: 1, Install: 1, Test: 1, Told: 1,
		Film: 1, Dwell: 1, Clears: 1, ClearsWithin: 2, Settle: 1, Slowest: 2, Blank: 1, Wipe: 1, Spare: 1, Reboot: 1, Trouble: 1}
}

// alphabet is every event that can reach the machine.
func alphabet(now time.Duration) []Event {
	return []Event{
		Tick{now + 1},
		FilmSensed{hw.FilmPrivate}, FilmSensed{hw.FilmClear}, FilmSensed{hw.FilmUnknown}, RelayFailed{},
		BadgeArrived{Role: hw.RoleHelper}, BadgeArrived{Role: hw.RoleTechnician}, BadgeArrived{}, BadgeLeft{},
		BadgeArrived{Role: hw.RoleHelper, PIN: true}, BadgeArrived{Role: hw.RoleTechnician, PIN: true},
		BadgeArrived{Role: hw.RoleHelper, PIN: true, Wait: 1}, BadgeArrived{Role: hw.RoleTechnician, PIN: true, Wait: 1},
		PINTyped{}, PINChecked{Right: true}, PINChecked{}, PINChecked{Wait: 1}, CancelPIN{},
		SeveralBadges{}, ReaderLost{}, SpareReady{}, SpareLost{}, Blanked{}, Masked{}, PageTroubled{}, ViewLost{}, Succeeded{},
		Wiped{true}, Wiped{false}, Choose{Procedure{ID: "demo", Theme: usage.ThemeFamily, Succeeds: true}}, Touched{}, End{}, Continue{},
		MoreTime{}, Help{}, CancelHelp{}, Agreed{true}, Agreed{false}, StopHelp{},
		Answer{Help: usage.HelpGuided}, Answer{Help: usage.HelpUnsaid}, Spoke{"en"}, Aided{usage.AidContrast},
		Provisioned{}, Choose{Procedure{ID: helpers, Helper: true}}, CloseOffer{},
		BadgeArrived{Role: hw.RoleTechnician, Stick: true}, BadgeArrived{Role: hw.RoleTechnician, PIN: true, Stick: true},
		ServiceSwitch{}, StickOut{}, StickRead{}, AgreeInstall{}, Installed{true}, Installed{false}, Tested{true}, Tested{false}, Leave{},
		Renew{},
	}
}

// helpers is a procedure that a helper's badge opens.
const helpers = "aidants"

// node is a machine in its world, with time taken relative to now so that the
// same situation at another hour is the same node.
type node struct {
	m Machine
	w world
}

func start(release Release) (node, error) {
	m, effects := New(tinyLimits(), release)
	n := node{m: m, w: world{opened: true, film: hw.FilmClear}} // a crash may have left anything
	err := n.carryOut(effects)
	return n, err
}

// relative returns n as seen from now, without what only Count reports.
func (n node) relative() node {
	m := &n.m
	for t := range m.due {
		if m.due[t] != 0 {
			m.due[t] -= m.now - 1000
		}
	}
	m.moving = future(m.moving, m.now)
	m.rested = future(m.rested, m.now)
	m.cleared, n.w.energised = newest(m.cleared, m.now), newest(n.w.energised, m.now)
	n.w.tapped, n.w.offered = false, false
	n.w.released = max(past(n.w.released, m.now), 999) // Dwell is 1
	for i, at := range m.troubles {
		if at != 0 {
			m.troubles[i] = max(at-m.now, -2) + 1000
		}
	}
	helped, help := min(m.visit.helped, 1), m.visit.help
	if help != "" {
		help = usage.HelpUnsaid
	}
	m.visit = visit{procedure: m.visit.procedure, helped: helped, help: help, opened: m.visit.opened}
	m.language, m.aids, m.helperFrom, m.now = "", 0, 0, 1000
	m.status.Left = 0
	m.locked, m.status.Wait = min(m.locked, 1), min(m.status.Wait, 1)
	return n
}

// past returns a moment as seen from 1000; all that no limit reaches back to
// are one.
func past(at, now time.Duration) time.Duration { return max(at-now, -2) + 1000 }

// newest keeps the one change to clear that the tiny limits look at.
func newest(at [maxClears]time.Duration, now time.Duration) (kept [maxClears]time.Duration) {
	if last := at[maxClears-1]; last != 0 {
		kept[maxClears-1] = past(last, now)
	}
	return kept
}

// future returns a moment as seen from 1000, 0 when it is over.
func future(at, now time.Duration) time.Duration {
	if at <= now {
		return 0
	}
	return at - now + 1000
}

// saboteur changes what a step does, to show that the rules would notice.
type saboteur func(Machine, []Effect) []Effect

func (n node) step(e Event, sabotage saboteur) (node, []Effect, error) {
	before := n
	next, effects := n.m.Step(e)
	if sabotage != nil {
		effects = sabotage(next, effects)
	}
	n.m = next
	if err := n.w.happened(before.m, e); err != nil {
		return n, effects, err
	}
	if err := n.carryOut(effects); err != nil {
		return n, effects, err
	}
	return n, effects, n.check(before, e, effects)
}

func (n *node) carryOut(effects []Effect) error {
	for _, e := range effects {
		if err := n.w.do(e, n.m); err != nil {
			return fmt.Errorf("%#v: %w", e, err)
		}
	}
	if n.m.state != Masking && n.m.state != Assisted {
		n.w.agreed = false
	}
	if n.m.state != Consent {
		n.w.proved = false
	}
	if n.m.state == OutOfService && n.m.fault == wire.ReasonFilm {
		n.w.followed = false
	}
	return nil
}

// check holds the rules of the design after every step.
func (n node) check(before node, e Event, effects []Effect) error {
	m, w := n.m, &n.w
	content := w.screen == wire.SurfaceSession
	home := m.state == Idle || m.state == Wiping && !w.view && !w.opened
	switch {
	case w.film != hw.FilmPrivate && !home && !(m.state == Assisted && w.agreed):
		return fmt.Errorf("film %v in %v: private was delayed", w.film, m.state)
	case selfCleared(before, e) && m.fault == "":
		return fmt.Errorf("the film cleared by itself in %v, which leads to %v", before.m.state, m.state)
	case m.state == Idle && !w.followed:
		return fmt.Errorf("idle, and nobody knows whether the film's contact moves")
	case content != m.ContentVisible():
		return fmt.Errorf("screen shows %q but the machine thinks content visible = %v", w.screen, m.ContentVisible())
	case content && m.sensed != hw.FilmPrivate && !(m.state == Assisted && w.agreed):
		return fmt.Errorf("rule 1: content visible, film sensed %v, state %v", m.sensed, m.state)
	case m.state == Idle && (w.opened || w.screen != wire.SurfaceHome):
		return fmt.Errorf("rule 2: idle with opened=%v, screen %q", w.opened, w.screen)
	case !m.inSession() && w.allowed != "":
		return fmt.Errorf("rule 3: %q allowed in %v", w.allowed, m.state)
	case m.inSession() && w.allowed != m.visit.procedure.ID:
		return fmt.Errorf("rule 3: %q allowed during %q", w.allowed, m.visit.procedure.ID)
	case m.state == OutOfService && m.light != hw.LightFault, m.state == Idle && m.light == hw.LightFault:
		return fmt.Errorf("indicator %v in %v", m.light, m.state)
	case m.state == Assisted && !w.acknowledged, m.state == Active && w.masked:
		return fmt.Errorf("masked=%v in %v", w.masked, m.state)
	case m.inSession() && (m.state == Assisted) != w.marked:
		return fmt.Errorf("the mark says %v in %v", w.marked, m.state)
	case w.view && w.screen != wire.SurfaceBlank && w.panel != panelOf(m):
		return fmt.Errorf("panel %q in %v, not %q", w.panel, m.state, panelOf(m))
	case w.view && m.state != Wiping && w.notice != m.notice():
		return fmt.Errorf("notice %q in %v, not %q", w.notice, m.state, m.notice())
	case content && m.visit.procedure.Helper != w.helper:
		return fmt.Errorf("the bar says a helper's own: %v, in %q", w.helper, m.visit.procedure.ID)
	case m.visit.procedure.Helper && m.state != Active && m.state != Warning:
		return fmt.Errorf("a helper's own session is %v", m.state)
	case m.forgotten && m.light == hw.LightOff:
		return fmt.Errorf("a badge is forgotten, and no lamp is lit in %v", m.state)
	case m.state == Consent && !w.proved:
		return fmt.Errorf("a helper may ask without having typed the PIN")
	case before.m.state == OutOfService && powerless(e) && (m.state != OutOfService || rebooting(effects)):
		return fmt.Errorf("a technician has power without having typed the PIN")
	case (m.pad != noPad) != (m.state == PIN || m.due[timerPIN] != 0):
		return fmt.Errorf("the pad is %v in %v", m.pad, m.state)
	case m.pad != noPad && w.film != hw.FilmPrivate:
		return fmt.Errorf("a PIN is typed in %v with the film %v", m.state, w.film)
	case w.checking != (m.pad == padChecks):
		return fmt.Errorf("digits looked at: %v, but the pad is %v", w.checking, m.pad)
	case again(before, e) && !ignored(effects):
		return fmt.Errorf("a badge that lay there counts again in %v", before.m.state)
	case m.pad != noPad && w.film != hw.FilmPrivate:
		return fmt.Errorf("a PIN is typed behind a clear film in %v", m.state)
	case m.state == Maintenance && (w.opened || w.screen != wire.SurfaceMaintenance):
		return fmt.Errorf("maintenance with opened=%v, screen %q", w.opened, w.screen)
	case (m.state == Maintenance) != (m.work != noWork):
		return fmt.Errorf("work %v in %v", m.work, m.state)
	case m.state == Maintenance && before.m.state != Maintenance && !entitled(before, e):
		return fmt.Errorf("%#v opens maintenance in %v", e, before.m.state)
	case e == Event(Renew{}) && !ignored(effects) && !untouched(before):
		return fmt.Errorf("a release takes the screen from somebody in %v", before.m.state)
	case before.m.inSession() && (m.state == Maintenance || atThePort(e) && !ignored(effects)):
		return fmt.Errorf("%#v interrupts somebody in %v", e, before.m.state)
	case m.onTrial && (m.inSession() || m.state == Idle):
		return fmt.Errorf("%v on a release that has not been tried", m.state)
	case m.change != noChange && (m.inSession() || m.state == Idle):
		return fmt.Errorf("%v although another release is to be in force", m.state)
	case (m.inSession() || m.state == Wiping || m.state == Maintenance) && !hasDeadline(m):
		return fmt.Errorf("%v could last for ever", m.state)
	}
	if _, ok := e.(Tick); !ok && ignored(effects) {
		was := before.m
		was.badge, was.forgotten, was.several, was.due[timerBadge] = m.badge, m.forgotten, m.several, m.due[timerBadge]
		was.helpCalled = m.helpCalled
		if was != m {
			return fmt.Errorf("ignored but changed")
		}
	}
	return nil
}

func ignored(effects []Effect) bool {
	if len(effects) != 1 {
		return false
	}
	_, ok := effects[0].(Ignored)
	return ok
}

// again says that a badge is reported that lay there before.
func again(before node, e Event) bool {
	_, ok := e.(BadgeArrived)
	return ok && before.w.badge
}

// powerless says that a badge arrives whose PIN nobody has typed yet.
func powerless(e Event) bool {
	arrived, ok := e.(BadgeArrived)
	return ok && arrived.PIN
}

// entitled says whether somebody may work with a stick who does e: a badge that
// needs no PIN or whose PIN was right, or the switch where there can be no
// badge. A release on trial is tested without anybody.
func entitled(before node, e Event) bool {
	switch e := e.(type) {
	case BadgeArrived:
		return e.Role == hw.RoleTechnician && !e.PIN && e.Stick && !before.m.badge && !before.m.inSession()
	case PINChecked:
		return e.Right && before.m.withStick && before.m.pad == padChecks
	case ServiceSwitch:
		return !before.m.provisioned && (before.m.state == Unprovisioned || before.m.state == OutOfService)
	default:
		return before.m.state == Wiping && before.m.onTrial
	}
}

// untouched says that nobody uses the kiosk, as far as the box can know.
func untouched(n node) bool {
	return n.w.screen == wire.SurfaceHome && n.w.panel == wire.PanelNone && !n.w.badge && !n.m.helpCalled && n.m.due[timerIdle] == 0
}

// atThePort says that a stick goes or the switch is pressed.
func atThePort(e Event) bool { return e == Event(StickOut{}) || e == Event(ServiceSwitch{}) }

func rebooting(effects []Effect) bool { return slices.Contains(effects, Effect(Reboot{})) }

// selfCleared says that the film, known to be private, is sensed clear although
// nobody commanded it.
func selfCleared(before node, e Event) bool {
	m := before.m
	return e == Event(FilmSensed{hw.FilmClear}) && before.w.film == hw.FilmPrivate && m.sensed == hw.FilmPrivate && m.moving <= m.now
}

// panelOf is what asks the people something, by what waits for their answer.
func panelOf(m Machine) wire.Panel {
	switch {
	case m.state == Warning:
		return wire.PanelWarning
	case m.pad != noPad:
		return wire.PanelPIN
	case m.state == Consent:
		return wire.PanelConsent
	case m.due[timerQuestion] != 0:
		return wire.PanelQuestion
	case m.due[timerOffer] != 0:
		return wire.PanelOffer
	}
	return wire.PanelNone
}

func hasDeadline(m Machine) bool {
	m.due[timerBadge] = 0 // ends nothing by itself
	_, ok := m.Deadline()
	return ok
}

// began marks a session as begun, for the counting rule.
func (n *node) began(before node, e Event) {
	if c, ok := e.(Choose); ok && before.m.state == Idle && n.m.inSession() && !c.Procedure.Helper {
		n.w.uncounted = true
	}
}

// explore visits every reachable node and calls visit for each transition. It
// returns the path to the first node that breaks a rule.
func explore(starts []node, sabotage saboteur, visit func(from, to node, e Event, effects []Effect)) (int, error) {
	type origin struct {
		from  int
		event Event
	}
	var queue []node
	var origins []origin
	seen := map[node]bool{}
	push := func(n node, o origin) {
		n = n.relative()
		if !seen[n] {
			seen[n] = true
			queue, origins = append(queue, n), append(origins, o)
		}
	}
	for _, n := range starts {
		push(n, origin{from: -1})
	}
	for i := 0; i < len(queue); i++ {
		from := queue[i]
		for _, e := range alphabet(from.m.now) {
			to, effects, err := from.step(e, sabotage)
			if err != nil {
				path := fmt.Sprintf("%v --%#v--> %v", from.m.state, e, effects)
				for o := origins[i]; o.from >= 0; o = origins[o.from] {
					path = fmt.Sprintf("%v --%#v-->\n%s", queue[o.from].m.state, o.event, path)
				}
				return len(seen), fmt.Errorf("%w\n%s", err, path)
			}
			to.began(from, e)
			visit(from, to, e, effects)
			if to != from && !slices.ContainsFunc(effects, leaves) { // most events change nothing
				push(to, origin{i, e})
			}
		}
	}
	return len(seen), nil
}

// started are the ways in which a box can be switched on.
func started() (starts []node, err error) {
	for _, release := range []Release{ReleaseNone, ReleaseInForce, ReleaseOnTrial} {
		n, failed := start(release)
		starts, err = append(starts, n), errors.Join(err, failed)
	}
	return starts, err
}

// leaves says that the daemon ends with this effect.
func leaves(e Effect) bool { return e == Effect(Restart{}) || e == Effect(TakeBack{}) }

func powerOn(t testing.TB) []node {
	t.Helper()
	starts, err := started()
	if err != nil {
		t.Fatal(err)
	}
	return starts
}

func TestEveryReachableStateKeepsTheRules(t *testing.T) {
	r := reached()
	if r.err != nil {
		t.Fatalf("after %d machines: %v", r.machines, r.err)
	}
	for s := Wiping; s <= Maintenance; s++ {
		if r.states[s] == 0 {
			t.Errorf("%v was never reached", s)
		}
	}
	t.Logf("%d machines; transitions into each state: %v", r.machines, r.states)
}

// reached explores once, for all tests.
var reached = sync.OnceValue(func() (r struct {
	machines int
	err      error
	states   map[State]int
	cells    map[string]map[State]*cell
}) {
	r.states, r.cells = map[State]int{}, map[string]map[State]*cell{}
	starts, err := started()
	if r.err = err; err != nil {
		return r
	}
	r.machines, r.err = explore(starts, nil, func(from, to node, e Event, effects []Effect) {
		r.states[to.m.state]++
		tabulate(r.cells, from.m.state, to.m.state, e, effects)
	})
	return r
})

// FuzzMachine walks long paths at the real limits, where time moves by any
// amount.
func FuzzMachine(f *testing.F) {
	f.Add([]byte{1, 16, 10, 18, 1, 5, 25, 20})
	f.Fuzz(func(t *testing.T, path []byte) {
		m, effects := New(DefaultLimits(), ReleaseInForce)
		n := node{m: m, w: world{opened: true, film: hw.FilmClear}}
		if err := n.carryOut(effects); err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(path); i += 2 {
			events := alphabet(n.m.now)
			events[0] = Tick{n.m.now + time.Duration(path[i+1])*time.Duration(path[i+1])*50*time.Millisecond}
			e := events[int(path[i])%len(events)]
			next, _, err := n.step(e, nil)
			if err != nil {
				t.Fatalf("%v --%#v--> %v: %v", n.m.state, e, next.m.state, err)
			}
			next.began(n, e)
			n = next
		}
	})
}
