//go:build webkit

package main_test

import (
	"fmt"
	"image"
	"image/color"
	"syscall"
	"testing"

	"github.com/jezek/xgb/xproto"

	"guichet.example/kiosk/view/wire"
)

// A login window as sites have it: opened by a click, it goes to another
// origin and back, by a link and by a form, tells its opener, and closes.
func TestLoginPopup(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{
		"/": `<body style="background:blue"><button style="position:fixed;inset:0;border:0;background:blue" onclick="window.login = open('/login', 'login', 'width=300,height=200,left=50,top=50')">in</button><script>
			addEventListener('message', e => { if (e.source === window.login && e.origin === 'http://demo.test')
				document.body.innerHTML = '', document.body.style.background = e.data })</script>`,
		"/login": `<body style="background:red"><script>onclick = () => { moveTo(100, 100); resizeTo(200, 200); blur(); location = 'http://idp.test/idp' }</script>`,
		"/idp":   `<body style="background:black"><form method=post action="http://demo.test/return"><input name=a value=b></form><script>onclick = () => document.forms[0].submit()</script>`,
		"/return": `<body style="background:black"><script>
			if (window.opener) opener.postMessage('green', 'http://demo.test'); close()</script>`}, "/")
	d.eventuallyColour(t, pageX, pageY, blue)
	d.click(pageX, pageY)
	d.eventuallyColour(t, pageX, pageY, red)
	d.eventuallyColour(t, 4, 4, brand)
	d.click(pageX, pageY)
	if at, _ := await[wire.At](t, v); at.Host != "idp.test" {
		t.Errorf("at = %+v", at)
	}
	d.eventuallyColour(t, pageX, pageY, black)
	d.eventuallyColour(t, 4, 4, brand)
	d.click(pageX, pageY)
	d.eventuallyColour(t, pageX, pageY, green)
	if n := toplevels(t, d); n != 1 {
		t.Errorf("%d windows", n)
	}
}

// covering is a control that fills the page and does f when touched.
func covering(colour, f string) string {
	return `<body style="background:` + colour + `"><button style="position:fixed;inset:0;border:0;background:` + colour + `" onclick="` + f + `"></button>`
}

// Places of the bar's buttons.
const (
	barY   = 47
	startX = 59   // "Début"
	backX  = 158  // "Retour"
	endX   = 1170 // "J'ai terminé"
)

// eventuallyBack waits until "Retour" leads somewhere, or nowhere: it is told
// at most ten times a second.
func (d *display) eventuallyBack(t *testing.T, somewhere bool) {
	t.Helper()
	d.eventually(t, fmt.Sprintf("a way back: %v", somewhere), func(img *image.RGBA) bool {
		return has(img, image.Rect(130, 55, 186, 75), white) == somewhere
	})
}

func TestPopupCloses(t *testing.T) {
	t.Parallel()
	d, _ := ready(t, map[string]string{
		"/": `<body><a href="/two" target=_blank rel=noopener style="position:fixed;inset:0"></a><script>
			localStorage.times = +(localStorage.times || 0) + 1
			document.body.style.background = localStorage.times == 1 ? 'blue' : 'green'</script>`,
		"/two": `<body style="background:red">`}, "/")
	for _, x := range []int16{backX, startX} {
		d.eventuallyColour(t, pageX, pageY, blue)
		d.click(pageX, pageY)
		d.eventuallyColour(t, pageX, pageY, red)
		d.click(x, barY)
	}
	d.eventuallyColour(t, pageX, pageY, green)
	if !filling(t, d) {
		t.Error("the window is not where it was")
	}
	// A page that begins anew asks for no room: the guide must not take it.
	if c := d.shot(t).RGBAAt(331, 500); c != (color.RGBA{0xc5, 0xce, 0xdd, 255}) {
		t.Errorf("%v instead of the guide's edge", c)
	}
}

func TestNoPopupWithoutATouch(t *testing.T) {
	t.Parallel()
	d, _ := ready(t, map[string]string{
		"/": `<body style="background:blue"><a href="/two" target=_blank></a><form action="/two" target=_blank></form><script>
			setTimeout(() => { document.querySelector('a').click(); document.forms[0].submit()
				const none = !open('/two'); setTimeout(() => document.body.style.background = none ? 'green' : 'black', 700) }, 300)</script>`,
		"/two": `<body style="background:red">`}, "/")
	d.eventually(t, "green, never red", func(img *image.RGBA) bool {
		if img.RGBAAt(pageX, pageY) == red {
			t.Fatal("a popup came by itself")
		}
		return img.RGBAAt(pageX, pageY) == green
	})
}

var ink = color.RGBA{0x14, 0x21, 0x3d, 255} // what a notice stands on

