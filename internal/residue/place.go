package residue

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed places.json
var placesFile []byte

// Place is where something of a session could stay.
type Place struct {
	ID     string     `json:"id"` // R01 to R36
	Name   string     `json:"place"`
	Wiped  string     `json:"wiped"`
	Plants []Planting `json:"plants"`
	// Never says that canaries of a session are not there even while it lasts.
	Never bool `json:"never"`
	// Read says that the next session's page asks the place itself.
	Read bool `json:"read"`
	// Specimen is what the scanner is shown instead of a session's own traces.
	Specimen string `json:"specimen"`
	// Absent says why a kiosk of today has no such place, and Guard what would
	// notice if it had.
	Absent string `json:"absent"`
	Guard  string `json:"guard"`
}

// Planting is one canary of a place.
type Planting struct {
	ID    string `json:"id"`
	How   string `json:"how"`
	Forms Form   `json:"forms"`
}

// UnmarshalText reads "binary", "text+wide" and the like.
func (f *Form) UnmarshalText(text []byte) error {
	names := map[string]Form{"ascii": ASCII, "text": Text, "wide": Wide, "binary": Binary, "pixels": Pixels}
	for name := range strings.SplitSeq(string(text), "+") {
		form, ok := names[name]
		if !ok {
			return fmt.Errorf("unknown form %q", name)
		}
		*f |= form
	}
	return nil
}

// Places returns all places, in order.
func Places() ([]Place, error) {
	var all []Place
	if err := json.Unmarshal(placesFile, &all); err != nil {
		return nil, fmt.Errorf("read places.json: %w", err)
	}
	return all, nil
}

// ByPage are the plantings that the site's page does by itself or after a
// gesture; it is told their canaries.
func ByPage(places []Place) (ids []string) {
	byHand := map[string]bool{"R09": true, "R17": true, "R27": true}
	for _, p := range places {
		for _, planting := range p.Plants {
			if !byHand[planting.ID] {
				ids = append(ids, planting.ID)
			}
		}
	}
	return ids
}
