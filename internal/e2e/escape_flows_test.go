package e2e

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"slices"
	"testing"
	"time"

	"guichet.example/cmd/kiosk-bench/display"
	"guichet.example/internal/escape"
	"guichet.example/internal/hostile"
)

// flow is a page of what must go on working in spite of everything.
type flow struct {
	*bench
	k     *escape.Kiosk
	site  *hostile.Site
	visit *hostile.Visit

	reader *reader // of what our panels say; nil where there is no bus
}

// show goes to a page anew.
func (f *flow) show(t *testing.T, page string) {
	t.Helper()
	f.visit = f.site.Arm(page)
	if err := f.k.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.await(t, "ready:"+page)
	first := (&escape.Attempt{Subject: f.k}).Target(0).Sub(image.Pt(100, 15))
	f.seen(t, "the first target", func(now *image.RGBA) bool { return now.RGBAAt(first.X, first.Y) == color.RGBA{0xdd, 0xdd, 0xdd, 255} })
}

// await waits until the page has said something.
func (f *flow) await(t *testing.T, what string) {
	t.Helper()
	f.awaitAgain(t, what, 1)
}

// awaitAgain waits until the page has said something n times.
func (f *flow) awaitAgain(t *testing.T, what string, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := f.visit.Await(ctx, what, n); err != nil {
		f.keep("flow-failed")
		t.Fatal(err)
	}
}

// touch touches the page's nth target.
func (f *flow) touch(t *testing.T, n int) {
	t.Helper()
	a := escape.Attempt{Subject: f.k, Visit: f.visit, Site: f.site}
	if err := a.Click(t.Context(), a.Target(n), display.ButtonLeft); err != nil {
		t.Fatal(err)
	}
}

// goBack touches "Retour".
func (f *flow) goBack(t *testing.T) {
	t.Helper()
	if err := f.k.Screen().Press(t.Context(), image.Pt(158, 47), display.ButtonLeft, 40*time.Millisecond); err != nil {
		t.Fatal(err)
	}
}

// page is what is to be seen below the bar and beside the steps.
func (f *flow) page(t *testing.T) *image.RGBA {
	t.Helper()
	all, err := f.k.Screen().Capture(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	part := image.NewRGBA(f.k.Page())
	draw.Draw(part, part.Bounds(), all, part.Bounds().Min, draw.Src)
	return part
}

// until waits until it is so.
func (f *flow) until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			f.keep("flow-failed")
			t.Fatalf("never so: %s", what)
		}
	}
}

// seen waits until the page looks as it should.
func (f *flow) seen(t *testing.T, what string, so func(*image.RGBA) bool) {
	t.Helper()
	f.until(t, what, func() bool { return so(f.page(t)) })
}

// usable wants the page on the screen as it was, and a touch to be felt by
// it: that leads on.
func (f *flow) usable(t *testing.T, before image.Image) {
	t.Helper()
	f.seen(t, "the page as it was", func(now *image.RGBA) bool { return far(before, now) < 0.005 })
	f.touch(t, targetRedirect)
	f.await(t, "ready:second")
}

// Targets of the page, in its order.
const (
	targetPopup = iota
	targetPrint
	targetPost
	targetRedirect
	targetInline
	targetAttached
	targetFile
)

// TestAllowedFlows does what people come for, on a kiosk from which nothing
// gets out: logging in by another origin's window, forms and redirects between
// origins, documents, files and printing as far as there are any, typing.
func TestAllowedFlows(t *testing.T) {
	b, site, k := openHostile(t, "x11")
	f := &flow{bench: b, k: k, site: site}
	if err := findAccess(); err == nil {
		f.reader = startReader(b)
	} else {
		t.Logf("not looked at: the words of our panels: %v", err)
	}
	for _, s := range []struct {
		name string
		do   func(*testing.T)
	}{
		{"words of the engine in French", func(t *testing.T) { f.await(t, "words Remplir ce champ") }},
		{"typing", f.typing},
		{"login in a window of another origin", f.popup},
		{"form post and redirects between origins", f.post},
		{"redirects between origins", f.redirects},
		{"document", func(t *testing.T) { f.document(t, targetInline) }},
		{"document to be saved", func(t *testing.T) { f.document(t, targetAttached) }},
		{"file", func(t *testing.T) { f.aside(t, targetFile, "tray") }},
		{"print", func(t *testing.T) { f.aside(t, targetPrint, "print") }},
	} {
		t.Run(s.name, func(t *testing.T) {
			f.show(t, "flow")
			s.do(t)
		})
	}
}

