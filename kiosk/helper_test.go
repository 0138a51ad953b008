package kiosk

import (
	"testing"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/view/wire"
)

// forHelpers is a procedure that a helper's badge opens.
var forHelpers = procedure.Procedure{ID: "aidants", Audience: procedure.AudienceHelper, Start: "https://h.fr/",
	Origins: []procedure.Origin{{Host: "h.fr"}}}

func (b *box) tap(role hw.Role) {
	b.badges <- hw.Badge{Present: true, Role: role}
	b.badges <- hw.Badge{}
	settle(0)
}

func TestHelpersOwnSession(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		if err := k.Choose(t.Context(), "aidants"); err == nil {
			t.Fatal("opened without a badge")
		}
		b.tap(hw.RoleHelper)
		b.inOrder(t, 0, "1 cover offer")
		from := b.len()
		views{b}.say(1, wire.Chose{Procedure: "aidants"})
		settle(time.Second)
		want(t, k, session.Active)
		b.inOrder(t, from, "1 cover none", "allow 1 [h.fr]", "relay private", "1 open aidants",
			"1 show session")
		if s := k.State(); s.Procedure != "aidants" || !s.OfHelper {
			t.Errorf("%+v", s)
		}
		b.refused.Tell(1, "www.some.example", "some.example")
		settle(0)
		from = b.len()
		b.tap(hw.RoleHelper)
		settle(time.Second)
		want(t, k, session.Idle)
		b.inOrder(t, from, "1 blank", "allow 1 []", "kill 1", "wipe 1")
		if len(b.added) != 0 {
			t.Errorf("counted: %+v", b.added)
		}
		choose(t, k)
		if _, i := b.at(from, "allow 2 [a.fr]"); i < 0 {
			t.Errorf("%q", b.lines)
		}
		if err := k.Choose(t.Context(), "aidants"); err == nil {
			t.Error("opened in a session of a person")
		}
		if err := k.Do(t.Context(), session.End{}); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		if len(b.added) != 1 || len(b.added[0].Refused) != 0 {
			t.Errorf("counted: %+v", b.added)
		}
	}, forHelpers)
}

func TestNothingForHelpers(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		from := b.len()
		b.tap(hw.RoleHelper)
		settle(time.Second)
		if b.len() != from {
			t.Errorf("a badge where there is nothing for helpers: %q", b.lines[from:])
		}
	})
}

func TestTilesAreForEverybody(t *testing.T) {
	start, err := Home("Mairie", []string{"fr"}, []procedure.Procedure{forHelpers, {ID: "demo"}})
	if err != nil || len(start.Tiles) != 1 || start.Tiles[0].Procedure != "demo" || len(start.Offer) != 1 || start.Offer[0].Procedure != "aidants" {
		t.Errorf("%+v, %v", start, err)
	}
}
