package kiosk

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/view/wire"
)

func TestPowerOnCleansBeforeAnythingIsShown(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		want(t, k, session.Idle)
		b.inOrder(t, 0, "relay private", "clean", "warm 1", "relay clear", "switched", "1 show home", "warm 2")
	})
}

func TestFilmBeforeContent(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		settle(time.Second) // the film has cleared
		from := b.len()
		if err := k.Choose(t.Context(), "demo"); err != nil {
			t.Fatal(err)
		}
		settle(b.follow - 1)
		if _, i := b.at(from, "1 open demo"); i >= 0 {
			t.Fatal("opened before the film was sensed private")
		}
		settle(1)
		b.inOrder(t, from, "allow 1 [a.fr]", "relay private", "1 open demo", "1 show session")
		sensed, _ := b.at(from, "relay private")
		opened, _ := b.at(from, "1 open demo")
		if opened-sensed != b.follow {
			t.Errorf("opened %v after the command, the film follows after %v", opened-sensed, b.follow)
		}
	})
}

func TestEndBlanksBeforeKillAndWipesBeforeHome(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		from := b.len()
		if err := k.Do(t.Context(), session.End{}); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		want(t, k, session.Idle)
		b.inOrder(t, from, "count finished", "1 blank", "relay private", "allow 1 []", "kill 1", "close gate 1", "wipe 1",
			"2 show home", "relay clear", "warm 3")
		if s := k.State(); s.Wipe.Last != "verified" || s.Wipe.Count != 2 || s.Pending != 1 {
			t.Errorf("state %+v", s)
		}
	})
}

func TestLimitsFireAtTheNanosecond(t *testing.T) {
	limits := session.DefaultLimits()
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		if err := k.Do(t.Context(), session.Touched{}); err != nil {
			t.Fatal(err)
		}
		settle(limits.Idle - 1)
		want(t, k, session.Active)
		settle(1)
		want(t, k, session.Warning)
		b.inOrder(t, 0, "1 cover warning", "chime")
		settle(limits.Warning - 1)
		want(t, k, session.Warning)
		from := b.len()
		settle(1)
		b.inOrder(t, from, "count timed_out", "1 blank", "kill 1", "wipe 1")
	})
}

func TestWarningCanBeExtendedManyTimes(t *testing.T) {
	limits := session.DefaultLimits()
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		if err := k.Do(t.Context(), session.Touched{}); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			settle(limits.Idle)
			want(t, k, session.Warning)
			settle(limits.Warning - 1)
			if err := k.Do(t.Context(), session.Continue{}); err != nil {
				t.Fatal(err)
			}
			want(t, k, session.Active)
		}
		if err := k.Do(t.Context(), session.MoreTime{}); err != nil {
			t.Fatal(err)
		}
		settle(10*limits.Idle - 1)
		want(t, k, session.Active)
		settle(1)
		want(t, k, session.Warning)
	})
}

func TestHelpByConsent(t *testing.T) {
	limits := session.DefaultLimits()
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		b.help <- struct{}{}
		settle(0)
		if !k.State().HelpCalled {
			t.Fatal("the button called nobody")
		}
		from := b.len()
		b.badges <- hw.Badge{Present: true, Role: hw.RoleHelper}
		settle(time.Minute - 1)
		want(t, k, session.Consent)
		if _, i := b.at(from, "relay clear"); i >= 0 {
			t.Fatal("the film cleared before the person agreed")
		}
		if err := k.Do(t.Context(), session.Agreed{Accept: true}); err != nil {
			t.Fatal(err)
		}
		b.badges <- hw.Badge{}
		settle(limits.AssistedIdle - 1)
		want(t, k, session.Assisted)
		b.inOrder(t, from, "light off", "1 cover none", "1 mask true", "light assisted", "relay clear")
		from = b.len()
		settle(1) // nobody touched anything
		want(t, k, session.Active)
		if _, i := b.at(from, "1 show session"); i >= 0 {
			t.Fatal("content came back before the film was sensed private")
		}
		settle(time.Second)
		b.inOrder(t, from, "1 blank", "relay private", "1 mask false", "1 show session", "1 cover question")
		b.reports <- wire.Report{View: 1, Msg: wire.Answered{Help: "guided", Referral: "aide_sociale"}}
		settle(0)
		if err := k.Do(t.Context(), session.End{}); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		fact := b.added[0]
		if fact.Help != usage.HelpGuided || fact.Referral != usage.ReferralSocial || fact.Calls != usage.CallsAnswered ||
			fact.Autonomy != usage.AutonomyThroughout || fact.Length != usage.LengthUnder15 || fact.Language != "fr" {
			t.Errorf("counted %+v", fact)
		}
	})
}

