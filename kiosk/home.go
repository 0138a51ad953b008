package kiosk

import (
	"fmt"

	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/view/wire"
)

// Home returns what every view is told first: the name of the place and the
// tiles of the home surface. It refuses a language that the views have no
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
		t := wire.Tile{Procedure: p.ID, Theme: string(p.Theme), Pictogram: p.Pictogram, Texts: map[string]wire.TileText{}}
		for code, text := range p.Texts {
			t.Texts[code] = wire.TileText{Title: text.Title, Purpose: text.Purpose, Minutes: p.Minutes}
		}
		start.Tiles = append(start.Tiles, t)
	}
	return start, nil
}

// languageNames are the languages of the kiosk's own words, each in itself.
var languageNames = map[string]string{"fr": "Français", "en": "English"}
