package kiosk

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/view/wire"
)

// port is a fake of what technicians bring.
type port struct {
	*box
	happens chan Port
	read    wire.Step
	install wire.Step
	test    wire.Step
	takes   time.Duration // each job
}

func (p *port) Next(ctx context.Context) (Port, error) { return receive(ctx, p.happens) }

func (p *port) work(ctx context.Context, tell func(wire.Work), name string, ends *wire.Step) wire.Work {
	p.add("%s begins", name)
	p.box.mu.Lock()
	takes := p.takes
	p.box.mu.Unlock()
	time.Sleep(takes)
	p.box.mu.Lock()
	step := *ends
	p.box.mu.Unlock()
	tell(wire.Work{Step: step, Percent: 50})
	p.add("%s ends, ended %v", name, ctx.Err() != nil)
	return wire.Work{Step: step, Percent: 100}
}

func (p *port) Read(ctx context.Context, tell func(wire.Work)) wire.Work {
	return p.work(ctx, tell, "read", &p.read)
}

func (p *port) Install(ctx context.Context, tell func(wire.Work)) wire.Work {
	return p.work(ctx, tell, "install", &p.install)
}

func (p *port) Test(ctx context.Context, tell func(wire.Work)) wire.Work {
	return p.work(ctx, tell, "test", &p.test)
}

func (p *port) TakeBack(context.Context) error {
	p.add("take back")
	return nil
}

// maintain is runUntil with a port.
func maintain(t *testing.T, release session.Release, what error, play func(t *testing.T, p *port, k *Kiosk)) {
	t.Helper()
	var p *port
	runUntil(t, what, func(b *box, k *Kiosk) {
		p = &port{box: b, happens: make(chan Port), read: wire.StepPlan, install: wire.StepInstalled, test: wire.StepDone, takes: time.Second}
		k.parts.Upkeep, k.parts.Release = p, release
	}, func(t *testing.T, k *Kiosk) { play(t, p, k) })
}

func (p *port) set(change func()) {
	p.box.mu.Lock()
	defer p.box.mu.Unlock()
	change()
}

// technician lays down a badge, with a stick in the port.
func (p *port) technician() {
	p.happens <- StickIn
	settle(0)
	p.badges <- hw.Badge{Present: true, Role: hw.RoleTechnician}
	settle(time.Second / 2)
}

func (p *port) presses(view int, b wire.Button) {
	views{p.box}.say(view, wire.Pressed{Button: b})
	settle(0)
}

func TestStickIsInstalled(t *testing.T) {
	maintain(t, session.ReleaseInForce, ErrRestart, func(t *testing.T, p *port, k *Kiosk) {
		from := p.len()
		p.technician()
		want(t, k, session.Maintenance)
		p.presses(1, wire.ButtonInstall) // nothing is on screen yet that could be agreed to
		settle(time.Second)
		p.presses(1, wire.ButtonInstall)
		settle(time.Second)
		p.presses(1, wire.ButtonLeave)
		settle(time.Second)
		p.inOrder(t, from, "1 show maintenance", "1 work reading 0", "read begins", "1 work plan 50", "1 work plan 100",
			"1 work installing 0", "install begins", "install ends, ended false", "1 work installed 100", "1 blank", "kill 1", "wipe 1")
	})
}

// Which kiosk it is goes with the surfaces of technicians alone, and what they
// are told stands in the state.
func TestTellsTechniciansWhichKiosk(t *testing.T) {
	self := wire.Kiosk{ID: "k-kvm4ma35sigbbitt", Name: "accueil"}
	k := &Kiosk{parts: Parts{Self: self}}
	for _, s := range []wire.Surface{wire.SurfaceHome, wire.SurfaceSession, wire.SurfaceOutOfService, wire.SurfaceUnprovisioned, wire.SurfaceMaintenance} {
		told := k.show(session.Show{Surface: s}).Kiosk
		if forTechnicians := s == wire.SurfaceUnprovisioned || s == wire.SurfaceMaintenance; (told != nil) != forTechnicians || told != nil && told.ID != self.ID {
			t.Errorf("%s: %v", s, told)
		}
	}
	maintain(t, session.ReleaseInForce, nil, func(t *testing.T, p *port, k *Kiosk) {
		p.set(func() { p.read = wire.StepRefused })
		p.technician()
		if step := k.State().Work.Step; step != wire.StepReading {
			t.Errorf("reading, the state says %q", step)
		}
		settle(time.Second)
		if step := k.State().Work.Step; step != wire.StepRefused {
			t.Errorf("refused, the state says %q", step)
		}
	})
}

func TestRefusedStickIsNotInstalled(t *testing.T) {
	maintain(t, session.ReleaseInForce, nil, func(t *testing.T, p *port, k *Kiosk) {
		p.set(func() { p.read = wire.StepRefused })
		p.technician()
		settle(time.Second)
		p.presses(1, wire.ButtonInstall)
		settle(time.Second)
		if _, i := p.at(0, "install begins"); i >= 0 {
			t.Error("a refused stick is installed")
		}
		p.presses(1, wire.ButtonLeave)
		settle(2 * time.Second)
		want(t, k, session.Idle)
	})
}

