package config_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guichet.example/kiosk/config"
)

// Whatever Decode accepts, Encode writes so that it is read the same.
func TestEncodeReadsBack(t *testing.T) {
	for _, data := range [][]byte{example, []byte(good)} {
		want, err := config.Decode("s", data)
		if err != nil {
			t.Fatal(err)
		}
		readBack(t, want)
	}
	rapid.Check(t, func(t *rapid.T) { readBack(t, drawSite(t)) })
}

// No key is forgotten: all that the example shows are written.
func TestEncodeWritesEveryKey(t *testing.T) {
	all := regexp.MustCompile(`(?m)^# ([a-z_]+ = .*|\[badge\])$`).ReplaceAll(example, []byte("$1"))
	site, err := config.Decode("s", all)
	if err != nil {
		t.Fatal(err)
	}
	readBack(t, site)
	written := string(config.Encode(site, ""))
	keys := regexp.MustCompile(`(?m)^([a-z_]+) = `).FindAllStringSubmatch(string(all), -1)
	for _, key := range keys {
		if !strings.Contains("\n"+written, "\n"+key[1]+" = ") {
			t.Errorf("%s is lost", key[1])
		}
	}
	if len(keys) < 40 {
		t.Errorf("only %d keys looked for", len(keys))
	}
}

func readBack(t rapid.TB, want config.Site) {
	data := config.Encode(want, "Made for a test.\nTwo lines.")
	got, err := config.Decode("s", data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	for _, s := range []*config.Site{&got, &want} { // absent and empty are the same to a kiosk
		if len(s.Packs.Directories) == 0 {
			s.Packs.Directories = nil
		}
		if len(s.Packs.Procedures) == 0 {
			s.Packs.Procedures = nil
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v\nwant %+v\n%s", got, want, data)
	}
}

func drawSite(t *rapid.T) config.Site {
	s := config.Default()
	s.ID = rapid.StringMatching(`[a-z0-9-]{1,40}`).Draw(t, "id")
	s.Languages = rapid.SampledFrom([][]string{{"fr"}, {"fr", "en"}, {"en", "de", "fr"}}).Draw(t, "languages")
	s.Place = map[string]string{}
	for _, code := range s.Languages {
		s.Place[code] = rapid.StringMatching(`[\PC]{1,30}`).Draw(t, "place")
	}
	s.Session.Warning = time.Duration(rapid.IntRange(20_000, 300_000).Draw(t, "warning")) * time.Millisecond
	s.Session.Question = time.Duration(rapid.IntRange(20, 120).Draw(t, "question")) * time.Second
	s.Film.ChangesAMinute = rapid.IntRange(2, 5).Draw(t, "changes")
	s.Session.Queue = rapid.SampledFrom([]time.Duration{0, time.Hour, 20 * time.Hour}).Draw(t, "queue")
	s.Session.Forgotten = time.Duration(rapid.IntRange(20, 300).Draw(t, "forgotten")) * time.Second
	s.Film.Rest = time.Duration(rapid.IntRange(500, 5000).Draw(t, "rest")) * time.Millisecond
	s.Film.ChangesAMinute = rapid.IntRange(2, 5).Draw(t, "changes")
	lines := rapid.Permutation([]int{2, 3, 5, 17, 22, 23, 24, 1023}).Draw(t, "lines")
	line := func(i int) config.Line {
		return config.Line{Chip: `c"\` + string(rune('a'+i)), Offset: lines[i], ActiveLow: rapid.Bool().Draw(t, "low")}
	}
	optional := func(i int) *config.Line {
		l := line(i)
		return rapid.SampledFrom([]*config.Line{nil, &l}).Draw(t, "optional")
	}
	s.Film.Relay, s.Film.Contact, s.Film.InverseContact = line(0), line(1), optional(2)
	s.Indicator, s.HelpButton, s.ServiceSwitch = optional(3), optional(4), optional(7)
	s.Film.PulseHz = rapid.SampledFrom([]int{0, 50, 2000}).Draw(t, "pulse")
	s.Packs.Procedures = rapid.SampledFrom([][]string{nil, {"caf", "titre-sejour"}}).Draw(t, "procedures")
	s.Packs.Directories = rapid.SampledFrom([][]string{nil, {"/a/b", `/c"\`}}).Draw(t, "directories")
	if rapid.Bool().Draw(t, "badge") {
		s.Badge = &config.Badge{SPI: "/dev/spidev0.1", Organisation: 999_999_999, Application: [3]byte{0x30, 0x42, 0xF5},
			SiteKeyFile: "/k", IssuerFile: "/i", RevocationsFile: rapid.SampledFrom([]string{"", "/r"}).Draw(t, "list")}
		if pin := optional(5); pin != nil {
			pin.ActiveLow = false
			s.Badge.Interrupt = pin
		}
	}
	return s
}
