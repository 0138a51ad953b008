//go:build webkit

package main_test

import (
	"image"
	"image/color"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"guichet.example/kiosk/view/wire"
)

var (
	brand = color.RGBA{0x0f, 0x2f, 0x52, 255}
	quiet = color.RGBA{0xf3, 0xf5, 0xf9, 255}
	red   = color.RGBA{255, 0, 0, 255}
	green = color.RGBA{0, 128, 0, 255}
	blue  = color.RGBA{0, 0, 255, 255}
	black = color.RGBA{0, 0, 0, 255}
)

// Places on the screen at 1280x800 and text size 100 %.
const (
	pageX, pageY = 1000, 600 // in the page, with the guide unfolded
	tileX, tileY = 200, 300  // first tile
)

// uniform reports whether the whole screen has one colour.
func uniform(c color.RGBA) func(*image.RGBA) bool {
	return func(img *image.RGBA) bool {
		for y := range screenHeight {
			for x := range screenWidth {
				if img.RGBAAt(x, y) != c {
					return false
				}
			}
		}
		return true
	}
}

func TestHome(t *testing.T) {
	t.Parallel()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	d := startDisplay(t)
	v := startView(t, bin, d, startOf(site(t, nil)))
	hello, _ := await[wire.Hello](t, v)
	if hello.Proto != wire.Proto || !hello.Ephemeral || !hello.Sandbox || !strings.HasPrefix(hello.Engine, "WebKitGTK ") {
		t.Errorf("hello = %+v", hello)
	}
	await[wire.Ready](t, v)
	if !uniform(black)(d.shot(t)) {
		t.Error("a spare view shows something before Show")
	}
	v.send(t, wire.Show{Surface: wire.SurfaceHome})
	shown, _ := await[wire.Shown](t, v)
	if shown.Surface != wire.SurfaceHome {
		t.Errorf("shown = %+v", shown)
	}
	d.eventuallyColour(t, 4, 4, brand)
	d.eventuallyColour(t, 20, 790, quiet)
	d.click(tileX, tileY)
	await[wire.Touched](t, v)
	if chose, _ := await[wire.Chose](t, v); chose.Procedure != "one" {
		t.Errorf("chose = %+v", chose)
	}
	before := d.shot(t)
	d.click(1170, 750) // "Suite"
	d.eventually(t, "the second page", func(img *image.RGBA) bool { return img.RGBAAt(1000, 300) != before.RGBAAt(1000, 300) })
	d.click(tileX, tileY)
	if chose, _ := await[wire.Chose](t, v); chose.Procedure != "seven" {
		t.Errorf("on the second page chose = %+v", chose)
	}
}

func TestKeyboardAlone(t *testing.T) {
	t.Parallel()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	d := startDisplay(t)
	v := startView(t, bin, d, startOf(site(t, nil)))
	await[wire.Ready](t, v)
	v.send(t, wire.Show{Surface: wire.SurfaceHome})
	await[wire.Shown](t, v)
	d.keys(t, 0xff0d) // Return on the first tile
	if chose, _ := await[wire.Chose](t, v); chose.Procedure != "one" {
		t.Errorf("chose = %+v", chose)
	}
	d.keys(t, 0xff09) // Tab
	d.keys(t, 0xff0d)
	if chose, _ := await[wire.Chose](t, v); chose.Procedure != "two" {
		t.Errorf("chose = %+v", chose)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{
		"/":     `<body style="background:red"><script>onclick = () => location = '/done?a=b'</script>`,
		"/done": `<body style="background:green">`}, "/")
	d.eventuallyColour(t, pageX, pageY, red)
	d.eventuallyColour(t, 4, 4, brand) // the bar
	d.click(pageX, pageY)
	await[wire.Succeeded](t, v)
	d.eventuallyColour(t, pageX, pageY, green)
}

// What a page may not have: our bridge, a window of its own, a file, another
// scheme.
func TestShutDoors(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{
		"/": `<body style="background:red"><a href="http://other.test/two" target=_blank style="position:fixed;inset:300px 0 0 0">w</a><script>
			const shut = !window.webkit && !(window.external && window.external.invoke) && !navigator.clipboard
			setTimeout(() => { location = 'mailto:a@b' }, 300)
			setTimeout(() => { location = 'file:///etc/passwd' }, 500)
			setTimeout(() => { location = '/x.bin' }, 700)
			setTimeout(() => { document.title = 'later'; document.body.style.background = shut ? 'green' : 'black' }, 1200)</script>`,
		"/x.bin": "x",
		"/two":   `<body style="background:blue">`}, "/")
	d.eventuallyColour(t, pageX, pageY-300, green) // still the same page
	d.click(pageX, pageY)
	if at, _ := await[wire.At](t, v); at.Host != "other.test" {
		t.Errorf("at = %+v", at)
	}
	d.eventuallyColour(t, pageX, pageY-300, blue)
	if n := toplevels(t, d); n != 1 {
		t.Errorf("%d windows", n)
	}
}

