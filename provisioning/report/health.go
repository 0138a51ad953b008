package report

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"guichet.example/kiosk/usage"
)

// Health is how a box is. Each fact is a version, a range or a yes or no; there
// is no time in it, no text and nobody's badge.
type Health struct {
	Firmware      Version          `json:"firmware"`
	Release       Version          `json:"release"`    // of the site, in force; Unknown where there is none
	Trial         bool             `json:"trial"`      // and it is on trial
	TakenBack     Version          `json:"taken_back"` // release that was taken back last; Unknown for none
	Uptime        Uptime           `json:"uptime"`
	Free          Free             `json:"free"`
	Faults        map[Fault]Number `json:"faults"` // every fault
	CountsDamaged bool             `json:"counts_damaged"`
	Switched      usage.Figure     `json:"relay_switched"` // the film's relay, since ever
}

// Version names software or a release, in at most 64 plain characters.
type Version string

// Unknown is the version where there is none.
const Unknown Version = "unknown"

// VersionOf keeps what fits of a version.
func VersionOf(text string) Version {
	text = strings.Map(func(r rune) rune {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-_()", r) {
			return -1
		}
		return r
	}, text)
	if text == "" {
		return Unknown
	}
	return Version(text[:min(len(text), 64)])
}

// Uptime is since when the box is on.
type Uptime string

// The ranges.
const (
	UptimeUnknown Uptime = "unknown"
	UptimeDay     Uptime = "0-1"  // less than a day
	UptimeWeek    Uptime = "1-7"  // days
	UptimeMonth   Uptime = "7-30" // days
	UptimeLonger  Uptime = "30+"  // days
)

// UptimeOf returns the range.
func UptimeOf(d time.Duration) Uptime {
	const day = 24 * time.Hour
	switch {
	case d < 0:
		return UptimeUnknown
	case d < day:
		return UptimeDay
	case d < 7*day:
		return UptimeWeek
	case d < 30*day:
		return UptimeMonth
	default:
		return UptimeLonger
	}
}

// Free is how much of the memory card is free, in percent.
type Free string

// The ranges.
const (
	FreeUnknown Free = "unknown"
	FreeFew     Free = "0-5"
	FreeLittle  Free = "5-20"
	FreeSome    Free = "20-50"
	FreeMuch    Free = "50+"
)

// FreeOf returns the range.
func FreeOf(free, total uint64) Free {
	if total == 0 || free > total {
		return FreeUnknown
	}
	switch percent := float64(free) / float64(total) * 100; {
	case percent < 5:
		return FreeFew
	case percent < 20:
		return FreeLittle
	case percent < 50:
		return FreeSome
	default:
		return FreeMuch
	}
}

// Fault is a kind of fault that is counted.
type Fault string

// The faults.
const (
	FaultFilm  Fault = "film"  // out of service: the film does not follow, or its contact is lost
	FaultView  Fault = "view"  // out of service: the browser does not start
	FaultWipe  Fault = "wipe"  // out of service: a session left something behind
	FaultCrash Fault = "crash" // the browser ended by itself
)

// Faults lists them.
func Faults() []Fault { return []Fault{FaultFilm, FaultView, FaultWipe, FaultCrash} }

// Number is how often something happened since the kiosk's first start.
type Number string

// The ranges.
const (
	NumberNone     Number = "0"
	NumberOne      Number = "1"
	NumberFew      Number = "2-9"
	NumberMany     Number = "10-99"
	NumberHundreds Number = "100+"
)

// NumberOf returns the range.
func NumberOf(n int) Number {
	switch {
	case n <= 0:
		return NumberNone
	case n == 1:
		return NumberOne
	case n < 10:
		return NumberFew
	case n < 100:
		return NumberMany
	default:
		return NumberHundreds
	}
}

// Fact is one fact of the closed list.
type Fact struct {
	Key, French, English string
	Values               []string // nil for a version or a figure
	Of                   func(Health) string
}

// In names the fact.
func (f Fact) In(lang string) string {
	if lang == usage.English {
		return f.English
	}
	return f.French
}

