package provisioning

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"slices"

	"guichet.example/internal/stricttoml"
	"guichet.example/kiosk/config"
)

const (
	siteFormat = 1
	// DefaultDays is how long a stick counts after it was made.
	DefaultDays = 60
)

// Site is an administrator's site.toml, which all kiosks of the site share.
type Site struct {
	Name    string      // of the organisation, for people
	Days    int         // a stick counts for, 1 to 400
	Config  config.Site // of kioskd; ID, Badge's paths and Packs' directories are filled in for each kiosk
	Machine Machine     // Kiosk and Place are filled in for each kiosk
	Packs   []Pack      // besides those built in
	Files   []string    // targets that stand as files in the site's folder
	Rollout *int        // a server's repository is for so many of a hundred kiosks; nil: all
	Board   bool        // Config has the wiring; otherwise each kiosk has its own
	doc     stricttoml.Document
}

// Wrong says of what was found out later, with more than this file, on which line
// of it the key stands.
func (s Site) Wrong(err error, key ...any) error { return s.doc.At(key...).Errorf("%w", err) }

// Pack is a pack of procedures that the site brings.
type Pack struct {
	Name string
	// Author signs the pack instead of the site; nil where the site does.
	Author ed25519.PublicKey
}

// siteFile is the form of site.toml.
type siteFile struct {
	Format        int64               `toml:"format"`
	Name          string              `toml:"name"`
	Days          int                 `toml:"stick_days"`
	Kiosk         aboutTable          `toml:"kiosk"`
	Session       config.SessionTable `toml:"session"`
	Packs         packsTable          `toml:"packs"`
	Film          config.FilmTable    `toml:"film"`
	Indicator     config.LineTable    `toml:"indicator"`
	HelpButton    config.LineTable    `toml:"help_button"`
	ServiceSwitch config.LineTable    `toml:"service_switch"`
	Badge         badgeTable          `toml:"badge"`
	Hours         *Hours              `toml:"hours"`
	Network       Network             `toml:"network"`
	Printer       *Printer            `toml:"printer"`
	Fleet         *fleetTable         `toml:"fleet"`
	Notices       []string            `toml:"notices"`
	Logo          string              `toml:"logo"`
	Reports       *Reports            `toml:"reports"`
}

type aboutTable struct {
	Place     any      `toml:"place"`
	Languages []string `toml:"languages"`
}

type packsTable struct {
	Own        []string          `toml:"own"`
	Procedures []string          `toml:"procedures"`
	Authors    map[string]string `toml:"authors"`
}

type fleetTable struct {
	URL      string `toml:"url"`
	Interval string `toml:"interval"`
	Percent  *int   `toml:"percent"`
}

type badgeTable struct {
	SPI          string          `toml:"spi"`
	Interrupt    config.PinTable `toml:"interrupt"`
	Reset        config.PinTable `toml:"reset"`
	Organisation int64           `toml:"organisation"`
	Application  string          `toml:"application"`
	Revocations  bool            `toml:"revocations"`
}

// ParseSite reads a site.toml called name. The error joins everything that is
// wrong, one line each: file, line, what is wrong and what would be right.
func ParseSite(name string, data []byte) (Site, error) {
	var f siteFile
	doc, c := open(name, data, siteFormat, &f)
	if !doc.Whole() {
		return Site{}, c.err()
	}
	s := Site{
		doc: doc, Name: f.Name, Days: DefaultDays,
		Machine: Machine{Hours: f.Hours, Network: f.Network, Printer: f.Printer, Notices: f.Notices, Logo: f.Logo},
	}
	c.text(f.Name, 60, "name")
	if doc.Has("stick_days") {
		if s.Days = f.Days; f.Days < 1 || f.Days > 400 {
			c.wrong([]any{"stick_days"}, "%d: expected 1 to 400 days that a stick counts after it was made", f.Days)
		}
	}
	c.about(&s, f.Kiosk)
	c.tables(&s, f)
	c.packs(&s, f.Packs)
	c.rollout(&s, f.Fleet)
	c.machine(s.Machine)
	if c.reports(f.Reports); f.Reports != nil && len(f.Reports.Collect) > 0 {
		s.Machine.Reports = f.Reports
	}
	s.files(f.Badge.Revocations)
	if err := c.err(); err != nil {
		return Site{}, err
	}
	return s, nil
}

// open decodes a file; a document that is not whole has its errors in the
// checker.
func open(name string, data []byte, format int64, into any) (stricttoml.Document, *checker) {
	c := &checker{}
	if len(data) > maxText {
		c.fault(fmt.Errorf("%s:1: longer than %d bytes", name, maxText))
		return stricttoml.Document{}, c
	}
	if err := stricttoml.Format(name, data, format); err != nil {
		c.fault(err)
		return stricttoml.Document{}, c
	}
	doc, err := stricttoml.Decode(name, data, into)
	c.doc = doc
	c.fault(err)
	return doc, c
}

