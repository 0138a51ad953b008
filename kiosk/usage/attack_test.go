package usage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The attacker reads nothing but the printed JSON, knows the catalogue, knows
// which procedures and languages occurred, and knows which sums must agree. He
// writes all of it as one system of equations and asks of every count whether
// more than one number fits.

type printed struct {
	Periods []struct {
		Month    string
		Over     bool
		Sessions *number
		Tables   []struct {
			Name    string
			Columns []string
			Rows    []struct {
				Key, Of string
				Cells   []*number
			}
		}
	}
}

type number struct {
	Exactly *int
	AtLeast *int `json:"at_least"`
}

type attacker struct {
	program
	known   map[string]int      // unknown by name "table/row/column"
	crossed map[string][]string // categories by table
	keys    []procedureKey
	truth   []int
	targets map[string][]int // sums of unknowns that nobody may find
}

func (a *attacker) cell(name string, truth int) int {
	if i, ok := a.known[name]; ok {
		return i
	}
	a.known[name] = a.unknown()
	a.truth = append(a.truth, truth)
	a.targets[name] = []int{a.known[name]}
	return a.known[name]
}

func (a *attacker) at(format string, args ...any) int {
	i, ok := a.known[fmt.Sprintf(format, args...)]
	if !ok {
		panic("no such cell: " + fmt.Sprintf(format, args...))
	}
	return i
}

// newAttacker takes from the tally the names of the cells and, to know in the
// end whether he was right, the truth.
func newAttacker(t *Tally) *attacker {
	a := &attacker{known: map[string]int{}, targets: map[string][]int{}, keys: t.keys(), crossed: map[string][]string{}}
	for i, table := range []string{TableOutcome, TableLength, TableAutonomy, TableCalls} {
		a.crossed[table] = columnsOf(i)
		for _, k := range a.keys {
			for j, c := range columnsOf(i) {
				a.cell(table+"/"+k.id+"/"+c, (*t.procedures[k].tables()[i])[j])
			}
		}
	}
	lists := map[string]map[string]int{TableHelp: {}, TableReferral: {}, TableLanguages: t.languages, TableWeekdays: {}}
	for i, n := range t.weekdays {
		lists[TableWeekdays][weekdayNames()[i]] = n
	}
	for i, h := range Helps() {
		lists[TableHelp][string(h)] = t.help[i]
	}
	for i, r := range Referrals() {
		lists[TableReferral][string(r)] = t.referral[i]
	}
	lists[TableReferral]["none"] = sum(t.help) - sum(t.referral)
	for table, list := range lists {
		for key, n := range list {
			a.cell(table+"/"+key, n)
		}
	}
	for i, aid := range AidList() {
		a.cell(TableAids+"/"+string(aid), t.aids[i])
		a.cell(TableAids+"/without "+string(aid), t.sessions()-t.aids[i])
	}
	a.sums(lists)
	return a
}

// sums states what holds whatever is printed, and names the sums that must
// stay secret when they are small.
func (a *attacker) sums(lists map[string]map[string]int) {
	all := a.row(TableOutcome, a.keys)
	for table, columns := range a.crossed {
		for _, k := range a.keys {
			a.equal(0, a.row(table, []procedureKey{k}), a.row(TableOutcome, []procedureKey{k}))
		}
		for _, c := range columns {
			a.targets[table+"/all/"+c] = a.column(table, c, a.keys)
		}
	}
	byTheme := map[Theme][]procedureKey{}
	for _, k := range a.keys {
		a.targets["procedure "+k.id] = a.row(TableOutcome, []procedureKey{k})
		byTheme[k.theme] = append(byTheme[k.theme], k)
	}
	for theme, keys := range byTheme {
		a.targets["theme "+string(theme)] = a.row(TableOutcome, keys)
	}
	helped := append(a.column(TableAutonomy, string(AutonomyPartly), a.keys), a.column(TableAutonomy, string(AutonomyThroughout), a.keys)...)
	a.targets["helped"] = helped
	for table, list := range lists {
		whole := all
		if table == TableHelp || table == TableReferral {
			whole = helped
		}
		a.equal(0, a.list(table, slices.Collect(maps.Keys(list))), whole)
	}
	for _, aid := range names(AidList()) {
		a.equal(0, a.list(TableAids, []string{aid, "without " + aid}), all)
	}
}

func (a *attacker) row(table string, keys []procedureKey) (cells []int) {
	for _, c := range a.crossed[table] {
		cells = append(cells, a.column(table, c, keys)...)
	}
	return cells
}

func (a *attacker) column(table, column string, keys []procedureKey) (cells []int) {
	for _, k := range keys {
		cells = append(cells, a.at("%s/%s/%s", table, k.id, column))
	}
	return cells
}

func (a *attacker) list(table string, keys []string) (cells []int) {
	for _, k := range keys {
		cells = append(cells, a.at("%s/%s", table, k))
	}
	return cells
}

// reads adds an equation for every figure that is printed.
func (a *attacker) reads(t *testing.T, p printed) {
	period := p.Periods[0]
	if period.Sessions == nil {
		return
	}
	if n := period.Sessions; n.Exactly != nil {
		a.equal(*n.Exactly, a.row(TableOutcome, a.keys), nil)
	}
	for _, table := range period.Tables {
		var named []string
		for _, r := range table.Rows {
			named = append(named, r.Key)
		}
		for _, r := range table.Rows {
			for i, n := range r.Cells {
				if n == nil || n.Exactly == nil {
					continue
				}
				if *n.Exactly < least {
					t.Fatalf("printed %d in %s/%s", *n.Exactly, table.Name, r.Key)
				}
				a.equal(*n.Exactly, a.meant(table.Name, r.Key, table.Columns[i], named), nil)
			}
		}
	}
}

