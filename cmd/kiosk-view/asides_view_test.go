//go:build webkit

package main_test

import (
	"image/color"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
)

// asking is a page whose every place but its upper left corner asks for a
// file or a printer, as how says, and that tells what came of it.
func asking(how string) string {
	return `<body style="margin:0;background:#fedcba"><div style="height:100vh"></div>
<input id=plain type=file style="display:none"><input id=many type=file multiple webkitdirectory capture accept="image/*" style="display:none">
<iframe id=frame srcdoc="x" style="display:none"></iframe>
<script>
let log = []
for (const f of document.querySelectorAll('input')) {
	f.addEventListener('cancel', () => log.push('cancel ' + f.id))
	f.addEventListener('change', () => log.push('change ' + f.files.length))
}
const plain = document.getElementById('plain'), many = document.getElementById('many'), frame = document.getElementById('frame')
addEventListener('click', e => {
	if (e.target.type == 'file') return
	if (e.clientX > 60 || e.clientY > 60) { ` + how + `; return }
	fetch('/saw', { method: 'POST', body: JSON.stringify(log.concat('files ' + plain.files.length + many.files.length, 'picker ' + typeof showOpenFilePicker)) })
	log = []
})
</script>`
}

func TestAsides(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ how, tells string }{
		"file":            {"plain.click()", "cancel plain"},
		"directory":       {"many.click()", "cancel many"},
		"flood of files":  {"for (let i = 0; i < 100; i++) { plain.click(); many.click() }", "files 00"}, // WebKit forgets all but the last
		"again and again": {"plain.oncancel = () => plain.click(); plain.click()", "cancel plain"},
		"print":           {"print(); log.push('printed')", "printed"},
		"print a frame":   {"frame.contentWindow.print(); log.push('printed')", "printed"},
		"flood of prints": {"setInterval(() => { print(); log.push('printed') }, 20)", "printed"},
	} {
		t.Run(name, func(t *testing.T) {
			w := watch(t, startDisplay(t), program, asking(c.how))
			before := w.shot(t)
			w.click(pageX, pageY)
			w.eventuallyColour(t, 400, 780, quiet)
			w.keys(t, 0xff0d) // the way back has the focus
			w.eventuallyColour(t, 400, 780, before.RGBAAt(400, 780))
			notes := w.reportOver(t, before.RGBAAt(400, 780))
			if !slices.Contains(notes, c.tells) || !slices.Contains(notes, "files 00") || !slices.Contains(notes, "picker undefined") ||
				strings.Contains(strings.Join(notes, " "), "change") {
				t.Errorf("the page notes %.300q", notes)
			}
			if n := toplevels(t, w.display); n != 1 {
				t.Errorf("%d windows", n)
			}
		})
	}
}

// reportOver has the page tell what it noted. The press that asks for it lets the
// page ask for a panel once more, which may lie over it before the press arrives.
func (w *watcher) reportOver(t *testing.T, page color.RGBA) []string {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		w.click(originX+20, originY+20)
		for time.Now().Before(end) {
			select {
			case notes := <-w.told:
				return notes
			case <-time.After(50 * time.Millisecond):
			}
			if w.shot(t).RGBAAt(400, 780) == quiet {
				w.keys(t, 0xff0d)
				w.eventuallyColour(t, 400, 780, page)
				break
			}
		}
	}
	t.Fatal("the page tells nothing")
	return nil
}

func TestASessionEndsOverAnAside(t *testing.T) {
	t.Parallel()
	w := watch(t, startDisplay(t), program, asking("setInterval(print, 20); plain.click()"))
	w.click(pageX, pageY)
	w.eventuallyColour(t, 400, 780, quiet)
	w.send(t, wire.Blank{})
	await[wire.Blanked](t, w.view)
	w.eventually(t, "the blank surface", uniform(brand))
}
