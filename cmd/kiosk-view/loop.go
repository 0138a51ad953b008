package main

import (
	"strings"
	"time"

	"guichet.example/kiosk/view/wire"
)

// window is what the loop needs of the screen and the engine. All of it is
// called on the GTK thread and returns at once.
type window interface {
	draw(screen)
	size() (width, height int)
	show(surface wire.Surface, drawn func())
	blank(drawn func())

	load(url string) // in the first page; popups close
	back()
	close()      // the popup on top
	end()        // ends the page's process
	alive() bool // a site's page stands there, whatever failed after it
	focusPage()
	ping(number int)
	zoom(percent int)
	languages(codes string) // for Accept-Language, best first
	invert(on bool)         // of sites
	mask(sheets []sheet)    // laid over sites in the place of those of before; none: all is shown
	confirmMask(number int) // maskDrawn tells when nothing of a page is in view without it
	afterFrame(f func())
	answerDialog(ok bool, text string)
	scroll(by scroll) // of a technician's lines
}

// loop turns messages of the daemon and acts of the person into what is shown
// and into messages to the daemon. It runs on the GTK thread alone.
type loop struct {
	send    func(wire.FromView)
	now     func() time.Duration // monotonic
	win     window
	catalog catalog
	start   wire.Start
	keys    keyboard

	language string
	scale    int // per cent
	contrast bool
	page     int // of the home surface
	referral string
	reading  bool // the notices of the place, on the home surface

	surface wire.Surface
	reason  wire.Reason
	open    wire.Open
	guide   bool // unfolded
	status  counted[wire.Status]
	cover   counted[wire.Cover]
	trouble trouble
	asked   bool // for a page that has not begun to come
	waited  int  // ticks since
	late    bool // the trouble is that
	way     way  // out of it
	dialog  *pageDialog
	dialogs int  // since the person last touched the page
	written bool // the person touched the page since it came
	leaving bool // the daemon opens a page: nothing may hold it up
	notice  counted[string]
	noticed bool // nothing was touched since
	masked  bool
	masks   int // asked for
	aside   aside
	pin     pinPad
	work    wire.Work // a technician's
	kiosk   wire.Kiosk
	pressed bool // since our aside last opened or closed

	pulse     pulse
	ready     bool
	host      string
	succeeded bool
	canBack   bool
	popups    int // over the first page
	touched   time.Duration
}

// counted is a value together with when it came, for what counts down.
type counted[T any] struct {
	value T
	at    time.Duration
}

const (
	firstTouch = -time.Hour
)

func newLoop(start wire.Start, c catalog, now func() time.Duration, send func(wire.FromView)) *loop {
	if len(start.Languages) == 0 {
		start.Languages = []wire.Language{{Code: "fr", Name: c.in("fr")["name"]}}
	}
	return &loop{send: send, now: now, catalog: c, start: start, language: start.Languages[0].Code,
		scale: 100, surface: wire.SurfaceHome, guide: true, touched: firstTouch}
}

// begin is called once the window was built.
func (l *loop) begin(w window) {
	l.win = w
	l.speakToSites()
	l.win.invert(l.contrast)
	l.redraw()
	l.warm()
}

// receive acts on one message of the daemon.
func (l *loop) receive(msg wire.ToView) {
	switch m := msg.(type) {
	case wire.Show:
		l.surface, l.reason, l.work, l.reading = m.Surface, m.Reason, wire.Work{}, false
		l.meet(m.Kiosk)
		l.redraw()
		l.win.show(m.Surface, func() { l.send(wire.Shown{Surface: m.Surface}) })
	case wire.Blank:
		l.surface, l.work = wire.SurfaceBlank, wire.Work{}
		l.win.blank(func() { l.send(wire.Blanked{}) })
		l.closeDialog(false, "")
	case wire.Open:
		l.open, l.succeeded, l.guide = m, false, !l.large()
		l.leaving = true
		l.toStart()
	case wire.Cover:
		l.setCover(m)
	case wire.Status:
		l.status = counted[wire.Status]{m, l.now()}
	case wire.Mask:
		l.mask(m.On)
	case wire.Work:
		l.setWork(m)
	}
	l.redraw()
}