// toplevels counts the windows on the screen.
func toplevels(t *testing.T, d *display) (n int) {
	t.Helper()
	tree, err := xproto.QueryTree(d.x, d.root).Reply()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range tree.Children {
		if a, err := xproto.GetWindowAttributes(d.x, w).Reply(); err == nil && a.MapState == xproto.MapStateViewable {
			n++
		}
	}
	return n
}

func TestKeys(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{"/": `<body style="background:blue"><script>
		let wrong = false
		addEventListener('keydown', e => {
			if (e.key == 'Shift' || e.key == 'Control') return
			wrong ||= e.ctrlKey || e.altKey || e.key.length > 1
			document.body.style.background = wrong ? 'red' : e.key == 'x' ? 'green' : 'black' })</script>`}, "/")
	d.eventuallyColour(t, pageX, pageY, blue)
	d.click(pageX, pageY)
	const control, alt, shift = 0xffe3, 0xffe9, 0xffe1
	d.keys(t, alt, 0xffc1)   // Alt+F4
	d.keys(t, 0xffc8)        // F11
	d.keys(t, shift, 0xffc7) // Shift+F10
	d.keys(t, 0xff67)        // Menu
	d.keys(t, 'x')           // the only one that the page may see, and the last
	d.eventuallyColour(t, pageX, pageY, green)
	d.keys(t, control, shift, 'i')
	d.keys(t, 'y')
	d.eventuallyColour(t, pageX, pageY, black)
	select {
	case <-v.exited:
		t.Fatal("the view ended")
	default:
	}
}

// hog is a page that hangs as soon as it has asked for the list of its select.
const hog = `<body style="background:red"><select style="position:fixed;left:200px;top:100px"><option>a<option>b<option>c</select>
	<script>document.querySelector('select').onmousedown = () => setTimeout(() => { for (;;) {} })</script>`

func TestBlankWhileHanging(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{"/": hog}, "/")
	d.eventuallyColour(t, pageX, pageY, red)
	d.click(345+200, 100+105)
	d.eventually(t, "an open list", func(*image.RGBA) bool { return toplevels(t, d) > 1 })
	sent := v.send(t, wire.Blank{})
	_, at := await[wire.Blanked](t, v)
	// Far above the few milliseconds it takes: other tests run beside this one.
	if took := at.Sub(sent); took > 2*time.Second {
		t.Errorf("blanked after %v", took)
	}
	if !uniform(brand)(d.shot(t)) {
		d.eventually(t, "only the blank surface", uniform(brand))
	}
	if n := toplevels(t, d); n != 1 {
		t.Errorf("%d windows over the blank surface", n)
	}
}

func TestHang(t *testing.T) {
	t.Parallel()
	pages := map[string]string{
		"/hang": `<body style="background:red"><script>onclick = () => { for (;;) {} }</script>`,
		"/":     `<body style="background:green">`}
	d, v := ready(t, pages, "/hang")
	d.eventuallyColour(t, pageX, pageY, red)
	began := time.Now()
	d.click(pageX, pageY)
	page, at := await[wire.Page](t, v)
	if page.Event != wire.PageHung || at.Sub(began) > 15*time.Second {
		t.Errorf("%+v after %v", page, at.Sub(began))
	}
	d.eventuallyColour(t, 20, 790, quiet) // our panel
	v.send(t, opening("http://demo.test/"))
	d.eventuallyColour(t, pageX, pageY, green)
}

func TestCrash(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{"/": `<body style="background:green">`}, "/")
	d.eventuallyColour(t, pageX, pageY, green)
	v.kill(t, syscall.SIGKILL)
	if page, _ := await[wire.Page](t, v); page.Event != wire.PageCrashed {
		t.Errorf("%+v", page)
	}
	d.eventuallyColour(t, 20, 790, quiet)
	d.keys(t, 0xff0d) // "back to start" has the focus
	d.eventuallyColour(t, pageX, pageY, green)
	d.click(1170, 47) // the bar still works: "J'ai terminé"
	if pressed, _ := await[wire.Pressed](t, v); pressed.Button != wire.ButtonFinish {
		t.Errorf("%+v", pressed)
	}
}

