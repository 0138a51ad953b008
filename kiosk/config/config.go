// Package config is site.toml: what a site decides about its kiosk. It holds
// the types, the defaults, and a strict decoder whose every error names file
// and line, what is wrong and what would be right. example-site.toml beside it
// is the annotated form of the file.
//
// The package is pure; main programs may import it and hand its values to the
// parts.
package config

import "time"

// Site is a whole site.toml, defaults filled in.
type Site struct {
	ID        string            // [a-z0-9-]{1,40}: names the kiosk in usage reports
	Place     map[string]string // name of the place, in every one of Languages
	Languages []string          // two-letter codes, the first is the one shown first
	Session   Session
	Packs     Packs
	Film      Film
	Indicator *Line // output, active = lamp lit; nil when there is no lamp
	// HelpButton is an input, active = pressed; nil when there is no button.
	HelpButton *Line
	// ServiceSwitch is an input, active = pressed: the button inside the case
	// that stands for a technician's badge as long as there is none. nil when
	// the case has none.
	ServiceSwitch *Line
	Badge         *Badge // nil when there is no badge reader
	View          View
	Usage         Usage
}

// Session holds the time limits that a site may change: those that depend on
// its people and its room. The machine has others, and no site sets them,
// because something else rests on their values:
//
//	Mask, Blank    what is on the screen is covered or masked before the film
//	               moves; a longer time would show more, a shorter one fail
//	PIN            for each try at a badge's PIN; the page is covered meanwhile,
//	               and the badge lies there
//	Wipe, Spare,   how long the machine waits for its own processes before it
//	Reboot         takes them for failed: they are the same in every town hall
//	Settle,        when a film that has failed is tried again; each try starts a
//	Slowest        browser, and none can be hurried
//	Trouble        how many broken pages are one broken session
type Session struct {
	Idle         time.Duration // without input, until the warning
	IdleInHelp   time.Duration // the same while a call for help is open
	Warning      time.Duration // countdown of the warning
	Consent      time.Duration // for the person's answer whether a helper may look
	AssistedIdle time.Duration // without input while assisted, until assistance ends
	AssistedMax  time.Duration // of one assistance
	Queue        time.Duration // of a whole session where people wait; 0 = no such limit
	Notice       time.Duration // what the person is told about, and need not answer, stays
	Question     time.Duration // the closing question to the helper stays
	BadgeLeft    time.Duration // a badge may lie on the reader, until its owner is told
	Forgotten    time.Duration // from then on assistance may go on with the badge lying there
}

// Packs says which procedures the kiosk offers.
type Packs struct {
	Directories []string // packs besides the one built in, absolute paths
	// Procedures are the ids to offer, in the order of the tiles; empty means
	// every procedure of every pack.
	Procedures []string
}

// Film is how the privacy film is wired.
type Film struct {
	Relay          Line          // output, active = coil energised = film clear
	Contact        Line          // input, active = film private
	InverseContact *Line         // input, active = film clear; nil when the contact has one wire
	FollowWithin   time.Duration // the contact must agree with the relay this soon
	Rest           time.Duration // the relay stays released at least this long; it is released at once, always
	ChangesAMinute int           // at most so many changes to clear in a minute
	PulseHz        int           // pulses a second while clear, for a relay behind a charge pump; 0 = a steady level
}

// Line is one line of a GPIO chip.
type Line struct {
	Chip      string // label of the chip, as gpiodetect prints it in brackets
	Offset    int    // from 0; on a Raspberry Pi the BCM number, 17 for GPIO17
	ActiveLow bool   // active at 0 V
}

// Badge is how the badge reader is wired, and whose badges it takes.
type Badge struct {
	SPI       string // device file of the reader's SPI port
	Interrupt *Line  // input, from IRQ of the chip; nil: the chip is polled
	Reset     *Line  // output, to NRSTPD of the chip; nil: reset by a command
	// Organisation is who issues the badges, by its SIREN.
	Organisation uint32
	// Application is the AID on the cards, least significant byte first, as
	// it is sent.
	Application [3]byte
	// Absolute paths.
	SiteKeyFile     string // 32 hexadecimal digits, for the daemon's user alone
	IssuerFile      string // Ed25519 public key in PEM
	RevocationsFile string // "" where the organisation has issued no list
}

// View is how the browser window is run.
type View struct {
	Command        string // absolute path of kiosk-view
	User           string // Unix user it runs as
	MemoryLimitMiB int    // of a session: all of its view's processes, and its files in memory
}

// Usage is where counts are kept.
type Usage struct {
	File string // absolute path
}

// Default returns what holds for a site.toml that says nothing. ID, Place,
// Languages, and the lines of the relay and its contact have no default: a
// guess there would be wrong in silence.
func Default() Site {
	return Site{
		Session: Session{
			Idle:         3 * time.Minute,
			IdleInHelp:   10 * time.Minute,
			Warning:      60 * time.Second,
			Consent:      60 * time.Second,
			AssistedIdle: 5 * time.Minute,
			AssistedMax:  30 * time.Minute,
			Notice:       15 * time.Second,
			Question:     20 * time.Second,
			BadgeLeft:    10 * time.Second,
			Forgotten:    60 * time.Second,
		},
		Film:  Film{FollowWithin: time.Second, Rest: 500 * time.Millisecond, ChangesAMinute: 5},
		View:  View{Command: "/usr/lib/guichet/kiosk-view", User: "guichet-view", MemoryLimitMiB: 700},
		Usage: Usage{File: "/var/lib/guichet/usage.db"},
	}
}
