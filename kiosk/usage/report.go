package usage

import (
	"maps"
	"slices"
)

// Report is what an institution reads: a period for every month of a book. It
// prints no figure from 1 to 10, and none can be computed from what it prints.
type Report struct {
	Periods []Period `json:"periods"` // newest first

	// Switched is how often the film's relay was energised since ever, for its
	// maintenance: about twice for each session with a helper, else once.
	Switched Figure `json:"relay_switched"`
}

// Period is the report of one month. The report of a month that is over never
// changes. Of a month in progress there are no tables, and the sessions are
// rounded down: the difference between two reports of the same month would
// tell the facts of the few sessions in between. The refused domains are no
// figures about persons; their table goes when they are dropped, a month later.
type Period struct {
	Month    Month   `json:"month"`
	Over     bool    `json:"over"`
	Sessions Figure  `json:"sessions"`
	Tables   []Table `json:"tables"`
}

// Table is a table of a period. The first column is always the sessions.
type Table struct {
	Name    string   `json:"name"` // one of TableNames
	Columns []string `json:"columns"`
	Rows    []Row    `json:"rows"`
}

// Row is a row of a table.
type Row struct {
	Key   string   `json:"key"`          // value of a closed list, id, RowAll or RowOthers
	Of    string   `json:"of,omitempty"` // procedure of a refused domain
	Cells []Figure `json:"cells"`
}

// Keys of rows that sum others up. They cannot be ids of procedures.
const (
	RowAll    = "_all"    // everything in the table
	RowOthers = "_others" // the rows that are not shown, together
)

// referralNone is the row of the helped sessions without a referral.
const referralNone = "none"

// ColumnSessions is the name of the first column.
const ColumnSessions = "sessions"

// Names of the tables.
const (
	TableThemes    = "themes"
	TableOutcome   = "procedures_outcome"
	TableLength    = "procedures_length"
	TableAutonomy  = "procedures_autonomy"
	TableCalls     = "procedures_calls"
	TableHelp      = "help"
	TableReferral  = "referral"
	TableLanguages = "languages"
	TableAids      = "aids"
	TableWeekdays  = "weekdays"
	TableBlocked   = "blocked"
)

// NewReport reports on all months of b.
func NewReport(b *Book) Report {
	r := Report{Periods: []Period{}, Switched: hundreds(b.Switched)}
	for _, m := range b.Months() {
		r.Periods = append(r.Periods, newPeriod(m, b.IsOver(m), b.months[m]))
	}
	return r
}

func newPeriod(m Month, over bool, t *Tally) Period {
	p := Period{Month: m, Over: over, Tables: []Table{}}
	switch n := t.sessions(); {
	case n < least:
		p.Sessions = hidden()
	case !over:
		p.Sessions = tens(n)
	default:
		p.Sessions = exactly(n)
		p.Tables = newTables(t)
	}
	return p
}

func newTables(t *Tally) []Table {
	l := newLayout(t)
	tables := []Table{l.themes()}
	for i, name := range []string{TableOutcome, TableLength, TableAutonomy, TableCalls} {
		tables = append(tables, l.crossed(name, columnsOf(i), func(p *procedureTally) []int { return *p.tables()[i] }))
	}
	tables = append(tables, l.help()...)
	tables = append(tables, open(TableLanguages, t.languages), l.aids(), weekdays(t), l.blocked())
	return slices.DeleteFunc(tables, func(t Table) bool {
		return len(t.Rows) == 0 || len(t.Rows) == 1 && t.Rows[0].Key == RowOthers
	})
}

func columnsOf(table int) []string {
	return [][]string{names(Outcomes()), names(Lengths()), names(Autonomies()), names(CallsList())}[table]
}

func names[T ~string](list []T) []string {
	var s []string
	for _, v := range list {
		s = append(s, string(v))
	}
	return s
}

// layout is which rows the tables of a month have. A procedure has a row of
// its own if its total may be shown; all others are one row together.
type layout struct {
	tally  *Tally
	shown  []procedureKey
	others []procedureKey
}

func newLayout(t *Tally) layout {
	l := layout{tally: t}
	var cells []int
	keys := t.keys()
	for _, k := range keys {
		cells = append(cells, t.procedures[k].sessions())
	}
	for i, hide := range hideLine(cells, least) {
		if hide {
			l.others = append(l.others, keys[i])
		} else {
			l.shown = append(l.shown, keys[i])
		}
	}
	return l
}

// themes is a line of totals of procedures, and everyone knows from the
// catalogue of which: a theme tells how many sessions its procedures without a
// row have together. So these rests are what is hidden or shown.
func (l *layout) themes() Table {
	total, rest := map[Theme]int{}, map[Theme]int{}
	for _, k := range l.shown {
		total[k.theme] += l.tally.procedures[k].sessions()
	}
	for _, k := range l.others {
		n := l.tally.procedures[k].sessions()
		total[k.theme] += n
		rest[k.theme] += n
	}
	used := slices.DeleteFunc(Themes(), func(t Theme) bool { return total[t] == 0 })
	withRest := slices.DeleteFunc(slices.Clone(used), func(t Theme) bool { return rest[t] == 0 })
	var cells []int
	for _, theme := range withRest {
		cells = append(cells, rest[theme])
	}
	hideRest := hideLine(cells, least)
	var totals []int
	var hide []bool
	for _, theme := range used {
		i := slices.Index(withRest, theme)
		totals, hide = append(totals, total[theme]), append(hide, i >= 0 && hideRest[i])
	}
	return line(TableThemes, names(used), totals, hide)
}

