package provisioning

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"guichet.example/kiosk/config"
)

// Plan is what would change on a kiosk. It names no secret.
type Plan struct {
	First   bool // the kiosk has no site yet
	Kiosk   KioskID
	ID      string // of the kiosk in usage reports
	Place   string // where it stands
	Changes []Change
	Carried []Subject // in what it would get: kept, but kioskd does not use it yet
}

// Change is one thing that would change.
type Change struct {
	Subject  Subject
	Name     string // of a pack, "" otherwise
	Kind     Kind
	From, To string // in the words of the file; "" where there are too many
}

// Kind says what happens.
type Kind int

// The kinds.
const (
	Changed Kind = iota
	Added
	Removed
)

// Subject is what a change is about.
type Subject int

// The subjects, in the order they are told.
const (
	SubjectName Subject = iota
	SubjectID
	SubjectPlace
	SubjectLanguages
	SubjectIdle
	SubjectIdleInHelp
	SubjectWarning
	SubjectConsent
	SubjectAssistedIdle
	SubjectAssistedMax
	SubjectQueue
	SubjectNotice
	SubjectQuestion
	SubjectBadgeLeft
	SubjectForgotten
	SubjectProcedures
	SubjectPack
	SubjectWiring
	SubjectReader
	SubjectIssuer
	SubjectRevocations
	SubjectHours
	SubjectWired
	SubjectWiFi
	SubjectProxy
	SubjectCA
	SubjectPrinter
	SubjectFleet
	SubjectNotices
	SubjectLogo
	SubjectReports
	SubjectSecrets
	SubjectOther
	subjects // how many there are
)

// Compare returns the plan from what a kiosk has, nil for nothing, to what it
// would get.
func Compare(have *Release, get Release) Plan {
	p := Plan{First: have == nil, Kiosk: KioskID(get.Machine.Kiosk), ID: get.Config.ID, Place: get.Machine.Place, Carried: get.Machine.carried()}
	old := Release{}
	if have != nil {
		old = *have
	}
	c := comparison{old: old, get: get}
	c.words()
	c.limits()
	c.packs()
	c.values()
	c.files()
	slices.SortStableFunc(c.changes, func(a, b Change) int { return int(a.Subject) - int(b.Subject) })
	p.Changes = c.changes
	return p
}

// Same says that nothing would change.
func (p Plan) Same() bool { return !p.First && len(p.Changes) == 0 }

type comparison struct {
	old, get Release
	changes  []Change
}

// text compares what can be shown as it is.
func (c *comparison) text(s Subject, from, to string) {
	if from != to {
		c.changes = append(c.changes, Change{s, "", kind(from == "", to == ""), from, to})
	}
}

// value compares what is too long to be shown.
func (c *comparison) value(s Subject, from, to any) {
	if !reflect.DeepEqual(from, to) {
		c.changes = append(c.changes, Change{Subject: s, Kind: kind(isZero(from), isZero(to))})
	}
}

func isZero(v any) bool { return reflect.ValueOf(v).IsZero() }

func kind(nothingBefore, nothingAfter bool) Kind {
	switch {
	case nothingBefore:
		return Added
	case nothingAfter:
		return Removed
	}
	return Changed
}

func (c *comparison) words() {
	from, to := c.old.Config, c.get.Config
	c.text(SubjectName, first(from), first(to))
	if first(from) == first(to) && len(from.Place) > 0 && len(to.Place) > 0 {
		c.value(SubjectName, from.Place, to.Place)
	}
	c.text(SubjectID, from.ID, to.ID)
	c.text(SubjectPlace, c.old.Machine.Place, c.get.Machine.Place)
	c.text(SubjectLanguages, strings.Join(from.Languages, ", "), strings.Join(to.Languages, ", "))
	c.text(SubjectProcedures, strings.Join(from.Packs.Procedures, ", "), strings.Join(to.Packs.Procedures, ", "))
}

// first is the name of the place in the language shown first.
func first(s config.Site) string {
	if len(s.Languages) == 0 {
		return ""
	}
	return s.Place[s.Languages[0]]
}

