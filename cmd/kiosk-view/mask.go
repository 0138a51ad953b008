package main

import (
	"strings"

	"guichet.example/kiosk/view/wire"
)

// fieldSelectors are the fields that a helper has no need to read, on whatever
// site: passwords (also once a site shows them as text), cards, one-time codes,
// social-security and bank numbers. By type, autocomplete token, and what sites
// call them where they give no token.
const fieldSelectors = `input[type="password" i],
[autocomplete*="password" i], [autocomplete*="cc-" i], [autocomplete*="one-time-code" i],
input[name*="passw" i], input[id*="passw" i], input[name*="mdp" i], input[id*="mdp" i],
input[name*="motdepasse" i], input[id*="motdepasse" i], input[name*="mot_de_passe" i], input[id*="mot_de_passe" i],
input[name*="nir" i], input[id*="nir" i], input[name*="secu" i], input[id*="secu" i],
input[name*="ssn" i], input[id*="ssn" i], input[name*="iban" i], input[id*="iban" i],
input[name*="cvv" i], input[id*="cvv" i], input[name*="cvc" i], input[id*="cvc" i],
input[name*="crypto" i], input[id*="crypto" i]`

// dots shows text as dots; whoever types goes on typing. A page's transition
// would win for as long as it lasts.
const dots = ` { -webkit-text-security: disc !important; transition: none !important }
`

// unread hides what has no text to become dots. It can be used all the same.
const unread = ` { opacity: 0 !important; transition: none !important }
`

// pictures are those that the engine took of a page before, to fade from.
const pictures = `::view-transition-old(*) { display: none !important }
`

// drawn are the elements that show something besides their text, or draw it in a
// way of their own, as lists of several lines do.
const drawn = `:is(img, svg, canvas, video, object, embed, iframe, meter, progress, [type="checkbox"], [type="radio"], ` +
	`[type="range"], [type="color"], [type="image"], select[multiple], select[size]:not([size="1"]))`

// sheet is a style sheet laid over the pages of sites, of level "user", so that
// !important wins over anything a page says, closed shadow trees included.
type sheet struct {
	CSS    string
	Except []string // hosts that it does not count on; see wire.Sensitive
}

// maskSheets are the style sheets that hide what is sensitive.
func maskSheets(more []wire.Sensitive) []sheet {
	sheets := []sheet{{CSS: fieldSelectors + dots + pictures}}
	for _, s := range more {
		var css strings.Builder
		for _, selector := range s.Selectors {
			writeMask(&css, selector)
		}
		sheets = append(sheets, sheet{css.String(), s.Elsewhere})
	}
	return sheets
}

// writeMask writes the rules for what matches selector and all that is in it.
// Each in rules of its own: one that an engine did not take would spoil no
// other.
func writeMask(css *strings.Builder, selector string) {
	css.WriteString(selector + ", " + selector + " *, " + selector + "::before, " + selector + "::after, " +
		selector + " *::before, " + selector + " *::after" + dots)
	css.WriteString(selector + drawn + ", " + selector + " " + drawn + unread)
	css.WriteString(selector + ", " + selector + " *, " + selector + "::before, " + selector + "::after { background-image: none !important }\n")
}

func (l *loop) mask(on bool) {
	l.masked = on
	l.masks++
	if !on {
		l.win.mask(nil)
		return
	}
	l.win.mask(maskSheets(l.open.Sensitive))
	l.redraw() // the page must be in view to be drawn
	l.win.confirmMask(l.masks)
}

// maskDrawn is told that every page in view has drawn itself with the mask of
// that number; the display has it a frame later.
func (l *loop) maskDrawn(number int) {
	l.win.afterFrame(func() {
		if l.masked && number == l.masks {
			l.send(wire.Masked{})
		}
	})
}
