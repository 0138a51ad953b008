package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"testing"
	"time"

	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/view/wire"
)

// fakeWindow notes what it is told.
type fakeWindow struct {
	width, height int
	drawn         screen
	calls         []string
	pending       []func() // frames not yet drawn
	page          bool     // a site's page stands there
}

func (f *fakeWindow) draw(s screen)       { f.drawn = s }
func (f *fakeWindow) size() (w, h int)    { return f.width, f.height }
func (f *fakeWindow) note(call string)    { f.calls = append(f.calls, call) }
func (f *fakeWindow) load(url string)     { f.note("load " + url) }
func (f *fakeWindow) back()               { f.note("back") }
func (f *fakeWindow) end()                { f.note("end") }
func (f *fakeWindow) close()              { f.note("close") }
func (f *fakeWindow) alive() bool         { return f.page }
func (f *fakeWindow) focusPage()          { f.note("focus") }
func (f *fakeWindow) ping(n int)          { f.note(fmt.Sprint("ping ", n)) }
func (f *fakeWindow) zoom(percent int)    { f.note(fmt.Sprint("zoom ", percent)) }
func (f *fakeWindow) languages(c string)  { f.note("languages " + c) }
func (f *fakeWindow) invert(on bool)      { f.note(fmt.Sprint("invert ", on)) }
func (f *fakeWindow) mask(sheets []sheet) { f.note(fmt.Sprint("mask ", len(sheets))) }
func (f *fakeWindow) confirmMask(n int)   { f.note(fmt.Sprint("confirm ", n)) }
func (f *fakeWindow) afterFrame(g func()) { g() }
func (f *fakeWindow) scroll(by scroll)    { f.note(fmt.Sprint("scroll ", by)) }
func (f *fakeWindow) answerDialog(ok bool, text string) {
	f.note(fmt.Sprint("answer ", ok, text))
}
func (f *fakeWindow) show(s wire.Surface, drawn func()) {
	f.note("show " + string(s))
	f.pending = append(f.pending, drawn)
}
func (f *fakeWindow) blank(drawn func()) {
	f.note("blank")
	f.pending = append(f.pending, drawn)
}

// stage is a loop with everything around it replaced.
type stage struct {
	*loop
	win  *fakeWindow
	sent []wire.FromView
	time time.Duration
}

func newStage(t *testing.T) *stage {
	t.Helper()
	c, err := readCatalog()
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{win: &fakeWindow{width: 1280, height: 800}}
	start := wire.Start{Proxy: "http://127.0.0.1:1", Place: "Mairie",
		Languages: []wire.Language{{Code: "fr", Name: "Français"}, {Code: "en", Name: "English"}}}
	for i := range 13 {
		start.Tiles = append(start.Tiles, wire.Tile{Procedure: fmt.Sprint("p", i),
			Texts: map[string]wire.TileText{"fr": {Title: "titre"}}})
	}
	s.loop = newLoop(start, c, func() time.Duration { return s.time }, func(m wire.FromView) { s.sent = append(s.sent, m) })
	s.begin(s.win)
	return s
}

// take returns what was sent since the last call, beats left out.
func (s *stage) take() []wire.FromView {
	out := slices.DeleteFunc(s.sent, func(m wire.FromView) bool { _, beat := m.(wire.Beat); return beat })
	s.sent = nil
	return out
}

func (s *stage) wants(t *testing.T, want ...wire.FromView) {
	t.Helper()
	if got := s.take(); !slices.Equal(got, want) {
		t.Errorf("sent %+v, want %+v", got, want)
	}
}

func (s *stage) did(call string) bool { return slices.Contains(s.win.calls, call) }

func TestShownAndBlankedComeAfterTheirFrame(t *testing.T) {
	s := newStage(t)
	s.receive(wire.Show{Surface: wire.SurfaceHome})
	s.receive(wire.Blank{})
	s.wants(t)
	s.win.pending[0]()
	s.wants(t, wire.Shown{Surface: wire.SurfaceHome})
	s.win.pending[1]()
	s.wants(t, wire.Blanked{})
}

func TestReadyOnceTheEmptyPageAnswers(t *testing.T) {
	s := newStage(t)
	if !s.did("load about:blank") {
		t.Fatalf("calls %v", s.win.calls)
	}
	s.wants(t)
	s.loaded()
	s.pong(warmPing)
	s.loaded()
	s.pong(warmPing)
	s.wants(t, wire.Ready{})
}

func TestHangEndsThePageWithin15Seconds(t *testing.T) {
	s := newStage(t)
	s.receive(wire.Open{URL: "https://a.fr/"})
	s.receive(wire.Show{Surface: wire.SurfaceSession})
	s.at("https://a.fr/", true)
	s.take()
	ticks := 0
	for ; !s.did("end") && ticks < 30; ticks++ {
		s.tick()
	}
	if ticks >= 30 {
		t.Fatal("a page that never answers was not ended")
	}
	s.ended(wire.PageHung)
	s.wants(t, wire.Page{Event: wire.PageHung})
	if s.win.drawn.Panel != "trouble" {
		t.Errorf("panel %q", s.win.drawn.Panel)
	}
	s.goHome()
	if last := s.win.calls[len(s.win.calls)-2:]; !slices.Equal(last, []string{"load https://a.fr/", "focus"}) {
		t.Errorf("last calls %q", last)
	}
	if s.win.drawn.Panel != "page" {
		t.Errorf("panel %q", s.win.drawn.Panel)
	}
}

