package kiosk

import (
	"context"
	"errors"
	"time"

	"guichet.example/kiosk/session"
	"guichet.example/kiosk/view/wire"
)

// ErrRestart is returned by Run when another release is in force: the daemon
// starts anew and reads it.
var ErrRestart = errors.New("restart needed")

// Port is what happens at the port for sticks.
type Port int

const (
	StickIn       Port = iota
	StickOut           // of none, too
	ServiceSwitch      // the switch inside the case was pressed
)

// Upkeep is a technician's work with a stick (cmd/kioskd). Its methods are
// called one after another; ctx ends when nobody waits any more. tell says how
// far it is, and may be called from any goroutine until the method returns.
// What they return last is on screen until the technician leaves.
type Upkeep interface {
	// Next waits for what happens at the port. A stick that was there from the
	// beginning comes first.
	Next(ctx context.Context) (Port, error)
	// Read reads and checks the stick: StepPlan, StepNothing, StepEnrolled or
	// StepRefused.
	Read(ctx context.Context, tell func(wire.Work)) wire.Work
	// Install stores what the last plan brings and puts it in force on trial:
	// StepInstalled or StepFailed. It goes on when ctx ends, and ends itself.
	Install(ctx context.Context, tell func(wire.Work)) wire.Work
	// Test tries the release on trial, and confirms it: StepDone or StepFailed.
	Test(ctx context.Context, tell func(wire.Work)) wire.Work
	// TakeBack puts the release before the one on trial in force.
	TakeBack(ctx context.Context) error
}

// workbench is what the loop keeps of a technician's work. It is owned by the
// goroutine of Run.
type workbench struct {
	stick  bool            // one is in the port
	unmet  time.Duration   // when the switch was pressed without one; 0 = it was not
	shown  wire.Work       // is on screen, or was last
	job    int             // number of the last one begun
	cancel func()          // ends it
	over   <-chan struct{} // closed when it has ended
	back   bool            // the release on trial is taken back at the end
}

// workNews is how far a job is; with an event, how it ended.
type workNews struct {
	job   int
	work  wire.Work
	event session.Event
}

func (k *Kiosk) listenPort(ctx context.Context) {
	for ctx.Err() == nil {
		what, err := k.parts.Upkeep.Next(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			k.parts.Log.Warn("watch the port for sticks", "err", err)
			if !sleep(ctx, retry) {
				return
			}
			continue
		}
		k.post(ctx, input{port: &what})
	}
}

// switchCounts is how long a press of the switch waits for a stick. A kernel
// takes a second or two to find the disk of one that is plugged in already.
const switchCounts = 10 * time.Second

// ported turns what happened at the port into an event, nil for none: the
// machine hears of a stick together with the badge, or the switch, that it waits
// for.
func (k *Kiosk) ported(what Port, at time.Duration) session.Event {
	switch what {
	case StickIn:
		k.observe("stick", "in")
		k.upkeep.stick = true
		if pressed := k.upkeep.unmet; pressed != 0 && at-pressed < switchCounts {
			k.upkeep.unmet = 0
			return session.ServiceSwitch{}
		}
	case StickOut:
		k.observe("stick", "out")
		k.upkeep.stick = false
		return session.StickOut{}
	case ServiceSwitch:
		k.observe("stick", "switch")
		if k.upkeep.stick {
			return session.ServiceSwitch{}
		}
		k.upkeep.unmet = at
	}
	return nil
}

// withStick adds to a badge that a stick is there.
func (k *Kiosk) withStick(event session.Event) session.Event {
	arrived, ok := event.(session.BadgeArrived)
	if !ok {
		return event
	}
	arrived.Stick = k.upkeep.stick
	return arrived
}

// job does a piece of work in the background, once the one before, which it
// ends and whose news are dropped from then on, is over. event is made of how
// it ended.
func (k *Kiosk) job(ctx context.Context, begins wire.Step, do func(context.Context, func(wire.Work)) wire.Work,
	event func(wire.Step) session.Event) {
	if k.upkeep.cancel != nil {
		k.upkeep.cancel()
	}
	k.upkeep.job++
	n, before, over := k.upkeep.job, k.upkeep.over, make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	k.upkeep.cancel, k.upkeep.over = cancel, over
	k.showWork(wire.Work{Step: begins})
	k.work.Go(func() {
		defer close(over)
		defer cancel()
		if before != nil {
			<-before
		}
		last := do(ctx, func(w wire.Work) { k.tellNews(workNews{job: n, work: w}) })
		k.tellNews(workNews{n, last, event(last.Step)})
	})
}

// tellNews posts them, also when the job was ended: the loop drops what nobody
// waits for.
func (k *Kiosk) tellNews(n workNews) {
	select {
	case k.inbox <- input{at: k.now(), news: &n}:
	case <-k.ended:
	}
}

// heardNews shows how far the job in hand is.
func (k *Kiosk) heardNews(n workNews) session.Event {
	if n.job != k.upkeep.job {
		return nil
	}
	k.showWork(n.work)
	return n.event
}

func (k *Kiosk) showWork(w wire.Work) {
	if w.Step != k.upkeep.shown.Step {
		k.observe("work", string(w.Step))
	}
	k.upkeep.shown = w
	k.send(w)
}

// show tells technicians, and nobody else, which kiosk this is.
func (k *Kiosk) show(e session.Show) wire.Show {
	show := wire.Show{Surface: e.Surface, Reason: e.Reason}
	if e.Surface == wire.SurfaceUnprovisioned || e.Surface == wire.SurfaceMaintenance {
		show.Kiosk = &k.parts.Self
	}
	return show
}

// workSays turns the technician's buttons into events. Only a plan can be
// agreed to: not a refusal in its place.
func (k *Kiosk) workSays(b wire.Button) session.Event {
	switch {
	case b == wire.ButtonLeave:
		return session.Leave{}
	case k.upkeep.shown.Step == wire.StepPlan:
		return session.AgreeInstall{}
	default:
		return nil
	}
}

func (k *Kiosk) readStick(ctx context.Context) {
	k.job(ctx, wire.StepReading, k.parts.Upkeep.Read, func(wire.Step) session.Event { return session.StickRead{} })
}

func (k *Kiosk) install(ctx context.Context) {
	k.job(ctx, wire.StepInstalling, k.parts.Upkeep.Install, func(s wire.Step) session.Event {
		return session.Installed{Good: s == wire.StepInstalled}
	})
}

func (k *Kiosk) selfTest(ctx context.Context) {
	k.job(ctx, wire.StepTesting, k.parts.Upkeep.Test, func(s wire.Step) session.Event {
		return session.Tested{Good: s == wire.StepDone}
	})
}

// takeBack is the last thing that is done before the daemon ends.
func (k *Kiosk) takeBack(ctx context.Context) {
	if !k.upkeep.back {
		return
	}
	if err := k.parts.Upkeep.TakeBack(ctx); err != nil {
		k.parts.Log.Error("take the release on trial back", "err", err) // starts too many do it as well
	}
}
