package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"guichet.example/kiosk/view/wire"
)

var steps = []wire.Step{wire.StepReading, wire.StepChecking, wire.StepPlan, wire.StepNothing, wire.StepEnrolled, wire.StepRefused, wire.StepInstalling,
	wire.StepInstalled, wire.StepTesting, wire.StepDone, wire.StepFailed}

// working is a stage with a technician's work on it.
func working(t *testing.T, w wire.Work) *stage {
	t.Helper()
	s := newStage(t)
	s.receive(wire.Show{Surface: wire.SurfaceMaintenance})
	s.receive(w)
	return s
}

func (s *stage) text(id string) string { return s.win.drawn.Looks[id].Text }

// Each step has a title and a text of its own, in each language.
func TestStepsHaveWords(t *testing.T) {
	for _, code := range []string{"fr", "en"} {
		seen := map[string]bool{}
		for _, step := range append([]wire.Step{"", "x"}, steps...) {
			s := working(t, wire.Work{Step: step})
			s.speak(code)
			said := s.text("work-title") + s.text("work-text")
			if wants := step != "x"; said == "" || seen[said] == wants {
				t.Errorf("%s: %q says %q", code, step, said)
			}
			seen[said] = true
		}
	}
}

// Only what is offered is sent.
func TestWorkButtons(t *testing.T) {
	offers := map[wire.Step][]wire.FromView{wire.StepPlan: {wire.Pressed{Button: wire.ButtonInstall}, wire.Pressed{Button: wire.ButtonLeave}}}
	for _, step := range []wire.Step{wire.StepNothing, wire.StepEnrolled, wire.StepRefused, wire.StepInstalled, wire.StepDone, wire.StepFailed} {
		offers[step] = []wire.FromView{wire.Pressed{Button: wire.ButtonLeave}}
	}
	for _, step := range append([]wire.Step{"", "x"}, steps...) {
		s := working(t, wire.Work{Step: step})
		looks := s.win.drawn.Looks
		if got, want := !looks["work-install"].Hidden, step == wire.StepPlan; got != want {
			t.Errorf("%q: install is shown: %v", step, got)
		}
		if got, want := !looks["work-answers"].Hidden && !looks["work-foot"].Hidden, len(offers[step]) > 0; got != want {
			t.Errorf("%q: buttons are shown: %v", step, got)
		}
		if got, want := s.win.drawn.Focus == "work-leave", len(offers[step]) > 0; got != want {
			t.Errorf("%q: the focus is on %q", step, s.win.drawn.Focus)
		}
		s.take()
		s.agree()
		s.leave()
		s.wants(t, offers[step]...)
		s.receive(wire.Show{Surface: wire.SurfaceHome})
		s.agree()
		s.leave()
		s.wants(t)
	}
}

// What comes when nothing of a technician's is on the screen is dropped, and
// what was there does not come back.
func TestWorkBelongsToItsSurface(t *testing.T) {
	work := wire.Work{Step: wire.StepRefused, Percent: 50, Code: "G-OLD",
		Says: map[string]string{"fr": "Ancien."}, Lines: map[string][]string{"fr": {"Ancien."}}}
	for what, msgs := range map[string][]wire.ToView{
		"before": {work, wire.Show{Surface: wire.SurfaceMaintenance}},
		"after": {wire.Show{Surface: wire.SurfaceMaintenance}, work, wire.Show{Surface: wire.SurfaceHome}, work,
			wire.Show{Surface: wire.SurfaceMaintenance}},
		"a blank": {wire.Show{Surface: wire.SurfaceMaintenance}, work, wire.Blank{}, work, wire.Show{Surface: wire.SurfaceMaintenance}},
		"a step":  {wire.Show{Surface: wire.SurfaceMaintenance}, work, wire.Work{}},
	} {
		s := newStage(t)
		for _, m := range msgs {
			s.receive(m)
		}
		d := s.win.drawn
		if d.Step != "" || d.Progress != 0 || len(d.Lists["work-lines"]) != 0 || s.text("work-says") != "" ||
			strings.Contains(s.text("work-code"), "OLD") || !d.Looks["work-says"].Hidden || !d.Looks["work-code"].Hidden {
			t.Errorf("%s: %+v, %v", what, s.work, d.Lists["work-lines"])
		}
	}
}

func TestProgressIsClamped(t *testing.T) {
	for percent, want := range map[int]int{-1 << 40: 0, -1: 0, 0: 0, 42: 42, 100: 100, 101: 100, 1 << 40: 100} {
		s := working(t, wire.Work{Step: wire.StepReading, Percent: percent})
		if got := s.win.drawn.Progress; got != want || s.text("work-percent") != fmt.Sprint(want, " %") {
			t.Errorf("%d shows %d and %q", percent, got, s.text("work-percent"))
		}
	}
}