func TestAnsweringPageIsNeverEnded(t *testing.T) {
	s := newStage(t)
	for range 1000 {
		before := len(s.win.calls)
		s.tick()
		for _, c := range s.win.calls[before:] {
			var n int
			if _, err := fmt.Sscanf(c, "ping %d", &n); err == nil {
				s.pong(n)
			}
		}
	}
	if s.did("end") || s.trouble != troubleNone {
		t.Error("ended")
	}
}

func TestPanelsOfTheDaemonGoFirst(t *testing.T) {
	s := newStage(t)
	s.receive(wire.Show{Surface: wire.SurfaceSession})
	s.failed(troubleNetwork)
	for _, p := range []wire.Panel{wire.PanelWarning, wire.PanelConsent, wire.PanelQuestion} {
		s.receive(wire.Cover{Panel: p})
		if s.win.drawn.Panel != string(p) {
			t.Errorf("panel %q, want %q", s.win.drawn.Panel, p)
		}
	}
	s.receive(wire.Cover{Panel: wire.PanelNone})
	if s.win.drawn.Panel != "trouble" {
		t.Errorf("panel %q: taking ours away must not uncover a page that failed", s.win.drawn.Panel)
	}
}

func TestCountdowns(t *testing.T) {
	s := newStage(t)
	s.receive(wire.Cover{Panel: wire.PanelWarning, Seconds: 60})
	s.receive(wire.Status{SecondsLeft: 125})
	for _, c := range []struct {
		at          time.Duration
		count, left string
	}{{0, "60 secondes", "2 min 05 s"}, {59 * time.Second, "1 seconde", "1 min 06 s"}, {90 * time.Second, "0 seconde", "35 s"}, {time.Hour, "0 seconde", "0 s"}} {
		s.time = c.at
		s.tick()
		looks := s.win.drawn.Looks
		if looks["warning-count"].Text != c.count || looks["bar-time"].Text != c.left {
			t.Errorf("after %v: %q and %q", c.at, looks["warning-count"].Text, looks["bar-time"].Text)
		}
	}
}

func TestTouchedOnceASecond(t *testing.T) {
	s := newStage(t)
	for range 100 {
		s.touch()
	}
	s.time = time.Second
	s.touch()
	s.wants(t, wire.Touched{}, wire.Touched{})
}

func TestWhereThePageIs(t *testing.T) {
	s := newStage(t)
	s.receive(wire.Open{URL: "https://a.fr/", Success: "b.fr/done"})
	for _, u := range []string{"https://a.fr/x?nir=1", "https://a.fr/y", "https://B.fr:443/done?q#f", "https://b.fr/done", "https://[::1]/", "about:blank"} {
		s.at(u, true)
	}
	s.wants(t, wire.At{Host: "a.fr"}, wire.At{Host: "b.fr"}, wire.Succeeded{}, wire.At{Host: ""})
}

func TestSchemes(t *testing.T) {
	s := newStage(t)
	for u, want := range map[string]bool{"https://a.fr/": true, "HTTP://a.fr": true, "about:blank": true, "about:srcdoc": true,
		"blob:https://a.fr/1": true, "data:text/html,x": true, "file:///etc/passwd": false, "javascript:1": false, "mailto:a@b": false,
		"tel:1": false, "about:config": false, "webkit://gpu": false, "ftp://a": false, "view-source:https://a": false, "": false} {
		if got := s.mayNavigate(u); got != want {
			t.Errorf("%q: %v", u, got)
		}
	}
}

func TestAnswers(t *testing.T) {
	s := newStage(t)
	s.refer("autre")
	s.refer("aide_sociale")
	s.answer("guided")
	s.refer("aide_sociale") // again: taken back
	s.answer("together")
	s.callHelp()
	s.receive(wire.Status{HelpCalled: true})
	s.callHelp()
	s.wants(t, wire.Answered{Help: "guided", Referral: "aide_sociale"}, wire.Answered{Help: "together"},
		wire.Pressed{Button: wire.ButtonHelp}, wire.Pressed{Button: wire.ButtonCancelHelp})
}

func TestAids(t *testing.T) {
	s := newStage(t)
	s.resize()
	s.invert()
	s.invert()
	s.speak("en")
	s.speak("en")
	s.receive(wire.Mask{On: true})
	s.wants(t, wire.Aided{Aid: string(usage.AidTextSize)}, wire.Aided{Aid: string(usage.AidContrast)}, wire.Spoke{Language: "en"})
	for _, call := range []string{"zoom 125", "invert true", "invert false", "languages en,fr", "mask 1"} {
		if !s.did(call) {
			t.Errorf("never %q in %v", call, s.win.calls)
		}
	}
	for range 3 {
		s.resize()
	}
	if s.scale != 100 {
		t.Errorf("four presses lead to %d %%", s.scale)
	}
}

