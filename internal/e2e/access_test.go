package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// usable are the roles that an interactive element of ours may have: a screen
// reader says how to use each of them.
var usable = []string{"push button", "text", "password text"}

// complaints says what assistive technology could not tell of our elements.
func complaints(root *element) []string {
	var list []string
	for _, e := range root.all() {
		if e.foreign || !e.interactive() {
			continue
		}
		complain := func(format string, args ...any) {
			list = append(list, fmt.Sprintf("%s %q at %s: ", e.role, e.name, e.object.Path)+fmt.Sprintf(format, args...))
		}
		if strings.TrimSpace(e.name) == "" {
			complain("has no name")
		}
		if strings.Contains(e.name, "%") && !strings.HasSuffix(e.name, " %") {
			complain("the name holds a placeholder")
		}
		if !slices.Contains(usable, e.role) {
			complain("no role that tells how to use it")
		}
		if e.role == "push button" && e.actions == 0 {
			complain("cannot be pressed")
		}
		if !e.has(stateFocusable) {
			complain("the keyboard does not reach it")
		}
	}
	return list
}

// What the checker must notice, and what it must let pass.
func TestComplaints(t *testing.T) {
	const showing, focusable = 1 << stateShowing, 1 << stateFocusable
	for _, c := range []struct {
		what string
		e    element
		bad  bool
	}{
		{"a good button", element{role: "push button", name: "Suite", actions: 1, states: showing | focusable}, false},
		{"a text size", element{role: "push button", name: "Taille du texte : 100 %", actions: 1, states: showing | focusable}, false},
		{"an entry", element{role: "text", name: "Votre réponse", states: showing | focusable}, false},
		{"no name", element{role: "push button", actions: 1, states: showing | focusable}, true},
		{"a blank name", element{role: "push button", name: " \n", actions: 1, states: showing | focusable}, true},
		{"no name, hidden", element{role: "push button", actions: 1, states: focusable}, false},
		{"no name, decoration", element{role: "icon", states: showing}, false},
		{"no name, of the page", element{role: "push button", foreign: true, actions: 1, states: showing | focusable}, false},
		{"a placeholder", element{role: "push button", name: "Langue : %s", actions: 1, states: showing | focusable}, true},
		{"a wrong role", element{role: "panel", name: "Suite", actions: 1, states: showing | focusable}, true},
		{"nothing to press", element{role: "push button", name: "Suite", states: showing | focusable}, true},
		{"not for the keyboard", element{role: "push button", name: "Suite", actions: 1, states: showing}, true},
	} {
		root := &element{role: "desktop frame", children: []*element{{role: "panel", states: showing, children: []*element{&c.e}}}}
		if got := complaints(root); (len(got) > 0) != c.bad {
			t.Errorf("%s: %q", c.what, got)
		}
	}
}

// texts are the words of the kiosk in one language.
type texts map[string]string

func readTexts(t *testing.T, language string) texts {
	t.Helper()
	data, err := os.ReadFile("../../cmd/kiosk-view/text/" + language + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var w texts
	if err := json.Unmarshal(data, &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// listener goes through the kiosk by what a screen reader says.
type listener struct {
	*reader
	w, other texts // of the language in use, and of the other
}

// say returns the words with that key, filled in.
func (l *listener) say(key string, args ...any) string {
	l.b.t.Helper()
	text, ok := l.w[key]
	if !ok {
		l.b.t.Fatalf("no words for %q", key)
	}
	if len(args) > 0 {
		return fmt.Sprintf(text, args...)
	}
	return text
}

// expect waits until a surface holds interactive elements with these names,
// nothing is to complain about, and nothing of ours is in the other language.
func (l *listener) expect(surface string, names ...string) {
	l.b.t.Helper()
	l.until(surface, func(root *element) []string {
		list := complaints(root)
		for _, name := range names {
			if root.find(name) == nil {
				list = append(list, fmt.Sprintf("nothing is called %q", name))
			}
		}
		return append(list, l.strangers(root)...)
	})
}

// strangers are words of the other language.
func (l *listener) strangers(root *element) []string {
	var list []string
	for key, text := range l.other {
		if key == "name" || text == l.w[key] {
			continue
		}
		for _, e := range root.all() {
			if e.name == text && e.has(stateShowing) && !e.foreign {
				list = append(list, fmt.Sprintf("%s %q is in the other language", e.role, e.name))
			}
		}
	}
	return list
}

// swap is the same listener in the other language.
func (l *listener) swap() *listener { return &listener{l.reader, l.other, l.w} }

const accessPage = `<!doctype html><html lang="fr"><title>Page d’essai</title>
<h1>Page d’essai</h1><button onclick="setTimeout(() => prompt('Votre ville ?'))">Demander</button>`

// TestScreenReader does a procedure, help included, by names and actions of
// the accessibility tree alone.
func TestScreenReader(t *testing.T) {
	t.Parallel()
	needAccess(t)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, accessPage)
	}))
	t.Cleanup(site.Close)
	french, english := readTexts(t, "fr"), readTexts(t, "en")
	for _, compositor := range compositors(t) {
		t.Run(compositor, func(t *testing.T) {
			b := startBench(t, sharedDir(t), "--compositor", compositor,
				"--map", "mairie.localhost="+site.Listener.Addr().String())
			r := startReader(b)
			l := &listener{r, french, english}
			l.onHome("Carte de transport solidaire")
			l.inSession()
			l.backHome()
			r.tap("English") // a finger, where the tree says that the button is
			l = l.swap()
			l.onHome("Solidarity travel card")
			l.inSession()
			l.backHome()
		})
	}
}

