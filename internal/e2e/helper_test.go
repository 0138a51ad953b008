package e2e

import (
	"fmt"
	"image"
	"image/color"
	"net/http"
	"net/http/httptest"
	"testing"

	"guichet.example/cmd/kiosk-bench/control"
	"guichet.example/internal/residue"
)

// townOf serves pages in the place of the demonstration's town hall.
func townOf(t *testing.T, pages map[string]string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, pages[r.URL.Path])
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// TestHelpersOwnSession: a helper's badge opens what is for helpers, on the home
// surface; a person's session does not reach it, and nothing of it is left.
func TestHelpersOwnSession(t *testing.T) {
	town := townOf(t, map[string]string{"/": `<body style="background:green"><script>setTimeout(() => { location = 'http://aidants.localhost/' }, 300)</script>`})
	b := startBench(t, t.TempDir(), "--compositor", "x11", "--map", "mairie.localhost="+town)
	canaries := residue.NewSet()
	refusesHelpers(b)
	offered(b, "helper-pin", func() {
		b.until("the pad", func(s state) bool { return s.Session.Pad && s.Film.Sensed == "private" })
		b.padUp(false)
		b.post("/api/type", map[string]string{"text": control.PIN})
		b.post("/api/key", map[string]string{"key": "Return"})
	})
	b.post("/api/tap", map[string]int{"x": 160, "y": 750}) // "back to the home page"
	b.until("clear again", func(s state) bool {
		return s.Session.State == "idle" && s.Film.Sensed == "clear" && b.screen().At(4, 130) != helped
	})
	offered(b, "helper", func() {})
	b.keep("helper-offer")
	b.post("/api/tap", map[string]int{"x": 240, "y": 300}) // the one tile
	s := b.until("on the helpers' service", func(s state) bool { return s.View.Host == "aidants.localhost" })
	if s.Film.Sensed != "private" || s.Session.Mode != "helper" || s.Session.Procedure != "demo-mandats" {
		t.Errorf("in the helper's session: %+v", s)
	}
	signIn(b)
	typeCanary(b, canaries, "a helper's note")
	b.keep("helper-session")
	from := b.mark()
	b.post("/api/badge", map[string]string{"card": "helper"})
	b.wiped(b.await(from, "badge", "helper"))
	b.do("DELETE", "/api/badge", nil)
	s = b.until("wiped and warm", func(s state) bool { return s.Session.State == "idle" && s.View.Spare })
	if s.Usage.Pending+s.Usage.Committed != 0 {
		t.Errorf("counted: %+v", s.Usage)
	}
	nothingLeft(b, canaries)
	from = b.mark()
	b.post("/api/procedure", map[string]string{"id": "demo"})
	b.await(from, "blocked", "aidants.localhost")
	refusesHelpers(b)
}

func refusesHelpers(b *bench) {
	b.t.Helper()
	if status, answer := b.do("POST", "/api/procedure", map[string]string{"id": "demo-mandats"}); status != 409 {
		b.t.Errorf("a helper's procedure without a badge: %d %s", status, answer)
	}
}

// offered taps a helper's badge on the home surface, and does what it asks for.
func offered(b *bench, card string, prove func()) {
	b.t.Helper()
	b.post("/api/badge", map[string]string{"card": card})
	prove()
	b.until("offered", func(s state) bool {
		return !s.Session.Pad && b.screen().At(4, 130) == helped
	})
	b.do("DELETE", "/api/badge", nil)
}

// signIn signs in with the account that the page shows.
func signIn(b *bench) {
	b.t.Helper()
	b.drawn()
	b.post("/api/type", map[string]string{"text": "aidant"})
	b.post("/api/key", map[string]string{"key": "Tab"})
	b.post("/api/type", map[string]string{"text": "4321"})
	b.settle()
	before := b.screen()
	b.post("/api/key", map[string]string{"key": "Return"})
	b.until("signed in", func(state) bool { return far(before, b.screen()) > 0.02 })
}

