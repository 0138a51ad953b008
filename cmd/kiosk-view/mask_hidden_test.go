//go:build webkit

package main_test

import (
	"image"
	"image/color"
	"slices"
	"testing"

	"github.com/jezek/xgb/xproto"

	"guichet.example/kiosk/view/wire"
)

// plainField waits until the big field can be read, and returns how red it is.
func plainField(t *testing.T, d *display) (plain int) {
	t.Helper()
	d.eventually(t, "the field", func(img *image.RGBA) bool { plain = redIn(img); return plain > 5000 })
	return plain
}

// TestOpenerComesBackMasked: what was drawn in the open before a popup came over
// it is not seen again when that closes.
func TestOpenerComesBackMasked(t *testing.T) {
	t.Parallel()
	d, v := readyToMask(t, map[string]string{
		"/":    `<body style="background:blue">` + bigField + `<script>addEventListener('click', () => open('/two'))</script>`,
		"/two": covering("black", "window.close()")}, "/")
	for range 3 {
		d.eventuallyColour(t, pageX, pageY, blue)
		plain := plainField(t, d)
		d.click(pageX, pageY)
		d.eventuallyColour(t, pageX, pageY, black)
		v.send(t, wire.Mask{On: true})
		await[wire.Masked](t, v)
		d.click(pageX, pageY)
		most, looks := d.watch(t, blue)
		if img := d.shot(t); most > plain/2 || redIn(img) == 0 {
			t.Errorf("%d red of %d in one of %d looks, %d at last", most, plain, looks, redIn(img))
		}
		v.send(t, wire.Mask{})
	}
}

// TestPageInItsDialogIsMasked: its script waits and can do nothing; but nothing
// of the page is in view as long as it does, nor after.
func TestPageInItsDialogIsMasked(t *testing.T) {
	t.Parallel()
	d, v := readyToMask(t, map[string]string{
		"/": `<body style="background:blue">` + bigField + `<script>addEventListener('click', () => {
			document.body.style.background = alert('Vu ?') || 'green' })</script>`}, "/")
	d.eventuallyColour(t, pageX, pageY, blue)
	plain := plainField(t, d)
	d.click(pageX, pageY)
	d.eventuallyColour(t, 500, 790, quiet) // our panel
	v.send(t, wire.Mask{On: true})
	await[wire.Masked](t, v)
	if img := d.shot(t); redIn(img) != 0 {
		t.Fatalf("%d red of the page are in view behind its dialog", redIn(img))
	}
	d.keys(t, 0xff0d) // "D'accord" has the focus
	if most, looks := d.watch(t, green); most > plain/2 {
		t.Errorf("%d red of %d in one of %d looks", most, plain, looks)
	}
	v.send(t, wire.Mask{})
	d.eventually(t, "the field again", func(img *image.RGBA) bool { return redIn(img) == plain })
}

// TestAnswerToAPageIsDots: nobody knows what a page asks for with prompt.
func TestAnswerToAPageIsDots(t *testing.T) {
	t.Parallel()
	d, v := readyToMask(t, map[string]string{"/": `<body style="background:blue"><script>addEventListener('click', () => {
		document.body.style.background = prompt('Code ?') == '8' ? 'green' : 'black' })</script>`}, "/")
	d.eventuallyColour(t, pageX, pageY, blue)
	d.click(pageX, pageY)
	d.eventuallyColour(t, 500, 790, quiet)
	const backspace = 0xff08
	// typed returns the first character of the answer, without the caret.
	typed := func(c xproto.Keysym) (first []color.RGBA) {
		empty := func(img *image.RGBA) bool { return len(firstOf(img)) == 0 }
		d.keys(t, backspace)
		d.eventually(t, "no answer", empty)
		d.keys(t, c)
		d.eventually(t, "an answer", func(img *image.RGBA) bool { first = firstOf(img); return len(first) > 10 })
		return first
	}
	if slices.Equal(typed('1'), typed('8')) {
		t.Fatal("1 and 8 look the same")
	}
	v.send(t, wire.Mask{On: true})
	await[wire.Masked](t, v)
	keepPicture(t, "prompt", d.shot(t))
	if !slices.Equal(typed('1'), typed('8')) {
		t.Error("1 and 8 can be told from one another")
	}
	d.keys(t, 0xff0d)
	d.eventuallyColour(t, pageX, pageY, green)
}

// firstOf is what is drawn where the first character of an answer stands.
func firstOf(img *image.RGBA) (drawn []color.RGBA) {
	for y := 425; y < 470; y++ {
		for x := 358; x < 367; x++ {
			if p := img.RGBAAt(x, y); p != white {
				drawn = append(drawn, p)
			}
		}
	}
	return drawn
}

// TestMaskedFieldIsUsed: what was typed stays, more can be typed, and what comes
// later is masked too.
func TestMaskedFieldIsUsed(t *testing.T) {
	t.Parallel()
	d, v := readyToMask(t, map[string]string{
		"/": `<body style="background:white">` + bigField + `<script>const field = document.querySelector('input')
			field.value = '12'
			field.focus()
			field.oninput = () => {
				document.body.style.background = {'123': 'black', '1234': 'teal'}[field.value] || 'lime'
				const more = document.createElement('output')
				more.innerHTML = '<p class=dossier style="position:fixed;left:20px;top:300px;font:60px monospace;color:red">` + blocks + `</p>'
				if (field.value == '123') document.body.append(more)
			}</script>`}, "/")
	d.eventuallyColour(t, pageX, pageY, white)
	d.click(700, 150) // into the field
	d.keys(t, 0xff57) // End
	v.send(t, wire.Mask{On: true})
	await[wire.Masked](t, v)
	d.keys(t, '3')
	most, _ := d.watch(t, black)
	d.keys(t, '4')
	if more, _ := d.watch(t, color.RGBA{0, 128, 128, 255}); max(most, more) > 8000 {
		t.Errorf("%d and %d red", most, more)
	}
	v.send(t, wire.Mask{})
	d.eventually(t, "the text that came later", func(img *image.RGBA) bool { return redIn(img) > 12000 })
}