// sharedDir is a directory whose path, like that of every directory of this
// test, other users may pass through: as root, the bench gives the bus and the
// compositor to users without rights.
func sharedDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// onHome checks the home surface page by page and starts the procedure with
// that title by the action of its tile.
func (l *listener) onHome(title string) {
	t := l.b.t
	t.Helper()
	next := l.say("home.next")
	l.expect("home", l.say("help.call"), next, l.say("home.prev"), "Français", "English",
		l.say("tools.size.name", 100), l.say("tools.contrast.off"))
	l.b.keep("access-home")
	root, err := l.look(false)
	if err != nil {
		t.Fatal(err)
	}
	var tile *element
	named := 0
	for _, e := range root.all() {
		if e.role == "push button" && e.interactive() && e.name != "" {
			named++
			if strings.HasPrefix(e.name, title+". ") {
				tile = e
			}
		}
	}
	if named < 10 || tile == nil {
		t.Fatalf("%d named buttons, the tile of %q: %v\n%v", named, title, tile, root)
	}
	l.press(next)
	l.until("second page", func(root *element) []string {
		if root.find(tile.name) != nil {
			return []string{"the first page still shows"}
		}
		return complaints(root)
	})
	l.press(l.say("home.prev"))
	from := l.b.mark()
	l.press(tile.name)
	l.b.inOrder(from, "session active", "view-shown session")
	s := l.b.until("on the site", func(s state) bool { return s.View.Host == "mairie.localhost" })
	if s.Session.State != "active" || s.Session.Procedure != "demo" {
		t.Fatalf("after the tile: %+v", s.Session)
	}
}

// bar is what the bar always offers.
func (l *listener) bar() []string {
	return []string{l.say("bar.home.name"), l.say("bar.back.name"), l.say("help.call"), l.say("bar.finish"),
		l.say("tools.language.name", l.other["name"]), l.say("tools.size.name", 100), l.say("tools.contrast.off")}
}

func (l *listener) inSession() {
	l.b.t.Helper()
	guide := append(l.bar(), l.say("guide.more"), l.say("guide.hide"))
	l.expect("session", guide...)
	l.press(l.say("guide.hide"))
	l.expect("steps hidden", append(l.bar(), l.say("guide.show.name"))...)
	l.aids()
	l.press(l.say("guide.show.name"))
	l.expect("steps shown", guide...)
	l.press(l.say("tools.language.name", l.other["name"]))
	l.swap().expect("other language", l.swap().bar()...)
	l.tap(l.swap().say("tools.language.name", l.w["name"]))
	l.expect("own language", guide...)

	l.press(l.say("help.call"))
	l.b.until("called", func(s state) bool { return s.Session.HelpCalled })
	l.expect("help called", l.say("help.cancel"), l.say("bar.finish"))
	l.press(l.say("help.cancel"))
	l.b.until("not called", func(s state) bool { return !s.Session.HelpCalled })

	l.page()
	l.helped()
	l.trouble()
}

