//go:build webkit

package main_test

import (
	"image"
	"image/color"
	"testing"

	"github.com/jezek/xgb/xproto"

	"guichet.example/kiosk/view/wire"
)

const (
	keyTab, keyReturn, keyQ = 0xff09, 0xff0d, 'q'
	languageX, largerX      = 553, 651 // of the bar
)

// tabTo presses Tab, which leads to the button of the bar in that place.
func (d *display) tabTo(t *testing.T, x int) {
	t.Helper()
	d.keys(t, keyTab)
	ring := color.RGBA{0xff, 0xd5, 0x4a, 255}
	d.eventually(t, "the keyboard's ring around the button", func(img *image.RGBA) bool {
		return has(img, image.Rect(x-45, 0, x+45, 94), ring)
	})
}

// What is typed goes on in the page after the bar was touched, and after
// "Début" in any case: it is green once it heard the letter.
func TestTheKeyboardStaysInThePage(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{"/": `<body style="background:blue"><script>
		onkeydown = e => { if (e.key == 'q') document.body.style.background = 'green' }</script>`}, "/")
	touch := func(x int16) func() { return func() { d.click(x, barY) } }
	for _, c := range []struct {
		what string
		do   func()
	}{
		{"start by finger", touch(startX)},
		{"start by key", func() { d.tabTo(t, startX); d.keys(t, keyReturn) }},
		{"language, and back, and the start", func() { touch(languageX)(); touch(languageX)(); touch(startX)() }},
	} {
		d.eventuallyColour(t, pageX, pageY, blue)
		d.keys(t, keyQ)
		d.eventuallyColour(t, pageX, pageY, green)
		t.Log(c.what)
		c.do()
	}
	d.eventuallyColour(t, pageX, pageY, blue)
	touch(languageX)()
	await[wire.Spoke](t, v)
	d.keys(t, keyQ)
	d.eventuallyColour(t, pageX, pageY, green)
}

// Who walks the bar by Tab presses a button as often as they like.
func TestTheBarByKeys(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{"/": `<body style="background:blue">`}, "/")
	d.eventuallyColour(t, pageX, pageY, blue)
	for _, x := range []int{startX, languageX, largerX} { // "Retour" leads nowhere yet
		d.tabTo(t, x)
	}
	for range 2 {
		d.keys(t, keyReturn)
		if m, _ := await[wire.Aided](t, v); m.Aid != "text_size" {
			t.Errorf("%+v", m)
		}
	}
}

// "Retour" that leads nowhere any more hands the keyboard to the page.
func TestBackByKeys(t *testing.T) {
	t.Parallel()
	d, _ := ready(t, map[string]string{"/two": `<body style="background:red">`, "/": `<body style="background:blue"><script>
		onkeydown = e => { if (e.key == 'q') document.body.style.background = 'green' }; onclick = () => location = '/two'</script>`}, "/")
	d.eventuallyColour(t, pageX, pageY, blue)
	d.click(pageX, pageY)
	d.eventuallyColour(t, pageX, pageY, red)
	d.eventuallyBack(t, true)
	d.tabTo(t, startX)
	d.tabTo(t, backX)
	d.keys(t, keyReturn)
	d.eventuallyColour(t, pageX, pageY, blue)
	d.eventuallyBack(t, false)
	d.keys(t, keyQ)
	d.eventuallyColour(t, pageX, pageY, green)
}

// Return in the entry of a question is its first answer.
func TestReturnAnswersAPrompt(t *testing.T) {
	t.Parallel()
	d, _ := ready(t, map[string]string{"/": covering("blue", "document.body.style.background = this.style.background = prompt('Nom ?', 'x') === 'q' ? 'green' : 'red'")}, "/")
	d.eventuallyColour(t, pageX, pageY, blue)
	d.click(pageX, pageY)
	d.eventuallyColour(t, 20, 790, quiet)
	d.keys(t, keyQ) // in the place of what stands there
	d.keys(t, keyReturn)
	d.eventuallyColour(t, pageX, pageY, green)
}

// After a question the person writes on where they were.
func TestAQuestionGivesTheKeyboardBack(t *testing.T) {
	t.Parallel()
	for answer, keys := range map[string][]xproto.Keysym{"yes": {keyReturn}, "no": {keyTab, keyReturn}} {
		t.Run(answer, func(t *testing.T) {
			d, _ := ready(t, map[string]string{"/": `<body style="background:blue"><form><input autofocus></form><textarea></textarea><script>
				const say = colour => { document.body.style.background = colour }
				document.forms[0].onsubmit = e => { e.preventDefault(); prompt('Nom ?', 'x'); say('red') }
				document.querySelector('input').oninput = () => say('green')
				document.querySelector('textarea').oninput = () => say('white')</script>`}, "/")
			d.eventuallyColour(t, pageX, pageY, blue)
			d.keys(t, keyReturn)
			d.eventuallyColour(t, 20, 790, quiet)
			for _, k := range keys {
				d.keys(t, k)
			}
			d.eventuallyColour(t, pageX, pageY, red)
			d.keys(t, keyQ)
			d.eventuallyColour(t, pageX, pageY, green)
		})
	}
}
