package config_test

import (
	_ "embed"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"guichet.example/kiosk/config"
	"guichet.example/kiosk/session"
)

//go:embed example-site.toml
var example []byte

func TestExampleDecodes(t *testing.T) {
	site, err := config.Decode("example-site.toml", example)
	if err != nil {
		t.Fatal(err)
	}
	const chip = "pinctrl-bcm2711"
	want := config.Default()
	want.ID, want.Languages = "mairie-accueil", []string{"fr", "en"}
	want.Place = map[string]string{"fr": "Mairie de Valbourg", "en": "Valbourg town hall"}
	want.Film.Relay = config.Line{Chip: chip, Offset: 17}
	want.Film.Contact = config.Line{Chip: chip, Offset: 27, ActiveLow: true}
	want.Indicator = &config.Line{Chip: chip, Offset: 23}
	want.HelpButton = &config.Line{Chip: chip, Offset: 24, ActiveLow: true}
	want.ServiceSwitch = &config.Line{Chip: chip, Offset: 26, ActiveLow: true}
	if !reflect.DeepEqual(site, want) {
		t.Errorf("got  %+v\nwant %+v", site, want)
	}
}

// Every key that the example shows as a comment is a real one, and what it
// shows is the default, but for those that have none.
func TestExampleShowsTheDefaults(t *testing.T) {
	shown := regexp.MustCompile(`(?m)^# ([a-z_]+ = .*)$`)
	all := shown.ReplaceAll(example, []byte("$1"))
	all = []byte(strings.Replace(string(all), "# [badge]", "[badge]", 1))
	if n := len(shown.FindAll(example, -1)); n != 30 {
		t.Errorf("%d keys in comments, want 30", n)
	}
	site, err := config.Decode("example-site.toml", all)
	if err != nil {
		t.Fatal(err)
	}
	if site.Session.Queue != 45*time.Minute || len(site.Packs.Directories) != 1 || len(site.Packs.Procedures) != 3 ||
		site.Film.InverseContact == nil || site.Film.InverseContact.Offset != 22 || site.Film.PulseHz != 1000 {
		t.Errorf("keys without default were not read: %+v", site)
	}
	const chip = "pinctrl-bcm2711"
	want := config.Badge{
		SPI: "/dev/spidev0.0", Interrupt: &config.Line{Chip: chip, Offset: 25}, Reset: &config.Line{Chip: chip, Offset: 5},
		Organisation: 217800016, Application: [3]byte{0x30, 0x42, 0xF5}, SiteKeyFile: "/etc/guichet/badge/site.key",
		IssuerFile: "/etc/guichet/badge/issuer.pem", RevocationsFile: "/var/lib/guichet/revoked",
	}
	if site.Badge == nil || !reflect.DeepEqual(*site.Badge, want) {
		t.Errorf("badge reader: %+v", site.Badge)
	}
	d := config.Default()
	site.Session.Queue = 0
	if site.Session != d.Session || site.Film.FollowWithin != d.Film.FollowWithin ||
		site.Film.Rest != d.Film.Rest || site.Film.ChangesAMinute != d.Film.ChangesAMinute || site.View != d.View || site.Usage != d.Usage {
		t.Errorf("the example shows other defaults: %+v", site)
	}
}

// A site that sets nothing gets what the machine would do by itself.
func TestDefaultsAreThoseOfTheMachine(t *testing.T) {
	s, m := config.Default().Session, session.DefaultLimits()
	got := []time.Duration{s.Idle, s.IdleInHelp, s.Warning, s.Consent, s.AssistedIdle, s.AssistedMax, s.Queue, s.Notice, s.Question, s.BadgeLeft, s.Forgotten,
		config.Default().Film.FollowWithin, config.Default().Film.Rest, time.Duration(config.Default().Film.ChangesAMinute), time.Minute}
	want := []time.Duration{m.Idle, m.IdleInHelp, m.Warning, m.Consent, m.AssistedIdle, m.AssistedMax, m.Queue, m.Notice, m.Question, m.Badge, m.Forgotten,
		m.Film, m.Dwell, time.Duration(m.Clears), m.ClearsWithin}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("defaults %v, the machine's %v", got, want)
	}
}

