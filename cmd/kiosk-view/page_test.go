package main

import (
	"testing"
	"time"
)

// A page that does not come takes nothing away from the person.
func TestOneWayOutOfTrouble(t *testing.T) {
	for name, c := range map[string]struct {
		alive  bool
		popups int
		button string
		does   string
	}{
		"link fails":       {true, 0, "trouble-page", ""},
		"first page fails": {false, 0, "trouble-home", "load https://a.fr/"},
		"popup fails":      {false, 1, "trouble-page", "close"},
		"link in popup":    {true, 2, "trouble-page", ""},
	} {
		s := inSession(t)
		s.over(c.popups)
		s.win.page = c.alive
		s.win.calls = nil
		for _, why := range []trouble{troubleNetwork, troubleTLS, troubleDenied, troubleLogin} {
			s.failed(why)
			looks := s.win.drawn.Looks
			if s.win.drawn.Panel != "trouble" || s.win.drawn.Focus != c.button || looks["trouble-home"].Hidden == looks["trouble-page"].Hidden ||
				looks[c.button].Hidden {
				t.Errorf("%s, %s: %+v", name, why, s.win.drawn)
			}
			if looks["trouble-title"].Text == "" || len(s.win.drawn.Lists["trouble-lines"]) != 2 {
				t.Errorf("%s, %s: no words", name, why)
			}
		}
		s.goOn()
		switch {
		case c.does == "" && (len(s.win.calls) != 0 || s.win.drawn.Panel != "page"):
			t.Errorf("%s: calls %v, panel %q", name, s.win.calls, s.win.drawn.Panel)
		case c.does != "" && !s.did(c.does):
			t.Errorf("%s: %v", name, s.win.calls)
		}
	}
}

func TestBackOutOfTrouble(t *testing.T) {
	s := inSession(t)
	s.history(true)
	s.failed(troubleNetwork)
	s.goBack()
	if s.win.drawn.Panel != "page" || s.did("back") {
		t.Errorf("panel %q, calls %v", s.win.drawn.Panel, s.win.calls)
	}
	s.goBack()
	if !s.did("back") {
		t.Errorf("calls %v", s.win.calls)
	}
}

func TestAnotherPageOnTop(t *testing.T) {
	s := inSession(t)
	s.failed(troubleNetwork)
	s.over(1)
	if s.win.drawn.Panel != "page" || s.last() != "focus" {
		t.Errorf("panel %q, calls %v: the trouble of a page is not that of another", s.win.drawn.Panel, s.win.calls)
	}
	s.ask(pageDialog{Text: "x"})
	s.win.calls = nil
	s.over(0)
	for range 100 {
		s.tick()
	}
	if s.did("end") || s.did("focus") {
		t.Errorf("calls %v while a dialog waits", s.win.calls)
	}
}

// A page that prints or downloads without end does not keep the notice up.
func TestOneNoticeForEachTouch(t *testing.T) {
	s := inSession(t)
	shown := func() bool { s.redraw(); return !s.win.drawn.Looks["notice"].Hidden }
	s.refused("print")
	if !shown() {
		t.Fatal("no notice")
	}
	for range 10 {
		s.time += time.Second
		s.refused("print")
	}
	if shown() {
		t.Error("still there after 10 s")
	}
	s.touch()
	s.refused("print")
	if !shown() {
		t.Error("no notice after a touch")
	}
	s.refused("link")
	if got := s.win.drawn.Looks["notice"].Text; got != s.words()["notice.link"] {
		t.Errorf("%q: another notice was held back", got)
	}
}

func TestHostOfWhatASiteMade(t *testing.T) {
	for u, want := range map[string]string{"blob:https://A.fr/1-2": "a.fr", "blob:null/1": "", "data:text/html,x": "", "https://a.fr:443/x": "a.fr"} {
		if got := hostOf(u); got != want {
			t.Errorf("%q: %q", u, got)
		}
	}
}

// A site that does not answer has our words for it, behind which it may still
// come; another trouble stays.
func TestSiteThatDoesNotAnswer(t *testing.T) {
	s := inSession(t)
	s.comes(true)
	for range lateTicks - 1 {
		s.wait()
	}
	if s.trouble != troubleNone {
		t.Fatalf("too early: %q", s.trouble)
	}
	s.wait()
	if s.trouble != troubleNetwork || s.win.drawn.Panel != "trouble" {
		t.Fatalf("trouble %q, panel %q", s.trouble, s.win.drawn.Panel)
	}
	s.comes(false)
	if s.trouble != troubleNone || s.win.drawn.Panel != "page" {
		t.Errorf("it came: trouble %q, panel %q", s.trouble, s.win.drawn.Panel)
	}
	s.comes(true)
	for range lateTicks {
		s.wait()
	}
	s.stopped()
	s.comes(false)
	if s.trouble != troubleStopped {
		t.Errorf("trouble %q covers that the page is lost", s.trouble)
	}
}
