//go:build webkit

package main_test

import (
	"image/color"
	"testing"
)

var white = color.RGBA{255, 255, 255, 255}

// What fails inside a page is the page's own affair.
func TestPartsAreNoTrouble(t *testing.T) {
	t.Parallel()
	d, _ := ready(t, map[string]string{"/": `<body style="background:blue"><img src="http://denied.test/x.png"><script src="http://denied.test/x.js"></script>
		<iframe src="http://denied.test/"></iframe><iframe src="/secret"></iframe><img src="/secret"><iframe src="/broken"></iframe>
		<script>const denied = fetch('http://denied.test/').catch(() => {})
		onload = async () => { await denied; document.body.style.background = 'green' }</script>`,
		"/secret": "", "/broken": ""}, "/")
	d.eventuallyColour(t, pageX, pageY, green)
	if c := d.shot(t).RGBAAt(20, 790); c != white {
		t.Errorf("%v instead of the guide", c)
	}
}

// A site's own page of an error is shown; what is empty is ours, and leads
// back to a page that still stands.
func TestErrorsOfSites(t *testing.T) {
	t.Parallel()
	d, _ := ready(t, map[string]string{
		"/": `<body style="background:blue"><a href="/secret" style="position:fixed;inset:0 0 400px 0"></a><a href="/broken" style="position:fixed;inset:400px 0 200px 0"></a>
			<a href="/nothing" style="position:fixed;inset:550px 0 0 0"></a>`,
		"/secret": "", "/broken": `<body style="background:green">`}, "/")
	d.eventuallyColour(t, pageX, pageY, blue)
	d.click(pageX, 200)
	d.eventuallyColour(t, 20, 790, quiet)
	d.keys(t, 0xff0d)
	d.eventuallyColour(t, pageX, pageY, blue)
	d.click(pageX, 550)
	d.eventuallyColour(t, pageX, pageY, green)
	d.eventuallyBack(t, true)
	d.click(backX, barY)
	d.eventuallyColour(t, pageX, pageY, blue)
}
