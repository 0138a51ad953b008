package e2e

import (
	"testing"
	"time"

	"guichet.example/internal/residue"
)

func choose(b *bench) {
	b.t.Helper()
	from := b.mark()
	b.post("/api/procedure", map[string]string{"id": "demo"})
	b.inOrder(from, "session active", "view-shown session")
	b.until("on the site", func(s state) bool { return s.View.Host == "mairie.localhost" })
}

func fault(b *bench, part, kind string) {
	b.t.Helper()
	b.post("/api/fault", map[string]string{"part": part, "kind": kind})
}

func TestHelperByConsent(t *testing.T) {
	t.Parallel()
	b := startBench(t, t.TempDir(), "--compositor", "x11")
	choose(b)
	b.post("/api/help-button", nil)
	b.until("called", func(s state) bool { return s.Session.HelpCalled && s.Indicator == "help" })
	from := b.mark()
	b.post("/api/badge", map[string]string{"card": "unknown"})
	b.await(from, "badge", "none")
	b.post("/api/badge", map[string]string{"card": "helper"})
	s := b.until("asked", func(s state) bool { return s.Session.State == "consent" })
	if s.Film.Sensed != "private" || s.Session.HelpCalled {
		t.Errorf("while the person decides: %+v", s)
	}
	b.keep("consent")
	b.post("/api/consent", map[string]bool{"accept": true})
	b.until("assisted", func(s state) bool {
		return s.Session.State == "assisted" && s.Session.Mode == "assisted" && s.Film.Sensed == "clear" && s.Indicator == "assisted"
	})
	b.keep("assisted")
	if status, _ := b.do("DELETE", "/api/badge", nil); status/100 != 2 {
		t.Fatalf("take the badge: %d", status)
	}
	from = b.await(from, "badge", "helper")
	b.await(from, "badge", "left")
	b.post("/api/badge", map[string]string{"card": "helper"})
	b.inOrder(from, "badge left", "badge helper", "blank", "film private", "view-shown session")
	b.until("alone", func(s state) bool { return s.Session.State == "active" && s.Film.Sensed == "private" })
	b.keep("question")
	b.post("/api/end", nil)
	b.until("idle", func(s state) bool { return s.Session.State == "idle" && s.Wipe.Last == "verified" })
}

func TestRefusingHelpIsNormal(t *testing.T) {
	t.Parallel()
	b := startBench(t, t.TempDir(), "--compositor", "x11")
	choose(b)
	b.post("/api/badge", map[string]string{"card": "helper"})
	b.until("asked", func(s state) bool { return s.Session.State == "consent" })
	b.post("/api/consent", map[string]bool{"accept": false})
	s := b.until("alone", func(s state) bool { return s.Session.State == "active" })
	if s.Film.Commanded != "private" {
		t.Errorf("after no: %+v", s)
	}
	if status, _ := b.do("POST", "/api/continue", nil); status != 409 {
		t.Errorf("continue without a warning: %d", status)
	}
}

// TestNoHelpOverAPageThatHangs: a page that hangs does not hide what stands in
// it, so nobody else gets to see it.
func TestNoHelpOverAPageThatHangs(t *testing.T) {
	t.Parallel()
	b := startBench(t, t.TempDir(), "--compositor", "x11")
	choose(b)
	from := b.mark()
	fault(b, "view", "hang")
	b.post("/api/badge", map[string]string{"card": "helper"})
	b.until("asked", func(s state) bool { return s.Session.State == "consent" })
	b.post("/api/consent", map[string]bool{"accept": true})
	b.inOrder(from, "session consent", "session masking", "session active")
	b.settle()
	b.keep("unaided")
	b.await(from, "page", "hung")
	if s := b.until("alone", func(s state) bool { return s.Session.State == "active" }); s.Film.Commanded != "private" || s.Indicator != "off" {
		t.Errorf("after a page that hung: %+v", s)
	}
}

// TestBadgesOnTheHomeSurface lays badges down where nobody works: two at once,
// and one that is forgotten.
func TestBadgesOnTheHomeSurface(t *testing.T) {
	t.Parallel()
	b := startBench(t, t.TempDir(), "--compositor", "x11")
	from := b.mark()
	b.post("/api/badge", map[string]string{"card": "two"})
	b.await(from, "badge", "several")
	b.settle()
	b.keep("badges-two")
	b.post("/api/badge", map[string]string{"card": "technician"})
	b.await(from, "badge", "technician")
	b.until("told", func(s state) bool { return s.Session.State == "idle" && s.Indicator == "help" })
	b.settle()
	b.keep("badge-left")
	b.do("DELETE", "/api/badge", nil)
	b.until("taken", func(s state) bool { return s.Session.State == "idle" && s.Indicator == "off" })
}

