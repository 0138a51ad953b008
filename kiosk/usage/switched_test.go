package usage

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestSwitched: the relay's number is kept, added up, and shown in hundreds.
func TestSwitched(t *testing.T) {
	for _, c := range []struct {
		n     int
		shown string
	}{{0, ""}, {99, ""}, {100, "100+"}, {1399, "1300+"}} {
		part := &Book{Calendar: Calendar{Day: day(2026, time.November, 1)}, Switched: c.n / 2}
		b := part.Sum(&Book{Calendar: part.Calendar, Switched: c.n - c.n/2})
		read, err := ParseRecords(b.Records())
		if err != nil || read.Switched != c.n || !reflect.DeepEqual(read.Records(), b.Records()) {
			t.Fatalf("%d: read %+v, %v", c.n, read, err)
		}
		for lang, says := range map[string]string{"fr": "a commuté " + c.shown, "en": "has switched " + c.shown} {
			var text bytes.Buffer
			if err := NewReport(read).WriteText(&text, lang); err != nil {
				t.Fatal(err)
			}
			if told := strings.Contains(text.String(), says+" "); told != (c.shown != "") {
				t.Errorf("%d in %s:\n%s", c.n, lang, text.String())
			}
		}
		var table bytes.Buffer
		if err := NewReport(read).WriteCSV(&table); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(table.String(), "relay_switched") != (c.shown != "") {
			t.Errorf("%d: %s", c.n, table.String())
		}
	}
	for _, wrong := range []string{"", "-1", "x", "1000000001"} {
		records := (&Book{}).Records()
		records[keySwitched] = []byte(wrong)
		if _, err := ParseRecords(records); err == nil {
			t.Errorf("%q was read", wrong)
		}
	}
}
