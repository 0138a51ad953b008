package e2e

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/internal/storm"
)

// hostilePage is one page of internal/storm and what has to come of it.
type hostilePage struct {
	name  string
	proof string // the mark that shows that it takes place; "" = attack
	least int64  // how far it has to come; 0 = 1
	calm  bool   // it hangs or dies: our calm page must come
	click bool   // it needs a press on the page
	end   bool   // the session is ended in the middle of it
}

// hostilePages, in their order. Those without an end share a session with the next
// one, because a session costs two seconds.
func hostilePages() []hostilePage {
	return []hostilePage{
		{name: "loop", calm: true, end: true},
		{name: "sync-request", calm: true},
		{name: "memory", least: 256, calm: true, end: true},
		{name: "stutter", least: 2},
		{name: "nodes", least: 400000},
		{name: "layout", least: 2},
		{name: "workers", least: 10, end: true},
		{name: "canvas", least: 12},
		{name: "paint", least: 10, end: true},
		{name: "absent"},
		{name: "service-worker"},
		{name: "frames", proof: "requests", least: 200, end: true},
		{name: "messages", least: 1000},
		{name: "pictures", proof: "bombs", least: 2},
		{name: "fonts", least: 100},
		{name: "gzip", proof: "mib", least: 64, end: true},
		{name: "dialog-frames"},
		{name: "dialog-reload"},
		{name: "dialog-giant", calm: true},
		{name: "dialog-large"},
		{name: "dialogs", end: true},
		{name: "script-redirect", least: 5},
		{name: "tennis", least: 5},
		{name: "redirect", proof: "hops", least: 5},
		{name: "refresh", proof: "hops", least: 5, end: true},
		{name: "titles", least: 16},
		{name: "cursors", least: 100},
		{name: "history", least: 1000, end: true},
		{name: "windows", click: true},
		{name: "prints", least: 20},
		{name: "text", least: 2},
		{name: "address-giant", least: 2},
		{name: "address-large", least: 3},
		{name: "list", click: true, end: true},
		{name: "navigate", least: 500, end: true},
		{name: "downloads"},
		{name: "stream-attachment", proof: "mib"},
		{name: "streams", proof: "mib", least: 64},
		{name: "stream-html", proof: "mib", least: 16, end: true},
		{name: "slow-head", proof: "waiting"},
		{name: "slow-body", proof: "waiting"},
		{name: "slow", proof: "waiting", least: 3, end: true},
		{name: "sockets", proof: "messages", least: 10000},
		{name: "media"},
		{name: "storage", least: 2, end: true},
	}
}

// chosen are all attacks, or those of $GUICHET_STORM, comma-separated. With
// any, "all" too, every attack is ended by the person: for measuring.
func chosen() []hostilePage {
	only := os.Getenv("GUICHET_STORM")
	list := hostilePages()
	if only == "" {
		return list
	}
	list = slices.DeleteFunc(list, func(a hostilePage) bool {
		return only != "all" && !slices.Contains(strings.Split(only, ","), a.name)
	})
	for i := range list {
		list[i].end = true
	}
	return list
}

// weather is a bench that shows the exhausting site, and who looks at it.
type weather struct {
	*bench
	site  *storm.Site
	hand  *hand
	scale *scale
}

func startWeather(t *testing.T) *weather {
	t.Helper()
	site, err := storm.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { site.Close() })
	args := append(shows(t, storm.WritePack, site.Maps(), nil), "--compositor", "x11", "--memory-limit-mib", fmt.Sprint(stormLimitMiB))
	b := startBench(t, sharedDir(t), args...)
	w := &weather{bench: b, site: site, hand: attach(b), scale: weigh(b)}
	t.Cleanup(w.scale.end)
	return w
}

// reach waits until the site was told that an attack is under way.
func (w *weather) reach(mark string, n int64) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	if err := w.site.Await(ctx, mark, max(1, n)); err != nil {
		w.t.Fatalf("%v; marks %v", err, w.site.Marks())
	}
}

