package simboard_test

import (
	"testing"

	"guichet.example/hw"
	"guichet.example/hw/hwtest"
	"guichet.example/hw/simboard"
)

// atOnce is a board whose film follows without delay, so that a probe's moves
// can be read when they return.
func atOnce() *simboard.Board { return simboard.New(simboard.Options{FollowDelay: -1}) }

func fault(t *testing.T, b *simboard.Board, p simboard.Part, k simboard.Kind) {
	t.Helper()
	if err := b.Fault(p, k); err != nil {
		t.Error(err)
	}
}

func plug(t *testing.T, b *simboard.Board, p simboard.Part) func(bool) {
	return func(in bool) {
		kind := simboard.KindGone
		if in {
			kind = simboard.KindNone
		}
		fault(t, b, p, kind)
	}
}

func TestRelayContract(t *testing.T) {
	hwtest.TestRelay(t, func(t *testing.T) (hw.Relay, hwtest.RelayProbe) {
		b := atOnce()
		if err := b.Relay().Set(t.Context(), hw.FilmClear); err != nil { // left energised
			t.Fatal(err)
		}
		return b.Relay(), hwtest.RelayProbe{
			Energised: func() bool { return b.Commanded() == hw.FilmClear },
			Break:     func() { fault(t, b, simboard.PartRelay, simboard.KindGone) },
		}
	})
}

func TestFilmContactContract(t *testing.T) {
	hwtest.TestFilmContact(t, func(t *testing.T) (hw.FilmContact, hwtest.ContactProbe) {
		b := atOnce()
		return b.FilmContact(), hwtest.ContactProbe{
			Move: func(f hw.Film) {
				kind := map[hw.Film]simboard.Kind{
					hw.FilmPrivate: simboard.KindNone,
					hw.FilmClear:   simboard.KindStuckClear,
					hw.FilmUnknown: simboard.KindNoFeedback,
				}[f]
				fault(t, b, simboard.PartRelay, kind)
			},
			Plug: plug(t, b, simboard.PartContact),
		}
	})
}

func TestIndicatorContract(t *testing.T) {
	hwtest.TestIndicator(t, func(t *testing.T) (hw.Indicator, hwtest.IndicatorProbe) {
		b := atOnce()
		if err := b.Indicator().Show(t.Context(), hw.LightFault); err != nil { // left on
			t.Fatal(err)
		}
		return b.Indicator(), hwtest.IndicatorProbe{Seen: b.Light}
	})
}

func TestHelpButtonContract(t *testing.T) {
	hwtest.TestButton(t, func(t *testing.T) (hw.Button, hwtest.ButtonProbe) {
		b := atOnce()
		return b.HelpButton(), hwtest.ButtonProbe{Press: b.PressHelp}
	})
}