// limits compares times; on a first stick they are not news.
func (c *comparison) limits() {
	if c.old.Config.ID == "" {
		return
	}
	from, to := c.old.Config.Session, c.get.Config.Session
	for _, l := range []struct {
		s        Subject
		from, to time.Duration
	}{
		{SubjectIdle, from.Idle, to.Idle}, {SubjectIdleInHelp, from.IdleInHelp, to.IdleInHelp},
		{SubjectWarning, from.Warning, to.Warning}, {SubjectConsent, from.Consent, to.Consent},
		{SubjectAssistedIdle, from.AssistedIdle, to.AssistedIdle}, {SubjectAssistedMax, from.AssistedMax, to.AssistedMax},
		{SubjectQueue, from.Queue, to.Queue},
		{SubjectNotice, from.Notice, to.Notice}, {SubjectQuestion, from.Question, to.Question},
		{SubjectBadgeLeft, from.BadgeLeft, to.BadgeLeft}, {SubjectForgotten, from.Forgotten, to.Forgotten},
	} {
		c.text(l.s, plainTime(l.from), plainTime(l.to))
	}
	if from.Notice != to.Notice || from.Question != to.Question || from.BadgeLeft != to.BadgeLeft || from.Forgotten != to.Forgotten ||
		c.old.Config.View != c.get.Config.View || c.old.Config.Usage != c.get.Config.Usage {
		c.changes = append(c.changes, Change{Subject: SubjectOther})
	}
}

// plainTime writes a duration as people do: "3 min", "1 min 30 s"; "" for none.
func plainTime(d time.Duration) string {
	var parts []string
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}, {time.Millisecond, "ms"}} {
		if n := d / u.unit; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, u.name))
			d -= n * u.unit
		}
	}
	return strings.Join(parts, " ")
}

func (c *comparison) packs() {
	names := append(c.old.packs(), c.get.packs()...)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		from, to := c.old.pack(name), c.get.pack(name)
		if !maps.Equal(from, to) {
			c.changes = append(c.changes, Change{Subject: SubjectPack, Name: name, Kind: kind(len(from) == 0, len(to) == 0)})
		}
	}
}

func (c *comparison) values() {
	from, to := c.old.Config, c.get.Config
	type wiring struct {
		film                       config.Film
		indicator, button, service *config.Line
	}
	of := func(c config.Site) wiring { return wiring{c.Film, c.Indicator, c.HelpButton, c.ServiceSwitch} }
	c.value(SubjectWiring, of(from), of(to))
	c.value(SubjectReader, from.Badge, to.Badge)
	a, b := c.old.Machine, c.get.Machine
	c.value(SubjectHours, a.Hours, b.Hours)
	c.value(SubjectWired, a.Network.Wired, b.Network.Wired)
	c.value(SubjectWiFi, a.Network.WiFi, b.Network.WiFi)
	c.value(SubjectProxy, a.Network.Proxy, b.Network.Proxy)
	c.value(SubjectPrinter, a.Printer, b.Printer)
	c.value(SubjectFleet, a.Fleet, b.Fleet)
	c.value(SubjectReports, a.Reports, b.Reports)
}

// files compares what is only carried from place to place.
func (c *comparison) files() {
	for name, s := range map[string]Subject{
		IssuerFile: SubjectIssuer, RevocationsFile: SubjectRevocations, SecretsFile: SubjectSecrets,
	} {
		c.value(s, c.old.Files[name], c.get.Files[name])
	}
	type use struct { // a file, and whether it is used
		name    string
		content Digest
	}
	a, b := c.old.Machine, c.get.Machine
	c.value(SubjectLogo, use{a.Logo, c.old.Files[LogoFile]}, use{b.Logo, c.get.Files[LogoFile]})
	c.value(SubjectCA, use{a.Network.CA, c.old.Files[CAFile]}, use{b.Network.CA, c.get.Files[CAFile]})
	c.value(SubjectNotices, notices(c.old), notices(c.get))
}

// notices returns the digests in the order of the notices, nil for none.
func notices(r Release) []Digest {
	var d []Digest
	for _, n := range r.Machine.Notices {
		d = append(d, r.Files[n])
	}
	return d
}

// Carried lists what kiosks of the site get although kioskd does not use it yet.
func (s Site) Carried() []Subject { return s.Machine.carried() }

// carried lists what kioskd does not use yet. Of the secrets it opens the key of
// the badges; the others go with what they belong to.
func (m Machine) carried() []Subject {
	var list []Subject
	for _, c := range []struct {
		s  Subject
		is bool
	}{
		{SubjectHours, m.Hours != nil && m.Fleet == nil}, {SubjectWired, m.Network.Wired != nil}, {SubjectWiFi, m.Network.WiFi != nil},
		{SubjectCA, m.Network.CA != ""}, {SubjectPrinter, m.Printer != nil},
	} {
		if c.is {
			list = append(list, c.s)
		}
	}
	return list
}
