package config

import (
	"errors"

	"guichet.example/internal/stricttoml"
)

// Tables of a site.toml that an administrator's file has under the same names,
// and that are read and checked here for both.
type (
	SessionTable = sessionFile
	FilmTable    = filmFile
	LineTable    = lineFile
	PinTable     = pinFile
	BadgeTable   = badgeFile
)

// Tables are what the two files share. The paths of Badge are left empty in an
// administrator's: the kiosk's own are chosen for it.
type Tables struct {
	Session    SessionTable
	Film       FilmTable
	Indicator  LineTable
	HelpButton LineTable
	// ServiceSwitch is [service_switch].
	ServiceSwitch LineTable
	Badge         BadgeTable
	// NoBoard says that the wiring of film, lamp and buttons stands in another
	// file: nothing of it is looked at.
	NoBoard bool
}

// Read checks tables that were decoded from doc and returns a site of which
// the rest is as Default has it. The error joins everything that is wrong, one
// line each, beginning with "name:line: ".
func (t Tables) Read(doc stricttoml.Document) (Site, error) {
	d := decoder{doc: doc, used: map[Line]string{}}
	site := Default()
	d.session(&site.Session, t.Session)
	if !t.NoBoard {
		d.board(&site, siteFile{Film: t.Film, Indicator: t.Indicator, HelpButton: t.HelpButton, ServiceSwitch: t.ServiceSwitch})
	}
	d.badge(&site, t.Badge)
	return site, errors.Join(d.errs...)
}