// Facts is all that a health report says.
func Facts() []Fact {
	yes := []string{"no", "yes"}
	said := func(b bool) string { return yes[map[bool]int{true: 1}[b]] }
	list := []Fact{
		{"firmware", "Version du logiciel", "Version of the software", nil, func(h Health) string { return string(h.Firmware) }},
		{"release", "Configuration en service", "Configuration in force", nil, func(h Health) string { return string(h.Release) }},
		{"trial", "Configuration à l’essai", "Configuration on trial", yes, func(h Health) string { return said(h.Trial) }},
		{"taken_back", "Configuration retirée en dernier", "Configuration taken back last", nil, func(h Health) string { return string(h.TakenBack) }},
		{"uptime", "Allumée depuis (jours)", "On for (days)",
			texts(UptimeUnknown, UptimeDay, UptimeWeek, UptimeMonth, UptimeLonger), func(h Health) string { return string(h.Uptime) }},
		{"free", "Place libre sur la carte mémoire (%)", "Free on the memory card (%)",
			texts(FreeUnknown, FreeFew, FreeLittle, FreeSome, FreeMuch), func(h Health) string { return string(h.Free) }},
	}
	numbers := texts(NumberNone, NumberOne, NumberFew, NumberMany, NumberHundreds)
	for _, f := range Faults() {
		w := map[Fault][2]string{
			FaultFilm:  {"Pannes : le film ne suit pas", "Faults: the film does not follow"},
			FaultView:  {"Pannes : l’écran ne démarre pas", "Faults: the screen does not start"},
			FaultWipe:  {"Pannes : une séance n’a pas pu être effacée", "Faults: a session could not be wiped"},
			FaultCrash: {"Pannes : l’écran s’est arrêté seul", "Faults: the screen has stopped by itself"},
		}[f]
		list = append(list, Fact{"faults." + string(f), w[0], w[1], numbers, func(h Health) string { return string(h.Faults[f]) }})
	}
	return append(list,
		Fact{"counts_damaged", "Fichier des statistiques abîmé et recommencé", "Usage file damaged and begun anew", yes,
			func(h Health) string { return said(h.CountsDamaged) }},
		Fact{"relay_switched", "Le relais du film a commuté", "The film’s relay has switched", nil, func(h Health) string { return h.Switched.String() }})
}

func texts[T ~string](list ...T) []string {
	all := make([]string, len(list))
	for i, v := range list {
		all[i] = string(v)
	}
	return all
}

// check says why h is no health report, or nil.
func (h Health) check() error {
	for _, v := range []Version{h.Firmware, h.Release, h.TakenBack} {
		if VersionOf(string(v)) != v {
			return fmt.Errorf("health: a version is none")
		}
	}
	if h.Switched.Kind == usage.Exact || h.Switched.N < 0 || h.Switched.N%100 != 0 {
		return fmt.Errorf("health: relay_switched is not rounded")
	}
	if !slices.Equal(slices.Sorted(maps.Keys(h.Faults)), slices.Sorted(slices.Values(Faults()))) {
		return fmt.Errorf("health: other faults than those that are counted")
	}
	for _, f := range Facts() {
		if f.Values != nil && !slices.Contains(f.Values, f.Of(h)) {
			return fmt.Errorf("health: %s is not in the closed list", f.Key)
		}
	}
	return nil
}

// Docs is the list for docs/reports.md.
func Docs() string {
	var b strings.Builder
	b.WriteString("\n| fact | French | English | values |\n|---|---|---|---|\n")
	for _, f := range Facts() {
		values := "a version, at most 64 characters `A-Za-z0-9.+-_()`, or `unknown`"
		switch {
		case f.Values != nil:
			values = "`" + strings.Join(f.Values, "`, `") + "`"
		case !regexp.MustCompile(`^(firmware|release|taken_back)$`).MatchString(f.Key):
			values = "a number rounded down to hundreds, or nothing"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Key, f.French, f.English, values)
	}
	b.WriteString("\n")
	return b.String()
}
