package config

import (
	"strings"
	"time"
)

// board reads everything that is wired to a GPIO chip.
func (d *decoder) board(site *Site, raw siteFile) {
	d.used = map[Line]string{}
	site.Film.Relay = d.line(raw.Film.Relay, "energised, which makes the film clear", "film", "relay")
	site.Film.Contact = d.line(raw.Film.Contact, "film private", "film", "contact")
	site.Film.InverseContact = d.optional(raw.Film.InverseContact, "film clear", "film", "inverse_contact")
	site.Indicator = d.optional(raw.Indicator, "lamp lit", "indicator")
	site.HelpButton = d.optional(raw.HelpButton, "pressed", "help_button")
	site.ServiceSwitch = d.optional(raw.ServiceSwitch, "pressed", "service_switch")
	d.duration(&site.Film.FollowWithin, raw.Film.FollowWithin, limit{"film", "follow_within",
		100 * time.Millisecond, 5 * time.Second,
		"a relay takes about 10 ms and a film up to half a second; content waits that long"})
	d.duration(&site.Film.Rest, raw.Film.Rest, limit{"film", "rest", 500 * time.Millisecond, 5 * time.Second,
		"a contact that is switched faster wears and chatters; whoever needs help waits that long"})
	if d.doc.Has("film", "changes_a_minute") {
		// The machine remembers five, and a session with help needs two.
		if site.Film.ChangesAMinute = raw.Film.ChangesAMinute; raw.Film.ChangesAMinute < 2 || raw.Film.ChangesAMinute > 5 {
			d.wrong("film", "changes_a_minute", "%d: expected 2 to 5: a session with help needs two, more wear the relay",
				raw.Film.ChangesAMinute)
		}
	}
	if d.doc.Has("film", "pulse_hz") {
		if site.Film.PulseHz = raw.Film.PulseHz; raw.Film.PulseHz < 50 || raw.Film.PulseHz > 2000 {
			d.wrong("film", "pulse_hz", "%d: expected 50 to 2000: a slower pump drops the relay between two pulses, "+
				"a faster one takes the processor", raw.Film.PulseHz)
		}
	}
}

// optional is line for a part that a kiosk can do without.
func (d *decoder) optional(raw lineFile, active string, where ...any) *Line {
	if !d.doc.Has(where...) {
		return nil
	}
	l := d.line(raw, active, where...)
	return &l
}

// line reads one line; active says what its active level means.
func (d *decoder) line(raw lineFile, active string, where ...any) Line {
	name := label(where)
	if !d.doc.Has(where...) {
		d.fault(d.doc.At(where...).Errorf("[%s] is missing: expected its chip, line and active level, "+
			"such as { chip = \"pinctrl-bcm2711\", line = 17, active = \"high\" }", name))
		return Line{}
	}
	if raw.Active != "high" && raw.Active != "low" {
		d.fault(d.doc.At(within(where, "active")...).Errorf("[%s] active: %q: expected \"high\" or \"low\", the level that means %s",
			name, raw.Active, active))
	}
	l := d.pin(pinFile{raw.Chip, raw.Line}, where...)
	l.ActiveLow = raw.Active == "low"
	return l
}

// pin reads chip and number of a line and sees that nothing else has it.
func (d *decoder) pin(raw pinFile, where ...any) Line {
	name := label(where)
	if raw.Chip == "" || len(raw.Chip) > 32 || strings.ContainsFunc(raw.Chip, func(r rune) bool { return r <= ' ' || r > '~' }) {
		d.fault(d.doc.At(within(where, "chip")...).Errorf("[%s] chip: %q: expected the label that gpiodetect prints in brackets, "+
			"such as \"pinctrl-bcm2711\"", name, raw.Chip))
	}
	if !d.doc.Has(within(where, "line")...) || raw.Line < 0 || raw.Line > 1023 {
		d.fault(d.doc.At(within(where, "line")...).Errorf("[%s] line: expected a number from 0, on a Raspberry Pi that of the GPIO, "+
			"such as 17 for GPIO17", name))
	}
	l := Line{Chip: raw.Chip, Offset: raw.Line}
	if other, ok := d.used[l]; ok {
		d.fault(d.doc.At(within(where, "line")...).Errorf("[%s] line: %d of %q is already in use by [%s]", name, l.Offset, l.Chip, other))
	}
	d.used[l] = name
	return l
}

// within is the place of a key in a table.
func within(where []any, key string) []any { return append(append([]any(nil), where...), key) }

func label(where []any) string {
	var parts []string
	for _, w := range where {
		if s, ok := w.(string); ok {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ".")
}
