package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"guichet.example/kiosk/view/wire"
)

// inSession returns a stage with a page open that the person has touched.
func inSession(t *testing.T) *stage {
	t.Helper()
	s := newStage(t)
	s.receive(wire.Open{URL: "https://a.fr/"})
	s.receive(wire.Show{Surface: wire.SurfaceSession})
	s.at("https://a.fr/", true)
	s.win.page = true
	s.touch()
	s.take()
	return s
}

func (s *stage) last() string { return s.win.calls[len(s.win.calls)-1] }

func TestDialogIsNoHang(t *testing.T) {
	s := inSession(t)
	if !s.ask(pageDialog{Text: "Envoyer ?", Cancel: true}) {
		t.Fatal("not kept")
	}
	s.at("https://a.fr/#2", false)
	for range 100 {
		s.tick()
	}
	if s.did("end") {
		t.Error("a page that waits for the person was ended")
	}
	s.reply(true, "x")
	if s.last() != "answer truex" || s.win.drawn.Panel != "page" {
		t.Errorf("calls %v, panel %q", s.win.calls, s.win.drawn.Panel)
	}
}

// A form may ask as often as the person acts on it; a page that asks by itself
// may not, whatever it does in between.
func TestRowsOfDialogs(t *testing.T) {
	s := inSession(t)
	for n := range 100 {
		s.touch()
		if !s.ask(pageDialog{Cancel: true}) {
			t.Fatalf("question %d of a long form is answered unseen", n+1)
		}
		s.touch() // on our panel
		s.reply(true, "")
	}
	s.touch()
	for n := range maxDialogs + 1 {
		if s.ask(pageDialog{Cancel: true}) != (n < maxDialogs) {
			t.Fatalf("question %d in a row", n+1)
		}
		s.touch()
		s.reply(true, "")
		s.at("https://a.fr/", true) // reloaded
		s.over(n % 2)               // or from a popup
		s.trouble = troubleNone
	}
	if got := s.win.drawn.Looks["notice"].Text; got != s.words()["notice.dialogs"] {
		t.Errorf("notice %q", got)
	}
}

func TestDialogsOfNobody(t *testing.T) {
	s := inSession(t)
	s.receive(wire.Blank{})
	if s.ask(pageDialog{}) {
		t.Error("a dialog on the blank surface is kept")
	}
}

func TestOneDialogAtATime(t *testing.T) {
	s := inSession(t)
	if !s.ask(pageDialog{Text: "one"}) || s.ask(pageDialog{Text: "two"}) {
		t.Error("a second dialog is kept")
	}
	if got := s.win.drawn.Looks["dialog-text"].Text; got != "one" {
		t.Errorf("shown %q", got)
	}
	s.forget() // its process ended
	if s.win.drawn.Panel != "page" || slices.ContainsFunc(s.win.calls, func(c string) bool { return strings.HasPrefix(c, "answer") }) {
		t.Errorf("panel %q, calls %v", s.win.drawn.Panel, s.win.calls)
	}
}

func TestLeaving(t *testing.T) {
	leave := pageDialog{Host: "a.fr", Text: "Vraiment ?", Cancel: true, Leave: true}
	s := inSession(t)
	if !s.ask(leave) {
		t.Fatal("what the person wrote is lost without a question")
	}
	looks := s.win.drawn.Looks
	if looks["dialog-title"].Text != "Quitter cette page ?" || strings.Contains(looks["dialog-text"].Text, "Vraiment") ||
		looks["dialog-ok"].Text != "Rester" || looks["dialog-cancel"].Text != "Quitter" || s.win.drawn.Focus != "dialog-ok" {
		t.Errorf("%+v", s.win.drawn)
	}
	s.reply(true, "")
	if s.last() != "answer false" {
		t.Errorf("stay is %q", s.last())
	}
	s.ask(leave)
	s.reply(false, "")
	if s.last() != "answer true" {
		t.Errorf("leave is %q", s.last())
	}
	s.at("https://a.fr/two", true)
	if s.ask(leave) {
		t.Error("a page that nobody touched asks")
	}
	s.touch()
	s.receive(wire.Open{URL: "https://b.fr/"})
	if s.ask(leave) {
		t.Error("a page holds up the daemon")
	}
}

func TestEndOfTheSessionClosesADialog(t *testing.T) {
	for _, leave := range []bool{false, true} {
		s := inSession(t)
		s.ask(pageDialog{Cancel: true, Leave: leave})
		s.receive(wire.Blank{})
		if s.last() != "answer false" || s.dialog != nil {
			t.Errorf("calls %v", s.win.calls)
		}
	}
}

func TestWhoseDialog(t *testing.T) {
	s := inSession(t)
	for host, want := range map[string]string{"login.b.fr": "Message du site login.b.fr", "": "Message du site"} {
		s.touch()
		s.ask(pageDialog{Host: host, Text: "x"})
		if got := s.win.drawn.Looks["dialog-title"].Text; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		s.reply(true, "")
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"Envoyer ?":                 "Envoyer ?",
		"un\r\ndeux\ttrois":         "un\ndeux trois",
		"a\u202egnihton\u2066b":     "agnihtonb",
		"\u200bx\x00\x1b[1m":        "x[1m",
		"می\u200cخواهم":             "می\u200cخواهم",
		strings.Repeat("\n", 40):    strings.Repeat("\n", maxDialogLines-1) + strings.Repeat(" ", 41-maxDialogLines),
		strings.Repeat("é", 70):     strings.Repeat("é", 30) + breakHere + strings.Repeat("é", 30) + breakHere + strings.Repeat("é", 10),
		strings.Repeat("ab cd ", 9): strings.Repeat("ab cd ", 9),
	} {
		if got := plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if long := plain(strings.Repeat("é", 999)); strings.Count(long, "é") != maxDialog || !strings.HasSuffix(long, "…") {
		t.Errorf("%q", long)
	}
	rapid.Check(t, func(t *rapid.T) {
		got := plain(rapid.String().Draw(t, "text"))
		if n := len([]rune(strings.ReplaceAll(got, breakHere, ""))); n > maxDialog+1 || strings.Count(got, "\n") >= maxDialogLines {
			t.Fatalf("%d characters, %q", n, got)
		}
		for _, r := range got {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
				t.Fatal(fmt.Sprintf("%q", got))
			}
		}
	})
}
