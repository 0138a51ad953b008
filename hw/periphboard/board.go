// Package periphboard is the kiosk's board on a Raspberry Pi, reached through
// periph.io: the relay of the film, the contact that senses the film, the
// indicator, the help button and the service switch, each on lines of a GPIO
// chip. It also finds the lines of the badge reader, for the driver of its chip.
//
// It may be imported by programs that run on such a board, and it is the only
// package that imports periph.io/x/host.
//
// # Caveats
//
// Of periph.io/x/host it uses gpioioctl alone. The package host itself drives
// a Pi's pins through /dev/mem as root, reports failure while doing so, and
// then has no edges.
//
// gpioioctl v3.8.5 turns an output back into an input when it is asked for
// its level or its function (Read, Func, Function): the relay would drop, and
// the next Out would first drive the old level. So outputs are never read
// here; what the film really does is sensed by its own contact.
//
// gpioioctl requests every output at level low and sets the asked level a few
// microseconds later. Wire the relay active high, on a line that the chip
// pulls down at reset (GPIO 9 to 27 of a BCM283x): then low is the safe level.
// With an active-low relay the coil sees one pulse of some microseconds when
// kioskd starts, too short for a mechanical relay, not for a solid-state one.
//
// When kioskd dies, a Debian kernel sets the lines back to inputs and a
// Raspberry Pi kernel may keep their level (pinctrl_bcm2835.persist_gpio_outputs);
// the relay's driver needs its own pull-down for the first; for the second,
// kioskd.service runs "kioskd safe-state" when kioskd has died, and a charge
// pump (PulsedRelay) does not need even that.
package periphboard

import (
	"cmp"
	"errors"
	"fmt"

	"periph.io/x/conn/v3/gpio"

	"guichet.example/hw"
)

// Line names one line of a GPIO chip.
type Line struct {
	Chip      string // the chip's label: "pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"
	Offset    int    // 0-based offset on the chip; on a Pi the BCM number, 17 for GPIO17
	ActiveLow bool   // the line is active at 0 V
}

// String returns the line as it is written in messages.
func (l Line) String() string { return fmt.Sprintf("%s line %d", l.Chip, l.Offset) }

// pull returns the bias for an input: a contact that is active low closes to
// ground and needs a pull-up, one that is active high closes to 3.3 V and
// needs a pull-down. Either way a cut wire reads as inactive.
func (l Line) pull() gpio.Pull {
	if l.ActiveLow {
		return gpio.PullUp
	}
	return gpio.PullDown
}

// Config says which lines the board is wired to.
type Config struct {
	Relay       Line  // output, active = coil energised = film clear
	PulseHz     int   // of the relay's line while clear, see PulsedRelay; 0 = a steady level
	Film        Line  // input, active = film private
	FilmInverse *Line // input, active = film clear; nil when the contact has one wire only
	Indicator   *Line // output, active = lamp lit; nil when there is no lamp
	HelpButton  *Line // input, active = pressed; nil when there is no button
	// ServiceSwitch is an input, active = pressed; nil when the case has none.
	ServiceSwitch *Line

	ReaderInterrupt *Line // to IRQ of the reader chip; nil when it is not wired
	ReaderReset     *Line // to NRSTPD of the reader chip; nil when it is not wired
}

// Board is the opened hardware. Indicator, HelpButton and ServiceSwitch are nil
// when the configuration has none.
type Board struct {
	Relay         hw.Relay // *Relay or *PulsedRelay
	Film          *FilmContact
	Indicator     *Indicator
	HelpButton    *Button
	ServiceSwitch *Button

	// The lines of the badge reader, nil without. They are neither requested
	// nor closed here: the driver of the chip does both.
	ReaderInterrupt gpio.PinIn
	ReaderReset     gpio.PinOut
}

// Open opens every line of c, the relay first so that the film is private
// from then on. On an error nothing stays open.
func Open(c Config) (*Board, error) {
	chips, err := systemChips()
	if err != nil {
		return nil, err
	}
	return open(c, chips)
}

func open(c Config, chips []chip) (_ *Board, err error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	b := &Board{}
	defer func() {
		if err != nil {
			_ = b.Close() // the first error is the one that says what to mend
		}
	}()
	if b.Relay, err = openRelay(c.Relay, c.PulseHz, chips); err != nil {
		return nil, err
	}
	if b.Film, err = openFilm(c.Film, c.FilmInverse, chips); err != nil {
		return nil, err
	}
	if c.Indicator != nil {
		if b.Indicator, err = openIndicator(*c.Indicator, chips); err != nil {
			return nil, err
		}
	}
	if b.HelpButton, err = openButton("help button", c.HelpButton, chips); err != nil {
		return nil, err
	}
	if b.ServiceSwitch, err = openButton("service switch", c.ServiceSwitch, chips); err != nil {
		return nil, err
	}
	if err = b.findReader(c, chips); err != nil {
		return nil, err
	}
	return b, nil
}

