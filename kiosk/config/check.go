package config

import (
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

func (d *decoder) about(site *Site, raw aboutFile) {
	if site.ID = raw.ID; !isID(raw.ID) {
		d.wrong("site", "id", "%q: expected 1 to 40 characters a-z, 0-9 and -, such as \"mairie-annexe-nord\"", raw.ID)
	}
	site.Languages = raw.Languages
	if n := len(raw.Languages); n == 0 || n > 8 {
		d.wrong("site", "languages", "expected 1 to 8, the first one shown first, such as [\"fr\", \"en\"]")
		raw.Languages = nil
	}
	for i, code := range raw.Languages {
		if len(code) != 2 || !isID(code) || strings.ContainsAny(code, "-0123456789") {
			d.wrong("site", "languages", "%q: expected two letters, such as \"fr\"", code)
		} else if slices.Index(raw.Languages, code) != i {
			d.wrong("site", "languages", "%q is there twice", code)
		}
	}
	site.Place = d.place(raw.Place, raw.Languages)
}

// place accepts one name for every language, or a table of names.
func (d *decoder) place(raw any, languages []string) map[string]string {
	place := map[string]string{}
	switch raw := raw.(type) {
	case string:
		d.placeName(raw)
		for _, code := range languages {
			place[code] = raw
		}
	case map[string]any:
		for code, name := range raw {
			if !slices.Contains(languages, code) {
				d.wrong("site", "place", "%q is none of the languages", code)
			}
			place[code], _ = name.(string)
		}
		for _, code := range languages {
			d.placeName(place[code])
		}
	default:
		d.wrong("site", "place", "expected the name that visitors know, such as \"Mairie de Valbourg\", "+
			"or { fr = \"…\", en = \"…\" }")
	}
	return place
}

func (d *decoder) placeName(s string) {
	if n := utf8.RuneCountInString(s); n < 1 || n > 60 {
		d.wrong("site", "place", "%q: expected 1 to 60 characters in every language: it must fit in one line", s)
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		d.wrong("site", "place", "%q: control characters cannot be shown", s)
	}
}

func isID(s string) bool {
	return s != "" && len(s) <= 40 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// limit is the range of a duration with its reason.
type limit struct {
	table, key string
	min, max   time.Duration
	why        string
}

// duration sets a duration when the file has one, and checks its range.
func (d *decoder) duration(into *time.Duration, raw string, l limit) {
	if !d.doc.Has(l.table, l.key) {
		return
	}
	v, err := time.ParseDuration(raw)
	if err != nil {
		d.wrong(l.table, l.key, "%q: expected a duration such as \"90s\", \"3m\" or \"1m30s\"", raw)
		return
	}
	if v < l.min || v > l.max {
		d.wrong(l.table, l.key, "%s: expected %s to %s: %s", short(v), short(l.min), short(l.max), l.why)
		return
	}
	*into = v
}

// short prints a duration the way it is written in the file: "3m", not "3m0s".
func short(v time.Duration) string {
	s := v.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func (d *decoder) session(s *Session, raw sessionFile) {
	const table = "session"
	d.duration(&s.Idle, raw.Idle, limit{table, "idle", time.Minute, 30 * time.Minute,
		"shorter interrupts people who read slowly, longer leaves their pages open to whoever comes next"})
	d.duration(&s.IdleInHelp, raw.IdleInHelp, limit{table, "idle_in_help", time.Minute, 30 * time.Minute,
		"a helper has to walk up"})
	d.duration(&s.Warning, raw.Warning, limit{table, "warning", 20 * time.Second, 5 * time.Minute,
		"WCAG 2.2.1 asks for at least 20 s to answer; the pages stay open for as long"})
	d.duration(&s.Consent, raw.Consent, limit{table, "consent", 20 * time.Second, 5 * time.Minute,
		"WCAG 2.2.1 asks for at least 20 s to answer; no answer means no"})
	d.duration(&s.AssistedIdle, raw.AssistedIdle, limit{table, "assisted_idle", time.Minute, 30 * time.Minute,
		"without a touch the helper has left, and the film must go private"})
	d.duration(&s.AssistedMax, raw.AssistedMax, limit{table, "assisted_max", 5 * time.Minute, 2 * time.Hour,
		"the helper taps the badge again for more"})
	d.duration(&s.Queue, raw.QueueLimit, limit{table, "queue_limit", 10 * time.Minute, 20 * time.Hour,
		"a limit nobody can extend excludes people (WCAG 2.2.1), and above 20 h it is none"})
	d.duration(&s.Notice, raw.Notice, limit{table, "notice", 10 * time.Second, 2 * time.Minute,
		"two short sentences, read slowly; longer, it covers the page that the person goes on with"})
	d.duration(&s.Question, raw.Question, limit{table, "question", 20 * time.Second, 2 * time.Minute,
		"WCAG 2.2.1 asks for at least 20 s to answer; the next person may be waiting"})
	d.duration(&s.BadgeLeft, raw.BadgeLeft, limit{table, "badge_left", 5 * time.Second, time.Minute,
		"a tap takes one second, and some hands need more; nobody minds a badge that lies there longer"})
	d.duration(&s.Forgotten, raw.Forgotten, limit{table, "badge_forgotten", 20 * time.Second, 5 * time.Minute,
		"WCAG 2.2.1 asks for at least 20 s to act; the film is clear as long, by a badge that may be anybody's"})
	if s.IdleInHelp < s.Idle {
		d.wrong(table, "idle_in_help", "%s is shorter than idle, %s: who waits for a helper needs no less time",
			short(s.IdleInHelp), short(s.Idle))
	}
	if s.AssistedMax < s.AssistedIdle {
		d.wrong(table, "assisted_max", "%s is shorter than assisted_idle, %s: that limit would never be reached",
			short(s.AssistedMax), short(s.AssistedIdle))
	}
	if s.Queue > 0 && s.Queue <= s.Idle+s.Warning {
		d.wrong(table, "queue_limit", "%s is no longer than idle and warning together, %s: "+
			"every session would end at it", short(s.Queue), short(s.Idle+s.Warning))
	}
}

func (d *decoder) packs(p *Packs, raw packsFile) {
	if len(raw.Directories) > 20 {
		d.wrong("packs", "directories", "%d, at most 20", len(raw.Directories))
		return
	}
	if len(raw.Procedures) > 100 {
		d.wrong("packs", "procedures", "%d, at most 100: nobody finds one among more tiles", len(raw.Procedures))
		return
	}
	for i, dir := range raw.Directories {
		at := d.doc.At("packs", "directories", i)
		if !path.IsAbs(dir) || path.Clean(dir) != dir {
			d.fault(at.Errorf("[packs] directories: %q: expected an absolute path such as \"/etc/guichet/packs/mairie\"", dir))
		} else if slices.Index(raw.Directories, dir) != i {
			d.fault(at.Errorf("[packs] directories: %q is there twice", dir))
		}
	}
	for i, id := range raw.Procedures {
		at := d.doc.At("packs", "procedures", i)
		if !isID(id) {
			d.fault(at.Errorf("[packs] procedures: %q: expected the id of a procedure, the name of its folder", id))
		} else if slices.Index(raw.Procedures, id) != i {
			d.fault(at.Errorf("[packs] procedures: %q is there twice", id))
		}
	}
	p.Directories, p.Procedures = raw.Directories, raw.Procedures
}

func (d *decoder) view(v *View, raw viewFile) {
	d.path(&v.Command, raw.Command, "view", "command")
	if d.doc.Has("view", "user") {
		if v.User = raw.User; !isUser(raw.User) {
			d.wrong("view", "user", "%q: expected a Unix user name such as \"guichet-view\", not root", raw.User)
		}
	}
	if d.doc.Has("view", "memory_limit_mib") {
		v.MemoryLimitMiB = raw.MemoryLimitMiB
		if v.MemoryLimitMiB < 400 || v.MemoryLimitMiB > 4096 {
			d.wrong("view", "memory_limit_mib", "%d: expected 400 to 4096: below, ordinary pages are ended; "+
				"above, one session can take the whole machine", v.MemoryLimitMiB)
		}
	}
}

// isUser accepts the names that useradd accepts, root excepted.
func isUser(s string) bool {
	return s != "root" && len(s) <= 32 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == "" &&
		s != "" && (s[0] == '_' || 'a' <= s[0] && s[0] <= 'z')
}

// path sets an absolute path when the file has one.
func (d *decoder) path(into *string, raw, table, key string) {
	if !d.doc.Has(table, key) {
		return
	}
	if !path.IsAbs(raw) || path.Clean(raw) != raw || strings.ContainsFunc(raw, unicode.IsControl) {
		d.wrong(table, key, "%q: expected an absolute path such as %q", raw, *into)
		return
	}
	*into = raw
}
