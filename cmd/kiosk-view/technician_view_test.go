//go:build webkit

package main_test

import (
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"guichet.example/kiosk/view/wire"
)

// TestTechnicianPictures makes the pictures of docs/technician.md; make
// pictures runs it.
func TestTechnicianPictures(t *testing.T) {
	dir := os.Getenv("GUICHET_DOCS")
	if dir == "" {
		t.Skip("it tests nothing: GUICHET_DOCS names no folder for the pictures of docs/technician.md")
	}
	d, v := maintain(t)
	pressedUntilContrast(t, d, v)
	img := d.still(t)
	show := func(name string, m wire.ToView) {
		v.send(t, m)
		img = d.settled(t, img)
		keepSmall(t, filepath.Join(dir, name+".png"), img)
	}
	show("unprovisioned", wire.Show{Surface: wire.SurfaceUnprovisioned, Kiosk: &wire.Kiosk{ID: self.ID}})
	for _, lang := range []string{"fr", "en"} {
		v.send(t, wire.Show{Surface: wire.SurfaceMaintenance, Kiosk: &wire.Kiosk{ID: self.ID}})
		img = d.settled(t, img)
		if lang == "en" {
			d.click(workLanguageX, workToolY)
			await[wire.Spoke](t, v)
			img = d.settled(t, img)
		}
		for _, w := range works() {
			switch w.Step {
			case wire.StepEnrolled, wire.StepRefused:
				show(string(w.Step)+"-"+lang, w)
			case wire.StepPlan:
				w.Lines = firstPlan()
				show(string(w.Step)+"-"+lang, w)
			case wire.StepDone:
				v.send(t, wire.Show{Surface: wire.SurfaceMaintenance, Kiosk: &self})
				show(string(w.Step)+"-"+lang, w)
			}
		}
	}
}

// firstPlan is what a kiosk says of the first site it gets.
func firstPlan() map[string][]string {
	return both([]string{"Borne mairie-accueil, Accueil (k-kvm4 ma35 sigb bitt)", "Première installation :", "  Nom affiché : Mairie de Valbourg",
		"  Langues : fr, en", "  Câblage (film, voyant, bouton) : ajout", "  Horaires d’ouverture : ajout"},
		[]string{"Kiosk mairie-accueil, Accueil (k-kvm4 ma35 sigb bitt)", "First set-up:", "  Name shown: Valbourg town hall",
			"  Languages: fr, en", "  Wiring (film, lamp, button): added", "  Opening hours: added"})
}

// keepSmall writes half of the picture's width and height, in 64 colours: a
// page has several.
func keepSmall(t *testing.T, path string, img *image.RGBA) {
	t.Helper()
	half := image.NewRGBA(image.Rect(0, 0, img.Rect.Dx()/2, img.Rect.Dy()/2))
	counts := map[color.RGBA]int{}
	for y := range half.Rect.Dy() {
		for x := range half.Rect.Dx() {
			c := middle(img.RGBAAt(2*x, 2*y), img.RGBAAt(2*x+1, 2*y), img.RGBAAt(2*x, 2*y+1), img.RGBAAt(2*x+1, 2*y+1))
			half.SetRGBA(x, y, c)
			counts[c]++
		}
	}
	var colours color.Palette
	for _, c := range slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(counts[b]-counts[a], int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	}) {
		if len(colours) < 64 {
			colours = append(colours, c)
		}
	}
	small := image.NewPaletted(half.Rect, colours)
	nearest := map[color.RGBA]uint8{}
	for y := range half.Rect.Dy() {
		for x := range half.Rect.Dx() {
			c := half.RGBAAt(x, y)
			at, known := nearest[c]
			if !known {
				at = uint8(colours.Index(c))
				nearest[c] = at
			}
			small.SetColorIndex(x, y, at)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(f, small); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// middle is what four pixels look like from twice as far.
func middle(all ...color.RGBA) color.RGBA {
	var r, g, b int
	for _, c := range all {
		r, g, b = r+int(c.R), g+int(c.G), b+int(c.B)
	}
	n := len(all)
	return color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), 255}
}