// TestBadgeLeftOnTheReader: its owner is told; then assistance ends. It counts
// again once it was away.
func TestBadgeLeftOnTheReader(t *testing.T) {
	limits := session.DefaultLimits()
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		b.badges <- hw.Badge{Present: true, Role: hw.RoleHelper}
		settle(0)
		from := b.len()
		if err := k.Do(t.Context(), session.Agreed{Accept: true}); err != nil {
			t.Fatal(err)
		}
		settle(limits.Badge)
		b.inOrder(t, from, "light assisted", "1 status badge")
		settle(limits.Forgotten - 1)
		want(t, k, session.Assisted)
		settle(1)
		want(t, k, session.Active)
		settle(time.Second) // the film follows
		b.inOrder(t, from, "1 blank", "relay private", "light help", "1 show session")
		from = b.len()
		b.badges <- hw.Badge{Several: true}
		settle(0)
		b.inOrder(t, from, "light off", "1 status badges")
		b.badges <- hw.Badge{}
		b.badges <- hw.Badge{Present: true, Role: hw.RoleHelper}
		settle(time.Second)
		want(t, k, session.Consent)
		b.inOrder(t, from, "1 status", "1 cover consent")
	})
}

// TestNoHelpOverAPageThatHangs: what cannot be masked is shown to nobody else.
func TestNoHelpOverAPageThatHangs(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		b.mu.Lock()
		b.hung = true
		b.mu.Unlock()
		from := b.len()
		b.badges <- hw.Badge{Present: true, Role: hw.RoleHelper}
		settle(0)
		if err := k.Do(t.Context(), session.Agreed{Accept: true}); err != nil {
			t.Fatal(err)
		}
		settle(session.DefaultLimits().Mask - 1)
		want(t, k, session.Masking)
		settle(1)
		want(t, k, session.Active)
		b.inOrder(t, from, "1 mask true", "1 mask false", "1 status unaided")
		b.reports <- wire.Report{View: 1, Msg: wire.Masked{}} // too late
		settle(time.Minute)
		want(t, k, session.Active)
		if _, i := b.at(from, "relay clear"); i >= 0 {
			t.Error("the film cleared")
		}
	})
}

func TestQuestionAfterTheEndIsAskedOnTheHomeSurface(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		b.badges <- hw.Badge{Present: true, Role: hw.RoleHelper}
		settle(0)
		if err := k.Do(t.Context(), session.Agreed{Accept: true}); err != nil {
			t.Fatal(err)
		}
		settle(time.Minute)
		if err := k.Do(t.Context(), session.End{}); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		b.inOrder(t, 0, "kill 1", "wipe 1", "2 show home", "2 cover question")
		if len(b.added) != 0 {
			t.Fatal("counted before the helper could answer")
		}
		b.reports <- wire.Report{View: 2, Msg: wire.Answered{Help: "together"}}
		settle(0)
		if len(b.added) != 1 || b.added[0].Help != usage.HelpTogether {
			t.Fatalf("counted %+v", b.added)
		}
	})
}

func TestFailedWipeRebootsAndNeverGoesOn(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		b.mu.Lock()
		b.wipeFail = true
		b.mu.Unlock()
		from := b.len()
		if err := k.Do(t.Context(), session.End{}); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		want(t, k, session.OutOfService)
		settle(session.DefaultLimits().Reboot)
		if _, i := b.at(from, "2 show home"); i >= 0 {
			t.Error("home was shown after a failed wipe")
		}
	})
}

func TestMuteViewIsKilledAnyway(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		b.mu.Lock()
		b.mute = true
		b.mu.Unlock()
		from := b.len()
		if err := k.Do(t.Context(), session.End{}); err != nil {
			t.Fatal(err)
		}
		settle(session.DefaultLimits().Blank - 1)
		if _, i := b.at(from, "kill 1"); i >= 0 {
			t.Fatal("killed before the blank frame could be drawn")
		}
		settle(1)
		b.inOrder(t, from, "1 blank", "kill 1", "wipe 1", "2 show home")
	})
}

func TestThirdTroubleEndsTheSession(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		for range 2 {
			b.reports <- wire.Report{View: 1, Msg: wire.Page{Event: wire.PageCrashed}}
			settle(20 * time.Second)
			want(t, k, session.Active)
		}
		b.reports <- wire.Report{View: 1, Msg: wire.Page{Event: wire.PageHung}}
		settle(time.Second)
		want(t, k, session.Idle)
		if b.added[0].Outcome != usage.OutcomeFailed {
			t.Errorf("counted %v", b.added[0].Outcome)
		}
	})
}

func TestViewThatDiesIsWipedLikeAnyOther(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		from := b.len()
		b.reports <- wire.Report{View: 1, Msg: wire.Gone{Err: errors.New("signal: killed")}}
		settle(time.Second)
		want(t, k, session.Idle)
		b.inOrder(t, from, "kill 1", "wipe 1", "2 show home")
	})
}

