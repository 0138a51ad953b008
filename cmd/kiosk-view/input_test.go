//go:build webkit

package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
)

// unfiltered is the program with the filter of input.c taken out, for control.
var unfiltered = sync.OnceValues(func() (string, error) {
	source, err := os.ReadFile("input.c")
	if err != nil {
		return "", err
	}
	text := string(source)
	for old, new := range map[string]string{"!admit(event, handle)": "0 && !admit(event, handle)",
		`"gtk-long-press-time", (guint)G_MAXINT,`: ""} {
		if strings.Count(text, old) != 1 {
			return "", fmt.Errorf("input.c has no %q to take out", old)
		}
		text = strings.Replace(text, old, new, 1)
	}
	dir, err := os.MkdirTemp("", "kiosk-view-input")
	if err != nil {
		return "", err
	}
	here, err := filepath.Abs("input.c")
	if err != nil {
		return "", err
	}
	there, overlay := filepath.Join(dir, "input.c"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{here: there}})
	if err != nil {
		return "", err
	}
	if err := errors.Join(os.WriteFile(there, []byte(text), 0o644), os.WriteFile(overlay, replace, 0o644)); err != nil {
		return "", err
	}
	return buildView("webkit", "-overlay", overlay)
})

// watcher is a page that notes what comes in, and the program that shows it.
type watcher struct {
	*display
	*view
	told chan []string
}

// Where the page is on the screen: below the bar, beside the guide.
const originX, originY = 345, 94

// watch shows page in program; what the page posts to /saw comes out of told.
func watch(t *testing.T, d *display, program func() (string, error), page string) *watcher {
	t.Helper()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	w := &watcher{display: d, told: make(chan []string, 100)}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/saw" {
			rw.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(rw, page)
			return
		}
		var all []string
		if err := json.NewDecoder(r.Body).Decode(&all); err != nil {
			t.Error(err)
		}
		w.told <- all
	}))
	t.Cleanup(server.Close)
	w.view = startView(t, bin, w.display, startOf(server.URL))
	await[wire.Ready](t, w.view)
	w.send(t, opening("http://demo.test/"))
	w.send(t, wire.Show{Surface: wire.SurfaceSession})
	await[wire.At](t, w.view)
	w.eventuallyColour(t, pageX, pageY, color.RGBA{0xfe, 0xdc, 0xba, 255})
	w.click(originX+20, originY+20)
	w.saw(t)
	return w
}

// report clicks into the page's corner and returns what the page noted. WebKit
// drops clicks as long as it asks whether it may show a menu; a page that was
// clicked too often tells the rest the next time.
func (w *watcher) report(t *testing.T) (notes []string) {
	t.Helper()
	for len(w.told) > 0 {
		notes = append(notes, <-w.told...)
	}
	for end := time.Now().Add(patience); time.Now().Before(end); {
		w.click(originX+20, originY+20)
		select {
		case all := <-w.told:
			return append(notes, all...)
		case <-time.After(250 * time.Millisecond):
		}
	}
	t.Fatal("the page tells nothing")
	return nil
}

// saw returns the next that the page tells.
func (w *watcher) saw(t *testing.T) []string {
	t.Helper()
	select {
	case all := <-w.told:
		return all
	case <-time.After(patience):
		t.Fatal("the page tells nothing")
		return nil
	}
}

// watching is a page that notes what a pointer does; a click into its upper
// left corner sends the notes.
const watching = `<body style="margin:0;height:3000px;background:#fedcba;font-size:40px"><p style="margin:300px">Lorem <a href="/other">ipsum</a> dolor
<script>
let log = []
const note = text => log.push(text)
for (const kind of ['pointerdown', 'auxclick', 'contextmenu', 'touchstart', 'touchcancel', 'touchend', 'dragover', 'drop'])
	addEventListener(kind, e => note(kind + (e.button ? ' ' + e.button : '') + (e.touches && e.touches.length > 1 ? ' many' : '')), true)
const held = e => e.ctrlKey || e.altKey || e.metaKey
addEventListener('wheel', e => note(held(e) ? 'wheel with a key' : 'wheel'), true)
addEventListener('mousemove', e => { if (e.buttons) note(e.buttons > 1 ? 'move with other buttons' : 'drag') }, true)
addEventListener('click', e => {
	const asks = e.clientX <= 60 && e.clientY <= 60
	note(held(e) ? 'click with a key' : asks ? 'asked' : 'click')
	if (!asks) return
	const all = log.concat('scale ' + visualViewport.scale, 'scrolled ' + scrollY, 'selected ' + getSelection().toString().length)
	log = []
	getSelection().empty()
	fetch('/saw', { method: 'POST', body: JSON.stringify(all) })
}, true)
</script>`