func TestOnlyTheLastMaskCounts(t *testing.T) {
	s := newStage(t)
	s.receive(wire.Mask{On: true})
	s.receive(wire.Mask{})
	s.maskDrawn(1)
	s.receive(wire.Mask{On: true})
	s.maskDrawn(1)
	s.wants(t)
	s.maskDrawn(3)
	s.wants(t, wire.Masked{})
}

func TestAnswersAreDotsWhileMasked(t *testing.T) {
	s := inSession(t)
	s.ask(pageDialog{Entry: true})
	for _, on := range []bool{true, false} {
		if s.receive(wire.Mask{On: on}); s.win.drawn.Dots != on {
			t.Errorf("dots %v with the mask %v", s.win.drawn.Dots, on)
		}
	}
}

func TestMessageOfTheDaemon(t *testing.T) {
	s := newStage(t)
	message := func() look { return s.win.drawn.Looks["home-message"] }
	for _, n := range []wire.Notice{wire.NoticeUnaided, wire.NoticeBadge, wire.NoticeBadges} {
		s.receive(wire.Status{Notice: n})
		if m := message(); m.Hidden || m.Text == "" || m.Text != s.words()["notice."+string(n)] {
			t.Errorf("%s: %+v", n, m)
		}
	}
	s.receive(wire.Show{Surface: wire.SurfaceSession})
	if m := s.win.drawn.Looks["message"]; m.Hidden || !message().Hidden {
		t.Errorf("in a session %+v, among the tiles %+v", m, message())
	}
	s.receive(wire.Blank{})
	if !s.win.drawn.Looks["message"].Hidden {
		t.Error("a message on the blank surface")
	}
	s.receive(wire.Show{Surface: wire.SurfaceSession})
	s.receive(wire.Status{})
	if !s.win.drawn.Looks["message"].Hidden {
		t.Error("the message stays")
	}
}

func TestListsAreThoseOfUsage(t *testing.T) {
	want := []string{string(usage.HelpExplained), string(usage.HelpGuided), string(usage.HelpTogether), string(usage.HelpInstead)}
	if !slices.Equal(helps[:], want) {
		t.Errorf("helps %v", helps)
	}
	refs := []string{string(usage.ReferralAdministration), string(usage.ReferralMediation), string(usage.ReferralOperator),
		string(usage.ReferralSocial), string(usage.ReferralEmployment), string(usage.ReferralFormalities), string(usage.ReferralOther)}
	if !slices.Equal(referrals[:], refs) {
		t.Errorf("referrals %v", referrals)
	}
}

// ids returns every object id of the designs.
func ids(t *testing.T, names ...string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, name := range names {
		f, err := designFiles.Open("ui/" + name + ".ui")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for d := xml.NewDecoder(f); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "object" && len(e.Attr) > 1 {
				found[e.Attr[1].Value] = e.Attr[0].Value
			}
		}
	}
	return found
}

func TestLooksNameWidgets(t *testing.T) {
	s := newStage(t)
	s.open = wire.Open{Names: map[string]string{"fr": "x"}}
	s.dialog = &pageDialog{Text: "x"}
	s.trouble = troubleTLS
	widgets := ids(t, "window", "home", "session", "panels", "aside", "question", "closed", "pin", "maintenance", "notices")
	screen := s.screen()
	for id := range screen.Looks {
		if widgets[id] == "" {
			t.Errorf("look of %q: no such widget", id)
		}
	}
	for id := range screen.Lists {
		if widgets[id] != "GtkBox" {
			t.Errorf("list %q: not a box", id)
		}
	}
	for id, i := range icons {
		if widgets[id+"-icon"] != "GtkImage" {
			t.Errorf("icon of %q: no image", id)
		}
		if _, err := drawingFiles.ReadFile("icons/" + i.name + ".svg"); err != nil {
			t.Error(err)
		}
	}
	for id, class := range widgets {
		if class != "GtkButton" {
			continue
		}
		if l := screen.Looks[id]; l.Text == "" && l.Name == "" {
			t.Errorf("button %q has no accessible name", id)
		}
	}
	if !reflect.DeepEqual(screen, s.screen()) {
		t.Error("the same state looks different twice")
	}
}

// A crash is told once, whatever the engine says afterwards; so is a hang.
func TestEndOfThePageCountsOnce(t *testing.T) {
	for _, event := range []wire.PageEvent{wire.PageCrashed, wire.PageMemory, wire.PageHung} {
		s := newStage(t)
		s.receive(wire.Open{URL: "https://a.fr/"})
		s.at("https://a.fr/", true)
		s.take()
		want := []wire.FromView{wire.Page{Event: event}, wire.At{}}
		if event == wire.PageHung {
			for !s.did("end") {
				s.tick()
			}
		}
		s.ended(event)
		s.at("", true)
		s.closeDialog(false, "")
		for range 100 {
			s.tick()
		}
		s.wants(t, want...)
		s.goHome()
		for range 100 {
			s.tick()
		}
		s.wants(t, wire.Page{Event: wire.PageHung}) // the next page is watched again
	}
}
