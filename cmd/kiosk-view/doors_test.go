//go:build webkit

package main_test

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"guichet.example/kiosk/view/wire"
)

// What pages elsewhere may ask a device for is not there at all. A door found
// open is the host that the page goes to.
func TestNoDoors(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{"/": `<body style="background:blue"><script>
		const doors = { webkit: window.webkit, rtc: window.RTCPeerConnection, datachannel: window.RTCDataChannel, notification: window.Notification,
			push: window.PushManager, sharedworker: window.SharedWorker, speech: window.speechSynthesis, recognition: window.webkitSpeechRecognition,
			files: window.showOpenFilePicker, directory: window.showDirectoryPicker, cookies: window.cookieStore, recorder: window.MediaRecorder,
			payment: window.PaymentRequest, gpu: navigator.gpu, xr: navigator.xr, fullscreen: document.body.requestFullscreen,
			webkitfullscreen: document.body.webkitRequestFullscreen, lock: document.body.requestPointerLock,
			picture: document.createElement('video').requestPictureInPicture,
			webgl: document.createElement('canvas').getContext('webgl'), colour: document.createElement('input').type = 'color' }
		for (const name of ['usb', 'serial', 'bluetooth', 'hid', 'mediaDevices', 'getUserMedia', 'webkitGetUserMedia', 'serviceWorker', 'geolocation', 'getGamepads',
			'share', 'wakeLock', 'sendBeacon', 'clipboard', 'requestMIDIAccess', 'credentials', 'contacts', 'getBattery', 'mediaSession'])
			doors[name] = navigator[name]
		const input = document.createElement('input'); input.type = 'color'; doors.colour = input.type === 'color'
		const open = Object.keys(doors).filter(name => doors[name])
		setTimeout(() => location = open.length ? 'http://' + open.join('-').toLowerCase() + '.test/' : 'http://shut.test/', 300)</script>`}, "/")
	d.eventuallyColour(t, 4, 4, brand)
	if at, _ := await[wire.At](t, v); at.Host != "shut.test" {
		t.Errorf("open: %s", at.Host)
	}
}

// No address but a site's, from a page or a frame in it, and no end of
// addresses.
func TestAddresses(t *testing.T) {
	t.Parallel()
	addresses := []string{"file:///etc/passwd", "view-source:http://demo.test/", "ftp://demo.test/", "about:config", "webkit://gpu",
		"webkit-pdfjs-viewer://pdfjs/web/viewer.html", "resource:///org/webkit/pdfjs/web/viewer.html", "data:text/html,<body/bgcolor=red>",
		"tel:15", "intent://x", "ms-settings:", "shell:startup", "javascript:void(0)", "chrome://settings", "x-guichet:end"}
	d, v := ready(t, map[string]string{"/": `<body style="background:blue"><script>
		const addresses = '` + strings.Join(addresses, " ") + `'.split(' ')
		for (const a of addresses) { const f = document.createElement('iframe'); f.hidden = true; f.src = a; document.body.append(f) }
		let n = 0
		const next = () => { if (n < addresses.length) { try { location = addresses[n++] } catch (e) {} setTimeout(next, 100) } else finish() }
		const finish = () => { try { for (let i = 0; i < 1000; i++) history.pushState(i, '', '/?' + i) } catch (e) {} document.body.style.background = 'green' }
		setTimeout(next, 300)</script>`}, "/")
	d.eventually(t, "the page itself, or our panel and back", func(img *image.RGBA) bool {
		if img.RGBAAt(20, 790) == quiet {
			d.keys(t, 0xff0d)
		}
		if img.RGBAAt(pageX, pageY) == red {
			t.Fatal("another address was shown")
		}
		return img.RGBAAt(pageX, pageY) == green
	})
	d.click(endX, barY)
	await[wire.Pressed](t, v)
}

// A page that a site made itself (blob:) is the site's; one that a frame
// without an origin made is nobody's, and not even its script runs.
func TestBlobsOfNobody(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		way   string
		tells string // "" = nothing
	}{
		"the site's":  {`location = URL.createObjectURL(new Blob([made], { type: 'text/html' }))`, "made"},
		"a frame's":   {`frame('top.location = URL.createObjectURL(new Blob([' + JSON.stringify(made).replace(/<\//g, '<\\/') + '], { type: "text/html" }))')`, ""},
		"the address": {`location = 'data:text/html,' + encodeURIComponent(made)`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, startDisplay(t), program, `<body style="margin:0;background:#fedcba"><div style="height:100vh"></div><script>
				const tell = what => 'fetch("http://demo.test/saw",{method:"POST",mode:"no-cors",body:atob("' + btoa(JSON.stringify([what])) + '")})'
				const made = '<body style="background:red"><script>' + tell('made') + '<\/script>'
				const frame = how => { const f = document.createElement('iframe'); f.sandbox = 'allow-scripts allow-top-navigation'; f.hidden = true
					f.src = 'data:text/html,' + encodeURIComponent('<script>' + how + '<\/script>'); document.body.append(f) }
				onclick = e => { if (e.clientX < 60 && e.clientY < 60) eval(tell('here')); else { `+c.way+` } }</script>`)
			w.click(pageX, pageY)
			if c.tells != "" {
				w.eventuallyColour(t, pageX, pageY, red)
			} else {
				w.eventuallyColour(t, 20, 790, quiet)
				w.keys(t, keyReturn)
				w.eventuallyColour(t, pageX, pageY, color.RGBA{0xfe, 0xdc, 0xba, 255})
				w.click(originX+20, originY+20)
				c.tells = "here"
			}
			if got := w.saw(t); len(got) != 1 || got[0] != c.tells {
				t.Errorf("told %q, want %q", got, c.tells)
			}
		})
	}
}

// The list of a select is a window of its own; it must not reach the bar.
func TestListsStayBelowTheBar(t *testing.T) {
	t.Parallel()
	options := strings.Repeat("<option>Un choix", 100)
	d, v := ready(t, map[string]string{"/": `<body style="background:blue">
		<select style="position:fixed;left:0;top:0;width:200px;height:640px">` + options + `</select>
		<select style="position:fixed;left:300px;top:300px;width:200px;height:40px">` + options + `</select>
		<input list=l style="position:fixed;left:600px;top:0;width:200px;height:640px"><datalist id=l>` + options + `</datalist>`}, "/")
	d.eventuallyColour(t, 850, 780, blue)
	d.click(332+700, 400)
	d.keys(t, 'u')
	d.click(332+100, 400)
	for range 20 {
		if d.shot(t); !filling(t, d) {
			t.Fatal("a list of a control as high as the page is open")
		}
	}
	d.click(332+400, 94+320)
	d.eventually(t, "the list of a select as sites have it", func(*image.RGBA) bool { return toplevels(t, d) > 1 })
	d.eventually(t, "no list", func(*image.RGBA) bool {
		d.keys(t, 0xff1b) // again: it is seen before it has the keyboard
		return toplevels(t, d) == 1
	})
	d.click(endX, barY)
	await[wire.Pressed](t, v)
}