func (l *loop) setCover(m wire.Cover) {
	if m.Panel == wire.PanelTrouble {
		// Stays until the person goes on, whatever the daemon covers next.
		l.stopped()
		m.Panel = wire.PanelNone
	}
	if m.Panel == wire.PanelQuestion && l.cover.value.Panel != m.Panel {
		l.referral = ""
	}
	offered := l.offered()
	l.cover = counted[wire.Cover]{m, l.now()}
	if l.offered() != offered {
		l.page, l.reading = 0, false
	}
	l.coverPIN(m)
}

// tick is called twice a second.
func (l *loop) tick() {
	ping, hung := l.pulse.tick()
	if ping != 0 {
		l.win.ping(ping)
	}
	if hung {
		l.send(wire.Page{Event: wire.PageHung})
		l.win.end()
		l.stopped()
	}
	l.wait()
	l.forgetNotices()
	l.send(wire.Beat{Alive: !hung && l.pulse.alive()})
	l.redraw()
}

func (l *loop) redraw() { l.win.draw(l.screen()) }

// toStart loads the start page of the procedure.
func (l *loop) toStart() {
	l.trouble, l.late, l.waited, l.aside = troubleNone, false, 0, asideNone
	l.pulse.start()
	l.win.load(l.open.URL)
}

// left returns the whole seconds left of c, counted down since it came.
func left[T any](c counted[T], seconds int, now time.Duration) int {
	return max(0, seconds-int((now-c.at)/time.Second))
}

// --- what the person does -------------------------------------------------

// touch is called for every press of a finger, a button or a key.
func (l *loop) touch() {
	l.noticed, l.pressed = false, true
	if _, panel, _ := l.panel(); panel == "page" {
		l.dialogs, l.written = 0, true
	}
	if now := l.now(); now-l.touched >= time.Second {
		l.touched = now
		l.send(wire.Touched{})
	}
}

func (l *loop) press(b wire.Button) { l.send(wire.Pressed{Button: b}) }

func (l *loop) choose(procedure string) { l.send(wire.Chose{Procedure: procedure}) }

func (l *loop) callHelp() {
	if l.status.value.HelpCalled {
		l.press(wire.ButtonCancelHelp)
		return
	}
	l.press(wire.ButtonHelp)
}

func (l *loop) answer(help string) { l.send(wire.Answered{Help: help, Referral: l.referral}) }

// refer notes where the helper sent the person; the same again takes it back.
func (l *loop) refer(to string) {
	if l.referral == to {
		to = ""
	}
	l.referral = to
	l.redraw()
}

func (l *loop) speak(code string) {
	if code == l.language {
		return
	}
	l.language = code
	l.speakToSites()
	l.send(wire.Spoke{Language: code})
	l.redraw()
}

// speakToSites lists the language in use first; sites follow at the next load.
func (l *loop) speakToSites() {
	codes := []string{l.language}
	for _, other := range l.start.Languages {
		if other.Code != l.language {
			codes = append(codes, other.Code)
		}
	}
	l.win.languages(strings.Join(codes, ","))
}

// nextLanguage is the one the bar's button leads to.
func (l *loop) nextLanguage() wire.Language {
	for i, lang := range l.start.Languages {
		if lang.Code == l.language {
			return l.start.Languages[(i+1)%len(l.start.Languages)]
		}
	}
	return l.start.Languages[0]
}

func (l *loop) resize() {
	next := map[int]int{100: 125, 125: 150, 150: 200, 200: 100}
	l.scale = next[l.scale]
	l.page = 0
	if l.large() {
		l.guide = false
	}
	l.win.zoom(l.scale)
	l.send(wire.Aided{Aid: "text_size"})
	l.redraw()
}

func (l *loop) invert() {
	l.contrast = !l.contrast
	l.win.invert(l.contrast)
	if l.contrast {
		l.send(wire.Aided{Aid: "contrast"})
	}
	l.redraw()
}

func (l *loop) turn(by int) {
	l.page = min(max(0, l.page+by), l.grid().pages(len(l.shelf()))-1)
	l.redraw()
}

func (l *loop) fold() {
	l.guide = !l.guide
	l.redraw()
}
