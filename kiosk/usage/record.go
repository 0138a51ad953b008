package usage

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Format is the version of the records. ParseRecords reads formatDomains, too.
const Format = "2"

// formatDomains is the first version. Of what was refused it knows domains
// only, and not how the sessions ended.
const formatDomains = "1"

// Keys of the records.
const (
	keyFormat   = "format"
	keyCalendar = "calendar"
	keyTotal    = "total"
	keySwitched = "switched" // absent for none
	keyMonth    = "month/"   // + Month in progress
	keyOver     = "over"     // all months that are over, deflated (RFC 1951)
)

// headMonth begins a month in the record of those that are over.
const headMonth = "month "

// maxCount bounds every sum read from a record: more sessions than a kiosk can
// have in centuries, and far from overflow.
const maxCount = 1_000_000_000

// Records returns the book as keys and values for a store. The same sums give
// the same bytes, whatever the order they were counted in. Values are lines of
// text, so that anyone can read what is kept; those of months that are over are
// deflated.
func (b *Book) Records() map[string][]byte {
	records := map[string][]byte{
		keyFormat:   []byte(Format),
		keyCalendar: []byte(b.Calendar.Day.record() + " " + b.Calendar.Ahead.record()),
		keyTotal:    []byte(strconv.Itoa(b.Total)),
	}
	if b.Switched > 0 {
		records[keySwitched] = []byte(strconv.Itoa(b.Switched))
	}
	var over bytes.Buffer
	for _, m := range b.Months() {
		if b.IsOver(m) {
			fmt.Fprintf(&over, "%s%s\n%s", headMonth, m, b.months[m].record())
		} else {
			records[keyMonth+string(m)] = b.months[m].record()
		}
	}
	if over.Len() > 0 {
		records[keyOver] = deflate(over.Bytes())
	}
	return records
}

// deflate makes a year of months that never change small enough to be written
// again with each group of sessions.
func deflate(data []byte) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression) // fails for an unknown level only
	_, _ = w.Write(data)                               // into memory: cannot fail
	_ = w.Close()
	return b.Bytes()
}

// maxRecord is far above the length of a year.
const maxRecord = 1 << 20

func inflate(data []byte) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), maxRecord+1))
	if err == nil && len(text) > maxRecord {
		err = fmt.Errorf("longer than %d bytes", maxRecord)
	}
	return text, err
}

// record writes one line for each list of sums. Under a theme, indented by one
// space, are its procedures with their four lists, and under a procedure the
// refused domains, each with its hosts:
//
//	help 0,4,10
//	language fr 300
//	theme social_sante
//	 ameli-droits 20,4,1 3,12,10 25 24,1
//	  other 3
//	  xiti.com 5,20 logs 4,20 @ 2
//
// "5,20" is 5 sessions that did not finish and 20 that did. A list has the order of the closed list; zeros at its end are left out. It
// is short because the whole file is written for each group of sessions.
func (t *Tally) record() []byte {
	var b strings.Builder
	for _, l := range t.lists() {
		fmt.Fprintf(&b, "%s %s\n", l.name, joined(*l.sums))
	}
	for _, code := range slices.Sorted(maps.Keys(t.languages)) {
		fmt.Fprintf(&b, "language %s %d\n", code, t.languages[code])
	}
	var theme Theme
	for _, k := range t.keys() {
		if k.theme != theme {
			theme = k.theme
			fmt.Fprintf(&b, "theme %s\n", theme)
		}
		p := t.procedures[k]
		fmt.Fprintf(&b, " %s", k.id)
		for _, table := range p.tables() {
			fmt.Fprintf(&b, " %s", joined(*table))
		}
		b.WriteByte('\n')
		p.recordRefused(&b, t.names)
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
	format := string(records[keyFormat])
	if format != Format && format != formatDomains {
		return nil, fmt.Errorf("usage format %q, expected %q", format, Format)
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
	if err := b.parseMonths(records, format); err != nil {
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

func (b *Book) parseMonths(records map[string][]byte, format string) error {
	for key, value := range records {
		month, inProgress := strings.CutPrefix(key, keyMonth)
		var err error
		switch {
		case inProgress:
			err = b.parseMonth(Month(month), string(value), format, false)
		case key == keyOver:
			err = b.parseOver(value, format)
		case key == keySwitched:
			b.Switched, err = parseCount(string(value))
		case key != keyFormat && key != keyCalendar && key != keyTotal:
			err = fmt.Errorf("unknown record")
		}
		if err != nil {
			return err
		}
	}
	kept := 0
	for _, t := range b.months {
		kept += t.sessions()
	}
	if kept > b.Total {
		return fmt.Errorf("total %d is less than the months' %d", b.Total, kept)
	}
	return nil
}

func (b *Book) parseOver(value []byte, format string) error {
	text, err := inflate(value)
	if err != nil {
		return fmt.Errorf("months that are over: %w", err)
	}
	first, rest, _ := strings.Cut(string(text), headMonth)
	if first != "" {
		return fmt.Errorf("months that are over: no month first")
	}
	for _, part := range strings.Split(rest, "\n"+headMonth) {
		month, lines, _ := strings.Cut(part, "\n")
		if err := b.parseMonth(Month(month), lines, format, true); err != nil {
			return err
		}
	}
	return nil
}

func (b *Book) parseMonth(m Month, text, format string, over bool) error {
	_, err := ParseDay(string(m) + "-01")
	if err != nil || m > b.Calendar.Today().Month() || over != b.IsOver(m) || b.months[m] != nil {
		return fmt.Errorf("month %q: no month, or in the wrong place, or there twice", m)
	}
	t, err := parseTally(text, format)
	if err != nil {
		return fmt.Errorf("month %q: %w", m, err)
	}
	*b.month(m) = *t
	return nil
}

// tallyParser remembers what the indented lines belong to.
type tallyParser struct {
	*Tally
	format string
	theme  Theme
	last   *procedureTally
}

func parseTally(text, format string) (*Tally, error) {
	p := tallyParser{Tally: newTally(), format: format}
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if err := p.parseLine(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	return p.Tally, p.checkSums()
}

func (p *tallyParser) parseLine(line string) error {
	words := strings.Fields(line)
	level := len(line) - len(strings.TrimLeft(line, " "))
	switch {
	case level == 2 && p.last != nil && len(words) > 0 && len(words)%2 == 0:
		return p.parseRefused(words)
	case level == 1 && len(words) == 5:
		return p.parseProcedure(procedureKey{p.theme, words[0]}, words[1:])
	case level == 0 && len(words) == 2 && words[0] == "theme":
		p.theme, p.last = Theme(words[1]), nil
		return nil
	case level == 0 && len(words) == 3 && words[0] == "language" && isLanguage(words[1]):
		n, err := parseCount(words[2])
		p.languages[words[1]] = n
		return err
	}
	for _, l := range p.lists() {
		if level == 0 && len(words) == 2 && words[0] == l.name {
			return parseList(words[1], *l.sums)
		}
	}
	return fmt.Errorf("unknown kind of line")
}

func (p *tallyParser) parseProcedure(k procedureKey, lists []string) error {
	if !slices.Contains(Themes(), k.theme) || !isID(k.id) || p.procedures[k] != nil {
		return fmt.Errorf("unknown theme, or not a procedure, or there twice")
	}
	p.last = p.procedure(k)
	for i, table := range p.last.tables() {
		if err := parseList(lists[i], *table); err != nil {
			return err
		}
		if sum(*table) != p.last.sessions() {
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
