package stricttoml_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"guichet.example/internal/stricttoml"
)

// A crafted file of the largest size a caller lets through must not hold the
// kiosk up: the cost of reading grows with the length, not with its square.
func TestDecodeCost(t *testing.T) {
	const size = 64 << 10
	var many strings.Builder
	for i := 0; many.Len() < size; i++ {
		fmt.Fprintf(&many, "k%d=1\n", i)
	}
	for name, data := range map[string]string{
		"unknown keys":      many.String(),
		"dotted key":        strings.Repeat("a.", size/2) + "a=1",
		"lists of tables":   strings.Repeat("[[hosts]]\n", size/10),
		"list":              "minutes=[" + strings.Repeat("1,", size/2) + "]",
		"misfits":           "minutes=[" + strings.Repeat("'',", size/3) + "]",
		"nested lists":      "place=" + strings.Repeat("[", size/2) + strings.Repeat("]", size/2),
		"nested tables":     "place=" + strings.Repeat("{a=", size/4) + "1" + strings.Repeat("}", size/4),
		"nested free lists": "[groups]\na=" + strings.Repeat("[", size/2) + strings.Repeat("]", size/2),
	} {
		var s sample
		start := time.Now()
		_, err := stricttoml.Decode("f", []byte(data), &s)
		d := time.Since(start)
		t.Logf("%s: %s, error of %d bytes", name, d.Round(time.Millisecond), len(fmt.Sprint(err)))
		if d > 5*time.Second {
			t.Errorf("%s: %s", name, d)
		}
	}
}