// redFields is a page whose text is red blocks: what type, token, and the demo
// pack's selector tell to be sensitive, in a frame too, and a field that is not.
const redFields = `<meta charset=utf-8><style>body { margin: 0 } * { font: 40px monospace; color: red; border: 0; outline: 0; padding: 0 }
	div { position: fixed; left: 10px; height: 60px; overflow: hidden } iframe { width: 500px; height: 60px }</style>
	<div style="top:10px"><input size=8 value=████████></div>
	<div style="top:90px"><input size=8 type=password value=████████ onfocus="this.type='text'" autocomplete=current-password id=a></div>
	<div style="top:170px"><input size=8 autocomplete=cc-number value=████████></div>
	<div style="top:250px"><input size=8 id=naissance value=████████></div>
	<div style="top:330px"><p class=ticket-number style="margin:0">████████</p></div>
	<div style="top:410px"><iframe src="http://connexion.localhost/frame"></iframe></div>
	<script>document.querySelector('#a').type = 'text'
	addEventListener('click', () => open('/popup'))</script>`

// redRows counts what is red in each row of redFields.
func redRows(img image.Image, top int) (rows [6]int) {
	for i := range rows {
		for y := range 60 {
			for x := 340; x < 900; x++ {
				r, g, b, _ := img.At(x, top+10+80*i+y).RGBA()
				if r > 0xc000 && g < 0x6000 && b < 0x6000 {
					rows[i]++
				}
			}
		}
	}
	return rows
}

// TestMaskedWhileHelped: what the pack names is masked while the film is clear,
// with whatever else is sensitive; the mark stands over all of it.
func TestMaskedWhileHelped(t *testing.T) {
	t.Parallel()
	frame := `<meta charset=utf-8><style>* { font: 40px monospace; color: red; border: 0; margin: 0; padding: 0 }</style><input size=8 name=iban value=████████>`
	town := townOf(t, map[string]string{"/": redFields, "/frame": frame,
		"/popup": `<body style="background:blue"><script>addEventListener('click', () => alert('Vu'))</script>`})
	b := startBench(t, t.TempDir(), "--compositor", "x11", "--map", "mairie.localhost="+town, "--map", "connexion.localhost="+town)
	choose(b)
	var plain [6]int
	b.until("every field", func(state) bool {
		plain = redRows(b.screen(), 94)
		return min(plain[0], plain[1], plain[2], plain[3], plain[4], plain[5]) > 3000
	})
	b.post("/api/badge", map[string]string{"card": "helper"})
	b.until("asked", func(s state) bool { return s.Session.State == "consent" })
	b.panel()
	b.keep("consent")
	for _, key := range []string{"Tab", "Return"} { // from "no", which has the keyboard, to "yes"
		b.post("/api/key", map[string]string{"key": key})
	}
	b.until("assisted", func(s state) bool { return s.Session.State == "assisted" && s.Film.Sensed == "clear" })
	b.do("DELETE", "/api/badge", nil)
	b.settle()
	b.keep("masked")
	const markHeight = 70
	masked := redRows(b.screen(), 94+markHeight)
	for i, n := range masked {
		if i == 0 && n != plain[0] || i > 0 && (n == 0 || n > plain[i]/2) {
			t.Errorf("row %d: %d red, %d before", i, n, plain[i])
		}
	}
	markStands(b, "over the page")
	b.post("/api/tap", map[string]int{"x": 1000, "y": 700})
	b.until("the popup", func(state) bool { return b.screen().At(1000, 700) == color.RGBA{0, 0, 255, 255} })
	markStands(b, "over a popup")
	b.post("/api/tap", map[string]int{"x": 1000, "y": 700})
	b.until("its dialog", func(state) bool { return b.screen().At(1000, 760) != color.RGBA{0, 0, 255, 255} })
	markStands(b, "over a dialog")
	b.post("/api/badge", map[string]string{"card": "helper"})
	b.until("alone", func(s state) bool { return s.Session.State == "active" && s.Film.Sensed == "private" })
	b.settle()
	b.keep("question")
	b.post("/api/key", map[string]string{"key": "Return"}) // the first answer has the keyboard
	b.settle()
	b.keep("answered")
}

func markStands(b *bench, where string) {
	b.t.Helper()
	if got := b.screen().At(4, 20); got != helped {
		b.t.Errorf("no mark %s, but %v", where, got)
	}
}
