package config

import "guichet.example/internal/stricttoml"

// Outputs are the lines of a site.toml that drive something; nil where the
// file has none that can be understood.
type Outputs struct{ Relay, Indicator *Line }

// ReadOutputs reads the outputs also where the rest of the file is wrong: what
// has to be put safe does not wait for a clock format to be mended. The error
// is that of Decode, everything that is wrong.
func ReadOutputs(name string, data []byte) (Outputs, error) {
	_, err := Decode(name, data)
	var raw siteFile
	if len(data) <= maxSize {
		_, _ = stricttoml.Decode(name, data, &raw) // up to the first place that is not TOML
	}
	return Outputs{Relay: raw.Film.Relay.output(), Indicator: raw.Indicator.output()}, err
}

// output returns the line if all of it is there: without its active level
// nobody knows which one is safe.
func (l lineFile) output() *Line {
	if l.Chip == "" || l.Line < 0 || l.Active != "high" && l.Active != "low" {
		return nil
	}
	return &Line{Chip: l.Chip, Offset: l.Line, ActiveLow: l.Active == "low"}
}
