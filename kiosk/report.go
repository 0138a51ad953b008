package kiosk

import (
	"slices"

	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/view/wire"
)

// maxRefusals bounds what one session can add to the count of refusals.
const maxRefusals = 64

// reported turns what a view says into an event, nil for none. What a view
// says that is not on screen is not believed, except that it is ready or gone.
func (k *Kiosk) reported(r wire.Report) session.Event {
	switch r.View {
	case k.current:
		return k.currentSays(r.Msg)
	case k.spare:
		return k.spareSays(r.Msg)
	default: // just started, or just killed
		switch r.Msg.(type) {
		case wire.Ready, wire.Gone:
			if r.View > max(k.current, k.spare) {
				k.early[r.View] = r.Msg
			}
		}
		return nil
	}
}

func (k *Kiosk) spareSays(m wire.FromView) session.Event {
	switch m := m.(type) {
	case wire.Ready:
		k.spareLost = false
		k.observe("spare", "ready")
		return session.SpareReady{}
	case wire.Gone:
		k.parts.Log.Warn("spare view is gone", "err", m.Err)
		return k.loseSpare()
	case wire.Page: // it would answer, but show nothing
		k.parts.Log.Warn("spare view's page stopped", "event", m.Event)
		return k.loseSpare()
	default:
		return nil
	}
}

// loseSpare gives the spare up; the machine asks for another.
func (k *Kiosk) loseSpare() session.Event {
	k.discard(k.spare)
	k.spare, k.spareLost = 0, true
	return session.SpareLost{}
}

// spareLate gives up a spare that lives but did not become ready in time.
func (k *Kiosk) spareLate(view int) session.Event {
	if view != k.spare || k.machine.SpareReady() {
		return nil
	}
	k.parts.Log.Warn("spare view does not become ready")
	return k.loseSpare()
}

// discard ends and wipes what is left of a view that was never on screen.
func (k *Kiosk) discard(view int) {
	traces := k.parts.View.Kill(view)
	k.work.Go(func() { k.eraseSpare(traces) })
}

// warmedUp takes the number of a view that was started; what it said before
// that arrived is taken now.
func (k *Kiosk) warmedUp(r warmResult) session.Event {
	if r.err != nil {
		k.parts.Log.Error("start view", "err", r.err)
		k.spareLost = true
		return session.SpareLost{}
	}
	k.spare = r.view
	said := k.early[r.view]
	clear(k.early)
	if said == nil {
		return nil
	}
	return k.spareSays(said)
}

func (k *Kiosk) currentSays(m wire.FromView) session.Event {
	switch m := m.(type) {
	case wire.Blanked:
		k.shown = wire.SurfaceBlank
		k.observe("blanked", "")
		return session.Blanked{}
	case wire.Masked:
		k.observe("masked", "")
		return session.Masked{}
	case wire.Shown:
		k.shown = m.Surface
		k.hasDrawn()
		k.observe("view-shown", string(m.Surface))
	case wire.At:
		k.host = m.Host
		k.observe("host", m.Host)
	case wire.Page:
		k.observe("page", string(m.Event))
		return session.PageTroubled{}
	case wire.Succeeded:
		k.observe("succeeded", "")
		return session.Succeeded{}
	case wire.Gone:
		k.parts.Log.Warn("view is gone", "err", m.Err)
		if m.Limit != "" {
			k.observe("view", string(m.Limit))
		}
		k.observe("view", "gone")
		return session.ViewLost{}
	case wire.Hello, wire.Ready, wire.Beat: // the pool's business
	default:
		return k.handSays(m)
	}
	return nil
}

// hasDrawn lets the next spare start.
func (k *Kiosk) hasDrawn() {
	if k.drawn != nil {
		close(k.drawn)
		k.drawn = nil
	}
}

// handSays turns what a person did on the screen into an event.
func (k *Kiosk) handSays(m wire.FromView) session.Event {
	switch m := m.(type) {
	case wire.Touched:
		return session.Touched{}
	case wire.Typed:
		return session.PINTyped{}
	case wire.Chose:
		if p, ok := k.procedures[m.Procedure]; ok {
			return chosen(p)
		}
	case wire.Pressed:
		if m.Button == wire.ButtonInstall || m.Button == wire.ButtonLeave {
			return k.workSays(m.Button)
		}
		return pressed(m.Button)
	case wire.Answered:
		if a := (session.Answer{Help: usage.Help(m.Help), Referral: usage.Referral(m.Referral)}); isListed(a) {
			return a
		}
	case wire.Spoke:
		if slices.Contains(k.parts.Languages, m.Language) {
			return session.Spoke{Language: session.Language(m.Language)}
		}
	case wire.Aided:
		if slices.Contains([]usage.Aid{usage.AidTextSize, usage.AidContrast}, usage.Aid(m.Aid)) {
			return session.Aided{Aid: usage.Aid(m.Aid)}
		}
	}
	return nil
}

func chosen(p procedure.Procedure) session.Choose {
	return session.Choose{Procedure: session.Procedure{ID: p.ID, Theme: p.Theme, Succeeds: p.Success != "",
		Helper: p.Audience == procedure.AudienceHelper}}
}

func pressed(b wire.Button) session.Event {
	switch b {
	case wire.ButtonFinish:
		return session.End{}
	case wire.ButtonHelp:
		return session.Help{}
	case wire.ButtonCancelHelp:
		return session.CancelHelp{}
	case wire.ButtonContinue:
		return session.Continue{}
	case wire.ButtonMoreTime:
		return session.MoreTime{}
	case wire.ButtonAccept:
		return session.Agreed{Accept: true}
	case wire.ButtonRefuse:
		return session.Agreed{}
	case wire.ButtonCancelPIN:
		return session.CancelPIN{}
	case wire.ButtonStopHelp:
		return session.StopHelp{}
	case wire.ButtonCloseOffer:
		return session.CloseOffer{}
	case wire.ButtonSkip:
		return session.Answer{Help: usage.HelpUnsaid}
	default:
		return nil
	}
}

func isListed(a session.Answer) bool {
	helps := []usage.Help{usage.HelpUnsaid, usage.HelpExplained, usage.HelpGuided, usage.HelpTogether, usage.HelpInstead}
	referrals := []usage.Referral{"", usage.ReferralAdministration, usage.ReferralMediation, usage.ReferralOperator,
		usage.ReferralSocial, usage.ReferralEmployment, usage.ReferralFormalities, usage.ReferralOther}
	return slices.Contains(helps, a.Help) && slices.Contains(referrals, a.Referral)
}

// refused remembers a site until the session is counted.
func (k *Kiosk) refused(r Refusal) {
	if r.View != k.current || k.machine.Procedure() == "" {
		return
	}
	k.observe("blocked", r.Site.Domain()) // observations are kept, and a host can name a person
	if k.procedures[k.machine.Procedure()].Audience == procedure.AudienceHelper {
		return // not counted, nor with the next person
	}
	if len(k.refusals) < maxRefusals {
		k.refusals[r.Site] = true
	}
}