func TestPageThatHangsOrCrashes(t *testing.T) {
	t.Parallel()
	b := startBench(t, t.TempDir(), "--compositor", "x11")
	choose(b)
	from, began := b.mark(), time.Now()
	fault(b, "view", "hang")
	b.await(from, "page", "hung")
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("a calm page came after %v", took)
	}
	b.panel()
	b.keep("trouble")
	if s := b.state(); s.Session.State != "active" {
		t.Fatalf("after one hang: %+v", s)
	}
	b.post("/api/end", nil) // the bar's button works all the time
	b.until("idle", func(s state) bool { return s.Session.State == "idle" && s.View.Spare })

	choose(b)
	for crash := range 3 {
		from = b.mark()
		fault(b, "view", "crash")
		from = b.await(from, "page", "crashed")
		if crash < 2 {
			b.panel()
			b.post("/api/key", map[string]string{"key": "Return"}) // the panel's first button: back to the start
			b.await(from, "host", "mairie.localhost")
			b.drawn()
		}
	}
	b.inOrder(from, "session wiping", "wipe verified", "session idle")
}

func TestFilmThatClearsByItself(t *testing.T) {
	t.Parallel()
	b := startBench(t, t.TempDir(), "--compositor", "x11")
	choose(b)
	from := b.mark()
	fault(b, "relay", "stuck-clear")
	b.inOrder(from, "film clear", "blank", "wipe verified", "session out-of-service")
	b.until("out of service", func(s state) bool { return s.Indicator == "fault" })
	b.await(from, "view-shown", "out-of-service")
	b.keep("out-of-service")
	fault(b, "relay", "none")
	b.until("serving again", func(s state) bool { return s.Session.State == "idle" })
}

// TestContactThatAlwaysSaysPrivate: the trial before the next home surface finds
// it, and nobody begins a session until the contact has moved.
func TestContactThatAlwaysSaysPrivate(t *testing.T) {
	t.Parallel()
	b := startBench(t, t.TempDir(), "--compositor", "x11")
	choose(b) // the film has moved for this session
	from := b.mark()
	fault(b, "relay", "stuck-private")
	b.caughtUp()
	if s := b.state(); s.Session.State != "active" {
		t.Fatalf("private was commanded, and private is sensed: %+v", s)
	}
	b.post("/api/end", nil)
	b.inOrder(from, "wipe verified", "film-command clear", "film-command private", "session out-of-service")
	b.until("out of service", func(s state) bool { return s.Indicator == "fault" })
	b.await(from, "view-shown", "out-of-service")
	b.do("POST", "/api/procedure", map[string]string{"id": "demo"})
	if s := b.state(); s.Session.State != "out-of-service" {
		t.Errorf("a session is begun: %+v", s.Session)
	}
	fault(b, "relay", "none")
	b.until("serving again", func(s state) bool { return s.Session.State == "idle" && s.Film.Sensed == "clear" })
}

func TestClockStepsChangeNothing(t *testing.T) {
	t.Parallel()
	b := startBench(t, t.TempDir(), "--compositor", "x11")
	choose(b)
	for _, kind := range []string{"step-forward", "step-back", "none"} {
		fault(b, "clock", kind)
		b.caughtUp()
		if s := b.state(); s.Session.State != "active" {
			t.Fatalf("after %s: %+v", kind, s)
		}
	}
}

// TestKilledDaemon replaces the orderly end by the worst one.
func TestKilledDaemon(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	b := startBench(t, data, "--compositor", "x11")
	choose(b)
	canaries := residue.NewSet()
	typeCanary(b, canaries, "killed")
	if pids, err := residue.Marked(viewsOf(data)); err != nil || len(pids) == 0 {
		t.Fatalf("no process carries the mark of a view: %v", err) // positive control
	}
	if err := b.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-b.exited
	again := startBench(t, data, "--compositor", "x11")
	if s := again.state(); s.Wipe.Count != 1 || s.Wipe.Last != "verified" {
		t.Errorf("after the crash: %+v", s.Wipe)
	}
	nothingLeft(again, canaries)
}

// TestHelperAnswersAfterTheEnd: the person finishes while the helper is there;
// the question waits on the home surface, and the session is counted once it
// is answered.
func TestHelperAnswersAfterTheEnd(t *testing.T) {
	needAccess(t)
	b := startBench(t, sharedDir(t), "--compositor", "x11")
	l := &listener{startReader(b), readTexts(t, "fr"), readTexts(t, "en")}
	choose(b)
	b.post("/api/badge", map[string]string{"card": "helper"})
	b.until("asked", func(s state) bool { return s.Session.State == "consent" })
	b.post("/api/consent", map[string]bool{"accept": true})
	b.until("assisted", func(s state) bool { return s.Session.State == "assisted" && s.Film.Sensed == "clear" })
	from := b.mark()
	b.post("/api/end", nil)
	b.inOrder(from, "blank", "film-command private", "wipe verified", "session idle", "view-shown home")
	l.named(l.say("help.together"))
	b.keep("question-home")
	if s := b.state(); s.Usage.Pending != 0 {
		t.Errorf("counted before the helper could answer: %+v", s.Usage)
	}
	l.press(l.say("help.together"))
	b.await(from, "counted", "*")
	l.until("the tiles again", func(root *element) []string {
		if root.find(l.say("help.together")) != nil {
			return []string{"the question is still there"}
		}
		return nil
	})
}