// findReader finds the lines of the badge reader.
func (b *Board) findReader(c Config, chips []chip) error {
	if c.ReaderInterrupt != nil {
		pin, err := find(*c.ReaderInterrupt, chips)
		if err != nil {
			return fmt.Errorf("find interrupt of badge reader: %w", err)
		}
		b.ReaderInterrupt = pin
	}
	if c.ReaderReset != nil {
		pin, err := find(*c.ReaderReset, chips)
		if err != nil {
			return fmt.Errorf("find reset of badge reader: %w", err)
		}
		b.ReaderReset = pin
	}
	return nil
}

// check refuses a line that is named twice: the second request would take the
// line away from the first.
func (c Config) check() error {
	type named struct {
		part string
		line *Line
	}
	seen := map[Line]string{}
	for _, n := range []named{
		{"relay", &c.Relay}, {"film contact", &c.Film}, {"inverse film contact", c.FilmInverse},
		{"indicator", c.Indicator}, {"help button", c.HelpButton}, {"service switch", c.ServiceSwitch},
		{"interrupt of badge reader", c.ReaderInterrupt}, {"reset of badge reader", c.ReaderReset},
	} {
		if n.line == nil {
			continue
		}
		key := Line{Chip: n.line.Chip, Offset: n.line.Offset}
		if other, ok := seen[key]; ok {
			return fmt.Errorf("open %s: %s is already the line of the %s", n.part, key, other)
		}
		seen[key] = n.part
	}
	return nil
}

// Close closes everything that is open, the relay first.
func (b *Board) Close() error {
	var errs []error
	if b.Relay != nil {
		errs = append(errs, b.Relay.Close())
	}
	if b.Indicator != nil {
		errs = append(errs, b.Indicator.Close())
	}
	for _, button := range []*Button{b.HelpButton, b.ServiceSwitch} {
		if button != nil {
			errs = append(errs, button.Close())
		}
	}
	if b.Film != nil {
		errs = append(errs, b.Film.Close())
	}
	return errors.Join(errs...)
}

func openRelay(l Line, hz int, chips []chip) (hw.Relay, error) {
	pin, err := find(l, chips)
	if err != nil {
		return nil, fmt.Errorf("open relay: %w", err)
	}
	holder := pin.Consumer()
	var r hw.Relay
	if hz > 0 {
		r, err = NewPulsedRelay(pin, l.ActiveLow, hz)
	} else {
		r, err = NewRelay(pin, l.ActiveLow)
	}
	if err != nil {
		return nil, inUse(err, holder) // and not a nil pointer in an interface
	}
	return r, nil
}

func openFilm(l Line, inverse *Line, chips []chip) (*FilmContact, error) {
	pin, err := find(l, chips)
	if err != nil {
		return nil, fmt.Errorf("open film contact: %w", err)
	}
	holder := pin.Consumer()
	private := Contact{Pin: pin, Pull: l.pull(), ActiveLow: l.ActiveLow}
	if inverse == nil {
		f, err := NewFilmContact(private, nil)
		return f, inUse(err, holder)
	}
	second, err := find(*inverse, chips)
	if err != nil {
		return nil, fmt.Errorf("open inverse film contact: %w", err)
	}
	holder = cmp.Or(holder, second.Consumer())
	f, err := NewFilmContact(private, &Contact{Pin: second, Pull: inverse.pull(), ActiveLow: inverse.ActiveLow})
	return f, inUse(err, holder)
}

func openIndicator(l Line, chips []chip) (*Indicator, error) {
	pin, err := find(l, chips)
	if err != nil {
		return nil, fmt.Errorf("open indicator: %w", err)
	}
	holder := pin.Consumer()
	i, err := NewIndicator(pin, l.ActiveLow)
	return i, inUse(err, holder)
}

// openButton opens a button of which l may be nil: the box has none.
func openButton(part string, l *Line, chips []chip) (*Button, error) {
	if l == nil {
		return nil, nil
	}
	pin, err := find(*l, chips)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", part, err)
	}
	holder := pin.Consumer()
	b, err := NewButton(part, Contact{Pin: pin, Pull: l.pull(), ActiveLow: l.ActiveLow})
	return b, inUse(err, holder)
}