// typing enters what a French keyboard can, by AltGr and by dead keys.
func (f *flow) typing(t *testing.T) {
	a := escape.Attempt{Subject: f.k}
	if err := a.Click(t.Context(), a.Field(), display.ButtonLeft); err != nil {
		t.Fatal(err)
	}
	text := "é è ç à @ € ê ï ñ Œ «»"
	if err := f.k.Screen().Type(t.Context(), []rune(text)); err != nil {
		t.Fatal(err)
	}
	f.await(t, "field:"+text)
}

// popup logs in by the keyboard. The login gives its answer to the page that
// opened it, and closes.
func (f *flow) popup(t *testing.T) {
	before := f.page(t)
	f.touch(t, targetPopup)
	f.await(t, "login page with opener")
	f.awaitHost(t, hostile.Login)
	f.await(t, "ready:login")
	f.keep("flow-login")
	if err := f.k.Screen().Type(t.Context(), []rune("jeanne\n")); err != nil {
		t.Fatal(err)
	}
	f.await(t, "form at "+hostile.Login+" by POST: jeanne")
	f.await(t, "message from http://"+hostile.Login+":token")
	f.awaitHost(t, hostile.Attack)
	f.usable(t, before)
}

// awaitHost waits until the kiosk is where it should be.
func (f *flow) awaitHost(t *testing.T, host string) {
	t.Helper()
	f.until(t, "the kiosk is at "+host, func() bool {
		s, err := f.k.State(t.Context())
		return err == nil && s.View.Host == host
	})
}

func (f *flow) post(t *testing.T) {
	f.touch(t, targetPost)
	f.await(t, "form at login.localhost by POST: posted")
	f.await(t, "ready:second")
}

func (f *flow) redirects(t *testing.T) {
	f.touch(t, targetRedirect)
	f.await(t, "ready:second")
}

// document opens a PDF by a target: its red bar is to be seen, which nothing
// else on the screen has. "Retour" leads back.
func (f *flow) document(t *testing.T, target int) {
	before := f.page(t)
	f.touch(t, target)
	f.await(t, "pdf sent")
	f.seen(t, "the document", func(now *image.RGBA) bool { return reds(now) > 2000 })
	f.keep(fmt.Sprint("flow-document-", target))
	f.goBack(t)
	f.usable(t, before)
}

// reds counts pure red pixels.
func reds(img *image.RGBA) (n int) {
	for i := 0; i+3 < len(img.Pix); i += 4 {
		if img.Pix[i] == 255 && img.Pix[i+1] == 0 && img.Pix[i+2] == 0 {
			n++
		}
	}
	return n
}

// aside asks for what the kiosk does not have: our panel says so in its words
// and leads back, by its button and by "Retour".
func (f *flow) aside(t *testing.T, target int, words string) {
	before := f.page(t)
	f.touch(t, target)
	f.seen(t, "our panel", ours)
	f.says(t, "aside."+words+".title", "aside."+words+".1", "aside."+words+".2", "aside."+words+".3", "aside."+words+".back")
	f.keep("flow-" + words)
	if target == targetFile {
		f.await(t, "tray cancelled")
	} else {
		f.await(t, "done:print")
	}
	f.goBack(t)
	f.seen(t, "the page as it was", func(now *image.RGBA) bool { return far(before, now) < 0.005 })
	f.touch(t, target)
	f.seen(t, "our panel again", ours)
	if err := f.k.Screen().Key(t.Context(), "Return"); err != nil {
		t.Fatal(err)
	}
	f.usable(t, before)
}

// ours tells a panel of ours by its ground in the corner, where a page is
// white.
func ours(page *image.RGBA) bool {
	return page.RGBAAt(page.Rect.Min.X+8, page.Rect.Max.Y-8) == color.RGBA{0xf3, 0xf5, 0xf9, 255}
}

// says wants words of ours to be on the screen, for those who hear it too.
func (f *flow) says(t *testing.T, keys ...string) {
	t.Helper()
	if f.reader == nil {
		return
	}
	w := readTexts(t, "fr")
	f.until(t, fmt.Sprint("the panel says ", keys), func() bool {
		root, err := f.reader.look(false)
		return err == nil && !slices.ContainsFunc(keys, func(key string) bool { return !root.says(w[key]) })
	})
}

// TestNoPageHoldsTheEnd: whatever a page asks, the button ends the session.
func TestNoPageHoldsTheEnd(t *testing.T) {
	b, site, k := openHostile(t, "x11")
	f := &flow{bench: b, k: k, site: site}
	for _, page := range []string{"trap", "flood"} {
		t.Run(page, func(t *testing.T) {
			f.show(t, page)
			f.touch(t, 0)
			f.await(t, map[string]string{"trap": "done:arm", "flood": "dialog 1"}[page])
			from := b.mark()
			b.post("/api/tap", map[string]int{"x": 1167, "y": 47})
			b.wiped(from)
			if f.visit.Count("asks") > 0 {
				t.Error("the page was asked whether the session may end")
			}
			if err := k.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
}
