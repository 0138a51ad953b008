// Package procedure is the catalogue of administrative procedures that a kiosk
// offers: for each one its texts in every language, its pictogram, where it
// starts and the origins it may reach.
//
// A pack is a folder of procedures that is loaded whole or not at all:
//
//	pack.toml            format = 1 first, then id, languages, procedures (their
//	                     order), [names], and groups of shared origins
//	README.md, LICENSE   optional
//	ID/procedure.toml    audience (helper; none for everybody), theme, start,
//	                     success, minutes, groups, [[origins]]: host, source,
//	                     sensitive (CSS selectors of what a helper must not read)
//	ID/pictogram.svg     see checkPictogram for what it may hold
//	ID/fr.md, ID/en.md   one for each language of the pack; see parseText
//
// Any other file is refused, except Go files beside pack.toml: the packs that
// ship with the kiosk are Go packages, too.
//
// The package is pure and may be imported by the loop and by main programs. It
// reads through io/fs only, each file up to a limit. What it returns is shared
// and must not be changed.
package procedure

import "guichet.example/kiosk/usage"

// Procedure is one thing that a person can come to do.
type Procedure struct {
	ID        string          // [a-z0-9-]{1,40}, unique over all packs of a catalogue
	Pack      string          // id of its pack
	Audience  Audience        // whom it is for
	Theme     usage.Theme     // what it counts as; "" with AudienceHelper, whose sessions are not counted
	Pictogram string          // SVG document of shapes only: no script, text, style or reference
	Start     string          // https URL of its first page
	Origins   []Origin        // all that it may reach, those of its groups included
	Success   string          // "HOST/PATH" or "HOST/PATH*": the page that means "done"; "" when none is known
	Minutes   [2]int          // usual duration in minutes, from-to
	Texts     map[string]Text // by language; every language of the pack is there
}

// Audience is whom a procedure is for.
type Audience string

const (
	AudienceAll    Audience = "" // whoever stands before the kiosk
	AudienceHelper Audience = "helper"
)

// Origin is a host that a procedure may reach over https, port 443.
type Origin struct {
	Host   string // "www.caf.fr", or "*.caf.fr" for every name below caf.fr, itself not included
	Source string // where it is known from, for whoever mends the list

	// CSS selectors of what a helper has no need to read on its pages, besides
	// what is known from a field's type, autocomplete token or name; see
	// checkSelector. Text shown there becomes dots too, pictures are hidden.
	Sensitive []string
}

// Text is what a procedure says in one language. It is plain text.
type Text struct {
	Title   string   // at most 40 characters
	Purpose string   // at most 140 characters
	Bring   []string // what to have at hand
	Steps   []string // what will happen, at most 160 characters each
}

// Pack is a set of procedures that is kept and mended together.
type Pack struct {
	ID         string
	Bench      bool              // names hosts below localhost: for the bench alone
	Languages  []string          // two-letter codes
	Names      map[string]string // by language
	Procedures []Procedure       // in the order in which they are shown
}

// isID says whether s is [a-z0-9-]{1,40}.
func isID(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// isLanguage says whether s is a two-letter code (BCP 47 primary subtag).
func isLanguage(s string) bool {
	return len(s) == 2 && 'a' <= s[0] && s[0] <= 'z' && 'a' <= s[1] && s[1] <= 'z'
}