func (c *checker) about(s *Site, t aboutTable) {
	s.Config.Languages, s.Config.Place = t.Languages, map[string]string{}
	if n := len(t.Languages); n < 1 || n > 8 {
		c.wrong([]any{"kiosk", "languages"}, "expected 1 to 8, the first one shown first, such as [\"fr\", \"en\"]")
	}
	for i, code := range t.Languages {
		if !regexp.MustCompile(`^[a-z]{2}$`).MatchString(code) || slices.Index(t.Languages, code) != i {
			c.wrong([]any{"kiosk", "languages", i}, "%q: expected two letters, each language once, such as \"fr\"", code)
		}
	}
	names, table := t.Place.(map[string]any)
	for code := range names {
		if !slices.Contains(t.Languages, code) {
			c.wrong([]any{"kiosk", "place", code}, "%q is none of the languages", code)
		}
	}
	for _, code := range t.Languages {
		name, ok := t.Place.(string)
		if table {
			name, ok = names[code].(string)
		}
		if !ok {
			c.wrong([]any{"kiosk", "place"}, "expected the name that visitors know, such as \"Mairie de Valbourg\", or one for each language")
			return
		}
		c.text(name, 60, "kiosk", "place")
		s.Config.Place[code] = name
	}
}

// tables reads what the site's kiosks have in common for kioskd. Without a
// wiring each kiosk has to give its own.
func (c *checker) tables(s *Site, f siteFile) {
	s.Board = c.doc.Has("film")
	if !s.Board {
		for _, table := range []string{"indicator", "help_button", "service_switch"} {
			if c.doc.Has(table) {
				c.wrong([]any{table}, "it needs [film] beside it: give both here, or both in the file of each kiosk")
			}
		}
	}
	tables := config.Tables{
		Session: f.Session, Film: f.Film, Indicator: f.Indicator, HelpButton: f.HelpButton, ServiceSwitch: f.ServiceSwitch, NoBoard: !s.Board,
		Badge: config.BadgeTable{SPI: f.Badge.SPI, Interrupt: f.Badge.Interrupt, Reset: f.Badge.Reset,
			Organisation: f.Badge.Organisation, Application: f.Badge.Application},
	}
	read, err := tables.Read(c.doc)
	c.fault(err)
	read.Languages, read.Place = s.Config.Languages, s.Config.Place
	s.Config = read
}

func (c *checker) packs(s *Site, t packsTable) {
	if len(t.Own) > MaxPacks {
		c.wrong([]any{"packs", "own"}, "%d, at most %d", len(t.Own), MaxPacks)
		return
	}
	for i, name := range t.Own {
		if !IsPackName(name) || slices.Index(t.Own, name) != i {
			c.wrong([]any{"packs", "own", i}, "%q: expected the name of a folder in packs, each once: small letters, digits and single hyphens", name)
		}
		s.Packs = append(s.Packs, Pack{Name: name})
		s.Config.Packs.Directories = append(s.Config.Packs.Directories, path.Join(SiteRoot, PackFolder(name)))
	}
	for name, text := range t.Authors {
		key, err := hex.DecodeString(text)
		i := slices.Index(t.Own, name)
		switch {
		case i < 0:
			c.wrong([]any{"packs", "authors", name}, "%q is none of the packs in own", name)
		case err != nil || len(key) != ed25519.PublicKeySize:
			c.wrong([]any{"packs", "authors", name}, "expected the author's public key, 64 hexadecimal digits, as kioskctl procedure key prints it")
		default:
			s.Packs[i].Author = key
		}
	}
	s.Config.Packs.Procedures = t.Procedures
	if len(t.Procedures) > 100 {
		c.wrong([]any{"packs", "procedures"}, "%d, at most 100", len(t.Procedures))
		return
	}
	for i, id := range t.Procedures {
		if !regexp.MustCompile(`^[a-z0-9-]{1,40}$`).MatchString(id) || slices.Index(t.Procedures, id) != i {
			c.wrong([]any{"packs", "procedures", i}, "%q: expected the id of a procedure, the name of its folder, each once", id)
		}
	}
}

// rollout reads where kiosks find news of the site, and how many take it.
func (c *checker) rollout(s *Site, t *fleetTable) {
	if t == nil {
		return
	}
	s.Machine.Fleet = &Fleet{URL: t.URL, Interval: t.Interval}
	s.Rollout = t.Percent
	if p := t.Percent; p != nil && (*p < 0 || *p > 100) {
		c.wrong([]any{"fleet", "percent"}, "%d: expected 0 to 100 of a hundred kiosks", *p)
	}
}

// files lists what the site's folder has to hold besides.
func (s *Site) files(revocations bool) {
	if b := s.Config.Badge; b != nil {
		b.SiteKeyFile, b.IssuerFile = SiteKeyFile, path.Join(SiteRoot, IssuerFile)
		s.Files = append(s.Files, IssuerFile)
		if revocations {
			b.RevocationsFile = path.Join(SiteRoot, RevocationsFile)
			s.Files = append(s.Files, RevocationsFile)
		}
	}
	if s.Machine.Network.CA != "" {
		s.Files = append(s.Files, CAFile)
	}
	if s.Machine.Logo != "" {
		s.Files = append(s.Files, LogoFile)
	}
	s.Files = append(s.Files, s.Machine.Notices...)
}
