package hwtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"guichet.example/hw"
)

// IndicatorProbe is an eye on the lamp.
type IndicatorProbe struct {
	// Seen returns what the lamp shows; it may take the time that telling a
	// blink from a steady light needs.
	Seen func() hw.Light
}

// TestIndicator checks an indicator. open opens it anew, with a lamp that was
// on before if the hardware can be left so.
func TestIndicator(t *testing.T, open func(t *testing.T) (hw.Indicator, IndicatorProbe)) {
	t.Helper()
	run(t, indicatorClauses(), open)
}

func indicatorClauses() []clause[hw.Indicator, IndicatorProbe] {
	return []clause[hw.Indicator, IndicatorProbe]{
		{"opening leaves the lamp off", func(_ hw.Indicator, p IndicatorProbe) error {
			return seen(p, hw.LightOff, "after opening")
		}},
		{"it shows what it is told", indicatorShows},
		{"a cancelled context changes nothing", indicatorCancelled},
		{"close switches the lamp off", indicatorClosed},
	}
}

func seen(p IndicatorProbe, want hw.Light, when string) error {
	if got := p.Seen(); got != want {
		return fmt.Errorf("lamp %s: %v, want %v", when, got, want)
	}
	return nil
}

func show(ctx context.Context, i hw.Indicator, l hw.Light) error {
	return bounded("show "+l.String(), func() error { return i.Show(ctx, l) })
}

func indicatorShows(i hw.Indicator, p IndicatorProbe) error {
	for _, l := range []hw.Light{hw.LightHelp, hw.LightHelp, hw.LightAssisted, hw.LightFault, hw.LightOff, hw.LightAssisted} {
		if err := show(context.Background(), i, l); err != nil {
			return err
		}
		if err := seen(p, l, "after show "+l.String()); err != nil {
			return err
		}
	}
	return nil
}

func indicatorCancelled(i hw.Indicator, p IndicatorProbe) error {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := show(over, i, hw.LightAssisted); !errors.Is(err, context.Canceled) {
		return unlike("show under a cancelled context", err, context.Canceled)
	}
	return seen(p, hw.LightOff, "after show under a cancelled context")
}

func indicatorClosed(i hw.Indicator, p IndicatorProbe) error {
	if err := show(context.Background(), i, hw.LightFault); err != nil {
		return err
	}
	if err := bounded("close", i.Close); err != nil {
		return err
	}
	if err := seen(p, hw.LightOff, "after closing"); err != nil {
		return err
	}
	if err := show(context.Background(), i, hw.LightAssisted); err == nil {
		return errors.New("show after close: no error")
	}
	if err := bounded("second close", func() error { _ = i.Close(); return nil }); err != nil {
		return err
	}
	return seen(p, hw.LightOff, "after show on a closed indicator")
}
