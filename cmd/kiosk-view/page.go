package main

import (
	"net/url"
	"strings"
	"time"

	"guichet.example/kiosk/view/wire"
)

// trouble is why our trouble panel is up; its value is part of a words key.
type trouble string

const (
	troubleNone    trouble = ""
	troubleStopped trouble = "stopped" // crashed, hung or out of memory
	troubleNetwork trouble = "network"
	troubleTLS     trouble = "tls"
	troubleDenied  trouble = "denied"
	troubleLogin   trouble = "login" // a password of HTTP is asked for
)

// way is where the one button of the trouble panel leads.
type way int

const (
	wayStart way = iota // the start of the procedure
	wayPage             // the page that still stands behind the panel
	wayClose            // the page that opened this popup
)

func (w way) button() string {
	if w == wayStart {
		return "trouble-home"
	}
	return "trouble-page"
}

// --- what the person does -------------------------------------------------

// goHome leads to the start of the procedure, and takes the keyboard there:
// who wants the start goes on in the page, whether they came by finger or by
// Tab, and would have to walk past all of the bar and the guide. The other
// buttons of the bar keep the keyboard of who came by Tab, to be pressed again;
// who came by finger leaves it in the page (focus-on-click).
func (l *loop) goHome() {
	l.closeDialog(false, "")
	l.toStart()
	l.redraw()
	l.writeInPage()
}

// writeInPage gives the page the keyboard, unless a panel of ours has it.
func (l *loop) writeInPage() {
	if _, panel, _ := l.panel(); panel == "page" {
		l.win.focusPage()
	}
}

func (l *loop) goBack() {
	switch {
	case l.trouble != troubleNone && l.way != wayStart:
		l.goOn()
	case l.trouble == troubleNone && l.aside != asideNone:
		l.closeAside()
	case l.trouble == troubleNone && l.canBack:
		l.closeDialog(false, "")
		l.win.back()
	}
}

// goOn leaves the trouble panel by its button.
func (l *loop) goOn() {
	switch l.way {
	case wayPage:
		l.trouble, l.late = troubleNone, false
		l.redraw()
	case wayClose:
		l.win.close()
	default:
		l.goHome()
	}
}

// --- what the engine tells ------------------------------------------------

// mayNavigate lets the schemes of sites through, and those that pages need
// for frames inside them; which hosts may be reached is the proxy's to say.
func (l *loop) mayNavigate(rawURL string) bool {
	scheme, _, _ := strings.Cut(rawURL, ":")
	switch strings.ToLower(scheme) {
	case "https", "http", "blob", "data", "webkit-pdfjs-viewer":
		return true
	case "about":
		return rawURL == "about:blank" || rawURL == "about:srcdoc"
	}
	return false
}

// at is told the address of the page now shown, and whether it just came.
func (l *loop) at(rawURL string, came bool) {
	if came {
		l.written, l.leaving = false, false
	}
	if l.dialog == nil {
		l.pulse.resume()
	}
	host := hostOf(rawURL)
	if host != l.host {
		l.host = host
		l.send(wire.At{Host: host})
	}
	if !l.succeeded && l.open.Matches(rawURL) {
		l.succeeded = true
		l.send(wire.Succeeded{})
	}
}

// hostOf returns the host of a site in lower case, also of what a site made
// itself (blob:), "" for what is none. An IPv6 literal is none either: the
// daemon accepts names only.
func hostOf(rawURL string) string {
	u, err := url.Parse(strings.TrimPrefix(rawURL, "blob:"))
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || strings.Contains(u.Hostname(), ":") {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// over is told how many popups lie over the first page when another page has
// come on top. What failed before is not its trouble.
func (l *loop) over(popups int) {
	l.written = popups < l.popups
	l.popups, l.trouble, l.late, l.aside = popups, troubleNone, false, asideNone
	l.pulse.start()
	if l.dialog != nil {
		l.pulse.pause()
	}
	l.redraw()
	l.writeInPage()
}

// warm starts the page's process with an empty page.
func (l *loop) warm() { l.win.load("about:blank") }

// warmPing is the ping that shows that the engine is warm.
const warmPing = 0

func (l *loop) loaded() {
	if !l.ready {
		l.win.ping(warmPing)
	}
}

func (l *loop) pong(number int) {
	if number == warmPing {
		if !l.ready {
			l.ready = true
			l.send(wire.Ready{})
		}
		return
	}
	l.pulse.answered(number)
}

// failed is told that a page did not come. The one before it still stands:
// nothing that the person wrote there is lost by a link that fails.
func (l *loop) failed(t trouble) {
	l.trouble, l.way, l.late = t, l.wayBack(), false
	if l.win.alive() {
		l.way = wayPage
	}
	l.redraw()
}

// lateTicks are how long a page that was asked for may take to begin: then the
// person reads that the site does not answer. We go on waiting behind that. It
// is as long as leaves a moment of the 15 s within which nobody may be left
// without a word.
const lateTicks = 24

// comes is told that a page was asked for, or that it came or will not.
func (l *loop) comes(asked bool) {
	if l.late && !asked {
		l.trouble, l.late = troubleNone, false
	}
	if l.asked != asked {
		l.asked, l.waited = asked, 0
		l.redraw()
	}
}

// wait is called with every tick.
func (l *loop) wait() {
	if !l.asked || l.trouble != troubleNone || l.surface != wire.SurfaceSession {
		return
	}
	if l.waited++; l.waited == lateTicks {
		l.failed(troubleNetwork)
		l.late = true
	}
}

// wayBack is the way out of a page that is no more.
func (l *loop) wayBack() way {
	if l.popups > 0 {
		return wayClose
	}
	return wayStart
}

// ended is told that the page's process is gone; hung is ours already.
func (l *loop) ended(event wire.PageEvent) {
	l.pulse.stop()
	if event != wire.PageHung {
		l.send(wire.Page{Event: event})
	}
	l.stopped()
	l.redraw()
}

func (l *loop) stopped() { l.trouble, l.way, l.late = troubleStopped, l.wayBack(), false }

// refused tells the person what a page may not do here. A page that goes on
// trying does not keep the notice up: the next comes after a touch.
func (l *loop) refused(what string) {
	next := counted[string]{"notice." + what, l.now()}
	if l.noticed && l.notice.value == next.value {
		return
	}
	l.notice, l.noticed = next, true
	l.redraw()
}

func (l *loop) history(canBack bool) {
	l.canBack = canBack
	l.redraw()
}

// noticeTime is how long a notice stays.
const noticeTime = 6 * time.Second

func (l *loop) troubleLooks(w words) map[string]look {
	return map[string]look{
		"trouble-title": {Text: w["trouble."+string(l.trouble)+".title"]},
		"trouble-home":  {Text: w["trouble.home"], Hidden: l.way != wayStart},
		"trouble-page":  {Text: w["trouble.page"], Hidden: l.way == wayStart},
	}
}
