package main

import (
	"bufio"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"guichet.example/kiosk/view/wire"
)

var gaps = regexp.MustCompile(`%[0-9]*[ds]`)

func TestWords(t *testing.T) {
	c, err := readCatalog()
	if err != nil {
		t.Fatal(err)
	}
	if len(c["fr"]) == 0 || len(c["en"]) == 0 {
		t.Fatal("French and English are a must")
	}
	for code, w := range c {
		for key, french := range c["fr"] {
			text, ok := w[key]
			if !ok || strings.TrimSpace(text) == "" {
				t.Errorf("%s: %q is missing or empty", code, key)
			}
			if !slices.Equal(gaps.FindAllString(text, -1), gaps.FindAllString(french, -1)) {
				t.Errorf("%s: %q has other gaps than in French", code, key)
			}
			for sentence := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(".!?:\n", r) }) {
				if n := len(strings.Fields(sentence)); n > 12 {
					t.Errorf("%s: %q has a sentence of %d words; easy language has 12 at most", code, key, n)
				}
			}
		}
		for key := range w {
			if _, ok := c["fr"][key]; !ok {
				t.Errorf("%s: %q is not in French", code, key)
			}
		}
	}
	if got := c.in("xx")["home.next"]; got != c["fr"]["home.next"] {
		t.Errorf("a language without words says %q", got)
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		width, height, scale, tiles int
		want                        grid
	}{
		{1280, 800, 100, 13, grid{3, 2}}, {1280, 800, 125, 13, grid{2, 2}}, {1280, 800, 150, 13, grid{3, 1}}, {1280, 800, 200, 13, grid{2, 1}},
		{1920, 1080, 100, 13, grid{4, 3}}, {1920, 1080, 200, 13, grid{3, 1}}, {1280, 800, 100, 2, grid{2, 1}},
		{1, 1, 200, 0, grid{1, 1}},
	} {
		if got := fit(c.width, c.height, c.scale, c.tiles); got != c.want {
			t.Errorf("fit(%d, %d, %d, %d) = %v, want %v", c.width, c.height, c.scale, c.tiles, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		tiles := rapid.IntRange(0, 60).Draw(t, "tiles")
		g := fit(rapid.IntRange(1, 8000).Draw(t, "w"), rapid.IntRange(1, 5000).Draw(t, "h"),
			rapid.SampledFrom([]int{100, 125, 150, 200}).Draw(t, "scale"), tiles)
		if g.Columns < 1 || g.Rows < 1 || g.pages(tiles)*g.size() < tiles || (g.pages(tiles)-1)*g.size() >= max(1, tiles) {
			t.Fatalf("%v for %d tiles", g, tiles)
		}
	})
}

func TestEveryTileIsOnOnePage(t *testing.T) {
	s := newStage(t)
	var seen []string
	for range s.grid().pages(13) {
		for _, tile := range s.win.drawn.Tiles {
			seen = append(seen, tile.Procedure)
		}
		s.turn(1)
	}
	s.turn(1) // no further than the last
	if len(seen) != 13 || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != 13 {
		t.Errorf("seen %v", seen)
	}
}

func TestEnvironment(t *testing.T) {
	for _, bad := range []string{"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS=1", "WEBKIT_INSPECTOR_SERVER=x", "WEBKIT_INSPECTOR_HTTP_SERVER=x",
		"GTK_MODULES=x", "GTK_DEBUG=interactive", "LD_PRELOAD=", "GTK_MODULES"} {
		if err := refuseEnvironment([]string{"PATH=/bin", bad}); err == nil {
			t.Errorf("%q is let through", bad)
		}
	}
	if err := refuseEnvironment([]string{"PATH=/bin", "DISPLAY=:0", "LD_PRELOADED=x", "GUICHET_VIEW=1"}); err != nil {
		t.Error(err)
	}
}

func TestReadStart(t *testing.T) {
	for in, ok := range map[string]bool{
		`{"start":{"proxy":"http://127.0.0.1:3128"}}` + "\n": true,
		`{"start":{"proxy":""}}` + "\n":                      false,
		`{"blank":{}}` + "\n":                                false,
		`{"start":{"proxy":"x","more":1}}` + "\n":            false,
		`{"start":{"proxy":"x"}}`:                            false, // no end of line
		"":                                                   false,
		strings.Repeat("x", wire.MaxDown+1) + "\n":           false,
	} {
		if _, err := readStart(bufio.NewReaderSize(strings.NewReader(in), 16)); (err == nil) != ok {
			t.Errorf("%.40q: %v", in, err)
		}
	}
	in := bufio.NewReader(strings.NewReader(fmt.Sprintf("%s\n%s\n", `{"blank":{}}`, `{"start":{"proxy":"x"}}`)))
	if msg, err := next(in); err != nil || msg != (wire.Blank{}) {
		t.Errorf("%v, %v", msg, err)
	}
	if _, err := next(in); err == nil {
		t.Error("a second start was taken")
	}
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(r, g, b float64) float64 { return 0.2126*lin(r) + 0.7152*lin(g) + 0.0722*lin(b) }

func lin(c float64) float64 {
	if c /= 255; c <= 0.03928 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}

// Text on its ground: WCAG 2.2 asks 7:1 for level AAA (1.4.6).
func TestContrast(t *testing.T) {
	for name, pair := range map[string][2]int{
		"ink on card": {0x14213d, 0xffffff}, "ink on ground": {0x14213d, 0xf3f5f9}, "promise": {0x3a4662, 0xf3f5f9},
		"purpose": {0x2b3752, 0xffffff}, "accent on card": {0x0b4a85, 0xffffff}, "accent on ground": {0x0b4a85, 0xf3f5f9},
		"white on accent": {0xffffff, 0x0b4a85}, "white on brand": {0xffffff, 0x0f2f52}, "white on done": {0xffffff, 0x00612a},
		"white on stopped": {0xffffff, 0x6b3300}, "strong done": {0xffffff, 0x004d20}, "strong accent on done": {0xffe600, 0x004d20},
		"mark": {0x1d1500, 0xffd54a}, "strong": {0xffffff, 0x000000}, "strong accent": {0xffe600, 0x000000},
	} {
		l := func(c int) float64 { return luminance(float64(c>>16), float64(c>>8&255), float64(c&255)) }
		a, b := l(pair[0]), l(pair[1])
		if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 7 {
			t.Errorf("%s: %.1f:1", name, ratio)
		}
		for _, c := range pair {
			if hex := fmt.Sprintf("#%06x", c); !strings.Contains(strings.ToLower(styleSheet), hex) {
				t.Errorf("%s: %s is not in style.css", name, hex)
			}
		}
	}
}

// A tile that cuts its sentence off helps nobody; too much makes it scroll.
func TestTilesAreNeverCutOff(t *testing.T) {
	design, err := designFiles.ReadFile("ui/tile.ui")
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []string{`name="ellipsize"`, `name="lines"`} {
		if strings.Contains(string(design), cut) {
			t.Errorf("a label of the tile has %s", cut)
		}
	}
}

func TestTileNames(t *testing.T) {
	for want, tile := range map[string]tile{
		"Aide. Pour le loyer. 5 à 10 minutes": {Title: "Aide", Purpose: "Pour le loyer.", Minutes: "5 à 10 minutes"},
		"Aide. Pourquoi ? 5 minutes":          {Title: "Aide", Purpose: "Pourquoi ?", Minutes: "5 minutes"},
		"Aide. Pour le loyer.":                {Title: "Aide", Purpose: "Pour le loyer."},
	} {
		if got := tile.name(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
