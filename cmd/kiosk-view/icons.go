package main

import "strings"

// tone is what an icon stands on.
type tone int

const (
	toneInk   tone = iota // on a light ground
	toneLight             // on the accent colour
	toneAlert             // on the assistance mark
	toneAccent
)

// icon is a drawing, its size in ems and its tone. Colours follow style.css.
type icon struct {
	name string
	em   float64
	tone tone
}

func (i icon) colour(contrast bool) string {
	if contrast {
		return [...]string{"#ffffff", "#000000", "#000000", "#ffe600"}[i.tone]
	}
	return [...]string{"#16243d", "#ffffff", "#1d1500", "#0b4a85"}[i.tone]
}

// icons by the name of the widget that carries them; the image inside it is
// called the same with "-icon".
var icons = map[string]icon{
	"home-size": {"size", 1.6, toneInk}, "bar-size": {"size", 1.6, toneInk},
	"home-contrast": {"contrast", 1.6, toneInk}, "bar-contrast": {"contrast", 1.6, toneInk},
	"home-help": {"help", 1.6, toneAccent}, "bar-help": {"help", 1.6, toneAccent},
	"home-next": {"right", 1.4, toneInk}, "home-prev": {"left", 1.4, toneInk},
	"bar-home": {"home", 1.6, toneInk}, "bar-back": {"left", 1.6, toneInk},
	"bar-language": {"language", 1.6, toneInk}, "bar-finish": {"check", 1.6, toneLight},
	"assist": {"eye", 1.8, toneAlert}, "guide-more": {"clock", 1.4, toneInk},
	"guide-hide": {"left", 1.4, toneInk}, "guide-show": {"list", 1.6, toneInk},
	"warning": {"clock", 3.6, toneAccent}, "consent": {"eye", 3.6, toneAccent},
	"consent-accept": {"check", 1.6, toneInk}, "consent-refuse": {"cross", 1.6, toneInk},
	"trouble": {"pause", 3.6, toneAccent}, "trouble-home": {"home", 1.6, toneLight},
	"unprovisioned": {"tool", 4.5, toneAccent}, "out-of-service": {"pause", 4.5, toneAccent},
}

// pictogram colours a pack's drawing like our icons where it leaves the
// colour open.
func pictogram(svg string, contrast bool) string {
	return strings.ReplaceAll(svg, "currentColor", icon{tone: toneAccent}.colour(contrast))
}
