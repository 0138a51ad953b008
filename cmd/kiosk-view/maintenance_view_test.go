//go:build webkit

package main_test

import (
	"fmt"
	"image"
	"image/color"
	"slices"
	"testing"

	"guichet.example/kiosk/view/wire"
)

var (
	doneGreen = color.RGBA{0x00, 0x61, 0x2a, 255}
	stopBrown = color.RGBA{0x6b, 0x33, 0x00, 255}
)

func both(fr, en []string) map[string][]string { return map[string][]string{"fr": fr, "en": en} }

// works are what the daemon tells in each step.
func works() []wire.Work {
	plan := both([]string{"Borne mairie-accueil, Accueil (k-kvm4 ma35 sigb bitt)", "Première installation :"},
		[]string{"Kiosk mairie-accueil, Accueil (k-kvm4 ma35 sigb bitt)", "First set-up:"})
	for i := range 38 {
		plan["fr"] = append(plan["fr"], fmt.Sprintf("  Démarches « pack-%02d » : ajout", i))
		plan["en"] = append(plan["en"], fmt.Sprintf("  Procedures “pack-%02d”: added", i))
	}
	tried := both([]string{"Réseau : il fonctionne.", "Sites qui répondent : 12 sur 12.", "Lecteur de badges : il répond.", "Film : il suit."},
		[]string{"Network: it works.", "Sites that answer: 12 of 12.", "Badge reader: it answers.", "Film: it follows."})
	const file = "guichet/enrolment/k-kvm4ma35sigbbitt.toml"
	return []wire.Work{
		{Step: wire.StepReading, Percent: 35}, {Step: wire.StepPlan, Lines: plan},
		{Step: wire.StepNothing, Lines: both([]string{"Rien ne change."}, []string{"Nothing changes."})},
		{Step: wire.StepChecking, Percent: 80},
		{Step: wire.StepEnrolled, Lines: both([]string{"La borne a écrit sur la clé le fichier " + file + ".", "Il contient le numéro de la borne, son modèle et sa clé publique. Rien n’y est secret."},
			[]string{"The kiosk has written the file " + file + " on the stick.", "It holds the kiosk’s number, its model and its public key. Nothing in it is secret."})},
		{Step: wire.StepRefused, Code: "G-STICK-EXFAT", Says: map[string]string{
			"fr": "Cette clé est au format exFAT. Sur un ordinateur, formatez-la en FAT32, puis copiez-y le dossier « guichet ». Le formatage efface tout ce qu’elle contient. Sous Windows, prenez une clé de 32 Go au plus.",
			"en": "This stick is formatted as exFAT. On a computer, format it as FAT32, then copy the folder “guichet” to it. Formatting erases everything on it. On Windows, take a stick of 32 GB at most."}},
		{Step: wire.StepInstalling, Percent: 70}, {Step: wire.StepInstalled},
		{Step: wire.StepTesting, Percent: 50, Lines: both(tried["fr"][:2], tried["en"][:2])},
		{Step: wire.StepDone, Lines: tried},
		{Step: wire.StepFailed, Code: "G-TEST-NETWORK", Lines: both(tried["fr"][2:], tried["en"][2:]), Says: map[string]string{
			"fr": "Aucun site ne répond. La configuration d’avant revient. Vérifiez le câble réseau, puis recommencez avec la même clé USB.",
			"en": "No site answers. The configuration from before comes back. Check the network cable, then try again with the same stick."}},
	}
}

var self = wire.Kiosk{ID: "k-kvm4ma35sigbbitt", Name: "mairie-accueil", Place: map[string]string{"fr": "Mairie de Valbourg", "en": "Valbourg town hall"}}

// Places at text size 100 %; those of leave and install also at 200 %.
const (
	workLanguageX, workSizeX, workContrastX, workToolY = 974, 1075, 1181, 46
	leaveX, installX, workAnswerY                      = 300, 960, 740
)

// maintain starts a view with the surface of a technician's work on the screen.
func maintain(t *testing.T) (*display, *view) {
	t.Helper()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	d := startDisplay(t)
	v := startView(t, bin, d, startOf(site(t, nil)))
	await[wire.Ready](t, v)
	v.send(t, wire.Show{Surface: wire.SurfaceMaintenance, Kiosk: &self})
	await[wire.Shown](t, v)
	d.eventuallyColour(t, 20, 400, brand)
	return d, v
}

// pressedUntilContrast switches contrast on and off, and returns the buttons
// that were sent before. The pointer rests there.
func pressedUntilContrast(t *testing.T, d *display, v *view) (buttons []wire.Button) {
	t.Helper()
	d.click(workContrastX, workToolY)
	d.click(workContrastX, workToolY)
	for s := range v.said {
		switch m := s.msg.(type) {
		case wire.Pressed:
			buttons = append(buttons, m.Button)
		case wire.Aided:
			return buttons
		}
	}
	t.Fatalf("the link ended; stderr:\n%s", v.stderr)
	return nil
}

