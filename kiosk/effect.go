package kiosk

import (
	"context"
	"maps"
	"slices"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/view/wire"
)

// respawn is the pause after a spare was lost, so that a view that cannot
// start does not keep the box busy.
const respawn = 2 * time.Second

// drawing is how long a view on screen may take to draw before the next spare
// is started all the same.
const drawing = 500 * time.Millisecond

// hardwareTimeout bounds a call to a relay or an indicator.
const hardwareTimeout = time.Second

func (k *Kiosk) carryOut(ctx context.Context, effects []session.Effect) {
	for _, e := range effects {
		k.do(ctx, e)
	}
}

func (k *Kiosk) do(ctx context.Context, effect session.Effect) {
	switch e := effect.(type) {
	case session.SetFilm:
		k.setFilm(ctx, e.Film)
	case session.Blank:
		k.observe("blank", "")
		k.send(wire.Blank{})
	case session.Allow:
		k.allow(e.Procedure)
	case session.Open:
		k.send(k.opening(k.procedures[e.Procedure]))
	case session.Show:
		k.send(k.show(e))
	case session.Cover:
		k.send(wire.Cover{Panel: e.Panel, Seconds: seconds(e.For), Again: e.Again})
	case session.CheckPIN:
		k.checkPIN(ctx)
	case session.Status:
		k.send(wire.Status{Assisted: e.Assisted, Helper: e.Helper, HelpCalled: e.HelpCalled, MoreTime: e.MoreTime,
			SecondsLeft: seconds(e.Left), Notice: e.Notice, WaitSeconds: seconds(e.Wait)})
	case session.MaskInputs:
		k.send(wire.Mask{On: e.On})
	case session.Light:
		k.light(ctx, e.Light)
	case session.Chime:
		k.chime(ctx)
	case session.KillView:
		k.kill()
	case session.Wipe:
		k.wipe(ctx)
	case session.Warm:
		k.warm(ctx)
	case session.TakeSpare:
		k.current, k.spare = k.spare, 0
		k.drawn = make(chan struct{})
	case session.Count:
		k.count(e)
	case session.ReadStick:
		k.readStick(ctx)
	case session.Install:
		k.install(ctx)
	case session.SelfTest:
		k.selfTest(ctx)
	case session.Restart:
		k.ends = ErrRestart
		k.observe("restart", "")
	case session.TakeBack:
		k.ends, k.upkeep.back = ErrRestart, true
		k.observe("restart", "back")
	case session.Reboot:
		k.ends = ErrReboot
		k.observe("reboot", "")
	case session.Ignored: // step returns it
	}
}

func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// send tells the view on screen. One that does not take it is lost, which its
// pool reports.
func (k *Kiosk) send(m wire.ToView) {
	if k.current == 0 {
		return
	}
	if err := k.parts.View.Send(k.current, m); err != nil {
		k.parts.Log.Warn("tell view", "err", err)
	}
}

func (k *Kiosk) setFilm(ctx context.Context, f hw.Film) {
	ctx, cancel := context.WithTimeout(ctx, hardwareTimeout)
	defer cancel()
	k.observe("film-command", f.String())
	if err := k.parts.Relay.Set(ctx, f); err != nil {
		k.parts.Log.Error("drive film", "film", f, "err", err)
		k.queue = append(k.queue, session.RelayFailed{})
	} else if f == hw.FilmClear { // which the machine commands once for each change
		k.parts.Usage.Switched()
	}
}

// light sets the indicator. One that fails is logged: staff miss a lamp, the
// person goes on.
func (k *Kiosk) light(ctx context.Context, l hw.Light) {
	k.observe("indicator", l.String())
	if k.parts.Indicator == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, hardwareTimeout)
	defer cancel()
	if err := k.parts.Indicator.Show(ctx, l); err != nil {
		k.parts.Log.Warn("set indicator", "light", l, "err", err)
	}
}

func (k *Kiosk) chime(ctx context.Context) {
	k.observe("chime", "")
	if k.parts.Chime == nil {
		return
	}
	k.work.Go(func() {
		if err := k.parts.Chime.Play(ctx); err != nil && ctx.Err() == nil {
			k.parts.Log.Warn("play chime", "err", err)
		}
	})
}

