package provisioning

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"guichet.example/internal/stricttoml"
	"guichet.example/kiosk/config"
)

const kioskFormat = 1

// SiteKiosk is one kiosk of a site, a file of the site's folder.
type SiteKiosk struct {
	Enrolment
	ID      string // names it in usage reports
	Place   string // where it stands, in the staff's words
	Revoked string // day since when it gets nothing more, "2026-11-22"; "" for a kiosk in use
	wired   *Wired // instead of the site's
	board   *config.Site
}

// kioskFile is the form of the file.
type kioskFile struct {
	Format        int64            `toml:"format"`
	Kiosk         string           `toml:"kiosk"`
	Recipient     string           `toml:"recipient"`
	Serial        string           `toml:"serial"`
	Model         string           `toml:"model"`
	Firmware      string           `toml:"firmware"`
	ID            string           `toml:"id"`
	Place         string           `toml:"place"`
	Revoked       string           `toml:"revoked"`
	Network       kioskNetwork     `toml:"network"`
	Film          config.FilmTable `toml:"film"`
	Indicator     config.LineTable `toml:"indicator"`
	HelpButton    config.LineTable `toml:"help_button"`
	ServiceSwitch config.LineTable `toml:"service_switch"`
}

type kioskNetwork struct {
	Wired *Wired `toml:"wired"`
}

// NewKioskFile writes the file of a kiosk that is enrolled; id and place are
// the administrator's to choose.
func NewKioskFile(e Enrolment, id, place string) []byte {
	enrolled := bytes.SplitAfterN(e.Encode(), []byte("\nkiosk = "), 2)[1]
	return fmt.Appendf(nil, `# A kiosk of this site.
format = %d

# Names it in usage reports: a-z, 0-9 and -, at most 40 characters.
id = "%s"
# Where it stands, in your words. The technician reads it on the screen.
place = "%s"

# What the kiosk said of itself when it was enrolled. Leave this as it is.
kiosk = %s
# Only where they differ from site.toml:
# [network.wired]
# address = "192.0.2.10/24"
# gateway = "192.0.2.1"
# dns = ["192.0.2.53"]
# [film], [indicator], [help_button] and [service_switch], as in site.toml; all
# that it has.
`, kioskFormat, id, place, enrolled)
}

// ParseKiosk reads the file of a kiosk; its errors name file and line.
func ParseKiosk(name string, data []byte) (SiteKiosk, error) {
	var f kioskFile
	doc, c := open(name, data, kioskFormat, &f)
	if !doc.Whole() {
		return SiteKiosk{}, c.err()
	}
	k := SiteKiosk{
		Enrolment: Enrolment{KioskID(f.Kiosk), f.Recipient, f.Serial, f.Model, f.Firmware},
		ID:        f.ID, Place: f.Place, Revoked: f.Revoked, wired: f.Network.Wired,
	}
	c.fault(checkEnrolled(doc, k.Enrolment))
	if !regexp.MustCompile(`^[a-z0-9-]{1,40}$`).MatchString(f.ID) {
		c.wrong([]any{"id"}, "%q: expected 1 to 40 characters a-z, 0-9 and -, such as \"mairie-accueil\"", f.ID)
	}
	c.place(f.Place)
	if doc.Has("revoked") {
		c.day(f.Revoked, "revoked")
	}
	if k.wired != nil {
		c.wired(*k.wired)
	}
	if doc.Has("film") {
		board, err := config.Tables{Film: f.Film, Indicator: f.Indicator, HelpButton: f.HelpButton, ServiceSwitch: f.ServiceSwitch}.Read(doc)
		c.fault(err)
		k.board = &board
	} else if doc.Has("indicator") || doc.Has("help_button") || doc.Has("service_switch") {
		c.wrong([]any{"film"}, "[film] is missing: a kiosk with wiring of its own gives all of it")
	}
	if err := c.err(); err != nil {
		return SiteKiosk{}, err
	}
	return k, nil
}

// checkEnrolled checks what came from the kiosk, in whichever file it stands.
func checkEnrolled(doc stricttoml.Document, e Enrolment) error {
	for _, key := range []string{"kiosk", "recipient", "serial", "model", "firmware"} {
		if !doc.Has(key) {
			return doc.At(key).Errorf("%s is missing: the file is cut off; let the kiosk write it again", key)
		}
	}
	if !isRecipient(e.Recipient) {
		return doc.At("recipient").Errorf("recipient is not a public key of age: let the kiosk write the file again")
	}
	if e.Kiosk != KioskIDOf(e.Recipient) {
		return doc.At("kiosk").Errorf("kiosk %q and its recipient do not belong together: let the kiosk write the file again", string(e.Kiosk))
	}
	for _, v := range []struct{ key, text string }{{"serial", e.Serial}, {"model", e.Model}, {"firmware", e.Firmware}} {
		if fact(v.text) != v.text {
			return doc.At(v.key).Errorf("%s is not 1 to %d plain characters without quotes", v.key, maxFact)
		}
	}
	return nil
}

// Address returns the fixed address of the kiosk, "" with DHCP.
func (s Site) Address(k SiteKiosk) string {
	for _, w := range []*Wired{k.wired, s.Machine.Network.Wired} {
		if w != nil {
			return w.Address
		}
	}
	return ""
}

// For returns what the kiosk gets of the site: the site.toml of kioskd, which
// kiosk/config has read and accepted, and machine.toml.
func (s Site) For(k SiteKiosk) (siteToml, machineToml []byte, err error) {
	c := s.Config
	c.ID = k.ID
	if k.board != nil {
		c.Film, c.Indicator, c.HelpButton, c.ServiceSwitch = k.board.Film, k.board.Indicator, k.board.HelpButton, k.board.ServiceSwitch
	} else if !s.Board {
		return nil, nil, fmt.Errorf("kiosk %q has no wiring: give [film] in site.toml, or in the kiosk's own file", k.ID)
	}
	note := fmt.Sprintf("Made by kioskctl site for the kiosk %s, %s.\nChange the site's folder, not this file.", k.Kiosk, oneLine(k.Place))
	siteToml = config.Encode(c, note)
	if _, err := config.Decode(k.ID+"/"+SiteFile, siteToml); err != nil {
		return nil, nil, fmt.Errorf("what kiosk %q would get cannot be used:\n%w", k.ID, err)
	}
	m := s.Machine
	m.Kiosk, m.Place = string(k.Kiosk), k.Place
	if k.wired != nil {
		m.Network.Wired = k.wired
	}
	if machineToml, err = m.Encode(); err != nil {
		return nil, nil, err
	}
	if _, err := ParseMachine(k.ID+"/"+MachineFile, machineToml); err != nil {
		return nil, nil, fmt.Errorf("what kiosk %q would get cannot be used:\n%w", k.ID, err)
	}
	return siteToml, machineToml, nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
