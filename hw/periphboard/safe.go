package periphboard

import (
	"errors"
	"fmt"
)

// Output is a line that drives something, and what: "relay", "indicator".
type Output struct {
	Part string
	Line Line
}

// Outputs lists the lines of c that drive something, the relay first.
func (c Config) Outputs() []Output {
	outputs := []Output{{"relay", c.Relay}}
	if c.Indicator != nil {
		outputs = append(outputs, Output{"indicator", *c.Indicator})
	}
	return outputs
}

// SafeState makes every output inactive, whatever it was, and gives it back.
// It does not stop at the first that fails; the error joins what did.
func SafeState(outputs []Output) error {
	chips, err := systemChips()
	if err != nil {
		return err
	}
	return safeState(outputs, chips)
}

func safeState(outputs []Output, chips []chip) error {
	var errs []error
	for _, o := range outputs {
		pin, err := find(o.Line, chips)
		if err == nil {
			err = inUse(pin.Out(level(false, o.Line.ActiveLow)), pin.Consumer())
			free(pin)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("put %s safe on %s: %w", o.Part, o.Line, err))
		}
	}
	return errors.Join(errs...)
}
