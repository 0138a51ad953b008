package session

import "time"

// Limits are the machine's time limits. DefaultLimits gives the reasons.
type Limits struct {
	Idle         time.Duration // without input, until the warning
	IdleInHelp   time.Duration // the same while a call for help is open
	Warning      time.Duration // countdown of the warning; at least 20 s (WCAG 2.2.1)
	PIN          time.Duration // for each try at a badge's PIN
	Consent      time.Duration // for the person's answer; none means no
	Mask         time.Duration // the view must have masked the page this soon, or assistance does not begin
	Notice       time.Duration // what the person is told about that stays
	AssistedIdle time.Duration // without input while assisted, until assistance ends
	AssistedMax  time.Duration // of one assistance
	Badge        time.Duration // a badge may lie on the reader, until its owner is told
	Forgotten    time.Duration // from then on assistance may go on with the badge lying there
	Question     time.Duration // the helper's question stays on screen
	Offer        time.Duration // what helpers may open stays on the home surface, after their badge; 0 = they have nothing
	Queue        time.Duration // of a whole session when people wait; 0 = none

	Read    time.Duration // a stick must be read and checked this soon
	Decide  time.Duration // for the technician's word
	Install time.Duration // what a stick brings must be stored this soon
	Test    time.Duration // a release on trial must have shown this soon that it works
	Told    time.Duration // how that went stays on screen

	Film         time.Duration // the film must be sensed private this soon after the command
	Dwell        time.Duration // the relay stays released at least this long; it is released at once, always
	Clears       int           // at most so many changes to clear (up to maxClears) in ClearsWithin; 0 = any number
	ClearsWithin time.Duration
	Settle       time.Duration // the film must be sensed private this long before a fault is over; doubled each time in a row
	Slowest      time.Duration // the longest that Settle is doubled to
	Blank        time.Duration // the view must have blanked this soon, or is killed as it is
	Wipe         time.Duration // the wipe must answer this soon
	Spare        time.Duration // a spare must be ready this soon, once it is needed
	Reboot       time.Duration // the out-of-service surface stays this long before a reboot
	Trouble      time.Duration // three troubled pages within this end the session
}

// DefaultLimits are those of a site that sets none.
func DefaultLimits() Limits {
	return Limits{
		Idle:         3 * time.Minute,  // between the 1 and 5 min usual for public terminals
		IdleInHelp:   10 * time.Minute, // a helper has to walk up
		Warning:      60 * time.Second, // three times the 20 s of WCAG 2.2.1
		PIN:          60 * time.Second, // six digits, also with one finger and shaking hands
		Consent:      60 * time.Second,
		Mask:         3 * time.Second,  // two frames of a page, while a slow box loads it; nobody waits longer without a word
		Notice:       15 * time.Second, // two short sentences, read slowly
		AssistedIdle: 5 * time.Minute,
		AssistedMax:  30 * time.Minute,
		Badge:        10 * time.Second, // a tap takes one
		Forgotten:    60 * time.Second, // to read that and reach over; a badge that nobody minds may be anybody's
		Question:     20 * time.Second,
		Offer:        30 * time.Second, // to read a few titles; another tap offers them again

		Read:    5 * time.Minute, // 200 MiB from a slow stick
		Decide:  5 * time.Minute,
		Install: 10 * time.Minute, // 200 MiB onto a slow card, flushed and read back
		Test:    3 * time.Minute,  // a network that comes up after a restart
		Told:    time.Minute,

		Film:   time.Second,                          // relay 10 ms, film to scatter well under 500 ms, margin
		Dwell:  500 * time.Millisecond,               // a contact that is switched faster wears and chatters
		Clears: maxClears, ClearsWithin: time.Minute, // people need two a session
		Settle:  5 * time.Second,
		Slowest: 10 * time.Minute,       // a relay that failed for good must not keep the box restarting browsers
		Blank:   100 * time.Millisecond, // drawn in under 40 ms even in a nested compositor
		Wipe:    5 * time.Second,
		Spare:   20 * time.Second,
		Reboot:  30 * time.Second,
		Trouble: 60 * time.Second,
	}
}

// moreTime is what MoreTime multiplies the idle limit by (WCAG 2.2.1: at
// least ten times the default).
const moreTime = 10

// maxTroubles within Limits.Trouble end the session.
const maxTroubles = 3

// maxClears is the most changes to clear that are remembered.
const maxClears = 5
