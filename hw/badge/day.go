package badge

import (
	"errors"
	"time"
)

// Day is a calendar day, counted from 1 January 1970; 65535 is in June 2149.
type Day uint16

const dayForm = "2006-01-02"

// DayOf is the calendar day of a moment where the kiosk stands: in t's
// location. Days out of range become the first or the last.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	days := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60)
	return Day(min(max(days, 0), 1<<16-1))
}

// ParseDay reads a day written as 2027-03-31.
func ParseDay(text string) (Day, error) {
	t, err := time.Parse(dayForm, text)
	if err != nil || DayOf(t).String() != text {
		return 0, errors.New("day is not written like 2027-03-31, or is not between 1970 and 2149")
	}
	return DayOf(t), nil
}

// String writes the day as 2027-03-31.
func (d Day) String() string {
	return time.Unix(int64(d)*24*60*60, 0).UTC().Format(dayForm)
}
