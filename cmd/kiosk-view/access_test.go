package main

import (
	"strings"
	"testing"

	"guichet.example/kiosk/view/wire"
)

// WCAG 2.2, 2.5.3: whoever speaks to a screen reader says what they see.
func TestNamesHoldTheirCaptions(t *testing.T) {
	s := newStage(t)
	seen := 0
	for _, code := range []string{"fr", "en"} {
		s.speak(code)
		for range 2 {
			s.invert()
			for id, look := range s.screen().Looks {
				if look.Name == "" || look.Text == "" {
					continue
				}
				seen++
				if !strings.Contains(strings.ToLower(look.Name), strings.ToLower(look.Text)) {
					t.Errorf("%s: %q shows %q and is called %q", code, id, look.Text, look.Name)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d names were looked at", seen)
	}
}

// What colour says is said to those who do not see it, too.
func TestChosenIsSaid(t *testing.T) {
	s := newStage(t)
	s.refer("autre")
	for code, word := range map[string]string{"fr": "Choisi", "en": "Chosen"} {
		s.speak(code)
		for _, tongue := range s.win.drawn.Tongues {
			if want := tongue.Code == code; tongue.On != want || (tongue.Note == word) != want || (tongue.Note == "") == want {
				t.Errorf("%s: %+v", code, tongue)
			}
		}
		for _, r := range referrals {
			if note := s.win.drawn.Looks["refer-"+r].Note; (note == word) != (r == "autre") || (note == "") != (r != "autre") {
				t.Errorf("%s: %q is described as %q", code, r, note)
			}
		}
	}
}

// A GtkGrid hands its children to a screen reader in reverse, a GtkBox shows
// what is packed at its end in reverse: the files hold the order that is seen.
func TestReadingOrder(t *testing.T) {
	for file, wants := range map[string][][]string{
		"question": {{"help-instead", "help-together", "help-guided", "help-explained"},
			{"refer-autre", "refer-aide_aux_demarches_administratives", "refer-insertion_professionnelle", "refer-aide_sociale",
				"refer-operateur_ou_organisme_en_charge", "refer-mediation_numerique", "refer-administration"}},
		"session": {{"bar-home", "bar-back", "bar-time", "bar-language", "bar-size", "bar-contrast", "bar-help", "bar-finish"}},
		"pin":     {{"pin-title", "pin-dots", "pin-state", "pin-key-0", "pin-erase", "pin-key-9", "pin-key-1", "pin-cancel", "pin-ok"}},
		"maintenance": {{"work-head", "work-language", "work-title", "work-text", "work-bar", "work-percent", "work-code", "work-lines",
			"work-message", "work-leave", "work-install"}},
		"home": {{"home-help", "home-prev", "home-page", "home-next"}},
	} {
		data, err := designFiles.ReadFile("ui/" + file + ".ui")
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			last := -1
			for _, id := range want {
				at := strings.Index(string(data), `id="`+id+`"`)
				if at < last {
					t.Errorf("%s: %q comes too early", file, id)
				}
				last = at
			}
		}
		if n := strings.Count(string(data), `name="pack-type">end`); n > 1 {
			t.Errorf("%s: %d widgets packed at the end", file, n)
		}
	}
}

func TestNoCallForHelpWhileAHelperIsThere(t *testing.T) {
	s := newStage(t)
	for _, assisted := range []bool{false, true, false} {
		s.receive(wire.Status{Assisted: assisted})
		if got := s.win.drawn.Looks["bar-help"].Hidden; got != assisted {
			t.Errorf("assisted %v: call for help hidden %v", assisted, got)
		}
	}
}

func TestQuestionOverHome(t *testing.T) {
	s := newStage(t)
	for _, step := range []struct {
		msg         wire.ToView
		over, panel string
	}{
		{wire.Show{Surface: wire.SurfaceHome}, "home-content", "choice"},
		{wire.Cover{Panel: wire.PanelQuestion}, "home-content", "question"},
		{wire.Cover{Panel: wire.PanelNone}, "home-content", "choice"},
		{wire.Cover{Panel: wire.PanelTrouble}, "home-content", "choice"}, // the page is not in view
		{wire.Open{URL: "https://a.fr/"}, "home-content", "choice"},
		{wire.Cover{Panel: wire.PanelQuestion}, "home-content", "question"},
		{wire.Show{Surface: wire.SurfaceSession}, "content", "question"},
		{wire.Cover{}, "content", "page"},
	} {
		s.receive(step.msg)
		if d := s.win.drawn; d.Over != step.over || d.Panel != step.panel {
			t.Errorf("after %+v: %q in %q", step.msg, d.Panel, d.Over)
		}
	}
}
