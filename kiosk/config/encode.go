package config

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Encode writes a site.toml that Decode reads as the same site, every value
// written out. note is put above it, as a comment. The values are taken as
// they are: whoever makes a site decodes what is written.
func Encode(site Site, note string) []byte {
	w := &writer{}
	for line := range strings.Lines(note) {
		fmt.Fprintf(w, "# %s\n", strings.TrimSuffix(line, "\n"))
	}
	fmt.Fprintf(w, "format = %d\n\n[site]\nid = %s\nplace = { ", siteFormat, quote(site.ID))
	for i, code := range slices.Sorted(maps.Keys(site.Place)) {
		if i > 0 {
			w.WriteString(", ")
		}
		fmt.Fprintf(w, "%s = %s", quote(code), quote(site.Place[code]))
	}
	fmt.Fprintf(w, " }\nlanguages = %s\n", list(site.Languages))
	w.session(site.Session)
	fmt.Fprintf(w, "\n[packs]\ndirectories = %s\nprocedures = %s\n", list(site.Packs.Directories), list(site.Packs.Procedures))
	w.board(site)
	w.badge(site.Badge)
	fmt.Fprintf(w, "\n[view]\ncommand = %s\nuser = %s\nmemory_limit_mib = %d\n",
		quote(site.View.Command), quote(site.View.User), site.View.MemoryLimitMiB)
	fmt.Fprintf(w, "\n[usage]\nfile = %s\n", quote(site.Usage.File))
	return w.Bytes()
}

type writer struct{ bytes.Buffer }

func (w *writer) session(s Session) {
	w.WriteString("\n[session]\n")
	for _, l := range []struct {
		key string
		d   time.Duration
	}{
		{"idle", s.Idle}, {"idle_in_help", s.IdleInHelp}, {"warning", s.Warning}, {"consent", s.Consent},
		{"assisted_idle", s.AssistedIdle}, {"assisted_max", s.AssistedMax}, {"queue_limit", s.Queue},
		{"notice", s.Notice}, {"question", s.Question}, {"badge_left", s.BadgeLeft}, {"badge_forgotten", s.Forgotten},
	} {
		if l.d != 0 { // the one limit that can be absent, queue_limit
			fmt.Fprintf(w, "%s = \"%s\"\n", l.key, short(l.d))
		}
	}
}

func (w *writer) board(site Site) {
	fmt.Fprintf(w, "\n[film]\nfollow_within = \"%s\"\nrest = \"%s\"\nchanges_a_minute = %d\n",
		short(site.Film.FollowWithin), short(site.Film.Rest), site.Film.ChangesAMinute)
	if site.Film.PulseHz != 0 {
		fmt.Fprintf(w, "pulse_hz = %d\n", site.Film.PulseHz)
	}
	for _, l := range []struct {
		key  string
		line *Line
	}{{"relay", &site.Film.Relay}, {"contact", &site.Film.Contact}, {"inverse_contact", site.Film.InverseContact}} {
		if l.line != nil {
			fmt.Fprintf(w, "%s = { chip = %s, line = %d, active = \"%s\" }\n", l.key, quote(l.line.Chip), l.line.Offset, l.line.level())
		}
	}
	for _, l := range []struct {
		table string
		line  *Line
	}{{"indicator", site.Indicator}, {"help_button", site.HelpButton}, {"service_switch", site.ServiceSwitch}} {
		if l.line != nil {
			fmt.Fprintf(w, "\n[%s]\nchip = %s\nline = %d\nactive = \"%s\"\n", l.table, quote(l.line.Chip), l.line.Offset, l.line.level())
		}
	}
}

func (w *writer) badge(b *Badge) {
	if b == nil {
		return
	}
	aid := b.Application // written with its most significant byte first
	slices.Reverse(aid[:])
	fmt.Fprintf(w, "\n[badge]\nspi = %s\norganisation = %d\napplication = \"%s\"\nsite_key_file = %s\nissuer_file = %s\n",
		quote(b.SPI), b.Organisation, strings.ToUpper(hex.EncodeToString(aid[:])), quote(b.SiteKeyFile), quote(b.IssuerFile))
	if b.RevocationsFile != "" {
		fmt.Fprintf(w, "revocations_file = %s\n", quote(b.RevocationsFile))
	}
	for _, l := range []struct {
		key  string
		line *Line
	}{{"interrupt", b.Interrupt}, {"reset", b.Reset}} {
		if l.line != nil {
			fmt.Fprintf(w, "%s = { chip = %s, line = %d }\n", l.key, quote(l.line.Chip), l.line.Offset)
		}
	}
}

// level is the word for the level at which a line is active.
func (l Line) level() string {
	if l.ActiveLow {
		return "low"
	}
	return "high"
}

func list(items []string) string {
	quoted := make([]string, len(items))
	for i, s := range items {
		quoted[i] = quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// quote writes a text of TOML. Decode lets no control characters through, so
// only these two have to be escaped.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
