package e2e

import (
	"context"
	"strings"
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
}

// show goes to a page anew.
func (f *flow) show(t *testing.T, page string) {
	t.Helper()
	f.visit = f.site.Arm(page)
	if err := f.k.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.await(t, "ready:"+page)
}

// await waits until the page has said something.
func (f *flow) await(t *testing.T, what string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := f.visit.Await(ctx, what, 1); err != nil {
		f.keep("flow-" + t.Name()[strings.LastIndexByte(t.Name(), '/')+1:])
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

// TestAllowedFlows does what people come for, on a kiosk from which nothing
// gets out: logging in by another origin's window, forms and redirects between
// origins, documents, typing.
func TestAllowedFlows(t *testing.T) {
	b, site, k := openHostile(t, "x11")
	f := &flow{bench: b, k: k, site: site}
	for _, s := range []struct {
		name string
		do   func(*testing.T)
	}{
		{"typing", f.typing},
		{"form post and redirects between origins", f.post},
		{"redirects between origins", f.redirects},
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

func (f *flow) post(t *testing.T) {
	f.touch(t, 2)
	f.await(t, "form at login.localhost by POST: posted")
	f.await(t, "ready:second")
}

func (f *flow) redirects(t *testing.T) {
	f.touch(t, 3)
	f.await(t, "ready:second")
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
			b.inOrder(from, "session wiping", "blanked", "wipe verified", "session idle", "view-shown home")
			if f.visit.Count("asks") > 0 {
				t.Error("the page was asked whether the session may end")
			}
			if err := k.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
}