// TestMaintenanceSteps looks at each step, presses where its buttons are or
// would be, and sees that nothing of one stays in another.
func TestMaintenanceSteps(t *testing.T) {
	t.Parallel()
	d, v := maintain(t)
	pressedUntilContrast(t, d, v)
	img := d.still(t)
	waiting, nothing := img, img
	for _, w := range works() {
		v.send(t, w)
		img = d.settled(t, img)
		keepPicture(t, "maintenance-"+string(w.Step), img)
		ground, want := brand, []wire.Button(nil)
		switch w.Step {
		case wire.StepRefused, wire.StepFailed:
			ground = stopBrown
		case wire.StepDone:
			ground = doneGreen
		case wire.StepNothing:
			nothing = img
		}
		d.click(workLanguageX, workToolY)
		await[wire.Spoke](t, v)
		keepPicture(t, "maintenance-"+string(w.Step)+"-en", d.settled(t, img))
		d.click(workLanguageX, workToolY)
		await[wire.Spoke](t, v)
		d.eventually(t, "French again", same(img))
		switch w.Step {
		case wire.StepPlan:
			want = []wire.Button{wire.ButtonLeave, wire.ButtonInstall}
		case wire.StepNothing, wire.StepEnrolled, wire.StepRefused, wire.StepInstalled, wire.StepDone, wire.StepFailed:
			want = []wire.Button{wire.ButtonLeave, wire.ButtonLeave}
		}
		if c := img.RGBAAt(20, 160); c != ground {
			t.Errorf("%s stands on %v", w.Step, c)
		}
		if all := share(img, doneGreen) > 0.8; all != (w.Step == wire.StepDone) {
			t.Errorf("%s is green: %v", w.Step, all)
		}
		d.click(leaveX, workAnswerY)
		d.click(installX, workAnswerY)
		if got := pressedUntilContrast(t, d, v); !slices.Equal(got, want) {
			t.Errorf("%s sends %v, want %v", w.Step, got, want)
		}
		d.eventually(t, "the picture of before", same(img))
	}
	v.send(t, works()[2])
	d.eventually(t, "nothing of a failure in the next step", same(nothing))
	v.send(t, wire.Show{Surface: wire.SurfaceHome})
	v.send(t, wire.Show{Surface: wire.SurfaceMaintenance, Kiosk: &self})
	d.eventually(t, "nothing of the work of before", same(waiting))
}

func same(want *image.RGBA) func(*image.RGBA) bool {
	return func(img *image.RGBA) bool { return string(img.Pix) == string(want.Pix) }
}

// share is how much of the picture has that colour.
func share(img *image.RGBA, c color.RGBA) float64 {
	n := 0
	for i := 0; i+3 < len(img.Pix); i += 4 {
		if img.Pix[i] == c.R && img.Pix[i+1] == c.G && img.Pix[i+2] == c.B {
			n++
		}
	}
	return float64(4*n) / float64(len(img.Pix))
}

// TestMaintenanceByKeys: the safe button has the keyboard, and every line of a
// long plan can be read, at every text size and in both languages.
func TestMaintenanceByKeys(t *testing.T) {
	t.Parallel()
	d, v := maintain(t)
	plan := works()[1]
	other := works()[1] // has another last line
	for _, lines := range other.Lines {
		lines[len(lines)-1] = "  ?"
	}
	v.send(t, plan)
	d.eventuallyColour(t, 20, 600, quiet)
	d.keys(t, keyReturn)
	if p, _ := await[wire.Pressed](t, v); p.Button != wire.ButtonLeave {
		t.Errorf("Return sends %v", p.Button)
	}
	d.keys(t, keyTab)
	d.eventually(t, "the keyboard's ring around the button", func(m *image.RGBA) bool {
		return has(m, image.Rect(640, 680, screenWidth, screenHeight), color.RGBA{0xb3, 0x59, 0x00, 255})
	})
	d.keys(t, keyReturn)
	if p, _ := await[wire.Pressed](t, v); p.Button != wire.ButtonInstall {
		t.Errorf("Tab and Return send %v", p.Button)
	}
	for _, name := range []string{"100", "125", "150", "200"} {
		readsToTheEnd(t, d, v, plan, other)
		keepPicture(t, "maintenance-plan-"+name, d.shot(t))
		d.click(installX, workAnswerY)
		if p, _ := await[wire.Pressed](t, v); p.Button != wire.ButtonInstall {
			t.Errorf("%s %%: %v", name, p.Button)
		}
		before := d.shot(t)
		d.click(workSizeX, workToolY)
		await[wire.Aided](t, v)
		d.settled(t, before)
	}
	french := d.shot(t)
	d.click(workLanguageX, workToolY)
	if s, _ := await[wire.Spoke](t, v); s.Language != "en" {
		t.Errorf("speaks %q", s.Language)
	}
	english := d.settled(t, french)
	d.click(workLanguageX, workToolY)
	await[wire.Spoke](t, v)
	d.settled(t, english)
}

// readsToTheEnd sees that the last line is in sight at the end, for the picture
// changes with it; and comes back to the top.
func readsToTheEnd(t *testing.T, d *display, v *view, plan, other wire.Work) {
	t.Helper()
	const keyStart, keyEnd = 0xff50, 0xff57
	top := d.still(t)
	d.keys(t, keyEnd)
	d.settled(t, top)
	d.shows(t, v, other)
	end := d.shows(t, v, plan)
	d.keys(t, keyStart)
	d.settled(t, end)
}

// TestUnprovisionedSaysItsNumber: a kiosk without a site says which one it is.
func TestUnprovisionedSaysItsNumber(t *testing.T) {
	t.Parallel()
	d, v := maintain(t)
	without := d.shows(t, v, wire.Show{Surface: wire.SurfaceUnprovisioned})
	keepPicture(t, "maintenance-unprovisioned", d.shows(t, v, wire.Show{Surface: wire.SurfaceUnprovisioned, Kiosk: &wire.Kiosk{ID: self.ID}}))
	v.send(t, wire.Show{Surface: wire.SurfaceUnprovisioned})
	d.eventually(t, "nothing of the number", same(without))
}
