//go:build webkit

package main_test

import (
	"fmt"
	"image"
	"strings"
	"testing"

	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/procedure/packs/demo"
	"guichet.example/kiosk/procedure/packs/france"
	"guichet.example/kiosk/view/wire"
)

// packs are the tiles of the packs in this repository, with first as the
// language that stands.
func packs(t *testing.T, proxy, first, second string) *wire.Start {
	t.Helper()
	names := map[string]string{"fr": "Français", "en": "English"}
	start := &wire.Start{Proxy: proxy, Place: "Mairie", Languages: []wire.Language{{Code: first, Name: names[first]}, {Code: second, Name: names[second]}}}
	var loaded []procedure.Pack
	for _, load := range []func() (procedure.Pack, error){
		func() (procedure.Pack, error) { return procedure.Load(demo.Files) },
		func() (procedure.Pack, error) { return procedure.Load(france.Files) },
	} {
		p, err := load()
		if err != nil {
			t.Fatal(err)
		}
		loaded = append(loaded, p)
	}
	catalogue, err := procedure.NewBenchCatalogue(loaded...)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range catalogue.All() {
		if p.Audience != procedure.AudienceAll {
			continue
		}
		tile := wire.Tile{Procedure: p.ID, Pictogram: p.Pictogram, Texts: map[string]wire.TileText{}}
		for code, text := range p.Texts {
			tile.Texts[code] = wire.TileText{Title: text.Title, Purpose: text.Purpose, Minutes: p.Minutes}
		}
		start.Tiles = append(start.Tiles, tile)
	}
	return start
}

// sizeX and sizeY are a place inside the button for the text size at every
// text size, from the right and from the top.
const sizeX, sizeY = 490, 50

// nextX and nextY are the same for the button of the next page, from the right
// and from the bottom.
const nextX, nextY = 100, 50

// scrolls reports whether the tiles need more room than there is. Labels have
// no ellipsis: what does not fit brings the scrollbar into the right margin, or
// leaves it out of the window.
func scrolls(img *image.RGBA) bool {
	for x := img.Rect.Max.X - 36; x < img.Rect.Max.X; x++ {
		for y := 250; y < img.Rect.Max.Y; y++ {
			if img.RGBAAt(x, y) != quiet {
				return true
			}
		}
	}
	return false
}

// Whoever reads badly gets every sentence whole, at every text size.
func TestTilesFit(t *testing.T) {
	t.Parallel()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("control", func(t *testing.T) {
		d := startDisplay(t)
		start := startOf(site(t, nil))
		start.Tiles[0].Texts["fr"] = wire.TileText{Title: "Titre", Purpose: strings.Repeat("mot ", 150)}
		v := startView(t, bin, d, start)
		await[wire.Ready](t, v)
		if !scrolls(d.shows(t, v, wire.Show{Surface: wire.SurfaceHome})) {
			t.Error("a tile with 150 words seems to fit")
		}
	})
	pages := map[image.Point][4]int{{X: 1280, Y: 800}: {4, 6, 8, 12}, {X: 1920, Y: 1080}: {2, 3, 3, 4}}
	for size, counts := range pages {
		for first, second := range map[string]string{"fr": "en", "en": "fr"} {
			t.Run(fmt.Sprintf("%dx%d-%s", size.X, size.Y, first), func(t *testing.T) {
				turnAll(t, bin, size, counts, packs(t, site(t, nil), first, second))
			})
		}
	}
}

// turnAll looks at every page of tiles at every text size.
func turnAll(t *testing.T, bin string, size image.Point, counts [4]int, start *wire.Start) {
	t.Helper()
	d := startDisplayOf(t, size)
	v := startView(t, bin, d, start)
	await[wire.Ready](t, v)
	img := d.shows(t, v, wire.Show{Surface: wire.SurfaceHome})
	for i, scale := range []int{100, 125, 150, 200} {
		if i > 0 {
			d.click(int16(size.X-sizeX), sizeY)
			img = d.settled(t, img)
		}
		for page := 1; ; page++ {
			if scrolls(img) {
				t.Errorf("at %d %% page %d needs more room", scale, page)
			}
			if page == counts[i] {
				break
			}
			d.click(int16(size.X-nextX), int16(size.Y-nextY))
			img = d.settled(t, img)
		}
	}
}

