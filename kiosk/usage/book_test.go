package usage

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestCheckRefusesWhatIsNotListed(t *testing.T) {
	good := newCrowd(1, 3).session()
	good.Autonomy, good.Help, good.Referral = AutonomyPartly, HelpGuided, ReferralSocial
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	secret := "Marie.Curie"
	for name, change := range map[string]func(*Session){
		"procedure":       func(s *Session) { s.Procedure = secret },
		"no procedure":    func(s *Session) { s.Procedure = "" },
		"long procedure":  func(s *Session) { s.Procedure = strings.Repeat("a", 41) },
		"theme":           func(s *Session) { s.Theme = Theme(secret) },
		"outcome":         func(s *Session) { s.Outcome = "" },
		"length":          func(s *Session) { s.Length = "7" },
		"autonomy":        func(s *Session) { s.Autonomy = "" },
		"help":            func(s *Session) { s.Help = Help(secret) },
		"referral":        func(s *Session) { s.Referral = Referral(secret) },
		"language":        func(s *Session) { s.Language = "fra" },
		"aid":             func(s *Session) { s.Aids = []Aid{Aid(secret)} },
		"aid twice":       func(s *Session) { s.Aids = []Aid{AidContrast, AidContrast} },
		"aids unsorted":   func(s *Session) { s.Aids = []Aid{AidTextSize, AidContrast} },
		"calls":           func(s *Session) { s.Calls = "" },
		"refused twice":   func(s *Session) { s.Refused = sites("a.fr", "a.fr") },
		"not sorted":      func(s *Session) { s.Refused = []Site{site("b.fr"), site("a.fr")} },
		"no site":         func(s *Session) { s.Refused = []Site{{}} },
		"a domain alone":  func(s *Session) { s.Refused = []Site{site("a.fr").whole()} },
		"too many":        func(s *Session) { s.Refused = manySites(maxRefused + 1) },
		"helped, no kind": func(s *Session) { s.Help = "" },
		"alone, helped":   func(s *Session) { s.Autonomy, s.Referral = AutonomyAlone, "" },
		"alone, referred": func(s *Session) { s.Autonomy, s.Help = AutonomyAlone, "" },
	} {
		s := good
		change(&s)
		err := s.Check()
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error repeats the value: %v", name, err)
		}
		if b := (&Book{}); b.Add(s) == nil || b.Total != 0 || len(b.Months()) != 0 {
			t.Errorf("%s: counted", name)
		}
	}
}

func TestCalendar(t *testing.T) {
	known := day(2026, time.November, 20)
	for _, c := range []struct {
		name   string
		shown  []Day
		want   Day
		behind Calendar
	}{
		{"next day", []Day{known + 1}, known + 1, Calendar{Day: known}},
		{"clock not set", []Day{day(1970, 1, 1), day(2025, 6, 1)}, known, Calendar{Day: known}},
		{"clock back", []Day{known - 30, known - 1}, known, Calendar{Day: known}},
		{"after a summer", []Day{known + 45}, known + 45, Calendar{Day: known}},
		{"far ahead, one day", []Day{known + 900, known + 900}, known, Calendar{Day: known}},
		{"far ahead, then right again", []Day{known + 900, known + 1, known + 901}, known + 1, Calendar{Day: known}},
		{"switched off for a year", []Day{known + 365, known + 366}, known + 366, Calendar{Day: known}},
		{"year 30000", []Day{day(30000, 1, 1), day(30000, 1, 2)}, known, Calendar{Day: known}},
		{"new box", []Day{day(1970, 1, 1), known}, known, Calendar{}},
		{"new box, clock never set", []Day{day(1970, 1, 1)}, earliest(), Calendar{}},
	} {
		got := c.behind
		for _, d := range c.shown {
			got = got.Advance(d)
		}
		if got.Today() != c.want {
			t.Errorf("%s: today is %v, want %v", c.name, got.Today(), c.want)
		}
	}
}

func TestCalendarNeverGoesBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := Calendar{}
		for _, d := range rapid.SliceOf(rapid.IntRange(-10_000, 800_000)).Draw(rt, "shown") {
			next := c.Advance(Day(d))
			if next.Today() < c.Today() || next.Advance(Day(d)) != next {
				rt.Fatalf("%v after %v", next, c)
			}
			c = next
		}
	})
}

func TestDayRoundTrip(t *testing.T) {
	for d := earliest(); d < earliest()+800; d++ {
		if got, err := ParseDay(d.String()); err != nil || got != d {
			t.Fatalf("%v: %v %v", d, got, err)
		}
	}
	if d := day(2026, time.November, 22); d.Weekday() != 6 || d.Month() != "2026-11" {
		t.Errorf("a Sunday in November is %d of %v", d.Weekday(), d.Month())
	}
}

// TestOrderIsLost says that the bytes kept are a function of the sums.
func TestOrderIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := newCrowd(rapid.Uint64().Draw(rt, "seed"), 8)
		var sessions []Session
		for range rapid.IntRange(1, 60).Draw(rt, "n") {
			s := c.session()
			s.Refused = nil // kept by name only when two sessions of a group were refused it
			sessions = append(sessions, s)
		}
		whole, parts := &Book{}, &Book{}
		for _, s := range sessions {
			mustAdd(t, whole, s)
		}
		part := &Book{}
		for i, s := range shuffled(c, sessions) {
			mustAdd(t, part, s)
			if i%5 == 4 {
				parts, part = parts.Sum(part), &Book{}
			}
		}
		parts = parts.Sum(part)
		if !reflect.DeepEqual(whole.Records(), parts.Records()) {
			rt.Fatalf("%s\n%s", whole.Records(), parts.Records())
		}
	})
}

func TestRecordsRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newCrowd(rapid.Uint64().Draw(rt, "seed"), 12).month(t, rapid.IntRange(0, 200).Draw(rt, "n"))
		b.Calendar.Ahead = b.Calendar.Day + 100
		got, err := ParseRecords(b.Records())
		if err != nil || !reflect.DeepEqual(got.Records(), b.Records()) || got.Calendar != b.Calendar || got.Total != b.Total {
			rt.Fatalf("%v\n%v\n%v", err, got, b)
		}
	})
}