// crossed is the table of procedures by one of their four lists, all
// procedures together first.
func (l *layout) crossed(name string, columns []string, of func(*procedureTally) []int) Table {
	t := Table{Name: name, Columns: append([]string{ColumnSessions}, columns...)}
	all := make([]int, len(columns))
	var cells [][]int
	var keys []string
	add := func(key string, from []procedureKey) {
		row := make([]int, len(columns))
		for _, k := range from {
			addTo(row, of(l.tally.procedures[k]))
		}
		addTo(all, row)
		keys, cells = append(keys, key), append(cells, row)
	}
	for _, k := range l.shown {
		add(k.id, []procedureKey{k})
	}
	if len(l.others) > 0 {
		add(RowOthers, l.others)
	}
	hideAll := hideLine(all, least)
	t.Rows = append(t.Rows, row(RowAll, all, hideAll))
	for i, h := range hideGrid(cells, hideAll, least) {
		t.Rows = append(t.Rows, row(keys[i], cells[i], h))
	}
	return t
}

func row(key string, cells []int, hide []bool) Row {
	r := Row{Key: key, Cells: []Figure{exactly(sum(cells))}}
	for i, n := range cells {
		r.Cells = append(r.Cells, shown(n, hide[i]))
	}
	return r
}

// help is the two tables about sessions with a helper. Their total is known
// wherever the number of sessions alone is; where it is not, a table whose sum
// can be known would give it away, so there is none.
func (l *layout) help() []Table {
	autonomy := make([]int, len(Autonomies()))
	for _, p := range l.tally.procedures {
		addTo(autonomy, p.autonomy)
	}
	alone := slices.Index(Autonomies(), AutonomyAlone)
	helped := sum(autonomy) - autonomy[alone]
	if hideLine(autonomy, least)[alone] || helped < least {
		return nil
	}
	referral := append(slices.Clone(l.tally.referral), helped-sum(l.tally.referral))
	return []Table{
		line(TableHelp, names(Helps()), l.tally.help, hideLine(l.tally.help, least)),
		line(TableReferral, append(names(Referrals()), referralNone), referral, hideLine(referral, least)),
	}
}

// aids is the sessions with each aid; the sessions without it are known, too.
func (l *layout) aids() Table {
	t := Table{Name: TableAids, Columns: []string{ColumnSessions}}
	for i, aid := range AidList() {
		with := l.tally.aids[i]
		hide := hideLine([]int{with, l.tally.sessions() - with}, least)
		t.Rows = append(t.Rows, Row{Key: string(aid), Cells: []Figure{shown(with, hide[0])}})
	}
	return t
}

// blocked is the refused domains of the procedures shown. It is for mending an
// allow-list: tens are enough, and they do not tell in how few sessions a
// domain was not refused.
func (l *layout) blocked() Table {
	t := Table{Name: TableBlocked, Columns: []string{ColumnSessions}}
	for _, k := range l.shown {
		domains, _ := l.tally.procedures[k].domains(l.tally.names)
		for _, d := range domains {
			if n := d.sessions(); n >= least {
				t.Rows = append(t.Rows, Row{Key: d.domain, Of: k.id, Cells: []Figure{tens(n)}})
			}
		}
	}
	return t
}

func weekdays(t *Tally) Table {
	cells := map[string]int{}
	for i, n := range t.weekdays {
		if n > 0 {
			cells[weekdayNames()[i]] = n
		}
	}
	table := open(TableWeekdays, cells)
	slices.SortStableFunc(table.Rows, func(a, b Row) int {
		return weekdayPlace(a.Key) - weekdayPlace(b.Key)
	})
	return table
}

func weekdayNames() []string {
	return []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
}

// weekdayPlace is 0 to 6, and 7 for what is no weekday.
func weekdayPlace(key string) int {
	if i := slices.Index(weekdayNames(), key); i >= 0 {
		return i
	}
	return len(weekdayNames())
}

// open is a line whose cells are those that occurred, largest first.
func open(name string, sums map[string]int) Table {
	keys := slices.Sorted(maps.Keys(sums))
	slices.SortStableFunc(keys, func(a, b string) int { return sums[b] - sums[a] })
	var cells []int
	for _, k := range keys {
		cells = append(cells, sums[k])
	}
	return line(name, keys, cells, hideLine(cells, least))
}

// line is a table of one column: a row for each cell shown, and one for all
// others together, which the total would tell anyway.
func line(name string, keys []string, cells []int, hide []bool) Table {
	t := Table{Name: name, Columns: []string{ColumnSessions}}
	others := 0
	for i, key := range keys {
		if hide[i] {
			others += cells[i]
		} else {
			t.Rows = append(t.Rows, Row{Key: key, Cells: []Figure{exactly(cells[i])}})
		}
	}
	if anyHidden(hide) {
		t.Rows = append(t.Rows, Row{Key: RowOthers, Cells: []Figure{exactly(others)}})
	}
	return t
}
