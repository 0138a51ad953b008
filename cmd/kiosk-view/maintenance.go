package main

import (
	"slices"
	"strings"

	"guichet.example/kiosk/view/wire"
)

// Lines of a technician's work come from a stick's makers, too: plain text,
// this many at most.
const (
	maxWorkLines = 200
	maxWorkCode  = 40 // characters
)

// stepLook is what a step of a technician's work has on its surface.
type stepLook struct {
	icon    string // widget
	moves   bool   // there is a progress bar
	install bool   // there is a plan to agree to
	leave   string // caption of the button that ends it, "" = it goes on by itself
}

// leaveWord is never empty: a hidden button has a name, too.
func (s stepLook) leaveWord() string {
	if s.leave == "" {
		return "work.close"
	}
	return s.leave
}

// stepLooks by step. One that is not here waits, without a button.
var stepLooks = map[wire.Step]stepLook{
	wire.StepReading:    {icon: "work-stick", moves: true},
	wire.StepChecking:   {icon: "work-test", moves: true},
	wire.StepPlan:       {icon: "work-plan", install: true, leave: "work.cancel"},
	wire.StepNothing:    {icon: "work-same", leave: "work.close"},
	wire.StepEnrolled:   {icon: "work-stick", leave: "work.close"},
	wire.StepRefused:    {icon: "work-stop", leave: "work.close"},
	wire.StepInstalling: {icon: "work-storing", moves: true},
	wire.StepInstalled:  {icon: "work-restart", leave: "work.restart"},
	wire.StepTesting:    {icon: "work-test", moves: true},
	wire.StepDone:       {icon: "work-done", leave: "work.finish"},
	wire.StepFailed:     {icon: "work-stop", leave: "work.close"},
}

// setWork shows how far a technician's work is, where it is shown. Nothing of
// the step before stays, and a new step begins at its top.
func (l *loop) setWork(w wire.Work) {
	if !l.workUp() {
		return
	}
	if w.Step != l.work.Step {
		l.win.scroll(scrollStart)
	}
	l.work = w
}

// workUp says whether it is what people see.
func (l *loop) workUp() bool { return l.surface == wire.SurfaceMaintenance }

// agree and leave are the technician's two buttons: what is not offered is not
// sent, however the button was reached.
func (l *loop) agree() {
	if l.workUp() && stepLooks[l.work.Step].install {
		l.press(wire.ButtonInstall)
	}
}

func (l *loop) leave() {
	if l.workUp() && stepLooks[l.work.Step].leave != "" {
		l.press(wire.ButtonLeave)
	}
}

// workFocus is the safe button, or one that does no harm.
func (l *loop) workFocus() string {
	if stepLooks[l.work.Step].leave != "" {
		return "work-leave"
	}
	return "work-size"
}

func (l *loop) workLooks(w words) map[string]look {
	s, known := stepLooks[l.work.Step]
	text := "work." + string(l.work.Step)
	if !known {
		text = "work.wait"
	}
	says, code, self := l.workSays(), l.workCode(), l.workSelf(w)
	stopped := l.work.Step == wire.StepRefused || l.work.Step == wire.StepFailed
	looks := map[string]look{
		"maintenance":    {On: l.work.Step == wire.StepDone},
		"work-hero":      {On: stopped},
		"work-head":      {Text: w["work.head"]},
		"work-kiosk":     {Text: l.kioskLine(), Hidden: l.kioskLine() == "" || self.big != ""},
		"work-title":     {Text: w[text+".title"]},
		"work-text":      {Text: w[text+".text"]},
		"work-progress":  {Hidden: !s.moves},
		"work-bar":       {Name: w["work.progress"]},
		"work-percent":   {Text: w.say("work.percent", l.percent())},
		"work-says":      {Text: says, Hidden: says == ""},
		"work-code":      {Text: w.say("work.code", code), Hidden: code == ""},
		"work-self":      {Hidden: self.big == ""},
		"work-self-text": {Text: self.caption},
		"work-self-big":  {Text: self.big},
		"work-self-more": {Text: self.more, Hidden: self.more == ""},
		"work-lines":     {Hidden: len(l.workLines(w)) == 0},
		"work-foot":      {Hidden: s.leave == "" && l.status.value.Notice == wire.NoticeNone},
		"work-answers":   {Hidden: s.leave == ""},
		"work-leave":     {Text: w[s.leaveWord()]},
		"work-install":   {Text: w["work.install"], Hidden: !s.install},
	}
	looks["work-leave-icon"] = look{Hidden: !s.install} // the cross of "Annuler"
	for _, step := range stepLooks {
		hidden := step.icon != s.icon || l.large() && (l.work.Step != wire.StepDone || l.scale >= 200)
		looks[step.icon+"-icon"] = look{Hidden: hidden}
	}
	return looks
}

// percent is how far the progress bar is.
func (l *loop) percent() int { return min(max(0, l.work.Percent), 100) }

func (l *loop) workCode() string {
	code := []rune(strings.ReplaceAll(plain(l.work.Code), "\n", " "))
	return string(code[:min(len(code), maxWorkCode)])
}

// workSays is the sentence of a refusal or failure.
func (l *loop) workSays() string { return plain(inWorkLanguage(l, l.work.Says)) }

// inWorkLanguage is what a stick's or kiosk's makers say in the language in use,
// else in another that there is.
func inWorkLanguage[T any](l *loop, texts map[string]T) T {
	for _, code := range []string{l.language, l.start.Languages[0].Code, "fr", "en"} {
		if text, ok := texts[code]; ok {
			return text
		}
	}
	var none T
	return none
}

// workLines are those in the language in use, else in another that there is.
// What stands under a heading is indented; without headings several are a list.
func (l *loop) workLines(w words) []line {
	texts := inWorkLanguage(l, l.work.Lines)
	indented := func(text string) bool { return strings.HasPrefix(text, "  ") }
	list := len(texts) > 1 && !slices.ContainsFunc(texts, indented)
	var lines []line
	for i, text := range texts {
		if len(lines) == maxWorkLines {
			return append(lines, line{"", w.say("work.more", len(texts)-i)})
		}
		mark := ""
		if list || indented(text) {
			mark = "•"
		}
		if text = strings.TrimSpace(plain(text)); text != "" {
			lines = append(lines, line{mark, text})
		}
	}
	return lines
}

// scroll is how far the keyboard moves what does not fit.
type scroll int

// In the order of ui.h.
const (
	scrollStart scroll = iota
	scrollUp
	scrollPageUp
	scrollDown
	scrollPageDown
	scrollEnd
)

// scrollKey takes the keys that move a technician's lines, whatever has the
// focus, and says whether this was one.
func (l *loop) scrollKey(down bool, key uint) bool {
	if !down || !l.workUp() {
		return false
	}
	if key >= padHome && key <= padEnd {
		key -= padHome - keyHome
	}
	by, ok := map[uint]scroll{keyHome: scrollStart, keyUp: scrollUp, keyPageUp: scrollPageUp,
		keyDown: scrollDown, keyPageDown: scrollPageDown, keyEnd: scrollEnd}[key]
	if ok {
		l.win.scroll(by)
	}
	return ok
}