// TestRecordIsStable keeps files of earlier versions readable: a change here
// needs a new Format.
func TestRecordIsStable(t *testing.T) {
	b := &Book{Calendar: Calendar{Day: day(2026, time.November, 22)}}
	s := Session{Procedure: "demo", Theme: ThemeFamily, Outcome: OutcomeLeft, Length: LengthUnder15,
		Autonomy: AutonomyPartly, Help: HelpGuided, Referral: ReferralSocial, Language: "fr",
		Aids: []Aid{AidMoreTime}, Calls: CallsAnswered, Refused: sites("logs.xiti.com", "once.example.org")}
	mustAdd(t, b, s)
	s.Outcome, s.Refused = OutcomeFinished, sites("logs.xiti.com", "xiti.com")
	mustAdd(t, b, s)
	mustAdd(t, b, s)
	want := map[string]string{
		"format": "2", "calendar": "2026-11-22 -", "total": "3",
		"month/2026-11": "help 0,0,3\nreferral 0,0,0,3\naids 0,3\nweekdays 0,0,0,0,0,0,3\nlanguage fr 3\n" +
			"theme famille_scolarite\n demo 2,1 0,3 0,3 0,3\n  other 1\n  xiti.com 1,2 logs 1,2 @ 0,2\n",
	}
	got := map[string]string{}
	for k, v := range b.Records() {
		got[k] = string(v)
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestRecordsThatContradictThemselves(t *testing.T) {
	b := newCrowd(4, 5).month(t, 80)
	for name, change := range map[string]func(map[string][]byte){
		"format":          func(r map[string][]byte) { r["format"] = []byte("3") },
		"no calendar":     func(r map[string][]byte) { delete(r, "calendar") },
		"total too small": func(r map[string][]byte) { r["total"] = []byte("3") },
		"total negative":  func(r map[string][]byte) { r["total"] = []byte("-3") },
		"foreign key":     func(r map[string][]byte) { r["who"] = []byte("me") },
		"not over":        func(r map[string][]byte) { r["month/2026-10"] = over(r) },
		"not a month":     func(r map[string][]byte) { r["month/november"] = over(r) },
		"month to come":   func(r map[string][]byte) { r["over"] = replaced(r, "month 2026-10", "month 2026-12") },
		"no 13th month":   func(r map[string][]byte) { r["over"] = replaced(r, "month 2026-10", "month 2026-13") },
		"month twice":     func(r map[string][]byte) { r["over"] = deflate(slices.Repeat(over(r), 2)) },
		"no month first":  func(r map[string][]byte) { r["over"] = replaced(r, "month ", "") },
		"nothing":         func(r map[string][]byte) { r["over"] = nil },
		"a digit":         func(r map[string][]byte) { r["over"] = replaced(r, "language fr ", "language fr 1") },
		"a bomb":          func(r map[string][]byte) { r["over"] = deflate(bytes.Repeat([]byte("aids 1\n"), maxRecord)) },
	} {
		r := b.Records()
		change(r)
		if _, err := ParseRecords(r); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func over(records map[string][]byte) []byte {
	text, _ := inflate(records["over"])
	return text
}

func replaced(records map[string][]byte, from, to string) []byte {
	return deflate(bytes.Replace(over(records), []byte(from), []byte(to), 1))
}

func FuzzParseTally(f *testing.F) {
	b := newCrowd(5, 5).month(f, 40)
	f.Add(string(b.months["2026-10"].record()), false)
	f.Add("theme justice\n a 1 1 1 1\n  xiti.com 1\n  other 3\nweekdays 1\nlanguage fr 1\n", true)
	f.Add("theme justice\n a 5 5 5 5\n  other 3,1\n  xiti.com 0,5 @ 0,1 logs.a 0,5\nweekdays 5\nlanguage fr 5\n", false)
	f.Fuzz(func(t *testing.T, text string, first bool) {
		format := Format
		if first {
			format = formatDomains
		}
		tally, err := parseTally(text, format)
		if err != nil {
			return
		}
		again, err := parseTally(string(tally.record()), Format)
		if err != nil || !bytes.Equal(again.record(), tally.record()) {
			t.Fatalf("%q: %v", text, err)
		}
		newPeriod("2026-10", true, tally)
	})
}

// TestMonthThatIsOverNeverChanges adds to a book for two years, with a clock
// that goes wrong, and holds the report of each month against the first one.
func TestMonthThatIsOverNeverChanges(t *testing.T) {
	c := newCrowd(6, 6)
	b, first := &Book{}, map[Month]Period{}
	clock := day(2026, time.October, 1)
	for range 4000 {
		clock += Day(c.IntN(2))
		shown := clock
		if c.IntN(10) == 0 {
			shown = clock - Day(c.IntN(400))
		}
		later := &Book{Calendar: b.Calendar.Advance(shown)}
		mustAdd(t, later, c.session())
		b = b.Sum(later)
		for _, p := range NewReport(b).Periods {
			if !p.Over {
				continue
			}
			p.Tables = slices.DeleteFunc(p.Tables, func(t Table) bool { return t.Name == TableBlocked })
			if was, seen := first[p.Month]; seen && !reflect.DeepEqual(was, p) {
				t.Fatalf("%s changed", p.Month)
			}
			first[p.Month] = p
		}
	}
	if len(b.Months()) != keep || len(first) < 2*keep-6 || b.Total != 4000 {
		t.Errorf("%d months kept, %d seen, %d sessions", len(b.Months()), len(first), b.Total)
	}
}

func mustAdd(t testing.TB, b *Book, s Session) {
	t.Helper()
	if err := b.Add(s); err != nil {
		t.Fatal(err)
	}
}
