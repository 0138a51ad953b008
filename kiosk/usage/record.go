package usage

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Format is the version of the records.
const Format = "1"

// Keys of the records.
const (
	keyFormat   = "format"
	keyCalendar = "calendar"
	keyTotal    = "total"
	keyMonth    = "month/" // + Month
)

// maxCount bounds every sum read from a record: more sessions than a kiosk can
// have in centuries, and far from overflow.
const maxCount = 1_000_000_000

// Records returns the book as keys and values for a store. The same sums give
// the same bytes, whatever the order they were counted in. Values are lines of
// text, so that anyone can read with the plainest tool what is kept.
func (b *Book) Records() map[string][]byte {
	records := map[string][]byte{
		keyFormat:   []byte(Format),
		keyCalendar: []byte(b.Calendar.Day.record() + " " + b.Calendar.Ahead.record()),
		keyTotal:    []byte(strconv.Itoa(b.Total)),
	}
	for m, t := range b.months {
		records[keyMonth+string(m)] = t.record()
	}
	return records
}

// record writes one line for each list of sums:
//
//	help 0,4,10
//	language fr 300
//	procedure social_sante ameli-droits 20,4,1 3,12,10 25 24,1
//	blocked social_sante ameli-droits xiti.com 25
//
// A list has the order of the closed list; zeros at its end are left out.
func (t *Tally) record() []byte {
	var b strings.Builder
	for _, l := range t.lists() {
		fmt.Fprintf(&b, "%s %s\n", l.name, joined(*l.sums))
	}
	for _, code := range slices.Sorted(maps.Keys(t.languages)) {
		fmt.Fprintf(&b, "language %s %d\n", code, t.languages[code])
	}
	for _, k := range t.keys() {
		p := t.procedures[k]
		fmt.Fprintf(&b, "procedure %s %s", k.theme, k.id)
		for _, table := range p.tables() {
			fmt.Fprintf(&b, " %s", joined(*table))
		}
		b.WriteByte('\n')
		for _, domain := range slices.Sorted(maps.Keys(p.blocked)) {
			fmt.Fprintf(&b, "blocked %s %s %s %d\n", k.theme, k.id, domain, p.blocked[domain])
		}
	}
	return []byte(b.String())
}

type namedList struct {
	name string
	sums *[]int
}

func (t *Tally) lists() []namedList {
	return []namedList{{"help", &t.help}, {"referral", &t.referral}, {"aids", &t.aids}, {"weekdays", &t.weekdays}}
}

func joined(sums []int) string {
	for len(sums) > 1 && sums[len(sums)-1] == 0 {
		sums = sums[:len(sums)-1]
	}
	parts := make([]string, len(sums))
	for i, n := range sums {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, ",")
}

// ParseRecords reads what Records returned. Whatever contradicts itself is
// refused: a sum that does not fit another one, a month after the calendar's.
func ParseRecords(records map[string][]byte) (*Book, error) {
	if f := string(records[keyFormat]); f != Format {
		return nil, fmt.Errorf("usage format %q, expected %q", f, Format)
	}
	b := &Book{}
	day, ahead, _ := strings.Cut(string(records[keyCalendar]), " ")
	var errs [3]error
	b.Calendar.Day, errs[0] = parseDayRecord(day)
	b.Calendar.Ahead, errs[1] = parseDayRecord(ahead)
	b.Total, errs[2] = parseCount(string(records[keyTotal]))
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if err := b.parseMonths(records); err != nil {
		return nil, err
	}
	return b, nil
}

// record writes a day that may be unknown.
func (d Day) record() string {
	if d == 0 {
		return "-"
	}
	return d.String()
}

func parseDayRecord(s string) (Day, error) {
	if s == "-" {
		return 0, nil
	}
	return ParseDay(s)
}

func (b *Book) parseMonths(records map[string][]byte) error {
	kept := 0
	for key, value := range records {
		m, isMonth := strings.CutPrefix(key, keyMonth)
		if !isMonth {
			if key != keyFormat && key != keyCalendar && key != keyTotal {
				return fmt.Errorf("unknown record")
			}
			continue
		}
		if _, err := ParseDay(m + "-01"); err != nil || Month(m) > b.Calendar.Today().Month() {
			return fmt.Errorf("month %q: not a month up to the calendar's", m)
		}
		t, err := parseTally(string(value))
		if err != nil {
			return fmt.Errorf("month %q: %w", m, err)
		}
		*b.month(Month(m)) = *t
		kept += t.sessions()
	}
	if kept > b.Total {
		return fmt.Errorf("total %d is less than the months' %d", b.Total, kept)
	}
	return nil
}

func parseTally(text string) (*Tally, error) {
	t := newTally()
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if err := t.parseLine(strings.Split(line, " ")); err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	return t, t.checkSums()
}

func (t *Tally) parseLine(words []string) error {
	for _, l := range t.lists() {
		if words[0] == l.name && len(words) == 2 {
			return parseList(words[1], *l.sums)
		}
	}
	switch {
	case words[0] == "language" && len(words) == 3 && isLanguage(words[1]):
		n, err := parseCount(words[2])
		t.languages[words[1]] = n
		return err
	case words[0] == "procedure" && len(words) == 7:
		return t.parseProcedure(words)
	case words[0] == "blocked" && len(words) == 5:
		p := t.procedures[procedureKey{Theme(words[1]), words[2]}]
		if p == nil || notDomain(words[3]) {
			return fmt.Errorf("refused domain without its procedure")
		}
		n, err := parseCount(words[4])
		p.block(words[3], n)
		return err
	default:
		return fmt.Errorf("unknown kind of line")
	}
}

func (t *Tally) parseProcedure(words []string) error {
	k := procedureKey{Theme(words[1]), words[2]}
	if !slices.Contains(Themes(), k.theme) || !isID(k.id) || t.procedures[k] != nil {
		return fmt.Errorf("unknown theme, or not a procedure, or there twice")
	}
	p := t.procedure(k)
	for i, table := range p.tables() {
		if err := parseList(words[3+i], *table); err != nil {
			return err
		}
		if sum(*table) != p.sessions() {
			return fmt.Errorf("sums of one procedure differ")
		}
	}
	return nil
}

// checkSums compares the sums that count the same sessions.
func (t *Tally) checkSums() error {
	total, helped, spoken := 0, 0, 0
	for _, p := range t.procedures {
		total += p.sessions()
		helped += p.sessions() - p.autonomy[slices.Index(Autonomies(), AutonomyAlone)]
	}
	for _, n := range t.languages {
		spoken += n
	}
	switch {
	case total != t.sessions(), spoken != total:
		return fmt.Errorf("sums over the sessions differ")
	case sum(t.help) != helped, sum(t.referral) > helped:
		return fmt.Errorf("sums over the helped sessions differ")
	case slices.Max(t.aids) > total:
		return fmt.Errorf("an aid was used in more sessions than there were")
	default:
		return nil
	}
}

func parseList(text string, to []int) error {
	parts := strings.Split(text, ",")
	if len(parts) > len(to) {
		return fmt.Errorf("%d values, at most %d are known", len(parts), len(to))
	}
	for i, part := range parts {
		n, err := parseCount(part)
		if err != nil {
			return err
		}
		to[i] = n
	}
	return nil
}

func parseCount(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxCount {
		return 0, fmt.Errorf("not a count of at most %d", maxCount)
	}
	return n, nil
}
