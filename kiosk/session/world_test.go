package session

import (
	"fmt"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/view/wire"
)

// world is what the effects did to the box: the part of the truth that the
// machine itself does not hold. Its rules are those of the design.
type world struct {
	screen       wire.Surface
	panel        wire.Panel
	view         bool
	opened       bool // something of a session was opened and not yet wiped
	wiping       bool // Wipe was asked for and not answered
	allowed      string
	film         hw.Film
	masked       bool
	acknowledged bool // the view said so since masked was asked for
	marked       bool // the bar says that a helper sees the screen
	helper       bool // the bar says that the session is a helper's own
	offered      bool // to whom has chosen last
	tapped       bool // a helper's badge came just now
	notice       wire.Notice
	badge        bool // one lies on the reader
	proved       bool // it asks for no PIN, or that was typed
	checking     bool // what was typed is being looked at
	uncounted    bool
	agreed       bool // the person agreed and the assistance has not ended

	released  time.Duration            // when the relay last was
	energised [maxClears]time.Duration // when the relay was, the newest last
	followed  bool                     // the contact said clear when that was commanded, and no film fault came since
}

// happened lets the event change the world.
func (w *world) happened(before Machine, e Event) error {
	w.tapped = e == Event(BadgeArrived{Role: hw.RoleHelper}) && !w.badge || e == Event(PINChecked{Right: true}) && w.checking
	switch e := e.(type) {
	case FilmSensed:
		w.followed = w.followed || e.Film == hw.FilmClear && w.film == hw.FilmClear
	case ViewLost:
		if w.view {
			w.view, w.screen, w.panel, w.checking = false, wire.SurfaceBlank, wire.PanelNone, false
		}
	case Wiped:
		if w.wiping && before.state == Wiping {
			w.wiping = false
			if e.Verified {
				w.opened = false
			}
		}
	case BadgeArrived:
		w.badge = true
		w.proved = w.proved || !e.PIN
	case PINChecked:
		w.proved = w.proved || w.checking && e.Right
		w.checking = false
	case BadgeLeft, SeveralBadges, ReaderLost:
		w.badge = false
	case Masked:
		w.acknowledged = w.masked
	case Agreed:
		if before.state == Consent && e.Accept {
			w.agreed = true
		}
	case Choose:
		w.offered = w.panel == wire.PanelOffer
		if before.state == Idle && w.uncounted && !before.asking {
			return fmt.Errorf("a new session begins before the last was counted")
		}
	}
	return nil
}

func (w *world) do(e Effect, m Machine) error {
	switch e := e.(type) {
	case SetFilm:
		return w.drive(e.Film, m)
	case Blank:
		w.screen, w.checking = wire.SurfaceBlank, false
	case Allow:
		if e.Procedure == helpers && !w.offered {
			return fmt.Errorf("rule 3: a helper's procedure is allowed that none was offered")
		}
		w.allowed = e.Procedure
	case Open:
		if m.sensed != hw.FilmPrivate || w.film != hw.FilmPrivate || w.allowed != e.Procedure || !w.followed {
			return fmt.Errorf("opened with film %v, allowed %q, contact seen to follow: %v", m.sensed, w.allowed, w.followed)
		}
		w.opened = true
	case Show:
		return w.show(e, m)
	case MaskInputs:
		w.masked, w.acknowledged = e.On, false
	case Status:
		w.marked, w.helper, w.notice = e.Assisted, e.Helper, e.Notice
	case KillView:
		if w.view && w.screen != wire.SurfaceBlank {
			return fmt.Errorf("killed while %q is on screen", w.screen)
		}
		if w.film != hw.FilmPrivate || w.allowed != "" {
			return fmt.Errorf("killed with film %v and %q allowed", w.film, w.allowed)
		}
		w.view, w.panel, w.checking = false, wire.PanelNone, false
	case Cover:
		if e.Panel == wire.PanelOffer && (!w.tapped || w.opened || w.screen != wire.SurfaceHome) {
			return fmt.Errorf("offered to a helper over %q, badge: %v", w.screen, w.tapped)
		}
		w.panel = e.Panel
		w.checking = w.checking && w.panel == wire.PanelPIN
	case CheckPIN:
		w.checking = true
	case Wipe:
		if w.view {
			return fmt.Errorf("wiped before the view was killed")
		}
		w.wiping, w.opened = true, true
	case TakeSpare:
		if w.opened && m.state != OutOfService { // out of service may say so on a fresh view; only a reboot follows
			return fmt.Errorf("a view is put on screen before the last was wiped")
		}
		w.view, w.screen, w.panel = true, wire.SurfaceBlank, wire.PanelNone
		w.masked, w.acknowledged, w.marked, w.helper, w.notice = false, false, false, false, wire.NoticeNone
	case Restart, TakeBack:
		if w.opened || w.view && w.screen == wire.SurfaceSession {
			return fmt.Errorf("the daemon goes over %q, opened=%v", w.screen, w.opened)
		}
	case Count:
		if e.Session.Procedure == helpers {
			return fmt.Errorf("a helper's session is counted")
		}
		if !w.uncounted && m.state != Active {
			return fmt.Errorf("counted what did not take place")
		}
		w.uncounted = false
	}
	return nil
}

// drive moves the relay.
func (w *world) drive(f hw.Film, m Machine) error {
	before := w.film
	w.film = f
	if f != hw.FilmClear {
		if before == hw.FilmClear {
			w.released = m.now
		}
		return nil
	}
	switch {
	case !w.agreed && w.opened, !w.agreed && w.view && w.screen != wire.SurfaceHome:
		return fmt.Errorf("film cleared over %q without consent", w.screen)
	case w.agreed && !w.acknowledged:
		return fmt.Errorf("film cleared before the view said that inputs are masked")
	case m.sensed != hw.FilmPrivate:
		return fmt.Errorf("film cleared before it was sensed private")
	case m.now-w.released < m.limits.Dwell:
		return fmt.Errorf("relay energised %d after it was released", m.now-w.released)
	}
	if at := w.energised[maxClears-m.limits.Clears]; at != 0 && m.now-at < m.limits.ClearsWithin {
		return fmt.Errorf("relay energised once more than the limit, %d after the first", m.now-at)
	}
	copy(w.energised[:], w.energised[1:])
	w.energised[maxClears-1] = max(m.now, 1)
	return nil
}

func (w *world) show(e Show, m Machine) error {
	if !w.view {
		return fmt.Errorf("shown without a view")
	}
	if e.Surface == wire.SurfaceSession && (m.sensed != hw.FilmPrivate || w.film != hw.FilmPrivate) {
		return fmt.Errorf("content shown with film commanded %v, sensed %v", w.film, m.sensed)
	}
	if e.Surface == wire.SurfaceHome && w.opened {
		return fmt.Errorf("home shown before a verified wipe")
	}
	w.screen = e.Surface
	return nil
}
