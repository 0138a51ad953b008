package kiosk

import (
	"fmt"

	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/view/wire"
)

// Home returns what every view is told first: the name of the place, the tiles
// of the home surface, and what helpers are offered there. It refuses a language that the views have no
// words in.
func Home(place string, languages []string, procedures []procedure.Procedure) (wire.Start, error) {
	start := wire.Start{Place: place}
	for _, code := range languages {
		name, ok := languageNames[code]
		if !ok {
			return wire.Start{}, fmt.Errorf("build home surface: language %q: the kiosk speaks fr and en", code)
		}
		start.Languages = append(start.Languages, wire.Language{Code: code, Name: name})
	}
	for _, p := range procedures {
		if p.Audience == procedure.AudienceHelper {
			start.Offer = append(start.Offer, tile(p))
		} else {
			start.Tiles = append(start.Tiles, tile(p))
		}
	}
	return start, nil
}

func tile(p procedure.Procedure) wire.Tile {
	t := wire.Tile{Procedure: p.ID, Theme: string(p.Theme), Pictogram: p.Pictogram, Texts: map[string]wire.TileText{}}
	for code, text := range p.Texts {
		t.Texts[code] = wire.TileText{Title: text.Title, Purpose: text.Purpose, Minutes: p.Minutes}
	}
	return t
}

// languageNames are the languages of the kiosk's own words, each in itself.
var languageNames = map[string]string{"fr": "Français", "en": "English"}
