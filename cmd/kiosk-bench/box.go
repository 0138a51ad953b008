package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync/atomic"

	"guichet.example/cmd/kiosk-bench/control"
	"guichet.example/cmd/kiosk-bench/desk"
	"guichet.example/cmd/kiosk-bench/display"
	"guichet.example/cmd/kiosk-bench/office"
	"guichet.example/hw/simboard"
	"guichet.example/kiosk"
	"guichet.example/kiosk/egress"
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/view"
)

// box lets the control page drive the kiosk, its board and its screen.
type box struct {
	*control.Log
	kiosk      atomic.Pointer[kiosk.Kiosk] // replaced when the kiosk restarts itself
	board      *simboard.Board
	desk       *desk.Desk
	screen     *display.Screen
	views      *view.Pool
	gates      *egress.Gates
	port       *stickPort
	data       string // what a stick brings is kept here
	usage      string // file of what is counted
	office     *office.Office
	inForce    atomic.Bool // the kiosk has a site
	procedures []control.ProcedureInfo

	unprovisioned bool // until a stick has brought a site
}

func (b *box) State() control.State {
	k := b.kiosk.Load()
	if k == nil {
		return control.State{Session: control.Session{State: session.Wiping.String()}}
	}
	s := k.State()
	return control.State{
		Session: control.Session{State: s.Session.String(), Mode: mode(s), Procedure: s.Procedure,
			HelpCalled: s.HelpCalled, Pad: s.Pad},
		Film:      control.Film{Commanded: b.board.Commanded().String(), Sensed: b.board.Sensed().String()},
		Indicator: b.board.Light().String(),
		View:      b.view(s),
		Wipe:      control.Wipe{Count: s.Wipe.Count, Last: s.Wipe.Last, Millis: s.Wipe.Millis},
		Usage:     control.Usage{Pending: s.Pending, Committed: s.Committed},
		Work:      control.Work{Step: string(s.Work.Step), Code: s.Work.Code, Says: s.Work.Says},
	}
}

func (b *box) view(s kiosk.State) control.View {
	i := b.views.Isolation()
	v := control.View{Host: s.Host, Spare: s.Spare, Isolation: string(i.Level), MemoryLimitMiB: i.MemoryLimitMiB}
	for _, c := range i.Checks {
		v.Checks = append(v.Checks, control.Check(c))
	}
	return v
}

func mode(s kiosk.State) string {
	if s.OfHelper {
		return "helper"
	}
	switch s.Session {
	case session.Active, session.Warning, session.PIN, session.Consent, session.Masking:
		return "alone"
	case session.Assisted:
		return "assisted"
	default:
		return ""
	}
}

func (b *box) Procedures() []control.ProcedureInfo { return b.procedures }

func (b *box) Badge(ctx context.Context, card string) error { return b.desk.Lay(ctx, card) }

func (b *box) RemoveBadge(ctx context.Context) error { return b.desk.Remove(ctx) }

func (b *box) HelpButton(context.Context) error {
	b.board.PressHelp()
	return nil
}

func (b *box) Fault(_ context.Context, part, kind string) error {
	fault := func() error { return b.board.Fault(simboard.Part(part), simboard.Kind(kind)) }
	switch part {
	case "view":
		fault = func() error { return b.breakPage(kind) }
	case "reader":
		fault = func() error { b.desk.Plug(kind != string(simboard.KindGone)); return nil }
	}
	if err := fault(); err != nil {
		return err
	}
	b.Add("fault", part+" "+kind)
	return nil
}

func (b *box) Tap(ctx context.Context, x, y int) error { return asked(b.screen.Tap(ctx, x, y)) }

func (b *box) Type(ctx context.Context, text []rune) error { return asked(b.screen.Type(ctx, text)) }

func (b *box) Key(ctx context.Context, key string) error { return asked(b.screen.Key(ctx, key)) }

// asked says in the control page's words that the client asked for an input
// that cannot be made.
func asked(err error) error {
	if errors.Is(err, display.ErrInput) {
		return fmt.Errorf("%w: %w", control.ErrInvalid, err)
	}
	return err
}

func (b *box) Screen(ctx context.Context) (image.Image, error) { return b.screen.Capture(ctx) }

func (b *box) Choose(ctx context.Context, procedure string) error {
	return b.with(func(k *kiosk.Kiosk) error { return k.Choose(ctx, procedure) })
}

func (b *box) End(ctx context.Context) error { return b.do(ctx, session.End{}) }

func (b *box) Consent(ctx context.Context, accept bool) error {
	return b.do(ctx, session.Agreed{Accept: accept})
}

func (b *box) Continue(ctx context.Context) error { return b.do(ctx, session.Continue{}) }

func (b *box) do(ctx context.Context, e session.Event) error {
	return b.with(func(k *kiosk.Kiosk) error { return k.Do(ctx, e) })
}

// with calls the kiosk and says the loop's errors in the control page's words.
func (b *box) with(act func(*kiosk.Kiosk) error) error {
	k := b.kiosk.Load()
	if k == nil {
		return fmt.Errorf("%w: the kiosk is starting", control.ErrNotNow)
	}
	err := act(k)
	var notNow *kiosk.NotNowError
	var unknown *kiosk.UnknownProcedureError
	switch {
	case errors.As(err, &notNow), errors.Is(err, kiosk.ErrStopped):
		return fmt.Errorf("%w: %w", control.ErrNotNow, err)
	case errors.As(err, &unknown):
		return fmt.Errorf("%w: %w", control.ErrInvalid, err)
	default:
		return err
	}
}
