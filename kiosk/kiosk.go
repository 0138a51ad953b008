// Package kiosk is the loop: one goroutine owns the session machine, feeds it
// every event of the box and carries its effects out. It knows its parts only
// through the small interfaces below; which real parts they are is decided in
// the wire.go of a command. Only commands and end-to-end tests import it.
package kiosk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/view/wire"
)

// ErrReboot is returned by Run when only a restart of the box can bring it
// back to a known state.
var ErrReboot = errors.New("reboot needed")

// View starts and ends browser views (kiosk/view).
type View interface {
	Reports() <-chan wire.Report
	Warm(ctx context.Context) (view int, err error)
	Send(view int, m wire.ToView) error
	Kill(view int) wire.Traces
}

// Gates are the views' only ways out (kiosk/egress).
type Gates interface {
	Allow(view int, origins []string) error // no origins: nothing
	Close(view int)
}

// Wiper proves that nothing is left (kiosk/wipe).
type Wiper interface {
	Wipe(ctx context.Context, t wire.Traces) error
	Clean(ctx context.Context) error
}

// Usage counts (kiosk/usage/usagedb).
type Usage interface {
	Add(s usage.Session) error
	Switched() // the film's relay was energised
	Counts() (pending, committed int)
}

// Chime sounds the warning (kiosk/chime).
type Chime interface {
	Play(ctx context.Context) error
}

// Refusal says that a gate refused a site.
type Refusal struct {
	View int
	Site usage.Site
}

// Refusals carry what gates refused to the loop.
type Refusals chan Refusal

// Tell passes a refusal on, or drops it when many wait already: counting what a
// page is refused must not slow a gate down.
func (r Refusals) Tell(view int, host, domain string) {
	site, err := usage.NewSite(host, domain)
	if err != nil { // a gate has no other names to tell
		return
	}
	select {
	case r <- Refusal{view, site}:
	default:
	}
}

// Parts are what a kiosk is made of. Badges, Indicator, Help, Chime, Upkeep, Fleet
// and Faults may be nil on a box that has none; everything else is required.
type Parts struct {
	Relay     hw.Relay
	Film      hw.FilmContact
	Badges    hw.BadgeReader
	Indicator hw.Indicator
	Help      hw.Button
	View      View
	Gates     Gates
	Refused   Refusals // what Gates refused
	Wiper     Wiper
	Usage     Usage
	Chime     Chime
	Upkeep    Upkeep
	Faults    Faults
	Fleet     Fleet

	Self       wire.Kiosk // what a technician is told it is
	Procedures []procedure.Procedure
	Languages  []string // first = default
	Limits     session.Limits
	Release    session.Release
	StartURL   func(procedure.Procedure) string // nil: the procedure's own
	Observe    func(Observation)                // nil: nobody watches; must not block
	Log        *slog.Logger
}

// Observation is one thing that happened, for somebody who watches: no page,
// no text, no badge.
type Observation struct {
	At    time.Duration // monotonic, since Run began
	Event string
	Value string
}

// Kiosk is one box.
type Kiosk struct {
	parts      Parts
	procedures map[string]procedure.Procedure

	// Owned by the goroutine of Run.
	machine   session.Machine
	began     time.Time
	queue     []session.Event // made by effects, taken before the next input
	current   int             // view on screen, 0 = none
	spare     int             // view that warms or waits, 0 = none
	early     map[int]wire.FromView
	traces    wire.Traces // of the last view killed
	shown     wire.Surface
	host      string
	refusals  map[usage.Site]bool // of this session
	wipes     WipeState
	pin       pinDesk
	spareLost bool          // the last spare died or did not start
	drawn     chan struct{} // closed when the view on screen has drawn first
	upkeep    workbench
	renewing  bool  // what the fleet has stored is put in force at the end
	ends      error // Run returns: ErrReboot or ErrRestart; nil = goes on

	rest  rest
	inbox chan input
	ended chan struct{} // closed when the loop takes no more inputs
	state atomic.Pointer[State]
	work  sync.WaitGroup
}

// input is what other goroutines send to the loop.
type input struct {
	at     time.Duration // when it was made, on the loop's clock
	event  session.Event
	badge  *hw.Badge // with its event
	report *wire.Report
	warm   *warmResult
	late   int // number of a spare that should be ready by now
	refuse *Refusal
	wiped  *wipeResult
	pin    *pinResult
	port   *Port
	news   *workNews
	done   chan<- error // nil, or answered when the step is over
}

type warmResult struct {
	view int
	err  error
}

type wipeResult struct {
	err  error
	took time.Duration
}