// meant returns the cells whose sum a figure is.
func (a *attacker) meant(table, row, column string, named []string) []int {
	var keys []procedureKey
	for _, k := range a.keys {
		name := k.id
		if table == TableThemes {
			name = string(k.theme)
		}
		if row == RowAll || name == row || row == RowOthers && !slices.Contains(named, name) {
			keys = append(keys, k)
		}
	}
	switch _, crossed := a.crossed[table]; {
	case table == TableThemes:
		return a.row(TableOutcome, keys)
	case crossed && column == ColumnSessions:
		return a.row(table, keys)
	case crossed:
		return a.column(table, column, keys)
	case row == RowOthers:
		var rest []int
		for name, i := range a.known {
			if key, ok := bytes.CutPrefix([]byte(name), []byte(table+"/")); ok && !slices.Contains(named, string(key)) {
				rest = append(rest, i)
			}
		}
		return rest
	default:
		return a.list(table, []string{row})
	}
}

// finds returns the sums from 1 to 10 that only one number fits.
func (a *attacker) finds(t *testing.T, random *rand.Rand) []string {
	if !a.solve() {
		t.Fatal("what is printed contradicts itself")
	}
	open := map[string][]int{}
	for name, cells := range a.targets {
		if n := a.true(cells); n >= 1 && n < least {
			open[name] = cells
		}
	}
	for range 15 {
		cost := make([]float64, a.n)
		for i := range cost {
			cost[i] = random.NormFloat64()
			if a.truth[i] > 0 && random.IntN(2) == 0 {
				cost[i] = -math.Abs(cost[i])
			}
		}
		a.maximize(cost)
		a.rule(open)
	}
	var found []string
	for name, cells := range open {
		low, high := a.extreme(cells, -1), a.extreme(cells, 1)
		if math.Floor(high+tiny)-math.Ceil(low-tiny) < 1 {
			found = append(found, fmt.Sprintf("%s = %d", name, a.true(cells)))
		}
	}
	return found
}

func (a *attacker) true(cells []int) (n int) {
	for _, i := range cells {
		n += a.truth[i]
	}
	return n
}

// rule strikes out what has another whole number at this corner.
func (a *attacker) rule(open map[string][]int) {
	x := a.corner()
	for _, v := range x {
		if math.Abs(v-math.Round(v)) > 1e-5 {
			return
		}
	}
	for name, cells := range open {
		n := 0
		for _, i := range cells {
			n += int(math.Round(x[i]))
		}
		if n != a.true(cells) {
			delete(open, name)
		}
	}
}

func (a *attacker) extreme(cells []int, sign float64) float64 {
	cost := make([]float64, a.n)
	for _, i := range cells {
		cost[i] += sign
	}
	a.maximize(cost)
	v, x := 0.0, a.corner()
	for _, i := range cells {
		v += x[i]
	}
	return v
}

func attack(t *testing.T, b *Book, r Report, seed uint64) []string {
	t.Helper()
	var out bytes.Buffer
	if err := r.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	var p printed
	if err := json.Unmarshal(out.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	a := newAttacker(b.months[Month(p.Periods[0].Month)])
	a.reads(t, p)
	return a.finds(t, rand.New(rand.NewPCG(seed, 2)))
}

func TestNoSmallCountCanBeComputed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		// Not drawn by rapid, which prefers small numbers: under 11 sessions
		// nothing is printed.
		seed := rapid.Uint64().Draw(rt, "seed")
		random := newCrowd(seed, 12)
		random.procedures = 1 + random.IntN(12)
		b := random.month(t, 11+random.skewed(1000))
		if found := attack(t, b, NewReport(b), seed); len(found) > 0 {
			rt.Fatalf("the report tells %v", found)
		}
	})
}

// TestAttackerBreaksPlainSuppression is the positive control: a report that
// hides only the cells under 11 must not withstand him.
func TestAttackerBreaksPlainSuppression(t *testing.T) {
	broken := 0
	for seed := range uint64(10) {
		b := newCrowd(seed, 12).month(t, 300)
		if len(attack(t, b, plainReport(b), seed)) > 0 {
			broken++
		}
	}
	if broken < 8 {
		t.Errorf("broke %d of 10 reports that hide no more than the cells under 11", broken)
	}
}

func plainReport(b *Book) Report {
	m := b.Months()[0]
	t := b.months[m]
	p := Period{Month: m, Over: true, Sessions: exactly(t.sessions())}
	for i, name := range []string{TableOutcome, TableLength, TableAutonomy, TableCalls} {
		table := Table{Name: name, Columns: append([]string{ColumnSessions}, columnsOf(i)...)}
		all := make([]int, len(columnsOf(i)))
		for _, k := range t.keys() {
			cells := *t.procedures[k].tables()[i]
			addTo(all, cells)
			if sum(cells) >= least {
				table.Rows = append(table.Rows, row(k.id, cells, small(cells)))
			}
		}
		table.Rows = append(table.Rows, row(RowAll, all, small(all)))
		p.Tables = append(p.Tables, table)
	}
	return Report{Periods: []Period{p}}
}

func small(cells []int) []bool {
	var hide []bool
	for _, n := range cells {
		hide = append(hide, n < least)
	}
	return hide
}
