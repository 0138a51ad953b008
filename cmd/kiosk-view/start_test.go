//go:build webkit

package main_test

import (
	"image"
	"testing"
)

// "Début" leads to the start whatever the page does: goes elsewhere all the
// time, never comes to its end, or asks and asks.
func TestStartWhateverThePageDoes(t *testing.T) {
	for name, script := range map[string]string{
		"goes elsewhere": `setInterval(() => location = '/bad?' + Math.random(), 0)`,
		"hangs":          `setTimeout(() => { for (;;); }, 100)`,
		"asks":           `setTimeout(() => { for (;;) { alert('Bonjour'); confirm('Bonjour') } }, 100)`,
		"moves":          `setInterval(() => { for (let i = 0; i < 200; i++) location.hash = Math.random() }, 0)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := ready(t, map[string]string{
				"/":    `<body style="background:blue" onclick="location = '/bad'">`,
				"/bad": `<body style="background:red"><script>` + script + `</script>`}, "/")
			d.eventuallyColour(t, pageX, pageY, blue)
			d.click(pageX, pageY)
			d.eventually(t, "no start", func(img *image.RGBA) bool { return img.RGBAAt(pageX, pageY) != blue })
			d.click(startX, barY)
			d.eventuallyColour(t, pageX, pageY, blue)
		})
	}
}
