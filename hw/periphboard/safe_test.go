package periphboard

import (
	"strings"
	"testing"
)

// TestSafeStateGoesOn: one output that cannot be put safe does not keep the
// others from it. Lines of a paper chip refuse everything.
func TestSafeStateGoesOn(t *testing.T) {
	chips := []chip{newPaperChip("pinctrl-bcm2835", 54)}
	lamp := Line{Chip: "pinctrl-bcm2835", Offset: 23}
	c := Config{Relay: Line{Chip: "pinctrl-rp1", Offset: 17}, Indicator: &lamp}
	err := safeState(c.Outputs(), chips)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"put relay safe on pinctrl-rp1 line 17: there is no GPIO chip",
		"put indicator safe on pinctrl-bcm2835 line 23: GPIOLine.Out(): "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if err := safeState(nil, nil); err != nil {
		t.Error(err)
	}
}
