package config

import (
	"errors"
	"fmt"

	"guichet.example/internal/stricttoml"
)

const (
	siteFormat = 1
	maxSize    = 64 << 10 // bytes; a full file has about 4 KiB
)

// The form of the file. Durations and places are checked one by one, so that
// each error has its line.
type siteFile struct {
	Format        int         `toml:"format"`
	Site          aboutFile   `toml:"site"`
	Session       sessionFile `toml:"session"`
	Packs         packsFile   `toml:"packs"`
	Film          filmFile    `toml:"film"`
	Indicator     lineFile    `toml:"indicator"`
	HelpButton    lineFile    `toml:"help_button"`
	ServiceSwitch lineFile    `toml:"service_switch"`
	Badge         badgeFile   `toml:"badge"`
	View          viewFile    `toml:"view"`
	Usage         usageFile   `toml:"usage"`
}

type aboutFile struct {
	ID        string   `toml:"id"`
	Place     any      `toml:"place"` // text, or a table of texts by language
	Languages []string `toml:"languages"`
}

type sessionFile struct {
	Idle         string `toml:"idle"`
	IdleInHelp   string `toml:"idle_in_help"`
	Warning      string `toml:"warning"`
	Consent      string `toml:"consent"`
	AssistedIdle string `toml:"assisted_idle"`
	AssistedMax  string `toml:"assisted_max"`
	QueueLimit   string `toml:"queue_limit"`
	Notice       string `toml:"notice"`
	Question     string `toml:"question"`
	BadgeLeft    string `toml:"badge_left"`
	Forgotten    string `toml:"badge_forgotten"`
}

type packsFile struct {
	Directories []string `toml:"directories"`
	Procedures  []string `toml:"procedures"`
}

type filmFile struct {
	Relay          lineFile `toml:"relay"`
	Contact        lineFile `toml:"contact"`
	InverseContact lineFile `toml:"inverse_contact"`
	FollowWithin   string   `toml:"follow_within"`
	Rest           string   `toml:"rest"`
	ChangesAMinute int      `toml:"changes_a_minute"`
	PulseHz        int      `toml:"pulse_hz"`
}

type lineFile struct {
	Chip   string `toml:"chip"`
	Line   int    `toml:"line"`
	Active string `toml:"active"`
}

type badgeFile struct {
	SPI             string  `toml:"spi"`
	Interrupt       pinFile `toml:"interrupt"`
	Reset           pinFile `toml:"reset"`
	Organisation    int64   `toml:"organisation"`
	Application     string  `toml:"application"`
	SiteKeyFile     string  `toml:"site_key_file"`
	IssuerFile      string  `toml:"issuer_file"`
	RevocationsFile string  `toml:"revocations_file"`
}

// pinFile is a line whose levels the chip at its other end decides.
type pinFile struct {
	Chip string `toml:"chip"`
	Line int    `toml:"line"`
}

type viewFile struct {
	Command        string `toml:"command"`
	User           string `toml:"user"`
	MemoryLimitMiB int    `toml:"memory_limit_mib"`
}

type usageFile struct {
	File string `toml:"file"`
}

// Decode reads a site.toml; name is the file's name in messages. The error
// joins everything that is wrong, one line each, beginning with "name:line: ".
func Decode(name string, data []byte) (Site, error) {
	if len(data) > maxSize {
		return Site{}, fmt.Errorf("%s:1: %d bytes long, at most %d: this is no site.toml", name, len(data), maxSize)
	}
	if err := stricttoml.Format(name, data, siteFormat); err != nil {
		return Site{}, err
	}
	var raw siteFile
	doc, err := stricttoml.Decode(name, data, &raw)
	d := decoder{doc: doc}
	d.fault(err)
	if !doc.Whole() {
		return Site{}, errors.Join(d.errs...)
	}
	site := Default()
	d.about(&site, raw.Site)
	d.session(&site.Session, raw.Session)
	d.packs(&site.Packs, raw.Packs)
	d.board(&site, raw)
	d.badge(&site, raw.Badge)
	d.view(&site.View, raw.View)
	d.path(&site.Usage.File, raw.Usage.File, "usage", "file")
	if len(d.errs) > 0 {
		return Site{}, errors.Join(d.errs...)
	}
	return site, nil
}

// decoder collects errors.
type decoder struct {
	doc  stricttoml.Document
	used map[Line]string // the lines in use, Chip and Offset only, and by what
	errs []error
}

func (d *decoder) fault(err error) {
	if err != nil {
		d.errs = append(d.errs, err)
	}
}

// wrong notes an error at a key.
func (d *decoder) wrong(table, key, format string, args ...any) {
	d.fault(d.doc.At(table, key).Errorf("[%s] %s: %w", table, key, fmt.Errorf(format, args...)))
}
