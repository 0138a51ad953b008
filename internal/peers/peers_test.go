package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"guichet.example/internal/escape"
)

func TestParseStat(t *testing.T) {
	for text, want := range map[string]process{
		"12 (surf) S 1 12 12 0":               {12, 1, "surf", false},
		"7 (a (b) c) Z 3 7 7 0":               {7, 3, "a (b) c", true},
		"90 (chrome_crashpad) S 1 1 1 0 -1 4": {90, 1, "chrome_crashpad", false},
	} {
		if got, err := parseStat(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "12", "12 (surf", "12 (surf)", "12 (surf) S", "x (surf) S 1", "12 (surf) S y", ") 1 ("} {
		if got, err := parseStat(text); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

func TestParsePSS(t *testing.T) {
	const text = "55d0-7ffd ---p 00000000 00:00 0 [rollup]\nRss:  9000 kB\nPss:    1234 kB\nPss_Anon: 99 kB\n"
	if got := parsePSS(text); got != 1234 {
		t.Errorf("%v KiB", got)
	}
	if got := parsePSS("Rss: 3 kB\n"); got != 0 {
		t.Errorf("%v KiB of nothing", got)
	}
}

func TestSectorsWritten(t *testing.T) {
	got, err := sectorsWritten("     122        0     5656       12       34        8       16       40        0")
	if err != nil || got != 16*512 {
		t.Errorf("%d, %v", got, err)
	}
	if _, err := sectorsWritten("1 2 3"); err == nil {
		t.Error("three numbers are enough")
	}
}

func TestMachine(t *testing.T) {
	if got := field("NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n", "PRETTY_NAME="); got != "Debian GNU/Linux 12 (bookworm)" {
		t.Error(got)
	}
	if got := gibibytes("MemTotal:       24684572 kB\nMemFree: 1 kB\n"); got != "24 GiB" {
		t.Error(got)
	}
	if got := field("", "X="); got != "an unknown system" {
		t.Error(got)
	}
}

// The rules let the hosts through, at any port, and no others, however alike.
func TestContentFilter(t *testing.T) {
	var rules []struct {
		Trigger struct {
			Filter string `json:"url-filter"`
		}
		Action struct{ Type string }
	}
	if err := json.Unmarshal(contentFilter([]string{"http://a.localhost", "https://b.localhost:8080"}), &rules); err != nil {
		t.Fatal(err)
	}
	allowed := func(address string) (through bool) {
		for _, r := range rules {
			if regexp.MustCompile(r.Trigger.Filter).MatchString(address) {
				through = r.Action.Type == "ignore-previous-rules"
			}
		}
		return through
	}
	for _, address := range []string{"http://a.localhost/", "https://b.localhost:8080/x?y", "ws://a.localhost/s", "wss://b.localhost:8080/s", "data:,x", "about:blank"} {
		if !allowed(address) {
			t.Errorf("%q is blocked", address)
		}
	}
	for _, address := range []string{"http://evil.localhost/", "http://b.localhost:8080/", "https://b.localhost/", "http://a.localhost:81/", "http://a.localhost.evil/", "http://evil/a.localhost/", "http://axlocalhost/",
		"https://a.localhost@evil/", "http://a.localhost:1@evil/", "file:///etc/passwd", "ftp://a.localhost/", "http://www.a.localhost/"} {
		if allowed(address) {
			t.Errorf("%q is let through", address)
		}
	}
}

func TestChromiumPolicy(t *testing.T) {
	text, err := json.Marshal(chromiumPolicy("http://home.localhost/", []string{"http://a.localhost:8080"}, []byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	var p map[string]any
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"URLBlocklist": []any{"*"}, "URLAllowlist": []any{"http://.a.localhost:8080"},
		"DeveloperToolsAvailability": 2.0, "DownloadRestrictions": 3.0, "IncognitoModeAvailability": 2.0} {
		if got, _ := json.Marshal(p[name]); string(got) != string(mustJSON(t, want)) {
			t.Errorf("%s is %s", name, got)
		}
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The grid sees the home page and nothing but: no edge, no text.
func TestHomePicture(t *testing.T) {
	size := image.Pt(1280, 800)
	picture, points := homePicture(size), grid(size)
	if plain(colours(picture, points)) {
		t.Error("the grid does not see the link")
	}
	for _, p := range points {
		for _, near := range []image.Point{{3, 3}, {-3, -3}} {
			if picture.RGBAAt(p.X, p.Y) != picture.RGBAAt(p.X+near.X, p.Y+near.Y) {
				t.Errorf("%v lies on an edge", p)
			}
		}
		if text := image.Rect(320, 200, 960, 260); p.In(text) {
			t.Errorf("%v lies on the text", p)
		}
	}
	if !same(colours(picture, points), picture, points) {
		t.Error("it is not itself")
	}
	picture.SetRGBA(points[3].X, points[3].Y, color.RGBA{1, 2, 3, 255})
	if same(colours(homePicture(size), points), picture, points) {
		t.Error("one point makes no difference")
	}
}

func TestMedian(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 1e6), 1, 30).Draw(t, "values")
		m := median(values)
		below, above := 0, 0
		for _, v := range values {
			if v < m {
				below++
			}
			if v > m {
				above++
			}
		}
		if below > len(values)/2 || above > len(values)/2 {
			t.Fatalf("%v of %v: %d below, %d above", m, values, below, above)
		}
	})
}

// example is what a run may bring.
func example() column {
	a, b := escape.Vector{ID: "K01"}, escape.Vector{ID: "B20"}
	found := func(kinds ...escape.Kind) (all []escape.Evidence) {
		for _, k := range kinds {
			all = append(all, escape.Evidence{Kind: k})
		}
		return all
	}
	return column{name: "other", version: "other 1.0", reset: "kill it", attacked: &attacked{[]escape.Result{
		{Vector: a},
		{Vector: a, Found: found(escape.Window)},
		{Vector: b, Found: found(escape.Saw, escape.Reached)},                                  // counts once, as the weightier
		{Vector: b, Err: errors.New("the page does not hear the keyboard any more"), Try: "x"}, // could not be tried
		{Vector: b},
	}}, sat: &sat{planted: []string{"R01", "R02", "R03"}, left: map[string]string{"R02": "somewhere"},
		read: map[string]string{"R02": "1"}, onDisk: []string{"R03"}, resets: []float64{30, 10, 20}, memory: 99.6, written: 1500}}
}

func TestOutside(t *testing.T) {
	for e, want := range map[escape.Evidence]bool{
		{Kind: escape.Window, What: `popup "" of "" at (0,0)-(9,9)`}:       false,
		{Kind: escape.Window, What: `window "popup" of "" at (0,0)-(9,9)`}: true,
		{Kind: escape.Saw, What: "contextmenu"}:                            false,
		{Kind: escape.Gone, What: "1 windows"}:                             true,
	} {
		if outside(e) != want {
			t.Errorf("%v: %v", e, !want)
		}
	}
}

func TestHeard(t *testing.T) {
	for e, want := range map[escape.Evidence]bool{
		{Kind: escape.Saw, What: "the key ctrl+o"}:  true,
		{Kind: escape.Saw, What: "zoom:2"}:          false,
		{Kind: escape.Window, What: "the key ring"}: false,
	} {
		if heard(e) != want {
			t.Errorf("%v: %v", e, !want)
		}
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	broken := column{name: "broken", version: "0", failed: []error{errors.New("it does not start")}}
	if err := write(&out, "today", "a machine", []column{example(), broken}); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{"succeeded / tried", "2 / 4", "2 / 2", "20 ms", "10–30 ms", "100 MiB", "2 kB", "2 / 3", "it does not start", "kill it", "n/a"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	var widths []int
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") {
			widths = append(widths, utf8.RuneCountInString(line))
		}
	}
	if slices.Min(widths) != slices.Max(widths) {
		t.Errorf("the lines are %v wide", widths)
	}
	if t.Failed() {
		t.Log(text)
	}
}

// The kinds of evidence in the table add up to its first line.
func TestEveryKindHasARow(t *testing.T) {
	kinds := []escape.Kind{escape.Window, escape.Gone, escape.Process, escape.File, escape.Reached, escape.Saw, escape.Over, escape.Behind, escape.Held}
	for _, k := range kinds {
		c := column{attacked: &attacked{[]escape.Result{{Found: []escape.Evidence{{Kind: k}}}}}}
		n := 0
		for _, r := range escapeRows()[2:8] {
			if r.cell(c) == "1" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%q is counted %d times", k, n)
		}
	}
}

func TestParse(t *testing.T) {
	o, err := parse([]string{"-only", "surf,cog", "-rounds", "5"})
	if err != nil || !slices.Equal(o.only, []string{"surf", "cog"}) || o.rounds != 5 || len(o.vectors) != 0 {
		t.Errorf("%+v, %v", o, err)
	}
	for _, args := range [][]string{{"-rounds", "0"}, {"surplus"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}
