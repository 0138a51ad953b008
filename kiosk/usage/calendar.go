package usage

import (
	"fmt"
	"time"
)

// Day is a day of the calendar, as days since 1 January 1970. It is the finest
// time that the kiosk ever writes. Zero means that no day is known.
type Day int

// Month is a month of the calendar: "2026-11".
type Month string

const dayLayout = "2006-01-02"

// DayOf returns the day that t falls on in t's own time zone.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// Time returns the midnight UTC at which d begins.
func (d Day) Time() time.Time { return time.Unix(int64(d)*24*60*60, 0).UTC() }

// String returns d as "2026-11-22".
func (d Day) String() string { return d.Time().Format(dayLayout) }

// Month returns the month that d lies in.
func (d Day) Month() Month { return Month(d.Time().Format("2006-01")) }

// Weekday returns 0 for Monday to 6 for Sunday.
func (d Day) Weekday() int { return (int(d.Time().Weekday()) + 6) % 7 }

// ParseDay reads what String wrote.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(dayLayout, s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a day: expected 2026-11-22", s)
	}
	return DayOf(t), nil
}

// earliest is the first day that a clock can be right about: no kiosk is
// older. Before it a clock was never set.
func earliest() Day { return DayOf(time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)) }

// latest is the last day that a clock can be right about.
func latest() Day { return DayOf(time.Date(2999, time.December, 31, 0, 0, 0, 0, time.UTC)) }

// maxStep is how many days a clock may go forward and be believed at once. It
// is longer than a summer closing.
const maxStep = 45

// Calendar decides under which day a session is counted. A Pi has no clock of
// its own: until the network has set it, it may show 1970, the day the image
// was built or the day it was last switched off. So a day once believed is
// never left backwards, which also keeps a month that is over closed; and a
// jump far ahead, which would push every later session into a month to come,
// is believed only when it is still there on a second day.
type Calendar struct {
	Day   Day // last believed day, 0 when none ever was
	Ahead Day // day far ahead that the clock showed, not yet believed, or 0
}

// Advance returns c after the clock showed the given day:
//
//	clock shows                        counted under
//	before 2026 or after 2999          the day known; 2026-01-01 when none is
//	the day known, or one before it    the day known
//	up to 45 days after it             that day
//	later, for the first time          the day known
//	later, and so on a following day   that day
func (c Calendar) Advance(clock Day) Calendar {
	switch {
	case clock < earliest(), clock > latest(), clock <= c.Day:
		return Calendar{Day: c.Day}
	case c.Day == 0, clock <= c.Day+maxStep:
		return Calendar{Day: clock}
	case c.Ahead != 0 && clock > c.Ahead && clock <= c.Ahead+maxStep:
		return Calendar{Day: clock}
	case clock == c.Ahead:
		return c
	default:
		return Calendar{Day: c.Day, Ahead: clock}
	}
}

// Today returns the day that sessions are counted under.
func (c Calendar) Today() Day { return max(c.Day, earliest()) }