// aids turns every aid round once: an icon without its caption keeps a name.
func (l *listener) aids() {
	l.b.t.Helper()
	sizes := []int{100, 125, 150, 200, 100}
	for i, size := range sizes[1:] {
		l.press(l.say("tools.size.name", sizes[i]))
		l.expect(fmt.Sprintf("text at %d %%", size), l.say("tools.size.name", size), l.say("bar.home.name"),
			l.say("bar.back.name"), l.say("bar.finish"), l.say("help.call"), l.say("tools.contrast.off"),
			l.say("tools.language.name", l.other["name"]))
	}
	l.press(l.say("tools.contrast.off"))
	l.expect("strong contrast", l.say("tools.contrast.on"))
	l.press(l.say("tools.contrast.on"))
	l.expect("plain contrast", l.bar()...)
}

// page reaches the site's own tree through the engine's sandbox, and our
// panel for its dialog.
func (l *listener) page() {
	l.b.t.Helper()
	root := l.untilIn("the page", true, func(root *element) []string {
		if root.onPage("document web", "Page d’essai") == nil || root.onPage("push button", "Demander") == nil {
			return []string{"the page is not in the tree"}
		}
		return nil
	})
	l.act(root.onPage("push button", "Demander"))
	l.expect("dialog", l.say("dialog.entry.name"), l.say("dialog.ok"), l.say("dialog.cancel"))
	l.b.keep("access-dialog")
	l.press(l.say("dialog.cancel"))
	l.expect("dialog closed", l.say("guide.hide"))
}

// helped goes from the question of consent to the helper's answer.
func (l *listener) helped() {
	l.b.t.Helper()
	l.b.post("/api/badge", map[string]string{"card": "helper"})
	l.expect("consent", append(l.bar(), l.say("consent.accept"), l.say("consent.refuse"))...)
	l.press(l.say("consent.accept"))
	l.b.until("assisted", func(s state) bool { return s.Session.State == "assisted" })
	// Nobody needs to be called while somebody is here.
	bar := slices.DeleteFunc(l.bar(), func(name string) bool { return name == l.say("help.call") })
	l.expect("assisted", append(bar, l.say("assist.stop"))...)
	l.b.do("DELETE", "/api/badge", nil)
	l.press(l.say("assist.stop"))
	l.b.until("alone", func(s state) bool { return s.Session.State == "active" })
	answers := []string{l.say("question.skip")}
	for key, text := range l.w {
		if strings.HasPrefix(key, "refer.") || strings.HasPrefix(key, "help.") && key != "help.call" && key != "help.cancel" {
			answers = append(answers, text)
		}
	}
	if len(answers) != 12 {
		l.b.t.Fatalf("the question has %d answers", len(answers))
	}
	l.expect("question", answers...)
	l.press(l.say("question.skip"))
	l.expect("question gone", append(l.bar(), l.say("guide.hide"))...)
}

// trouble leaves the panel of a page that crashed by its button.
func (l *listener) trouble() {
	l.b.t.Helper()
	from := l.b.mark()
	fault(l.b, "view", "crash")
	l.b.await(from, "page", "crashed")
	l.expect("trouble", append(l.bar(), l.say("trouble.home"))...)
	l.press(l.say("trouble.home"))
	l.untilIn("the page again", true, func(root *element) []string {
		if root.onPage("push button", "Demander") == nil {
			return []string{"the page is not in the tree"}
		}
		return complaints(root)
	})
}

// backHome finishes by the bar's button; nothing of the session may be left
// for the next person's screen reader.
func (l *listener) backHome() {
	l.b.t.Helper()
	from := l.b.mark()
	gone := l.named(l.say("bar.finish")).object.Bus
	l.press(l.say("bar.finish"))
	l.b.wiped(from)
	l.b.until("idle with a spare", func(s state) bool { return s.Session.State == "idle" && s.View.Spare })
	l.untilIn("only the home surface", true, func(root *element) []string {
		for _, e := range root.all() {
			if e.object.Bus == gone || e.foreign && e.name != "" {
				return []string{fmt.Sprintf("%s %q is left of the session", e.role, e.name)}
			}
		}
		return nil
	})
}
