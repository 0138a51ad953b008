//go:build webkit

package main_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Documents as sites hand them out: each is shown here, and "Retour" leads
// back to the page.
func TestDocuments(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("testdata/attestation.pdf")
	if err != nil {
		t.Fatal(err)
	}
	ways := []string{
		`location = '/a.pdf'`,
		`location = '/save/a.pdf'`,
		`window.open('/save/a.pdf')`,
		`link.href = '/a.pdf', link.download = 'a.pdf', link.click()`,
		`document.querySelector('iframe').src = '/save/a.pdf'`,
		`link.href = blob, link.download = 'a.pdf', link.click()`,
		`window.open(blob)`,
		`document.forms[0].submit()`,
	}
	var page strings.Builder
	page.WriteString(`<body style="background:black"><a id=link></a><iframe hidden></iframe><form action="/save/a.pdf" method=post></form>
		<script>let blob; fetch('/a.pdf').then(r => r.blob()).then(b => { blob = URL.createObjectURL(b); document.body.style.background = 'blue' })</script>`)
	for i, way := range ways {
		fmt.Fprintf(&page, `<button style="position:fixed;left:0;width:300px;height:50px;top:%dpx" onclick="%s"></button>`, 50*i, way)
	}
	d, _ := ready(t, map[string]string{"/": page.String(), "/a.pdf": string(document), "/save/a.pdf": string(document)}, "/")
	const inDocumentX, inDocumentY = 725, 750 // its red square
	for i, way := range ways {
		t.Log(way)
		d.eventuallyColour(t, pageX, pageY, blue)
		d.click(482, int16(94+50*i+25))
		d.eventuallyColour(t, inDocumentX, inDocumentY, red)
		d.eventuallyColour(t, 4, 4, brand)
		if !filling(t, d) {
			t.Error("the window is not where it was")
		}
		d.eventuallyBack(t, true)
		d.click(backX, barY)
	}
	d.eventuallyColour(t, pageX, pageY, blue)
}
