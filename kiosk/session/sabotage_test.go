package session

import (
	"slices"
	"testing"

	"guichet.example/hw"
	"guichet.example/kiosk/view/wire"
)

// without drops the effects of one kind.
func without[E Effect]() saboteur {
	return func(_ Machine, effects []Effect) []Effect {
		var kept []Effect
		for _, e := range effects {
			if _, ok := e.(E); !ok {
				kept = append(kept, e)
			}
		}
		return kept
	}
}

// TestTheRulesCanFail sabotages the machine in one place at a time.
func TestTheRulesCanFail(t *testing.T) {
	sabotages := map[string]saboteur{
		"never blanks":         without[Blank](),
		"never masks":          without[MaskInputs](),
		"never lights":         without[Status](),
		"never closes egress":  without[Allow](),
		"never takes a spare":  without[TakeSpare](),
		"never counts":         without[Count](),
		"never asks":           without[Cover](),
		"never checks a PIN":   without[CheckPIN](),
		"counts a badge again": without[Ignored](),
		"clears before the mask": func(m Machine, effects []Effect) []Effect {
			if m.state == Masking {
				return append(effects, SetFilm{hw.FilmClear})
			}
			return effects
		},
		"restarts in a session": func(m Machine, effects []Effect) []Effect {
			if m.state == Warning {
				return append(effects, Restart{})
			}
			return effects
		},
		"never unmasks": func(_ Machine, effects []Effect) []Effect {
			return slices.DeleteFunc(effects, func(e Effect) bool { return e == Effect(MaskInputs{false}) })
		},
		"clears too early": func(m Machine, effects []Effect) []Effect {
			if m.state == Consent {
				return append(effects, SetFilm{hw.FilmClear})
			}
			return effects
		},
		"never releases": func(_ Machine, effects []Effect) []Effect {
			return slices.DeleteFunc(effects, func(e Effect) bool { return e == Effect(SetFilm{hw.FilmPrivate}) })
		},
		"never waits to clear": func(m Machine, effects []Effect) []Effect {
			if m.wanted == hw.FilmClear && m.commanded != hw.FilmClear {
				return append(effects, SetFilm{hw.FilmClear})
			}
			return effects
		},
		"offers without a badge": func(m Machine, effects []Effect) []Effect {
			if m.state == Idle && m.helpCalled {
				return append(effects, Cover{Panel: wire.PanelOffer})
			}
			return effects
		},
		"lets a PIN be seen": func(m Machine, effects []Effect) []Effect {
			if m.state != Idle || m.pad == noPad {
				return effects
			}
			return slices.DeleteFunc(effects, func(e Effect) bool { return e == Effect(SetFilm{hw.FilmPrivate}) })
		},
		"offers without the PIN": func(m Machine, effects []Effect) []Effect {
			for i, e := range effects {
				if cover, ok := e.(Cover); ok && cover.Panel == wire.PanelPIN && m.state == Idle {
					effects[i] = Cover{Panel: wire.PanelOffer}
				}
			}
			return effects
		},
		"opens a helper's to a person": func(m Machine, effects []Effect) []Effect {
			for i, e := range effects {
				if e == Effect(Allow{"demo"}) {
					effects[i] = Allow{helpers}
				}
			}
			return effects
		},
		"opens a helper's while assisted": func(m Machine, effects []Effect) []Effect {
			if m.state == Assisted {
				return append(effects, Allow{helpers})
			}
			return effects
		},
		"asks in a helper's session": func(m Machine, effects []Effect) []Effect {
			if m.OfHelper() && m.hidden == notHidden {
				return append(effects, Cover{Panel: wire.PanelConsent})
			}
			return effects
		},
		"counts a helper": func(m Machine, effects []Effect) []Effect {
			if m.OfHelper() {
				return append(effects, Count{m.visit.fact()})
			}
			return effects
		},
		"does not mark a helper's session": func(_ Machine, effects []Effect) []Effect {
			for i, e := range effects {
				if status, ok := e.(Status); ok {
					status.Helper = false
					effects[i] = status
				}
			}
			return effects
		},
		"shows before the film": func(m Machine, effects []Effect) []Effect {
			if m.state == Active && m.hidden == untilOpen {
				return append(effects, Show{Surface: wire.SurfaceSession})
			}
			return effects
		},
		"kills, then blanks": func(_ Machine, effects []Effect) []Effect {
			for i, e := range effects {
				if _, ok := e.(Blank); ok {
					effects[i] = KillView{}
				}
			}
			return effects
		},
	}
	for name, sabotage := range sabotages {
		t.Run(name, func(t *testing.T) {
			if _, err := explore(powerOn(t), sabotage, func(_, _ node, _ Event, _ []Effect) {}); err == nil {
				t.Error("no rule noticed")
			}
		})
	}
}