// New checks the parts and returns a kiosk that Run brings to life.
func New(p Parts) (*Kiosk, error) {
	missing := map[string]bool{
		"relay": p.Relay == nil, "film contact": p.Film == nil,
		"view": p.View == nil, "gates": p.Gates == nil, "wiper": p.Wiper == nil, "usage": p.Usage == nil,
		"languages": len(p.Languages) == 0, "log": p.Log == nil,
		"upkeep to try the release on trial": p.Release == session.ReleaseOnTrial && p.Upkeep == nil,
	}
	for part, isMissing := range missing {
		if isMissing {
			return nil, fmt.Errorf("make kiosk: no %s", part)
		}
	}
	k := &Kiosk{
		parts: p, procedures: map[string]procedure.Procedure{}, inbox: make(chan input, 64), ended: make(chan struct{}),
		early: map[int]wire.FromView{}, refusals: map[usage.Site]bool{}, began: time.Now(),
	}
	k.parts.Limits.Offer = 0
	for _, one := range p.Procedures {
		k.procedures[one.ID] = one
		if one.Audience == procedure.AudienceHelper {
			k.parts.Limits.Offer = p.Limits.Offer
		}
	}
	k.state.Store(&State{})
	return k, nil
}

// Run runs the kiosk until ctx ends, then makes everything private, ends the
// views and wipes. It returns nil then, ErrReboot or ErrRestart. It must be called once.
func (k *Kiosk) Run(ctx context.Context) error {
	sources, stop := context.WithCancel(ctx)
	defer k.work.Wait()
	defer stop()

	machine, effects := session.New(k.parts.Limits, k.parts.Release)
	k.machine = machine
	k.carryOut(sources, effects)
	k.drain(sources)
	k.publish()
	k.listen(sources)
	k.rest.set(sources, k.machine.AtRest())
	k.loop(sources)
	close(k.ended)
	stop() // nothing new begins while everything is ended
	return k.shutDown(context.WithoutCancel(ctx))
}

func (k *Kiosk) loop(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil && k.ends == nil {
		if at, ok := k.machine.Deadline(); ok {
			timer.Reset(max(0, at-k.now()))
		} else {
			timer.Stop()
		}
		select {
		case <-ctx.Done():
		case in := <-k.inbox:
			k.handle(ctx, in)
		case <-timer.C:
			k.timeout(ctx)
		}
		k.rest.set(ctx, k.machine.AtRest())
		k.publish()
	}
}

// timeout tells the machine the time, unless an input waits: it was made
// earlier and comes first. The timer fires again at once then.
func (k *Kiosk) timeout(ctx context.Context) {
	select {
	case in := <-k.inbox:
		k.handle(ctx, in)
	default:
		k.tick(ctx, k.now())
		k.drain(ctx)
	}
}

// now is monotonic: a step of the wall clock does not touch it.
func (k *Kiosk) now() time.Duration { return time.Since(k.began) }

func (k *Kiosk) handle(ctx context.Context, in input) {
	k.tick(ctx, in.at)
	event := in.event
	var said wire.FromView
	switch {
	case in.badge != nil:
		k.pin.asks = in.badge.PIN
		event = k.withStick(event)
	case in.report != nil:
		event, said = k.reported(*in.report), in.report.Msg
	case in.pin != nil:
		event = k.pinChecked(*in.pin)
	case in.port != nil:
		event = k.ported(*in.port, in.at)
	case in.news != nil:
		event = k.heardNews(*in.news)
	case in.warm != nil:
		event = k.warmedUp(*in.warm)
	case in.late != 0:
		event = k.spareLate(in.late)
	case in.wiped != nil:
		event = k.wiped(*in.wiped)
	case in.refuse != nil:
		k.refused(*in.refuse)
	}
	var err error
	k.withTyped(said, func() {
		if event != nil {
			err = k.step(ctx, event)
		}
		k.drain(ctx)
	})
	if in.done != nil {
		k.publish() // whoever asked sees the state it led to
		in.done <- err
	}
}

func (k *Kiosk) drain(ctx context.Context) {
	for len(k.queue) > 0 {
		event := k.queue[0]
		k.queue = k.queue[1:]
		_ = k.step(ctx, event) // nobody asked for it
	}
}

// tick tells the machine the time: of an input the time at which it was made,
// so that a loop that was held up does not take an answer for late. A Tick is
// never ignored.
func (k *Kiosk) tick(ctx context.Context, now time.Duration) { _ = k.step(ctx, session.Tick{Now: now}) }

// step feeds one event. The error is that the machine ignored it, and why.
func (k *Kiosk) step(ctx context.Context, event session.Event) error {
	before, fault := k.machine.State(), k.machine.Fault()
	machine, effects := k.machine.Step(event)
	k.machine = machine
	k.carryOut(ctx, effects)
	k.countFaults(fault, event)
	if after := machine.State(); after != before {
		k.parts.Log.Info("session", "from", before, "to", after)
		k.observe("session", after.String())
	}
	for _, e := range effects {
		if ignored, ok := e.(session.Ignored); ok {
			return &NotNowError{State: before, Why: ignored.Why}
		}
	}
	if event == (session.Renew{}) {
		k.renewing = true
	}
	return nil
}

func (k *Kiosk) observe(event, value string) {
	if k.parts.Observe != nil {
		k.parts.Observe(Observation{At: k.now(), Event: event, Value: value})
	}
}
