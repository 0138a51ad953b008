//go:build webkit

package main_test

import (
	"image"
	"image/color"
	"testing"

	"guichet.example/kiosk/view/wire"
)

// Places of our panels' answers at text size 100 %.
const (
	consentY, refuseX, acceptX = 610, 481, 793
	answerX, answerY           = 349, 282 // "J'ai expliqué"
)

// TestConsentByFingerAndKeys: the person answers, the helper answers once, both
// by finger and by keys alone; the keyboard stands on "no" first.
func TestConsentByFingerAndKeys(t *testing.T) {
	t.Parallel()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	d := startTouchDisplay(t)
	start := startOf(site(t, map[string]string{"/": `<body style="background:green">`}))
	tile := start.Tiles[0]
	tile.Procedure = "helpers"
	start.Offer = []wire.Tile{tile}
	v := startView(t, bin, d.display, start)
	await[wire.Ready](t, v)
	finger := func(x, y float64) func() {
		return func() {
			d.glass.touch(t, 1, touchBegin, x, y)
			d.glass.touch(t, 1, touchEnd, x, y)
		}
	}
	const tab, enter = 0xff09, 0xff0d
	v.send(t, opening("http://demo.test/"))
	v.send(t, wire.Show{Surface: wire.SurfaceSession})
	d.eventuallyColour(t, pageX, pageY, green)
	for _, c := range []struct {
		name string
		do   func()
		want wire.Button
	}{
		{"no by finger", finger(refuseX, consentY), wire.ButtonRefuse},
		{"yes by finger", finger(acceptX, consentY), wire.ButtonAccept},
		{"no by keys", func() { d.keys(t, enter) }, wire.ButtonRefuse},
		{"yes by keys", func() { d.keys(t, tab); d.keys(t, enter) }, wire.ButtonAccept},
	} {
		v.send(t, wire.Cover{Panel: wire.PanelConsent, Seconds: 60})
		d.eventually(t, "the question", func(img *image.RGBA) bool { return img.RGBAAt(20, 790) == quiet && img.RGBAAt(950, 400) == white })
		c.do()
		if pressed, _ := await[wire.Pressed](t, v); pressed.Button != c.want {
			t.Errorf("%s: %q", c.name, pressed.Button)
		}
		v.send(t, wire.Cover{})
		d.eventuallyColour(t, pageX, pageY, green)
	}
	for _, do := range []func(){finger(answerX, answerY), func() { d.keys(t, enter) }} {
		v.send(t, wire.Cover{Panel: wire.PanelQuestion, Seconds: 20})
		d.eventually(t, "the question to the helper", func(img *image.RGBA) bool { return img.RGBAAt(1250, 200) == white })
		do()
		if answered, _ := await[wire.Answered](t, v); answered.Help != "explained" {
			t.Errorf("%+v", answered)
		}
		v.send(t, wire.Cover{})
		d.eventuallyColour(t, pageX, pageY, green)
	}
	v.send(t, wire.Show{Surface: wire.SurfaceHome})
	v.send(t, wire.Cover{Panel: wire.PanelOffer, Seconds: 30})
	d.eventuallyColour(t, 4, 130, yellow)
	finger(tileX, tileY)()
	if chose, _ := await[wire.Chose](t, v); chose.Procedure != "helpers" {
		t.Errorf("%+v", chose)
	}
}

// TestMarkStandsOverEverything: no popup, panel or notice lies over it.
func TestMarkStandsOverEverything(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{
		"/":    `<body style="background:blue"><script>addEventListener('click', () => open('/two', '', 'top=0,left=0,width=2000,height=2000'))</script>`,
		"/two": `<body style="background:green"><script>addEventListener('click', () => prompt('?'))</script>`}, "/")
	d.eventuallyColour(t, pageX, pageY, blue)
	v.send(t, wire.Status{Assisted: true})
	d.eventuallyColour(t, 4, 20, yellow)
	stands := func(under string) {
		t.Helper()
		if img := d.shot(t); img.RGBAAt(4, 20) != yellow || img.RGBAAt(700, 8) != yellow {
			t.Errorf("the mark is not over %s", under)
		}
	}
	d.click(pageX, pageY)
	d.eventuallyColour(t, pageX, pageY, green)
	stands("a popup")
	d.click(pageX, pageY)
	d.eventuallyColour(t, 20, 790, quiet)
	stands("a page's dialog")
	d.keys(t, 0xff1b, 0xff0d)
	for _, p := range []wire.Panel{wire.PanelWarning, wire.PanelConsent, wire.PanelQuestion, wire.PanelTrouble} {
		v.send(t, wire.Cover{})
		d.eventuallyColour(t, pageX, pageY, green)
		v.send(t, wire.Cover{Panel: p, Seconds: 20})
		d.eventually(t, string(p), func(img *image.RGBA) bool { return img.RGBAAt(pageX, pageY) != green })
		stands(string(p))
	}
	v.send(t, wire.Status{Assisted: true, Notice: wire.NoticeBadge})
	d.eventually(t, "a notice", func(img *image.RGBA) bool {
		return has(img, image.Rect(400, 600, 900, 800), color.RGBA{0x14, 0x21, 0x3d, 255})
	})
	stands("a notice")
}