func TestOnlyTheViewOnScreenIsBelieved(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		b.reports <- wire.Report{View: 2, Msg: wire.Chose{Procedure: "demo"}}
		b.reports <- wire.Report{View: 1, Msg: wire.Chose{Procedure: "nothing"}}
		settle(time.Second)
		want(t, k, session.Idle)
		b.reports <- wire.Report{View: 1, Msg: wire.Chose{Procedure: "demo"}} // positive control
		settle(time.Second)
		want(t, k, session.Active)
	})
}

func TestRefusalsAreCountedOncePerSession(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		b.refused.Tell(1, "www.early.example", "early.example")
		settle(0)
		choose(t, k)
		for _, name := range []string{"b", "a", "b"} {
			b.refused.Tell(1, name+".some.example", "some.example")
		}
		b.refused.Tell(1, "www.some.example/typed", "some.example/typed") // no name
		b.refused.Tell(2, "www.spare.example", "spare.example")
		settle(0)
		if err := k.Do(t.Context(), session.End{}); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		if have := b.added[0].Refused; len(have) != 2 || have[0].Host() != "a.some.example" || have[1].Host() != "b.some.example" {
			t.Errorf("refused %q", have)
		}
	})
}

func TestWhatMakesNoSenseIsSaid(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		var notNow *NotNowError
		if err := k.Do(t.Context(), session.End{}); !errors.As(err, &notNow) || notNow.State != session.Idle {
			t.Errorf("ending nothing: %v", err)
		}
		var unknown *UnknownProcedureError
		if err := k.Choose(t.Context(), "nothing"); !errors.As(err, &unknown) {
			t.Errorf("choosing nothing: %v", err)
		}
	})
}

func TestReaderLostEndsAssistance(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		b.badges <- hw.Badge{Present: true, Role: hw.RoleHelper}
		settle(0)
		if err := k.Do(t.Context(), session.Agreed{Accept: true}); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		want(t, k, session.Assisted)
		b.badges <- hw.Badge{Role: hw.RoleTechnician}
		settle(time.Second)
		want(t, k, session.Active)
	})
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	if _, err := New(Parts{}); err == nil {
		t.Error("a kiosk without parts was made")
	}
}

// TestSpareThatNeverBecomesReady: one that lives but shows nothing is given up,
// whether its page stopped or nothing is heard of it at all.
func TestSpareThatNeverBecomesReady(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		settle(time.Second)
		from := b.len()
		b.mu.Lock()
		b.unready = true
		b.mu.Unlock()
		b.reports <- wire.Report{View: 2, Msg: wire.Page{Event: wire.PageHung}} // it was ready; its page stopped
		settle(3 * time.Second)
		b.inOrder(t, from, "kill 2", "wipe 2", "warm 3")
		settle(session.DefaultLimits().Spare)
		b.mu.Lock()
		b.unready = false
		b.mu.Unlock()
		settle(session.DefaultLimits().Spare)
		b.inOrder(t, from, "warm 3", "kill 3", "wipe 3", "warm 4")
		if !k.State().Spare {
			t.Error("no spare after all")
		}
	})
}

func TestSessionInHandIsCountedWhenTheBoxStops(t *testing.T) {
	var stopped *box
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		stopped = b
	})
	if len(stopped.added) != 1 || stopped.added[0].Outcome != usage.OutcomeFailed {
		t.Errorf("counted %+v", stopped.added)
	}
	stopped.inOrder(t, 0, "1 open demo", "count failed", "1 blank", "relay private", "kill 1", "wipe 1")
}

func TestDoAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, k := build(t)
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := k.Run(ctx); err != nil {
			t.Fatal(err)
		}
		for range 100 { // the inbox has room at first
			if err := k.Do(t.Context(), session.End{}); !errors.Is(err, ErrStopped) {
				t.Fatalf("after the end: %v", err)
			}
		}
	})
}

// TestHangingLamp: a device that blocks the loop must not make an answer late
// that was there in time.
func TestHangingLamp(t *testing.T) {
	run(t, func(t *testing.T, b *box, k *Kiosk) {
		choose(t, k)
		b.badges <- hw.Badge{Present: true, Role: hw.RoleHelper}
		settle(0)
		if err := k.Do(t.Context(), session.Agreed{Accept: true}); err != nil {
			t.Fatal(err)
		}
		settle(2 * time.Second)
		b.mu.Lock()
		b.slowLamp = true
		b.mu.Unlock()
		if err := k.Do(t.Context(), session.StopHelp{}); err != nil {
			t.Fatal(err)
		}
		settle(2 * time.Second)
		want(t, k, session.Active)
	})
}