// Pulled and put back, the stick is read anew, and never twice at once.
func TestStickIsPulledAndComesBack(t *testing.T) {
	maintain(t, session.ReleaseInForce, nil, func(t *testing.T, p *port, k *Kiosk) {
		p.set(func() { p.takes = 10 * time.Second })
		p.technician()
		p.happens <- StickOut
		settle(2 * time.Second)
		want(t, k, session.Idle)
		p.badges <- hw.Badge{}
		from := p.len()
		p.technician()
		want(t, k, session.Maintenance)
		settle(20 * time.Second)
		p.inOrder(t, from, "2 show maintenance", "2 work reading 0", "read ends, ended true", "read begins",
			"read ends, ended false", "2 work plan 50", "2 work plan 100")
		if _, i := p.at(from, "1 work plan 100"); i >= 0 {
			t.Error("what the first stick held is shown")
		}
	})
}

func TestStickWithoutABadgeOpensNothing(t *testing.T) {
	maintain(t, session.ReleaseInForce, nil, func(t *testing.T, p *port, k *Kiosk) {
		p.happens <- StickIn
		settle(0)
		p.happens <- ServiceSwitch
		settle(time.Second)
		want(t, k, session.Idle)
		p.happens <- StickOut
		p.badges <- hw.Badge{Present: true, Role: hw.RoleTechnician}
		settle(time.Second)
		want(t, k, session.Idle)
	})
}

// Somebody who is served notices nothing of a stick, the switch and a technician's
// badge; what lay there meanwhile opens nothing afterwards either.
func TestStickInterruptsNobody(t *testing.T) {
	maintain(t, session.ReleaseInForce, nil, func(t *testing.T, p *port, k *Kiosk) {
		if err := k.Choose(t.Context(), "demo"); err != nil {
			t.Fatal(err)
		}
		settle(5 * time.Second)
		want(t, k, session.Active)
		from := p.len()
		p.happens <- StickIn
		p.happens <- ServiceSwitch
		settle(time.Second)
		p.badges <- hw.Badge{Present: true, Role: hw.RoleTechnician}
		settle(time.Second)
		p.happens <- StickOut
		p.happens <- StickIn
		settle(time.Second)
		want(t, k, session.Active)
		for _, line := range []string{"read begins", "1 blank", "kill 1", "1 show maintenance"} {
			if _, i := p.at(from, line); i >= 0 {
				t.Errorf("%q in a session", line)
			}
		}
		p.presses(1, wire.ButtonFinish)
		settle(5 * time.Second)
		want(t, k, session.Idle)
		if _, i := p.at(from, "read begins"); i >= 0 {
			t.Error("the stick is read although nobody laid a badge down since")
		}
		p.badges <- hw.Badge{}
		settle(time.Second)
		p.badges <- hw.Badge{Present: true, Role: hw.RoleTechnician}
		settle(time.Second)
		want(t, k, session.Maintenance)
	})
}

func TestNewKioskIsSetUpByItsSwitch(t *testing.T) {
	maintain(t, session.ReleaseNone, nil, func(t *testing.T, p *port, k *Kiosk) {
		want(t, k, session.Unprovisioned)
		p.happens <- ServiceSwitch // without a stick
		settle(switchCounts)
		p.happens <- StickIn
		settle(0)
		want(t, k, session.Unprovisioned)
		p.happens <- ServiceSwitch
		settle(2 * time.Second)
		want(t, k, session.Maintenance)
	})
}

// A kernel takes a while to find the disk of a stick.
func TestSwitchBeforeTheStickIsFound(t *testing.T) {
	maintain(t, session.ReleaseNone, nil, func(t *testing.T, p *port, k *Kiosk) {
		p.happens <- ServiceSwitch
		settle(switchCounts - time.Millisecond)
		p.happens <- StickIn
		settle(0)
		want(t, k, session.Maintenance)
		p.happens <- StickOut
		settle(time.Second)
		want(t, k, session.Unprovisioned)
		p.happens <- StickIn // the press has had its stick
		settle(time.Second)
		want(t, k, session.Unprovisioned)
	})
}

func TestReleaseOnTrial(t *testing.T) {
	maintain(t, session.ReleaseOnTrial, nil, func(t *testing.T, p *port, k *Kiosk) {
		want(t, k, session.Maintenance)
		settle(time.Second)
		p.presses(1, wire.ButtonLeave)
		settle(2 * time.Second)
		want(t, k, session.Idle)
		if _, i := p.at(0, "take back"); i >= 0 {
			t.Error("a release that works is taken back")
		}
	})
}

func TestReleaseThatFailsItsTrial(t *testing.T) {
	maintain(t, session.ReleaseOnTrial, ErrRestart, func(t *testing.T, p *port, k *Kiosk) {
		p.set(func() { p.test = wire.StepFailed })
		settle(2 * time.Minute) // nobody reads it
		p.inOrder(t, 0, "test begins", "1 work failed 100", "1 blank", "kill 1", "wipe 1", "light off", "take back")
	})
}

func TestTrialWithoutAnybodyToTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, k := build(t)
		parts := k.parts
		parts.Release = session.ReleaseOnTrial
		if _, err := New(parts); err == nil {
			t.Error("nobody noticed")
		}
	})
}
