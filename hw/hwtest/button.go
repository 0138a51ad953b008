package hwtest

import (
	"context"
	"testing"

	"guichet.example/hw"
)

// ButtonProbe is a finger.
type ButtonProbe struct {
	// Press presses the button, with the bounce that its contact has, lets it
	// go, and returns once it is at rest long enough for another press to
	// count.
	Press func()
}

// TestButton checks a button.
func TestButton(t *testing.T, open func(t *testing.T) (hw.Button, ButtonProbe)) {
	t.Helper()
	run(t, buttonClauses(), open)
}

func buttonClauses() []clause[hw.Button, ButtonProbe] {
	return []clause[hw.Button, ButtonProbe]{
		{"a button at rest says nothing", func(b hw.Button, _ ButtonProbe) error {
			return silent("next", presses(b))
		}},
		{"one press counts once", buttonOnce},
		{"a press while nobody waits is not lost", func(b hw.Button, p ButtonProbe) error {
			if err := silent("next before a press", presses(b)); err != nil {
				return err
			}
			p.Press()
			return pressed(b)
		}},
		{"a press ends a wait", buttonWaits},
		{"the context ends a wait", func(b hw.Button, _ ButtonProbe) error {
			return cancelled("next", presses(b))
		}},
		{"close ends a wait", func(b hw.Button, _ ButtonProbe) error {
			return closing("next", presses(b), b.Close)
		}},
	}
}

// presses gives a button's Next the shape of the others.
func presses(b hw.Button) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) { return "a press", b.Next(ctx) }
}

func pressed(b hw.Button) error {
	if _, err := next("next", presses(b)); err != nil {
		return unlike("next", err, "a press")
	}
	return nil
}

func buttonOnce(b hw.Button, p ButtonProbe) error {
	for range 3 {
		p.Press()
		if err := pressed(b); err != nil {
			return err
		}
		if err := silent("next after one press", presses(b)); err != nil {
			return err
		}
	}
	return nil
}

func buttonWaits(b hw.Button, p ButtonProbe) error {
	heard := make(chan error, 1)
	go func() { heard <- pressed(b) }()
	p.Press()
	return <-heard
}
