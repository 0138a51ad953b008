package kiosk

import (
	"context"
	"errors"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/session"
)

// retry is how long a device that is gone is left alone before it is asked
// again.
const retry = time.Second

// listen starts one goroutine for each source of events. They end with ctx.
func (k *Kiosk) listen(ctx context.Context) {
	k.work.Go(func() { k.listenFilm(ctx) })
	if k.parts.Badges != nil {
		k.work.Go(func() { k.listenBadges(ctx) })
	}
	if k.parts.Help != nil {
		k.work.Go(func() { k.listenHelp(ctx) })
	}
	if k.parts.Upkeep != nil {
		k.work.Go(func() { k.listenPort(ctx) })
	}
	if k.parts.Fleet != nil {
		k.work.Go(func() { k.listenFleet(ctx) })
	}
	k.work.Go(func() { k.listenReports(ctx) })
	if k.parts.Refused != nil {
		k.work.Go(func() { k.listenRefusals(ctx) })
	}
}

// post hands an input to the loop, unless ctx ends first.
func (k *Kiosk) post(ctx context.Context, in input) {
	in.at = k.now()
	select {
	case k.inbox <- in:
	case <-ctx.Done():
	}
}

func (k *Kiosk) listenFilm(ctx context.Context) {
	for ctx.Err() == nil {
		film, err := k.parts.Film.Next(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			k.parts.Log.Error("sense film", "err", err)
			film = hw.FilmUnknown
		}
		k.observe("film", film.String())
		k.post(ctx, input{event: session.FilmSensed{Film: film}})
		if err != nil && !sleep(ctx, retry) {
			return
		}
	}
}

func (k *Kiosk) listenBadges(ctx context.Context) {
	for ctx.Err() == nil {
		badge, err := k.parts.Badges.Next(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			k.parts.Log.Warn("read badge", "err", err)
			k.observe("reader", "gone")
			k.post(ctx, input{badge: &hw.Badge{}, event: session.ReaderLost{}})
			if !errors.Is(err, hw.ErrGone) || !sleep(ctx, retry) {
				return
			}
			continue
		}
		value, event := seen(badge)
		k.observe("badge", value)
		k.post(ctx, input{badge: &badge, event: event})
	}
}

// seen is the event of a change on the reader, and how it is observed.
func seen(b hw.Badge) (string, session.Event) {
	switch {
	case b.Several:
		return "several", session.SeveralBadges{}
	case b.Present:
		return b.Role.String(), arrived(b)
	default:
		return "left", session.BadgeLeft{}
	}
}

func (k *Kiosk) listenHelp(ctx context.Context) {
	for ctx.Err() == nil {
		if err := k.parts.Help.Next(ctx); err != nil {
			if ctx.Err() != nil {
				return
			}
			k.parts.Log.Warn("read help button", "err", err)
			if !errors.Is(err, hw.ErrGone) || !sleep(ctx, retry) {
				return
			}
			continue
		}
		k.observe("help", "button")
		k.post(ctx, input{event: session.Help{}})
	}
}

func (k *Kiosk) listenReports(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case r, ok := <-k.parts.View.Reports():
			if !ok {
				return
			}
			k.post(ctx, input{report: &r})
		}
	}
}

func (k *Kiosk) listenRefusals(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-k.parts.Refused:
			k.post(ctx, input{refuse: &r})
		}
	}
}

// sleep waits; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
