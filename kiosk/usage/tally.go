package usage

import (
	"maps"
	"slices"
)

// Tally is the sums of one month. There is no way back from it to a session,
// nor to the order of sessions; what it keeps together is only what one of the
// tables of the report, or of the diagnosis, shows together.
type Tally struct {
	procedures map[procedureKey]*procedureTally
	names      siteNames // of the sites refused
	languages  map[string]int
	help       []int // by Helps, over the sessions with a helper
	referral   []int // by Referrals, over the sessions with a referral
	aids       []int // by AidList; a session adds to each aid it used
	weekdays   []int // Monday first
}

// procedureKey holds the theme, too: a catalogue may change it, and then the
// procedure is another row.
type procedureKey struct {
	theme Theme
	id    string
}

// procedureTally is the four tables that a procedure has a line in. Each of
// them sums to the number of its sessions.
type procedureTally struct {
	outcome  []int // by Outcomes
	length   []int // by Lengths
	autonomy []int // by Autonomies
	calls    []int // by CallsList
	refused  map[mark]endings
	others   endings // over the domains that are not kept by name
}

func newTally() *Tally {
	return &Tally{
		procedures: map[procedureKey]*procedureTally{}, names: newNames(), languages: map[string]int{},
		help: make([]int, len(Helps())), referral: make([]int, len(Referrals())),
		aids: make([]int, len(AidList())), weekdays: make([]int, 7),
	}
}

func newProcedureTally() *procedureTally {
	return &procedureTally{
		outcome: make([]int, len(Outcomes())), length: make([]int, len(Lengths())),
		autonomy: make([]int, len(Autonomies())), calls: make([]int, len(CallsList())),
		refused: map[mark]endings{},
	}
}

// tables returns the four tables in the order of the record.
func (p *procedureTally) tables() []*[]int {
	return []*[]int{&p.outcome, &p.length, &p.autonomy, &p.calls}
}

// add counts one valid session of the given day.
func (t *Tally) add(s Session, d Day) {
	p := t.procedure(procedureKey{s.Theme, s.Procedure})
	count(p.outcome, Outcomes(), s.Outcome)
	count(p.length, Lengths(), s.Length)
	count(p.autonomy, Autonomies(), s.Autonomy)
	count(p.calls, CallsList(), s.Calls)
	t.refuse(p, s.Refused, endingOf(s.Outcome))
	count(t.help, Helps(), s.Help)
	count(t.referral, Referrals(), s.Referral)
	for _, aid := range s.Aids {
		count(t.aids, AidList(), aid)
	}
	t.languages[s.Language]++
	t.weekdays[d.Weekday()]++
}

func (t *Tally) procedure(k procedureKey) *procedureTally {
	if t.procedures[k] == nil {
		t.procedures[k] = newProcedureTally()
	}
	return t.procedures[k]
}

// count adds one at v's place in list, and nothing for a value that is not
// there: "" where a list has a value for "none".
func count[T comparable](sums []int, list []T, v T) {
	if i := slices.Index(list, v); i >= 0 {
		sums[i]++
	}
}

// merge adds the sums of o. What one session of o alone was refused is kept only
// if its name is known in t; its name is not even there, see siteNames.
func (t *Tally) merge(o *Tally) {
	known := t.names.under(o.names)
	for k, from := range o.procedures {
		to := t.procedure(k)
		for i, table := range to.tables() {
			addTo(*table, *from.tables()[i])
		}
		t.mergeRefused(to, from, known)
	}
	for code, n := range o.languages {
		t.languages[code] += n
	}
	addTo(t.help, o.help)
	addTo(t.referral, o.referral)
	addTo(t.aids, o.aids)
	addTo(t.weekdays, o.weekdays)
}

func addTo(to, from []int) {
	for i, n := range from {
		to[i] += n
	}
}

// sessions returns the number of sessions of the month.
func (t *Tally) sessions() int { return sum(t.weekdays) }

func (p *procedureTally) sessions() int { return sum(p.outcome) }

func sum(list []int) int {
	total := 0
	for _, n := range list {
		total += n
	}
	return total
}

// keys returns the procedures sorted by theme, in the order of the list of
// themes, and id.
func (t *Tally) keys() []procedureKey {
	return slices.SortedFunc(maps.Keys(t.procedures), func(a, b procedureKey) int {
		if a.theme != b.theme {
			return slices.Index(Themes(), a.theme) - slices.Index(Themes(), b.theme)
		}
		if a.id < b.id {
			return -1
		}
		return 1
	})
}