// The question to the helper over the home surface: the person ended the
// session while the helper was there.
func TestQuestionOverHomeSurface(t *testing.T) {
	t.Parallel()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	for first, second := range map[string]string{"fr": "en", "en": "fr"} {
		t.Run(first, func(t *testing.T) {
			d := startDisplay(t)
			v := startView(t, bin, d, packs(t, site(t, nil), first, second))
			await[wire.Ready](t, v)
			home := d.shows(t, v, wire.Show{Surface: wire.SurfaceHome})
			question := d.shows(t, v, wire.Cover{Panel: wire.PanelQuestion})
			// Nothing of the tiles or of the footer shows through.
			for _, at := range []image.Point{{4, 790}, {1274, 790}, {4, 110}, {1274, 110}} {
				if c := question.RGBAAt(at.X, at.Y); c != quiet {
					t.Errorf("%v at %v beside the question", c, at)
				}
			}
			if question.RGBAAt(4, 4) != brand {
				t.Error("the header is gone")
			}
			answerByKeys(t, d, v)
			v.send(t, wire.Cover{Panel: wire.PanelNone})
			// But for the mark of the focus around the first tile, which keys bring.
			const half = 450 * 4 * screenWidth
			d.eventually(t, "the home surface of before", func(img *image.RGBA) bool { return string(img.Pix[half:]) == string(home.Pix[half:]) })
			d.keys(t, 0xff0d)
			if chose, _ := await[wire.Chose](t, v); chose.Procedure != "demo" {
				t.Errorf("%+v", chose)
			}
		})
	}
}

// At the largest text size the question scrolls, and shows that it does; what
// the helper did can be answered without.
func TestQuestionInLargeText(t *testing.T) {
	t.Parallel()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	d := startDisplay(t)
	v := startView(t, bin, d, startOf(site(t, nil)))
	await[wire.Ready](t, v)
	img := d.shows(t, v, wire.Show{Surface: wire.SurfaceHome})
	for range 3 {
		d.click(screenWidth-sizeX, sizeY)
		img = d.settled(t, img)
	}
	d.shows(t, v, wire.Cover{Panel: wire.PanelQuestion}) // the home surface may scroll, too
	d.eventually(t, "a scrollbar", scrolls)
	for help, at := range map[string]image.Point{"explained": {350, 300}, "guided": {900, 300}, "together": {350, 410}, "instead": {900, 410}} {
		d.click(int16(at.X), int16(at.Y))
		if a, _ := await[wire.Answered](t, v); a.Help != help {
			t.Errorf("at %v: %+v, want %q", at, a, help)
		}
	}
}

// answerByKeys gives the first answer, the last with a place, and none at all.
func answerByKeys(t *testing.T, d *display, v *view) {
	t.Helper()
	d.keys(t, 0xff0d) // the first answer has the focus
	if a, _ := await[wire.Answered](t, v); a.Help != "explained" || a.Referral != "" {
		t.Errorf("%+v", a)
	}
	for range 4 { // past the other answers to the first place
		d.keys(t, 0xff09)
	}
	d.keys(t, 0xff0d)
	d.keys(t, 0xffe1, 0xff09) // back to the last answer
	d.keys(t, 0xff0d)
	if a, _ := await[wire.Answered](t, v); a.Help != "instead" || a.Referral != "administration" {
		t.Errorf("%+v", a)
	}
	for range 8 { // past the places to the button that skips
		d.keys(t, 0xff09)
	}
	d.keys(t, 0xff0d)
	if p, _ := await[wire.Pressed](t, v); p.Button != wire.ButtonSkip {
		t.Errorf("%+v", p)
	}
}
