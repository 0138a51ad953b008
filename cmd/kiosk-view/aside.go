package main

import "guichet.example/kiosk/view/wire"

// aside is our answer to a page that asks for something this kiosk does not
// have. Its value is part of a words key and of an icon's name.
type aside string

const (
	asideNone  aside = ""
	asideTray  aside = "tray" // what the session scanned or made, for a page that wants a file
	asidePrint aside = "print"
)

// openTray shows what a page may have for a file: the engine has told it
// already that nothing was chosen. Nothing here scans or makes documents yet,
// so the tray is empty.
func (l *loop) openTray() { l.stepAside(asideTray) }

// print is where every wish to print comes, whoever has it. No printer is set
// up on any kiosk yet.
func (l *loop) print() { l.stepAside(asidePrint) }

// stepAside shows the panel once for each time the person did something: a
// page that asks again and again gets no further word.
func (l *loop) stepAside(a aside) {
	if !l.pressed || l.surface != wire.SurfaceSession {
		return
	}
	l.aside, l.pressed = a, false
	l.redraw()
}

func (l *loop) closeAside() {
	l.aside, l.pressed = asideNone, false
	l.redraw()
}

func (l *loop) asideLooks(w words) map[string]look {
	key := "aside." + string(l.aside) + "."
	help := l.helpLook(w)
	help.Hidden = l.status.value.Assisted || l.status.value.Helper // who helps is there
	back := look{Text: w[key+"back"], Name: w[key+"back"]}
	if l.aside == asideNone {
		back.Name = w["aside.print.back"] // never a button without one
	}
	return map[string]look{
		"aside-tray-icon":  {Hidden: l.large() || l.aside != asideTray},
		"aside-print-icon": {Hidden: l.large() || l.aside != asidePrint},
		"aside-title":      {Text: w[key+"title"]},
		"aside-back":       back,
		"aside-help":       help,
	}
}

func (l *loop) asideLines(w words) []line {
	var lines []line
	for _, n := range []string{"1", "2", "3"} {
		if text := w["aside."+string(l.aside)+"."+n]; text != "" {
			lines = append(lines, line{"", text})
		}
	}
	return lines
}