func TestRefusedByProxy(t *testing.T) {
	t.Parallel()
	d, _ := ready(t, map[string]string{"/": `<body style="background:red"><script>onclick = () => { location = 'http://denied.test/' }</script>`}, "/")
	d.eventuallyColour(t, pageX, pageY, red)
	d.click(pageX, pageY)
	d.eventuallyColour(t, 20, 790, quiet)
}

func TestDialog(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{"/": `<body style="background:red"><script>
		onclick = () => { document.body.style.background = confirm('Envoyer ?') ? 'green' : 'blue' }</script>`}, "/")
	d.eventuallyColour(t, pageX, pageY, red)
	d.click(pageX, pageY)
	d.eventuallyColour(t, 20, 790, quiet)
	d.keys(t, 0xff0d) // OK has the focus
	d.eventuallyColour(t, pageX, pageY, green)
	v.send(t, wire.Blank{})
	await[wire.Blanked](t, v)
}

func TestMask(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{"/": `<body style="background:white">
		<iframe srcdoc="<input id=num_secu value=1850578006048 style='font-size:40px;width:600px'>" style="position:fixed;left:20px;top:20px;width:700px;height:200px"></iframe>
		<input autocomplete="cc-number" value="4970101234567890" style="position:fixed;left:20px;top:300px;font-size:40px;width:600px">
		<input name=city value="Saint-Amand" style="position:fixed;left:20px;top:400px;font-size:40px;width:600px">`}, "/")
	ink := func(img *image.RGBA, top int) (n int) {
		for y := top; y < top+60; y++ {
			for x := 380; x < 900; x++ {
				if img.RGBAAt(x, y) == black {
					n++
				}
			}
		}
		return n
	}
	const frame, card, city = 94 + 30, 94 + 300, 94 + 400
	var before *image.RGBA
	d.eventually(t, "plain fields", func(img *image.RGBA) bool {
		before = img
		return ink(img, frame) > 50 && ink(img, card) > 50 && ink(img, city) > 50
	})
	v.send(t, wire.Mask{On: true})
	await[wire.Masked](t, v)
	img := d.shot(t) // at once
	if ink(img, frame) == ink(before, frame) || ink(img, card) == ink(before, card) || ink(img, city) != ink(before, city) {
		t.Error("masked, says the view; its pixels do not")
	}
	v.send(t, wire.Mask{On: false})
	d.eventually(t, "plain fields again", func(img *image.RGBA) bool {
		return ink(img, frame) == ink(before, frame) && ink(img, card) == ink(before, card)
	})
}

// TestHungPageIsNotMasked: whoever waits for the mask of a page that hangs must
// not be told that it is there.
func TestHungPageIsNotMasked(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{"/": `<body style="background:green"><script>
		const frames = (n, f) => requestAnimationFrame(() => n ? frames(n - 1, f) : f())
		addEventListener("pointerdown", () => { document.body.style.background = "#ff0000"; frames(2, () => { for (;;); }) })
		</script>`}, "/")
	d.eventuallyColour(t, pageX, pageY, green)
	v.send(t, wire.Mask{On: true})
	await[wire.Masked](t, v) // while it answers
	v.send(t, wire.Mask{})
	d.click(pageX, pageY)
	d.eventuallyColour(t, pageX, pageY, red)
	v.send(t, wire.Mask{On: true})
	for timeout := time.After(patience); ; {
		select {
		case said := <-v.said:
			switch msg := said.msg.(type) {
			case wire.Masked:
				t.Fatal("a page that hangs is masked, says the view")
			case wire.Page:
				if msg.Event == wire.PageHung {
					return
				}
			}
		case <-timeout:
			t.Fatal("the page never hung")
		}
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	d := startDisplay(t)
	start := startOf(site(t, map[string]string{"/": `<body><script>let a = [];
		setInterval(() => { const b = new Uint8Array(20 << 20); b.fill(7); a.push(b) }, 100)</script>`}))
	start.MemoryLimitMiB = 300
	v := startView(t, bin, d, start)
	await[wire.Ready](t, v)
	v.send(t, opening("http://demo.test/"))
	v.send(t, wire.Show{Surface: wire.SurfaceSession})
	if page, _ := await[wire.Page](t, v); page.Event != wire.PageMemory {
		t.Errorf("%+v", page)
	}
}
