package main

import (
	"slices"
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
)

func TestArticles(t *testing.T) {
	for text, want := range map[string][]line{
		"":                     {},
		"Vos\ndonnées.\n\nFin": {{"", "Vos données.\nFin"}},
		"# Ici\r\n\r\n- un\n* deux\ntrois\n## Là\n": {{"Ici", "• un\n• deux trois"}, {"Là", ""}},
		"<b>a</b> & #1\u202e":                       {{"", "<b>a</b> & #1"}},
		"# A\n#sans espace":                         {{"A", "#sans espace"}},
	} {
		if got := articles(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// noticed is a stage on the home surface of a place that has notices.
func noticed(t *testing.T) *stage {
	t.Helper()
	s := newStage(t)
	s.start.Notices = map[string]string{"fr": "# Vos données\nRien ne reste.", "en": "Nothing stays."}
	s.receive(wire.Show{Surface: wire.SurfaceHome})
	return s
}

func TestNoticesAreReadOverTheTiles(t *testing.T) {
	s := noticed(t)
	if l := s.win.drawn.Looks["home-notices"]; l.Hidden || l.Text != "Vos données" || l.Bare {
		t.Errorf("%+v", l)
	}
	s.touch()
	s.readNotices()
	if d := s.win.drawn; d.Panel != "notices" || d.Over != "home-content" || d.Focus != "notices-back" ||
		!slices.Equal(d.Lists["notices-lines"], []line{{"Vos données", "Rien ne reste."}}) {
		t.Errorf("%q over %q, %q", d.Panel, d.Over, d.Lists["notices-lines"])
	}
	s.speak("en")
	if d := s.win.drawn; d.Looks["home-notices"].Text != s.words()["notices.title"] || d.Lists["notices-lines"][0].Text != "Nothing stays." {
		t.Errorf("%+v, %q", d.Looks["home-notices"], d.Lists["notices-lines"])
	}
	s.resize()
	s.resize()
	if l := s.win.drawn.Looks["home-notices"]; !l.Bare || l.Text == "" {
		t.Errorf("in large text %+v", l)
	}
	s.closeNotices()
	if s.win.drawn.Panel != "choice" {
		t.Errorf("panel %q after the way back", s.win.drawn.Panel)
	}
}

func TestNoticesGiveWay(t *testing.T) {
	for name, way := range map[string]func(*stage){
		"nobody reads":  func(s *stage) { s.time += readingTime; s.tick() },
		"a helper's":    func(s *stage) { s.receive(wire.Cover{Panel: wire.PanelOffer}) },
		"the next":      func(s *stage) { s.receive(wire.Show{Surface: wire.SurfaceHome}) },
		"other surface": func(s *stage) { s.receive(wire.Show{Surface: wire.SurfaceSession}) },
	} {
		s := noticed(t)
		s.touch()
		s.readNotices()
		s.time += readingTime - time.Second
		s.tick()
		if s.win.drawn.Panel != "notices" {
			t.Fatalf("panel %q", s.win.drawn.Panel)
		}
		way(s)
		if s.win.drawn.Panel == "notices" || s.reading {
			t.Errorf("%s: they stay", name)
		}
	}
	s := noticed(t)
	s.receive(wire.Status{Notice: wire.NoticeBadge})
	if !s.win.drawn.Looks["home-notices"].Hidden {
		t.Error("beside what is told now")
	}
	s = newStage(t)
	if looks := s.win.drawn.Looks; !looks["home-notices"].Hidden || !looks["home-logo"].Hidden {
		t.Error("a place without notices or logo shows some")
	}
}
