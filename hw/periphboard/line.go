package periphboard

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/pin"
	"periph.io/x/host/v3/gpioioctl"
)

// chip is what is needed of a gpioioctl.GPIOChip.
type chip interface {
	Label() string
	LineCount() int
	ByNumber(int) *gpioioctl.GPIOLine
}

var _ chip = (*gpioioctl.GPIOChip)(nil)

// systemChips returns the GPIO chips of this machine that this process may
// use, and an error that says what to check when there is none.
func systemChips() ([]chip, error) {
	// Only gpioioctl is registered, since nothing imports periph's host.
	_, err := driverreg.Init()
	if err == nil && len(gpioioctl.Chips) > 0 {
		chips := make([]chip, len(gpioioctl.Chips))
		for i, c := range gpioioctl.Chips {
			chips[i] = c
		}
		return chips, nil
	}
	return nil, fmt.Errorf("find GPIO chips: %w", noChip("/dev"))
}

// noChip says why no GPIO chip could be used; periph only logs that.
func noChip(dev string) error {
	paths, err := filepath.Glob(filepath.Join(dev, "gpiochip*"))
	if err != nil || len(paths) == 0 {
		return fmt.Errorf("there is no %s: this machine has no GPIO, or its kernel lacks GPIO_CDEV",
			filepath.Join(dev, "gpiochip*"))
	}
	for _, p := range paths {
		f, err := os.OpenFile(p, os.O_RDONLY, 0)
		if errors.Is(err, os.ErrPermission) {
			return fmt.Errorf("%w: run as root, or as a user of the group gpio", err)
		}
		if err != nil {
			return err
		}
		_ = f.Close()
	}
	return fmt.Errorf("%s cannot be read as a GPIO chip: the kernel needs the GPIO interface v2 (5.10 or later)",
		strings.Join(paths, ", "))
}

// FindPin returns the line l for the driver of a device that stands on it, a
// reader chip for instance. Which way it goes is the driver's choice; nothing
// is requested of the kernel before.
func FindPin(l Line) (gpio.PinIO, error) {
	chips, err := systemChips()
	if err != nil {
		return nil, err
	}
	line, err := find(l, chips)
	if err != nil {
		return nil, fmt.Errorf("find %v: %w", l, err)
	}
	return line, nil
}

// find returns the line l, and an error that lists what there is when it is
// not found.
func find(l Line, chips []chip) (*gpioioctl.GPIOLine, error) {
	labels := make([]string, 0, len(chips))
	for _, c := range chips {
		if c.Label() != l.Chip {
			labels = append(labels, fmt.Sprintf("%q", c.Label()))
			continue
		}
		// ByNumber logs and returns nil out of range: ask first.
		if l.Offset < 0 || l.Offset >= c.LineCount() {
			return nil, fmt.Errorf("chip %q has lines 0 to %d, not %d", l.Chip, c.LineCount()-1, l.Offset)
		}
		return c.ByNumber(l.Offset), nil
	}
	return nil, fmt.Errorf("there is no GPIO chip with the label %q; this machine has %s",
		l.Chip, strings.Join(labels, ", "))
}

// ErrInUse is returned when another process holds a line of the board.
var ErrInUse = errors.New("line is in use")

// inUse says which program holds the line, as far as the kernel told when the
// chips were read. gpioioctl makes a mere text of the kernel's error, and
// forgets the holder when the line is closed: so holder is to be asked before.
func inUse(err error, holder string) error {
	if err == nil || !strings.HasSuffix(err.Error(), syscall.EBUSY.Error()) {
		return err
	}
	if holder == "" {
		return fmt.Errorf("%w: %w", err, ErrInUse)
	}
	return fmt.Errorf("%w: %w by %q", err, ErrInUse, holder)
}

// name returns what a pin is called in messages; many lines have no name.
func name(p pin.Pin) string {
	if n := p.Name(); n != "" {
		return n
	}
	return fmt.Sprintf("line %d", p.Number())
}

// free gives the line back to the kernel. periph's interfaces have no such
// method, gpioioctl's lines do.
func free(p pin.Pin) {
	if c, ok := p.(interface{ Close() }); ok {
		c.Close()
	}
}

// level returns the level of a line that is active or not.
func level(active, activeLow bool) gpio.Level { return gpio.Level(active != activeLow) }
