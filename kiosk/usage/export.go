package usage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Finished returns the periods that are over, newest first, as they leave the
// kiosk: without the refused sites, which are dropped a month later, so that a
// month gives the same bytes whenever it is asked for. Of it nothing can be
// learned by asking twice.
func (b *Book) Finished() []Period {
	var list []Period
	for _, p := range NewReport(b).Periods {
		if p.Over {
			p.Tables = slices.DeleteFunc(p.Tables, func(t Table) bool { return t.Name == TableBlocked })
			list = append(list, p)
		}
	}
	return list
}

// Finding is what a Diagnosis says of a procedure outside the kiosk: which
// names to add to its list, or to look at. There are no counts of sessions that
// finished, and of months that are over alone: a diagnosis has figures that a
// Report hides.
type Finding struct {
	Procedure string        `json:"procedure"`
	Origins   []FoundOrigin `json:"origins"`
}

// FoundOrigin is a name that at least 5 sessions were refused.
type FoundOrigin struct {
	Origin   string `json:"origin"` // as in RefusedOrigin
	Advice   Advice `json:"advice"` // AdviceAdd or AdviceLook
	Sessions Figure `json:"sessions"`
}

// Findings judges the months that are over; listed is that of Diagnose.
func (b *Book) Findings(listed map[string]Listed) []Finding {
	over := &Book{Calendar: b.Calendar}
	for _, m := range b.Months()[:min(refusedMonths, len(b.months))] { // what they were refused, older ones have forgotten
		if b.IsOver(m) {
			over.month(m).merge(b.months[m])
		}
	}
	var list []Finding
	for _, p := range Diagnose(over, listed).Procedures {
		f := Finding{Procedure: p.ID}
		for _, o := range p.Refused {
			if o.Advice == AdviceAdd || o.Advice == AdviceLook { // which have 5 sessions or more
				f.Origins = append(f.Origins, FoundOrigin{o.Origin, o.Advice, tensOrHidden(o.Sessions)})
			}
		}
		if len(f.Origins) > 0 {
			list = append(list, f)
		}
	}
	return list
}

func tensOrHidden(n int) Figure {
	if n < least {
		return hidden()
	}
	return tens(n)
}

var errFigure = errors.New("no figure of a report")

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *Figure) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*f = hidden()
		return nil
	}
	var form struct {
		Exactly *int `json:"exactly"`
		AtLeast *int `json:"at_least"`
	}
	if err := strictly(data, &form); err != nil {
		return errFigure
	}
	switch {
	case form.Exactly != nil && form.AtLeast == nil:
		*f = exactly(*form.Exactly)
	case form.AtLeast != nil && form.Exactly == nil:
		*f = Figure{AtLeast, *form.AtLeast}
	default:
		return errFigure
	}
	return nil
}

// strictly decodes one JSON value without fields that are not known.
func strictly(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands behind the end")
	}
	return nil
}

// ParseReport reads what WriteJSON wrote, or somebody else. Its errors do not
// quote the file.
func ParseReport(data []byte) (Report, error) {
	var r Report
	if err := strictly(data, &r); err != nil {
		return Report{}, errors.New("read report: not of a form that this version knows")
	}
	if len(r.Periods) > keep || !r.Switched.fits() {
		return Report{}, fmt.Errorf("read report: %w", errFigure)
	}
	for _, p := range r.Periods {
		if err := p.Check(); err != nil {
			return Report{}, fmt.Errorf("read report: %w", err)
		}
	}
	return r, nil
}

// fits says whether a report may have the figure.
func (f Figure) fits() bool {
	switch f.Kind {
	case Hidden:
		return f.N == 0
	case Exact:
		return f.N == 0 || f.N >= least && f.N <= maxCount
	case AtLeast:
		return f.N >= 10 && f.N <= maxCount && f.N%10 == 0
	default:
		return false
	}
}

// maxRows is far above the procedures of a kiosk.
const maxRows = 2000

// Check says why p is not a period of a report, or nil: everything in it is of
// a closed list, and no figure is under 11. Its error names the table and
// quotes nothing.
func (p Period) Check() error {
	if !regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])$`).MatchString(string(p.Month)) || !p.Sessions.fits() {
		return errors.New("period: month or sessions are not of a report")
	}
	if !p.Over && len(p.Tables) > 0 {
		return errors.New("period: tables of a month that is not over")
	}
	seen := map[string]bool{}
	for _, t := range p.Tables {
		if !t.check() || seen[t.Name] {
			return fmt.Errorf("period %s: a table is not of a report", p.Month)
		}
		seen[t.Name] = true
	}
	return nil
}

func (t Table) check() bool {
	i := slices.Index([]string{TableOutcome, TableLength, TableAutonomy, TableCalls}, t.Name)
	columns := []string{ColumnSessions}
	if i >= 0 {
		columns = append(columns, columnsOf(i)...)
	}
	if !slices.Equal(t.Columns, columns) || len(t.Rows) > maxRows {
		return false
	}
	return !slices.ContainsFunc(t.Rows, func(r Row) bool {
		return len(r.Cells) != len(columns) || !t.hasKey(r, i >= 0) ||
			slices.ContainsFunc(r.Cells, func(f Figure) bool { return !f.fits() })
	})
}

// hasKey says whether the table can have the row.
func (t Table) hasKey(r Row, procedures bool) bool {
	if t.Name == TableBlocked {
		return isHostName(r.Key) && isID(r.Of)
	}
	if r.Of != "" {
		return false
	}
	if r.Key == RowOthers || procedures && (r.Key == RowAll || isID(r.Key)) {
		return true
	}
	lists := map[string][]string{
		TableThemes: names(Themes()), TableHelp: names(Helps()), TableReferral: append(names(Referrals()), referralNone),
		TableAids: names(AidList()), TableWeekdays: weekdayNames(),
	}
	return t.Name == TableLanguages && isLanguage(r.Key) || slices.Contains(lists[t.Name], r.Key)
}

// Check says why f is no finding, or nil.
func (f Finding) Check() error {
	ok := isID(f.Procedure) && len(f.Origins) > 0 && len(f.Origins) <= maxNames*refusedMonths &&
		!slices.ContainsFunc(f.Origins, func(o FoundOrigin) bool {
			return !isHostName(strings.TrimPrefix(o.Origin, "*.")) || o.Advice != AdviceAdd && o.Advice != AdviceLook || !o.Sessions.fits()
		})
	if !ok {
		return errors.New("finding: not one of a diagnosis")
	}
	return nil
}