func TestPopupsEnd(t *testing.T) {
	t.Parallel()
	d, _ := ready(t, map[string]string{"/": `<body><script>
		const n = +location.search.slice(1); document.body.style.background = ['blue', 'red', 'green', 'black', 'rgb(1,2,3)', 'white'][n]
		onclick = () => open('/?' + (n + 1))</script>`}, "/")
	colours := []color.RGBA{blue, red, green, black, {1, 2, 3, 255}}
	for _, c := range colours {
		d.eventuallyColour(t, pageX, pageY, c)
		d.click(pageX, pageY)
	}
	d.eventually(t, "a notice", func(img *image.RGBA) bool { return has(img, image.Rect(500, 700, 1100, 800), ink) })
	for n := len(colours) - 1; n >= 0; n-- {
		d.eventuallyColour(t, pageX, pageY, colours[n])
		d.click(backX, barY)
	}
}

// has reports whether there is a pixel of that colour.
func has(img *image.RGBA, where image.Rectangle, c color.RGBA) bool {
	for y := where.Min.Y; y < where.Max.Y; y++ {
		for x := where.Min.X; x < where.Max.X; x++ {
			if img.RGBAAt(x, y) == c {
				return true
			}
		}
	}
	return false
}

func TestPopupThatIsRefused(t *testing.T) {
	t.Parallel()
	d, _ := ready(t, map[string]string{
		"/": `<body style="background:blue"><button style="position:fixed;inset:0 0 400px 0;border:0;background:red" onclick="window.open('mailto:a@b')"></button>
			<button style="position:fixed;inset:400px 0 0 0;border:0;background:blue" onclick="window.open('http://denied.test/')"></button>
			<button style="position:fixed;inset:600px 0 0 0;border:0;background:black" onclick="window.open('/x.bin')"></button>`,
		"/x.bin": "x"}, "/")
	d.eventuallyColour(t, pageX, pageY, blue)
	d.click(pageX, 710)
	d.eventually(t, "a notice over the page", func(img *image.RGBA) bool {
		return img.RGBAAt(pageX, pageY) == blue && has(img, image.Rect(500, 720, 1100, 800), ink)
	})
	d.click(pageX, 200)
	d.click(pageX, pageY)
	d.eventuallyColour(t, 20, 790, quiet)
	d.keys(t, 0xff0d) // "Revenir à la page" has the focus
	d.eventuallyColour(t, pageX, pageY, blue)
	d.eventually(t, "no way back: the popup is gone", func(img *image.RGBA) bool {
		return !has(img, image.Rect(130, 20, 190, 75), color.RGBA{255, 255, 255, 255})
	})
}

// Opener and popup share a process: its end is told once, and there is one
// way on.
func TestPopupCrash(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{"/": covering("blue", "window.open('/two')"), "/two": `<body style="background:red">`}, "/")
	d.eventuallyColour(t, pageX, pageY, blue)
	d.click(pageX, pageY)
	d.eventuallyColour(t, pageX, pageY, red)
	v.kill(t, syscall.SIGKILL)
	d.eventuallyColour(t, 20, 790, quiet)
	d.keys(t, 0xff0d)
	d.eventuallyColour(t, pageX, pageY, blue)
	d.click(endX, barY)
	crashes := 0
	for s := range v.said {
		switch m := s.msg.(type) {
		case wire.Page:
			crashes++
		case wire.Pressed:
			if m.Button != wire.ButtonFinish || crashes != 1 {
				t.Errorf("%+v after %d crashes", m, crashes)
			}
			return
		}
	}
}

// filling reports whether the one window is our own and fills the screen.
func filling(t *testing.T, d *display) bool {
	t.Helper()
	tree, err := xproto.QueryTree(d.x, d.root).Reply()
	if err != nil {
		t.Fatal(err)
	}
	windows := 0
	for _, w := range tree.Children {
		a, err := xproto.GetWindowAttributes(d.x, w).Reply()
		if err != nil || a.MapState != xproto.MapStateViewable {
			continue
		}
		g, err := xproto.GetGeometry(d.x, xproto.Drawable(w)).Reply()
		if err != nil || g.X != 0 || g.Y != 0 || int(g.Width) != d.size.X || int(g.Height) != d.size.Y {
			return false
		}
		windows++
	}
	return windows == 1
}

// What a popup may do to its window elsewhere, it does to nothing here.
func TestPopupLeavesTheWindowAlone(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{
		"/": `<body style="background:blue"><button style="position:fixed;inset:0;border:0;background:blue" onclick="window.open('/two', 'two', 'popup,width=300,height=200,left=50,top=50,fullscreen')"></button>`,
		"/two": `<body style="background:red"><script>
			moveTo(100, 100); resizeTo(200, 200); moveBy(5, 5); resizeBy(-50, -50)
			setTimeout(() => { moveTo(100, 100); resizeTo(200, 200); blur(); document.body.style.background = 'green' }, 300)</script>`}, "/")
	d.eventuallyColour(t, pageX, pageY, blue)
	d.click(pageX, pageY)
	for range 40 {
		if !filling(t, d) {
			t.Fatal("the window is not where it was")
		}
		d.shot(t)
	}
	d.eventuallyColour(t, pageX, pageY, green)
	if !filling(t, d) {
		t.Error("the window is not where it was")
	}
	v.send(t, wire.Blank{})
	await[wire.Blanked](t, v)
}