const good = `format = 1
[site]
id = "nord"
place = "Mairie"
languages = ["fr", "en"]
[session]
idle = "2m"
[packs]
directories = ["/etc/p"]
procedures = ["caf"]
[film]
relay = { chip = "c0", line = 17, active = "high" }
contact = { chip = "c0", line = 27, active = "low" }
[indicator]
chip = "c0"
line = 23
active = "high"
[view]
user = "view"
[usage]
file = "/var/u.db"
`

func TestOnePlaceForAllLanguages(t *testing.T) {
	site, err := config.Decode("s", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if site.Place["fr"] != "Mairie" || site.Place["en"] != "Mairie" || site.HelpButton != nil || site.Session.Idle != 2*time.Minute {
		t.Errorf("%+v", site)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"format = 1\n", "", `s:1: the first key must be "format = 1"`},
		{"format = 1", "format = 7", `s:1: format = 7, but only format 1`},
		{`id = "nord"`, `id = "Nord !"`, `s:3: [site] id: "Nord !": expected 1 to 40`},
		{`id = "nord"`, ``, `s:2: [site] id: "": expected`},
		{`id = "nord"`, `id = 3`, `s:3: site.id must be text in quotes`},
		{`place = "Mairie"`, ``, `s:2: [site] place: expected the name that visitors know`},
		{`place = "Mairie"`, `place = { fr = "M" }`, `s:4: [site] place: "": expected 1 to 60 characters in every language`},
		{`place = "Mairie"`, `place = { fr = "M", en = "T", de = "S" }`, `s:4: [site] place: "de" is none of the languages`},
		{`place = "Mairie"`, `place = { fr = "M", en = 3 }`, `s:4: [site] place: "": expected`},
		{`place = "Mairie"`, `place = "A\u0007"`, `s:4: [site] place: "A\a": control characters`},
		{`["fr", "en"]`, `[]`, `s:5: [site] languages: expected 1 to 8`},
		{`["fr", "en"]`, `["fr", "eng"]`, `s:5: [site] languages: "eng": expected two letters`},
		{`["fr", "en"]`, `["fr", "fr"]`, `s:5: [site] languages: "fr" is there twice`},
		{`idle = "2m"`, `idle = "2"`, `s:7: [session] idle: "2": expected a duration such as "90s"`},
		{`idle = "2m"`, `idle = "20s"`, `s:7: [session] idle: 20s: expected 1m to 30m: shorter interrupts`},
		{`idle = "2m"`, `idle = "11m"`, `s:6: [session] idle_in_help: 10m is shorter than idle, 11m`},
		{`idle = "2m"`, `warning = "19s"`, `s:7: [session] warning: 19s: expected 20s to 5m: WCAG 2.2.1 asks`},
		{`idle = "2m"`, `consent = "0s"`, `s:7: [session] consent: 0s: expected 20s to 5m`},
		{`idle = "2m"`, `assisted_max = "30h"`, `s:7: [session] assisted_max: 30h: expected 5m to 2h`},
		{`idle = "2m"`, `assisted_idle = "31m"`, `s:7: [session] assisted_idle: 31m: expected 1m to 30m`},
		{`idle = "2m"`, "assisted_idle = \"10m\"\nassisted_max = \"5m\"", `s:8: [session] assisted_max: 5m is shorter than assisted_idle, 10m`},
		{`idle = "2m"`, "idle_in_help = \"30m\"\nidle = \"20m\"\nqueue_limit = \"21m\"", `s:9: [session] queue_limit: 21m is no longer than idle and warning together, 21m`},
		{`idle = "2m"`, `notice = "9s"`, `s:7: [session] notice: 9s: expected 10s to 2m: two short sentences`},
		{`idle = "2m"`, `question = "19s"`, `s:7: [session] question: 19s: expected 20s to 2m: WCAG 2.2.1`},
		{`idle = "2m"`, `badge_left = "61s"`, `s:7: [session] badge_left: 1m1s: expected 5s to 1m`},
		{`idle = "2m"`, `badge_forgotten = "6m"`, `s:7: [session] badge_forgotten: 6m: expected 20s to 5m: WCAG 2.2.1`},
		{`idle = "2m"`, `mask = "3s"`, `s:7: unknown key "session.mask"`},
		{`idle = "2m"`, `idel = "2m"`, `s:7: unknown key "session.idel"; known here: idle, idle_in_help`},
		{`"/etc/p"`, `"p"`, `s:9: [packs] directories: "p": expected an absolute path`},
		{`"/etc/p"`, `"/etc/../p"`, `s:9: [packs] directories: "/etc/../p": expected`},
		{`"/etc/p"`, `"/etc/p", "/etc/p"`, `s:9: [packs] directories: "/etc/p" is there twice`},
		{`["caf"]`, `["` + strings.Repeat(`x","`, 100) + `x"]`, `s:10: [packs] procedures: 101, at most 100`},
		{`"/etc/p"`, strings.Repeat(`"/x",`, 21), `s:9: [packs] directories: 21, at most 20`},
		{`["caf"]`, `["caf", "caf"]`, `s:10: [packs] procedures: "caf" is there twice`},
		{`["caf"]`, `["Caf"]`, `s:10: [packs] procedures: "Caf": expected the id`},
		{`relay = { chip = "c0", line = 17, active = "high" }`, ``, `s:11: [film.relay] is missing: expected its chip`},
		{`line = 17, active = "high"`, `line = 17`, `s:12: [film.relay] active: "": expected "high" or "low", the level that means energised`},
		{`line = 17, active`, `active`, `s:12: [film.relay] line: expected a number from 0`},
		{`line = 17`, `line = -1`, `s:12: [film.relay] line: expected a number from 0`},
		{`line = 17`, `line = "GPIO17"`, `s:12: film.relay.line must be a whole number without quotes`},
		{`chip = "c0", line = 17`, `chip = "", line = 17`, `s:12: [film.relay] chip: "": expected the label that gpiodetect prints`},
		{`line = 27, active = "low"`, `line = 27, active = "closed"`, `s:13: [film.contact] active: "closed": expected "high" or "low", the level that means film private`},
		{`line = 23`, `line = 17`, `s:16: [indicator] line: 17 of "c0" is already in use by [film.relay]`},
		{`[indicator]`, "pulse_hz = 9000\n[indicator]", `s:14: [film] pulse_hz: 9000: expected 50 to 2000: a slower pump`},
		{`[indicator]`, "rest = \"100ms\"\n[indicator]", `s:14: [film] rest: 100ms: expected 500ms to 5s: a contact`},
		{`[indicator]`, "changes_a_minute = 6\n[indicator]", `s:14: [film] changes_a_minute: 6: expected 2 to 5: a session`},
		{`[indicator]`, "changes_a_minute = 0\n[indicator]", `s:14: [film] changes_a_minute: 0: expected 2 to 5`},
		{`[indicator]`, "follow_within = \"10s\"\n[indicator]", `s:14: [film] follow_within: 10s: expected 100ms to 5s: a relay takes`},
		{`user = "view"`, `user = "root"`, `s:19: [view] user: "root": expected a Unix user name`},
		{`user = "view"`, `user = ""`, `s:19: [view] user: "": expected`},
		{`user = "view"`, `command = "kiosk-view"`, `s:19: [view] command: "kiosk-view": expected an absolute path such as "/usr/lib/guichet/kiosk-view"`},
		{`user = "view"`, `memory_limit_mib = 0`, `s:19: [view] memory_limit_mib: 0: expected 400 to 4096`},
		{`"/var/u.db"`, `""`, `s:21: [usage] file: "": expected an absolute path`},
		{`"/var/u.db"`, `"` + strings.Repeat("x", 64<<10) + `"`, `s:1: 65`},
	} {
		t.Run(c.want, func(t *testing.T) {
			if strings.Count(good, c.old) != 1 {
				t.Fatalf("%q is not there exactly once", c.old)
			}
			site, err := config.Decode("s", []byte(strings.Replace(good, c.old, c.new, 1)))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Fatalf("got  %v\nwant %s", err, c.want)
			}
			if n := strings.Count(err.Error(), "\n") + 1; n != 1 {
				t.Errorf("%d errors, want one:\n%v", n, err)
			}
			if !reflect.DeepEqual(site, config.Site{}) {
				t.Error("a refused site was returned all the same")
			}
		})
	}
}

