//go:build webkit

package main_test

import (
	"syscall"
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
)

// A page that wants to be asked before it is left, with a link that fills it.
const clinging = `<body style="background:blue"><a href="/two" style="position:fixed;inset:0"></a><script>
	addEventListener('beforeunload', e => { e.preventDefault(); e.returnValue = 'Ne partez pas' })</script>`

func asked(t *testing.T) (*display, *view) {
	t.Helper()
	d, v := ready(t, map[string]string{"/": clinging, "/two": `<body style="background:green">`}, "/")
	d.eventuallyColour(t, pageX, pageY, blue)
	d.click(pageX, pageY)
	d.eventuallyColour(t, 20, 790, quiet)
	return d, v
}

func TestLeave(t *testing.T) {
	t.Parallel()
	d, _ := asked(t)
	d.eventuallyColour(t, 4, 4, brand)
	d.keys(t, 0xff0d) // "Rester" has the focus
	d.eventuallyColour(t, pageX, pageY, blue)
	d.click(pageX, pageY)
	d.eventuallyColour(t, 20, 790, quiet)
	const shift, tab = 0xffe1, 0xff09
	d.keys(t, shift, tab)
	d.keys(t, 0xff0d) // "Quitter"
	d.eventuallyColour(t, pageX, pageY, green)
}

func TestLeaveNeverHoldsUpTheEnd(t *testing.T) {
	t.Parallel()
	d, v := asked(t)
	sent := v.send(t, wire.Blank{})
	_, at := await[wire.Blanked](t, v)
	if took := at.Sub(sent); took > 2*time.Second {
		t.Errorf("blanked after %v", took)
	}
	d.eventually(t, "only the blank surface", uniform(brand))
}

func TestLeaveOfAPageThatDies(t *testing.T) {
	t.Parallel()
	d, v := asked(t)
	v.kill(t, syscall.SIGKILL)
	if page, _ := await[wire.Page](t, v); page.Event != wire.PageCrashed {
		t.Errorf("%+v", page)
	}
	d.keys(t, 0xff0d) // back to the start
	d.eventuallyColour(t, pageX, pageY, blue)
}

// The row ends, the page goes on asking for ever: it is ended like any page
// that hangs, and the bar works.
func TestEndlessDialogs(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{"/": `<body style="background:blue"><script>
		setTimeout(() => { for (let n = 1; ; n++) alert('█'.repeat(n)) }, 500)</script>`}, "/")
	const row, textX, textY, width = 5, 349, 421, 18
	for n := range row {
		// Of the dialog before there are fewer: an answer too many would be a
		// touch of the page, and begin a new row.
		d.eventuallyColour(t, textX+n*width, textY, ink)
		d.keys(t, 0xff0d)
	}
	if page, _ := await[wire.Page](t, v); page.Event != wire.PageHung {
		t.Errorf("%+v", page)
	}
	d.click(endX, barY)
	await[wire.Pressed](t, v)
}
