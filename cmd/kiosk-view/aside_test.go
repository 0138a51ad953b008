package main

import (
	"testing"

	"guichet.example/kiosk/view/wire"
)

// asked is a stage with the page of a session that may ask for things.
func asked(t *testing.T) *stage {
	t.Helper()
	s := newStage(t)
	s.receive(wire.Open{URL: "https://a.fr/"})
	s.receive(wire.Show{Surface: wire.SurfaceSession})
	s.take()
	return s
}

func TestAsidesSayWhatToDo(t *testing.T) {
	s := asked(t)
	for _, code := range []string{"fr", "en"} {
		s.speak(code)
		for a, open := range map[aside]func(){asideTray: s.openTray, asidePrint: s.print} {
			s.touch()
			open()
			d := s.win.drawn
			if d.Panel != "aside" || d.Over != "content" || d.Focus != "aside-back" {
				t.Errorf("%s %s: panel %q over %q, focus %q", code, a, d.Panel, d.Over, d.Focus)
			}
			if n := len(d.Lists["aside-lines"]); n != 3 {
				t.Errorf("%s %s: %d sentences", code, a, n)
			}
			for _, id := range []string{"aside-title", "aside-back", "aside-help"} {
				if d.Looks[id].Text == "" {
					t.Errorf("%s %s: %s says nothing", code, a, id)
				}
			}
			if d.Looks["aside-tray-icon"].Hidden == (a == asideTray) || d.Looks["aside-print-icon"].Hidden == (a == asidePrint) {
				t.Errorf("%s %s: another's icon", code, a)
			}
			s.closeAside()
			if s.win.drawn.Panel != "page" {
				t.Errorf("%s %s: after the way back panel %q", code, a, s.win.drawn.Panel)
			}
		}
	}
}

// A page that asks all the time: nothing happens unless the person did
// something, and one way back ends it.
func TestAFloodIsAnsweredOnce(t *testing.T) {
	s := asked(t)
	flood := func() {
		for range 1000 {
			s.print()
			s.openTray()
		}
	}
	flood()
	if s.win.drawn.Panel != "page" {
		t.Error("a page covers itself before the person did anything")
	}
	s.touch()
	flood()
	if s.win.drawn.Panel != "aside" || s.aside != asidePrint {
		t.Errorf("panel %q %q: not the first that was asked for", s.win.drawn.Panel, s.aside)
	}
	s.touch() // on the way back
	s.closeAside()
	flood()
	if s.win.drawn.Panel != "page" {
		t.Error("the page covers itself again")
	}
	s.touch()
	s.openTray()
	if s.aside != asideTray {
		t.Error("the person can no longer ask")
	}
	s.wants(t, wire.Touched{})
}

func TestWaysOutOfAnAside(t *testing.T) {
	for name, way := range map[string]func(*stage){
		"bar's way back":  func(s *stage) { s.goBack() },
		"start again":     func(s *stage) { s.goHome() },
		"another session": func(s *stage) { s.receive(wire.Open{URL: "https://b.fr/"}) },
	} {
		s := asked(t)
		s.history(true)
		s.touch()
		s.openTray()
		way(s)
		if s.win.drawn.Panel != "page" || s.did("back") {
			t.Errorf("%s: panel %q, calls %v", name, s.win.drawn.Panel, s.win.calls)
		}
	}
	s := asked(t)
	s.touch()
	s.print()
	if s.win.drawn.Looks["bar-back"].Disabled {
		t.Error("the bar's way back is disabled")
	}
	s.callHelp()
	s.receive(wire.Cover{Panel: wire.PanelWarning, Seconds: 60})
	if s.win.drawn.Panel != "warning" {
		t.Error("our aside hides the warning")
	}
	s.receive(wire.Cover{})
	s.receive(wire.Status{Assisted: true})
	if d := s.win.drawn; d.Panel != "aside" || !d.Looks["aside-help"].Hidden {
		t.Errorf("panel %q; a helper is there and can be called", d.Panel)
	}
}

func TestNoAsideOutsideASession(t *testing.T) {
	s := newStage(t)
	s.touch()
	s.print()
	s.receive(wire.Show{Surface: wire.SurfaceSession})
	if s.win.drawn.Panel != "page" {
		t.Errorf("panel %q from before the session", s.win.drawn.Panel)
	}
}