func TestWorkLines(t *testing.T) {
	long := slices.Repeat([]string{"x"}, maxWorkLines+3)
	for name, c := range map[string]struct {
		lines    map[string][]string
		language string
		want     []line
	}{
		"plan": {map[string][]string{"fr": {"Borne :", "  Nom : <b>&amp;</b>", "", " \n"}}, "fr",
			[]line{{"", "Borne :"}, {"•", "Nom : <b>&amp;</b>"}}},
		"list":              {map[string][]string{"fr": {"un", "deux"}}, "fr", []line{{"•", "un"}, {"•", "deux"}}},
		"one":               {map[string][]string{"fr": {"un"}}, "fr", []line{{"", "un"}}},
		"its language":      {map[string][]string{"fr": {"un"}, "en": {"one"}}, "en", []line{{"", "one"}}},
		"another language":  {map[string][]string{"en": {"one"}}, "fr", []line{{"", "one"}}},
		"no such language":  {map[string][]string{"fr": {"un"}}, "en", []line{{"", "un"}}},
		"none":              {nil, "fr", nil},
		"turned and unseen": {map[string][]string{"fr": {"a\u202eb\x1b[1mc"}}, "fr", []line{{"", "ab[1mc"}}},
		"many":              {map[string][]string{"fr": long}, "fr", append(slices.Repeat([]line{{"•", "x"}}, maxWorkLines), line{"", "Et encore 3 lignes."})},
	} {
		s := working(t, wire.Work{Step: wire.StepPlan, Lines: c.lines})
		s.speak(c.language)
		if got := s.win.drawn.Lists["work-lines"]; !slices.Equal(got, c.want) {
			t.Errorf("%s: %.300v", name, got)
		}
		if s.win.drawn.Looks["work-lines"].Hidden != (c.want == nil) {
			t.Errorf("%s: hidden %v", name, c.want != nil)
		}
	}
	s := working(t, wire.Work{Step: wire.StepRefused, Code: strings.Repeat("é\n", 100), Lines: map[string][]string{"fr": {strings.Repeat("é", 5000)}}})
	if n := strings.Count(s.text("work-code"), "é") - strings.Count("téléphone", "é"); n != maxWorkCode/2 || strings.Contains(s.text("work-code"), "\n") {
		t.Errorf("a code of %d characters", n)
	}
	if n := strings.Count(s.win.drawn.Lists["work-lines"][0].Text, "é"); n != maxDialog {
		t.Errorf("a line of %d characters", n)
	}
}

// The keys that scroll do so on this surface alone, and in vain on no other.
func TestScrollKeys(t *testing.T) {
	const padPageDown = 0xff9b
	s := working(t, wire.Work{Step: wire.StepPlan})
	for key, by := range map[uint]scroll{keyEnd: scrollEnd, keyHome: scrollStart, keyUp: scrollUp, keyDown: scrollDown,
		keyPageUp: scrollPageUp, keyPageDown: scrollPageDown, padPageDown: scrollPageDown, padEnd: scrollEnd} {
		s.win.calls = nil
		if !s.scrollKey(true, key) || !s.did(fmt.Sprint("scroll ", by)) {
			t.Errorf("key %#x: %v", key, s.win.calls)
		}
		if s.scrollKey(false, key) {
			t.Errorf("key %#x: its release is taken", key)
		}
	}
	for _, key := range []uint{keyTab, keyReturn, keyLeft, keyRight, padBegin, 'a'} {
		if s.scrollKey(true, key) {
			t.Errorf("key %#x is taken", key)
		}
	}
	s.receive(wire.Show{Surface: wire.SurfaceSession})
	if s.scrollKey(true, keyEnd) {
		t.Error("taken from the page")
	}
}

// A step begins at its top; news of the same one move nothing.
func TestStepsBeginAtTheTop(t *testing.T) {
	s := working(t, wire.Work{Step: wire.StepTesting})
	s.win.calls = nil
	s.receive(wire.Work{Step: wire.StepTesting, Percent: 50})
	if len(s.win.calls) != 0 {
		t.Errorf("calls %v", s.win.calls)
	}
	s.receive(wire.Work{Step: wire.StepDone})
	if !s.did("scroll 0") {
		t.Errorf("calls %v", s.win.calls)
	}
}

// A badge that lies on the reader is told where it covers no button.
func TestMessageBesideTheWork(t *testing.T) {
	s := working(t, wire.Work{Step: wire.StepReading})
	s.receive(wire.Status{Notice: wire.NoticeBadge})
	looks := s.win.drawn.Looks
	if looks["work-message"].Hidden || looks["work-foot"].Hidden || !looks["message"].Hidden || !looks["home-message"].Hidden {
		t.Error("the message does not stand beside the buttons alone")
	}
	s.receive(wire.Status{})
	if looks := s.win.drawn.Looks; !looks["work-message"].Hidden || !looks["work-foot"].Hidden {
		t.Error("the message stays")
	}
}
