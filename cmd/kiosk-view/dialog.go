package main

import (
	"strings"
	"unicode"

	"guichet.example/kiosk/view/wire"
)

// pageDialog is an alert, confirm or prompt of the page, or its wish to be
// asked before it is left; shown by us.
type pageDialog struct {
	Host   string // whose page it is, "" = unknown
	Text   string
	Cancel bool // there is a choice
	Entry  bool // a text is asked for
	Preset string
	Leave  bool // may the page be left? Asked in our words
}

// A page may ask maxDialogs times in a row; each touch of the page begins a
// new row. So a form of a hundred confirmations works, and a page that asks by
// itself, in whatever frame, popup or reloaded form, soon asks unseen: alert
// returns, confirm says no, and nothing keeps it from being left.
const (
	maxDialogs     = 5
	maxDialog      = 400 // characters of a page's dialog that we show
	maxDialogLines = 8
	maxWord        = 30 // characters after which a word may be broken
)

const breakHere = "\u200b" // zero width space

// ask shows a dialog of the page and reports whether it will be answered
// later; otherwise it is answered now: with no, or with leave.
func (l *loop) ask(d pageDialog) bool {
	if l.surface != wire.SurfaceSession || l.dialog != nil {
		return false
	}
	if d.Leave && (l.leaving || !l.written) {
		return false // nothing to lose
	}
	l.dialogs++
	if l.dialogs > maxDialogs {
		l.refused("dialogs")
		return false
	}
	d.Text = plain(d.Text)
	l.dialog = &d
	l.pulse.pause() // the page waits for the person, not the other way round
	l.redraw()
	return true
}

// plain returns a page's text without what could make it look like something
// else: control characters, and those that turn the direction of writing or
// cannot be seen; short enough that our answers stay in sight. Long words get
// places to be broken at: Pango, left to find them, takes twenty times as long.
func plain(text string) string {
	var out strings.Builder
	runes, lines, word := 0, 1, 0
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\t", " ").Replace(text)
	for _, r := range text {
		const nonJoiner, joiner = '\u200c', '\u200d' // part of words in Persian and Hindi
		switch {
		case r == '\n' && lines == maxDialogLines:
			r = ' '
		case r == '\n':
			lines++
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs) && r != nonJoiner && r != joiner:
			continue
		}
		if runes++; runes > maxDialog {
			return out.String() + "…"
		}
		if word++; unicode.IsSpace(r) {
			word = 0
		} else if word > maxWord && !unicode.In(r, unicode.M, unicode.Cf) {
			out.WriteString(breakHere)
			word = 1
		}
		out.WriteRune(r)
	}
	return out.String()
}

// reply is what the person answers. Our question puts the safe answer first.
func (l *loop) reply(first bool, text string) {
	if d := l.dialog; d != nil {
		l.closeDialog(first != d.Leave, text)
	}
}

func (l *loop) closeDialog(ok bool, text string) {
	if l.dialog == nil {
		return
	}
	l.forget()
	l.win.answerDialog(ok, text)
}

// forget takes away a dialog whose page is gone or has its answer.
func (l *loop) forget() {
	l.dialog = nil
	l.pulse.resume()
	l.redraw()
}

func (l *loop) dialogLooks(w words) map[string]look {
	d := l.dialog
	if d == nil {
		d = &pageDialog{Host: l.host}
	}
	looks := map[string]look{
		"dialog-title":  {Text: w.say("dialog.title", d.Host)},
		"dialog-text":   {Text: d.Text, Hidden: d.Text == ""},
		"dialog-ok":     {Text: w["dialog.ok"]},
		"dialog-cancel": {Text: w["dialog.cancel"], Hidden: !d.Cancel},
		"dialog-entry":  {Name: w["dialog.entry.name"], Hidden: !d.Entry},
	}
	if d.Host == "" {
		looks["dialog-title"] = look{Text: w["dialog.title.unknown"]}
	}
	if d.Leave {
		looks["dialog-title"] = look{Text: w["dialog.leave.title"]}
		looks["dialog-text"] = look{Text: w["dialog.leave.text"]}
		looks["dialog-ok"] = look{Text: w["dialog.leave.stay"]}
		looks["dialog-cancel"] = look{Text: w["dialog.leave.go"]}
	}
	return looks
}
