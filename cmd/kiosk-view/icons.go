package main

import "strings"

// tone is what an icon stands on.
type tone int

const (
	toneInk    tone = iota // on our light ground
	toneAccent             // the same, to be seen first
	toneLight              // on header, bar and closed surfaces
	toneBrand              // on the light button in the bar
	toneSolid              // on a button in the accent colour
	toneAlert              // on the assistance mark, on a call under way
)

// icon is a drawing, its size in ems and its tone. Colours follow style.css.
type icon struct {
	name string
	em   float64
	tone tone
}

func (i icon) colour(contrast bool) string {
	if contrast {
		return [...]string{"#ffffff", "#ffe600", "#ffffff", "#000000", "#000000", "#000000"}[i.tone]
	}
	return [...]string{"#14213d", "#0b4a85", "#ffffff", "#0f2f52", "#ffffff", "#1d1500"}[i.tone]
}

// icons by the name of the widget that carries them; the image inside it is
// called the same with "-icon".
var icons = map[string]icon{
	"home-size": {"size", 1.6, toneLight}, "bar-size": {"size", 1.6, toneLight},
	"home-contrast": {"contrast", 1.6, toneLight}, "bar-contrast": {"contrast", 1.6, toneLight},
	"bar-home": {"home", 1.6, toneLight}, "bar-back": {"left", 1.6, toneLight},
	"bar-language": {"language", 1.6, toneLight},
	"bar-help":     {"help", 1.5, toneLight}, "bar-finish": {"check", 1.5, toneBrand},
	"home-help": {"help", 1.5, toneAccent}, "home-notices": {"info", 1.5, toneAccent}, "notices-back": {"left", 1.5, toneSolid},
	"home-next": {"right", 1.4, toneInk}, "home-prev": {"left", 1.4, toneInk},
	"offer-back": {"left", 1.5, toneAccent}, "own": {"badge", 1.8, toneAccent}, "offer": {"badge", 1.8, toneAlert},
	"assist": {"eye", 1.8, toneAlert}, "guide-more": {"clock", 1.4, toneInk},
	"guide-hide": {"left", 1.4, toneInk}, "guide-show": {"list", 1.6, toneInk},
	"warning": {"clock", 3, toneAccent}, "consent": {"eye", 3, toneAccent},
	"consent-accept": {"check", 1.5, toneInk}, "consent-refuse": {"cross", 1.5, toneInk},
	"trouble": {"pause", 3, toneAccent}, "trouble-home": {"home", 1.5, toneSolid}, "trouble-page": {"left", 1.5, toneSolid},
	"aside-tray": {"documents", 3, toneAccent}, "aside-print": {"printer", 3, toneAccent},
	"aside-help": {"help", 1.5, toneAccent}, "aside-back": {"left", 1.5, toneSolid},
	"pin": {"badge", 3, toneAccent}, "pin-erase": {"erase", 1.5, toneInk},
	"pin-cancel": {"cross", 1.5, toneInk}, "pin-ok": {"check", 1.5, toneSolid},
	"work-language": {"language", 1.6, toneLight}, "work-size": {"size", 1.6, toneLight}, "work-contrast": {"contrast", 1.6, toneLight},
	"work-stick": {"stick", 4, toneLight}, "work-plan": {"list", 4, toneLight}, "work-same": {"check", 4, toneLight},
	"work-storing": {"install", 4, toneLight}, "work-restart": {"restart", 4, toneLight}, "work-test": {"test", 4, toneLight},
	"work-done": {"check", 5, toneLight}, "work-stop": {"alert", 4, toneLight},
	"work-leave": {"cross", 1.5, toneInk}, "work-install": {"install", 1.5, toneSolid},
	"unprovisioned": {"tool", 4, toneLight}, "out-of-service": {"pause", 4, toneLight},
}

// pictogram colours a pack's drawing like our icons where it leaves the
// colour open. It stands on white in strong contrast, too: see style.css.
func pictogram(svg string) string {
	return strings.ReplaceAll(svg, "currentColor", icon{tone: toneAccent}.colour(false))
}
