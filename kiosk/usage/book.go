package usage

import (
	"maps"
	"slices"
)

// keep is how many months are kept, the one in progress included: a year to
// look back on. (The CNIL's exemption for audience measurement allows 25
// months for data that is not even anonymous.)
const keep = 13

// refusedMonths is for how many months the refused sites are kept.
const refusedMonths = 2

// Book is all that the kiosk has counted: what its usage file holds, or a part
// of it that is not written yet. The zero value is empty and ready.
type Book struct {
	Calendar Calendar
	Total    int // sessions counted since ever, months no longer kept included
	Switched int // how often the film's relay was energised since ever, for its maintenance
	months   map[Month]*Tally
}

// Add counts a session under today of the book's calendar, or says why it may
// not be counted.
func (b *Book) Add(s Session) error {
	if err := s.Check(); err != nil {
		return err
	}
	day := b.Calendar.Today()
	b.month(day.Month()).add(s, day)
	b.Total++
	return nil
}

func (b *Book) month(m Month) *Tally {
	if b.months == nil {
		b.months = map[Month]*Tally{}
	}
	if b.months[m] == nil {
		b.months[m] = newTally()
	}
	return b.months[m]
}

// Sum returns a new book with what was counted in b and in later, at the
// calendar of later. Months beyond the thirteen newest are dropped, and the
// refused sites of all but the two newest.
func (b *Book) Sum(later *Book) *Book {
	s := &Book{Calendar: later.Calendar, Total: b.Total + later.Total, Switched: b.Switched + later.Switched}
	for _, part := range []*Book{b, later} {
		for m, t := range part.months {
			s.month(m).merge(t)
		}
	}
	for i, m := range s.Months() {
		switch {
		case i >= keep:
			delete(s.months, m)
		case i >= refusedMonths:
			s.months[m].forgetRefused()
		}
	}
	return s
}

// Months returns the months with sessions, newest first.
func (b *Book) Months() []Month {
	list := slices.Sorted(maps.Keys(b.months))
	slices.Reverse(list)
	return list
}

// IsOver says whether m has ended, by the book's own calendar: nothing is ever
// added to it again.
func (b *Book) IsOver(m Month) bool { return m < b.Calendar.Today().Month() }