// The least that a badge reader needs.
const reader = good + "[badge]\norganisation = 217800016\napplication = \"F54230\"\n"

func TestBadgeReaderDefaults(t *testing.T) {
	site, err := config.Decode("s", []byte(reader))
	want := &config.Badge{SPI: "/dev/spidev0.0", Organisation: 217800016, Application: [3]byte{0x30, 0x42, 0xF5},
		SiteKeyFile: "/etc/guichet/badge/site.key", IssuerFile: "/etc/guichet/badge/issuer.pem"}
	if err != nil || !reflect.DeepEqual(site.Badge, want) {
		t.Errorf("%+v, %v", site.Badge, err)
	}
}

func TestBadgeReaderRefuses(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"organisation = 217800016\n", "", "s:22: [badge] organisation: 0: expected the SIREN"},
		{"217800016", "1000000000", "s:23: [badge] organisation: 1000000000: expected the SIREN"},
		{"217800016", `"217 800 016"`, "s:23: badge.organisation must be a whole number"},
		{`application = "F54230"`, "", `s:22: [badge] application: "": expected the number`},
		{"F54230", "F5423", `s:24: [badge] application: "F5423": expected`},
		{"F54230", "F5423G", `s:24: [badge] application: "F5423G": expected`},
		{"F54230", "000000", `s:24: [badge] application: "000000": expected`},
		{`"F54230"`, "\"F54230\"\nspi = \"spi0\"", `s:25: [badge] spi: "spi0": expected an absolute path such as "/dev/spidev0.0"`},
		{`"F54230"`, "\"F54230\"\nsite_key_file = \"\"", `s:25: [badge] site_key_file: "": expected an absolute path`},
		{`"F54230"`, "\"F54230\"\nrevocations_file = \"r\"", `s:25: [badge] revocations_file: "r": expected an absolute path such as "/var/lib/guichet/revoked"`},
		{`"F54230"`, "\"F54230\"\nreset = { chip = \"c0\", line = 17 }", `s:25: [badge.reset] line: 17 of "c0" is already in use by [film.relay]`},
		{`"F54230"`, "\"F54230\"\ninterrupt = { chip = \"c0\" }", `s:25: [badge.interrupt] line: expected a number`},
		{`"F54230"`, "\"F54230\"\ninterrupt = { chip = \"c0\", line = 4, active = \"low\" }", `s:25: unknown key "badge.interrupt.active"`},
		{`"F54230"`, "\"F54230\"\nsite_key = \"00112233445566778899aabbccddeeff\"", `s:25: unknown key "badge.site_key"; known here: `},
	} {
		t.Run(c.want, func(t *testing.T) {
			_, err := config.Decode("s", []byte(strings.Replace(reader, c.old, c.new, 1)))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "00112233") {
				t.Errorf("says a key: %v", err)
			}
		})
	}
}

func TestDecodeReportsEverythingAtOnce(t *testing.T) {
	_, err := config.Decode("s", []byte("format = 1\nx = 1\n[session]\nidle = 'a'\nwarning = '1s'\n"))
	for _, want := range []string{"s:2: unknown key", "[site] id", "[site] place", "[site] languages", "s:4: ", "s:5: ", "[film.relay] is missing", "[film.contact] is missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(example)
	f.Add([]byte(good))
	f.Add([]byte("format = 1\n[film]\nrelay.chip = 'a'\n[[site]]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		site, err := config.Decode("s", data)
		if err != nil {
			for _, line := range strings.Split(err.Error(), "\n") {
				if !strings.HasPrefix(line, "s:") {
					t.Errorf("an error without a place: %q", line)
				}
			}
			return
		}
		if site.ID == "" || len(site.Languages) == 0 || site.Film.Relay.Chip == "" || site.Film.Contact.Chip == "" ||
			site.Session.Warning < 20*time.Second || site.View.User == "root" || site.Usage.File[0] != '/' {
			t.Errorf("accepted %+v", site)
		}
	})
}
