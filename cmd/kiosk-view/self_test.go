package main

import (
	"testing"

	"guichet.example/kiosk/view/wire"
)

func TestNumber(t *testing.T) {
	for id, want := range map[string]string{
		"k-kvm4ma35sigbbitt": "k-kvm4 ma35 sigb bitt", "k-abcde": "k-abcd e", "k-abcd": "k-abcd", "": "", "x\u202ey": "xy",
	} {
		if got := number(id); got != want {
			t.Errorf("%q is read out as %q, want %q", id, got, want)
		}
	}
}

// Which kiosk it is stands where a technician looks for it, and nowhere else.
func TestTellsTechniciansWhichKiosk(t *testing.T) {
	const said = "k-kvm4 ma35 sigb bitt"
	place := map[string]string{"fr": "Mairie", "en": "Town hall"}
	for name, c := range map[string]struct {
		show           wire.Show
		step           wire.Step
		line, big, had string
	}{
		"new":          {wire.Show{Surface: wire.SurfaceUnprovisioned, Kiosk: &wire.Kiosk{ID: "k-kvm4ma35sigbbitt"}}, "", said, "", said},
		"reading":      {wire.Show{Surface: wire.SurfaceMaintenance, Kiosk: &wire.Kiosk{ID: "k-kvm4ma35sigbbitt", Name: "accueil"}}, wire.StepReading, "accueil · " + said, "", said},
		"enrolled":     {wire.Show{Surface: wire.SurfaceMaintenance, Kiosk: &wire.Kiosk{ID: "k-kvm4ma35sigbbitt"}}, wire.StepEnrolled, said, said, said},
		"done":         {wire.Show{Surface: wire.SurfaceMaintenance, Kiosk: &wire.Kiosk{ID: "k-kvm4ma35sigbbitt", Name: "accueil", Place: place}}, wire.StepDone, "accueil · " + said, "Town hall", said},
		"no place":     {wire.Show{Surface: wire.SurfaceMaintenance, Kiosk: &wire.Kiosk{ID: "k-kvm4ma35sigbbitt"}}, wire.StepDone, said, said, said},
		"told to none": {wire.Show{Surface: wire.SurfaceMaintenance}, wire.StepReading, "", "", ""},
	} {
		s := newStage(t)
		s.receive(c.show)
		s.receive(wire.Work{Step: c.step})
		s.speak("en")
		looks := s.win.drawn.Looks
		if got := s.text("work-kiosk"); got != c.line || looks["work-kiosk"].Hidden != (c.line == "" || c.big != "") {
			t.Errorf("%s: the head says %q", name, got)
		}
		if got := s.text("work-self-big"); got != c.big || looks["work-self"].Hidden != (c.big == "") {
			t.Errorf("%s: large stands %q", name, got)
		}
		if got := s.text("unprovisioned-big"); got != c.had || looks["unprovisioned-self"].Hidden != (c.had == "") {
			t.Errorf("%s: without a site it says %q", name, got)
		}
		s.receive(wire.Show{Surface: wire.SurfaceHome})
		if s.text("work-kiosk")+s.text("unprovisioned-big") != "" {
			t.Errorf("%s: it is known on the home surface", name)
		}
	}
}