func (k *Kiosk) allow(id string) {
	if k.current == 0 {
		return
	}
	var origins []string
	for _, o := range k.procedures[id].Origins {
		origins = append(origins, o.Host)
	}
	if err := k.parts.Gates.Allow(k.current, origins); err != nil {
		k.parts.Log.Error("open gate", "procedure", id, "err", err) // stays shut
	}
}

func (k *Kiosk) opening(p procedure.Procedure) wire.Open {
	url := p.Start
	if k.parts.StartURL != nil {
		url = k.parts.StartURL(p)
	}
	open := wire.Open{Procedure: p.ID, URL: url, Success: p.Success,
		Guides: map[string]wire.Guide{}, Names: map[string]string{}, Sensitive: sensitive(p.Origins)}
	for language, text := range p.Texts {
		open.Guides[language] = wire.Guide{Purpose: text.Purpose, Bring: text.Bring, Steps: text.Steps}
		open.Names[language] = text.Title
	}
	return open
}

func (k *Kiosk) kill() {
	if k.current == 0 {
		return
	}
	k.traces = k.parts.View.Kill(k.current)
	k.current, k.host, k.shown = 0, "", ""
}

// wipe proves in the background that nothing is left of the view just
// killed, or at power-on of anything.
func (k *Kiosk) wipe(ctx context.Context) {
	traces := k.traces
	k.traces = wire.Traces{}
	limit := k.parts.Limits.Wipe
	k.work.Go(func() {
		began := time.Now()
		// A wipe under way is finished even when the daemon is told to stop.
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
		defer cancel()
		err := k.erase(bounded, traces)
		if err != nil {
			k.parts.Log.Error("wipe", "err", err)
		}
		k.post(ctx, input{wiped: &wipeResult{err, time.Since(began)}})
	})
}

func (k *Kiosk) erase(ctx context.Context, traces wire.Traces) error {
	if traces.View == 0 {
		return k.parts.Wiper.Clean(ctx)
	}
	k.parts.Gates.Close(traces.View)
	return k.parts.Wiper.Wipe(ctx, traces)
}

// warm starts a spare in the background: after one that was lost, not at
// once, and otherwise as soon as the view on screen has drawn, because an
// engine that starts takes the processor from it.
func (k *Kiosk) warm(ctx context.Context) {
	wait, drawn := drawing, k.drawn
	switch {
	case k.spareLost:
		wait, drawn = respawn, nil
	case k.current == 0: // nothing is on screen that could be slowed down
		wait = 0
	}
	k.work.Go(func() {
		select {
		case <-ctx.Done():
			return
		case <-drawn:
		case <-time.After(wait):
		}
		view, err := k.parts.View.Warm(ctx)
		if ctx.Err() != nil && err == nil { // too late: nobody will put it on screen
			k.eraseSpare(k.parts.View.Kill(view))
			return
		}
		k.post(ctx, input{warm: &warmResult{view, err}})
		if err == nil && sleep(ctx, k.parts.Limits.Spare) {
			k.post(ctx, input{late: view})
		}
	})
}

// eraseSpare wipes a view that was never on screen.
func (k *Kiosk) eraseSpare(traces wire.Traces) {
	ctx, cancel := context.WithTimeout(context.Background(), k.parts.Limits.Wipe)
	defer cancel()
	if err := k.erase(ctx, traces); err != nil {
		k.parts.Log.Error("wipe spare", "err", err)
	}
}

func (k *Kiosk) count(c session.Count) {
	fact := c.Session
	if fact.Language == "" {
		fact.Language = k.parts.Languages[0]
	}
	fact.Refused = slices.SortedFunc(maps.Keys(k.refusals), usage.Site.Compare)
	clear(k.refusals)
	if err := k.parts.Usage.Add(fact); err != nil {
		k.parts.Log.Error("count session", "err", err)
		return
	}
	k.observe("counted", string(fact.Outcome))
}

// shutDown leaves the box safe: film private, no view, nothing of a session.
func (k *Kiosk) shutDown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, k.parts.Limits.Wipe)
	defer cancel()
	k.carryOut(ctx, k.machine.Stop())
	k.send(wire.Blank{})
	k.setFilm(ctx, hw.FilmPrivate)
	for _, view := range []int{k.current, k.spare} {
		if view == 0 {
			continue
		}
		if err := k.erase(ctx, k.parts.View.Kill(view)); err != nil {
			k.parts.Log.Error("wipe at the end", "err", err)
		}
	}
	k.light(ctx, hw.LightOff)
	k.takeBack(ctx)
	k.renew(ctx)
	return k.ends
}