// TestHostilePages lets pages try to wear the kiosk out, and looks at what a
// person has of it: the bar answers, a page that is lost gives way to our calm
// one, "Début" leads to the site's start and "J'ai terminé" out of it, and
// nothing grows beyond its limit. The figures of each page are logged; quiet,
// they are those of a kiosk, and otherwise those of the machine.
func TestHostilePages(t *testing.T) {
	w := startWeather(t)
	calm := w.calm()
	w.until("idle with a spare", func(s state) bool { return s.Session.State == "idle" && s.View.Spare })
	before := w.costs()
	var table []string
	open := false
	for _, a := range chosen() {
		whole := t
		t.Run(a.name, func(t *testing.T) {
			w.t, w.hand.t = t, t
			defer func() {
				w.t, w.hand.t = whole, whole
				if t.Failed() { // the next one begins anew
					w.do("POST", "/api/end", nil)
					open = false
				}
			}()
			f := w.suffer(a, open)
			open = !a.end
			table = append(table, f.String())
			f.judge(t, calm, a)
		})
	}
	if open {
		w.finish()
	}
	w.after(before)
	t.Logf("milliseconds, MiB; the bar on a calm page: %v\n%s\n%s", calm, heading, strings.Join(table, "\n"))
}

// calm measures the bar while nothing happens.
func (w *weather) calm() barFigures {
	w.t.Helper()
	w.begin(hostilePage{name: storm.Calm, proof: "beat", least: 2})
	figures := w.hand.bar(4)
	w.finish()
	return figures
}

// begin opens the attack in a session of its own.
func (w *weather) begin(a hostilePage) {
	w.t.Helper()
	w.until("idle with a spare", func(s state) bool { return s.Session.State == "idle" && s.View.Spare })
	w.site.Arm(a.name)
	from := w.mark()
	w.post("/api/procedure", map[string]string{"id": storm.Procedure})
	w.inOrder(from, "session active", "view-shown session")
	w.underWay(a)
}

// again leads the session to the attack by "Début".
func (w *weather) again(a hostilePage) {
	w.t.Helper()
	w.site.Arm(a.name)
	w.hand.press(barStart, 30*time.Millisecond)
	w.underWay(a)
}

func (w *weather) underWay(a hostilePage) {
	w.t.Helper()
	if a.click {
		w.reach("ready", 1)
		w.hand.press(onThePage, 30*time.Millisecond)
	}
	proof := a.proof
	if proof == "" {
		proof = "attack"
	}
	w.reach(proof, a.least)
}

// suffer lets an attack take place, in a session of its own unless one is open.
func (w *weather) suffer(a hostilePage, open bool) *figures {
	w.t.Helper()
	f := &figures{name: a.name}
	w.scale.take()
	from := w.mark()
	if open {
		w.again(a)
	} else {
		w.begin(a)
	}
	began := time.Now()
	f.bar = w.hand.answersInTime()
	w.keep("storm-" + a.name)
	if a.calm {
		if halted, beats := w.site.Mark("halted")-1, w.site.Mark("beat"); halted < 0 || beats > halted {
			w.t.Errorf("the page's heart halted at beat %d and has beaten %d times", halted, beats) // positive control
		}
		w.await(from, "page", "*")
		f.calm = time.Since(began)
	}
	f.fate = w.fate(from)
	f.marks = w.site.Marks()
	f.home = w.home()
	if a.end {
		w.again(a)
		f.blank = w.finish()
		f.wipe = time.Duration(w.state().Wipe.Millis) * time.Millisecond
	}
	f.peak = w.scale.take()
	return f
}

// home leaves the attack by "Début" and returns how long it took until the
// site's start page ran.
func (w *weather) home() time.Duration {
	w.t.Helper()
	w.site.Arm(storm.Calm)
	pressed := time.Now()
	w.hand.press(barStart, 30*time.Millisecond)
	w.reach("beat", 2)
	if s := w.state(); s.Session.State != "active" {
		w.t.Fatalf("session is %s", s.Session.State)
	}
	return time.Since(pressed)
}

// finish presses "J'ai terminé" and returns how long it took until nothing of
// the session was to be seen. It ends with a verified wipe.
func (w *weather) finish() time.Duration {
	w.t.Helper()
	count := w.state().Wipe.Count
	blank := w.hand.blank()
	s := w.until("wiped and idle", func(s state) bool { return s.Session.State == "idle" && s.Wipe.Count > count })
	if s.Wipe.Count != count+1 || s.Wipe.Last != "verified" {
		w.t.Errorf("wipe: %+v", s.Wipe)
	}
	return blank
}

// fate is what became of the page, "" while it lives.
func (w *weather) fate(from int) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events[from:] {
		switch e.Event {
		case "page":
			return e.Value
		case "view":
			return "view " + e.Value
		}
	}
	return ""
}
