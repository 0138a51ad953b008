package provisioning_test

import (
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"guichet.example/kiosk/config"
	"guichet.example/provisioning"
)

func enrolled() provisioning.Enrolment {
	return provisioning.NewEnrolment(recipient, "10000000a1b2c3d4", "Raspberry Pi 4 Model B Rev 1.4", "0.5.0")
}

func aKiosk(t testing.TB, more string) provisioning.SiteKiosk {
	t.Helper()
	data := provisioning.NewKioskFile(enrolled(), "mairie-accueil", "Accueil, près de l’entrée")
	k, err := provisioning.ParseKiosk("k.toml", append(data, more...))
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return k
}

// everything is the example with every key in force.
func everything(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("example-site.toml")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`(?m)^# ([a-z_]+ = .*|\[[a-z_.]+\])$`)
	if n := len(shown.FindAll(data, -1)); n != 74 {
		t.Errorf("%d keys and tables in comments, want 74", n)
	}
	return shown.ReplaceAll(data, []byte("$1"))
}

// The site that init makes is whole, and so is one that sets every key.
func TestExamples(t *testing.T) {
	data := provisioning.NewSiteFile("Ville de L’Haÿ")
	s, err := provisioning.ParseSite("site.toml", data)
	if err != nil || s.Name != "Ville de L’Haÿ" || s.Config.Place["en"] != "Ville de L’Haÿ" || s.Days != 60 || len(s.Files) != 0 || !s.Board {
		t.Errorf("%v: %+v", err, s)
	}
	d := config.Default()
	if s.Config.Session != d.Session || s.Config.Film.FollowWithin != d.Film.FollowWithin {
		t.Errorf("init sets other values than those in force: %+v", s.Config)
	}
	s, err = provisioning.ParseSite("site.toml", everything(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"badge/issuer.pem", "badge/revocations", "network/ca.pem", "logo.png", "notices/donnees.fr.md", "notices/donnees.en.md"}
	if !reflect.DeepEqual(s.Files, want) {
		t.Errorf("files %q", s.Files)
	}
	if len(s.Packs) != 1 || s.Packs[0].Name != "valbourg" || len(s.Packs[0].Author) != 32 ||
		!reflect.DeepEqual(s.Config.Packs.Directories, []string{"/var/lib/guichet/site/current/packs/valbourg"}) {
		t.Errorf("packs %+v, %q", s.Packs, s.Config.Packs.Directories)
	}
	site, machine, err := s.For(aKiosk(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Decode("site.toml", site)
	if err != nil || c.ID != "mairie-accueil" || c.Badge.SiteKeyFile != provisioning.SiteKeyFile || c.Badge.RevocationsFile == "" {
		t.Errorf("%v: %+v", err, c)
	}
	m, err := provisioning.ParseMachine("machine.toml", machine)
	if err != nil || m.Place != "Accueil, près de l’entrée" || m.Kiosk != string(enrolled().Kiosk) || m.Printer.Pages != 20 ||
		m.Network.WiFi.Server != "radius.mairie.example" || len(m.Hours.Sunday) != 1 || len(m.Notices) != 2 {
		t.Errorf("%v: %+v\n%s", err, m, machine)
	}
}

// What is wrong is told with its line and with what would be right.
func TestSiteRefuses(t *testing.T) {
	all := string(everything(t))
	for _, c := range []struct{ old, new, want string }{
		{"format = 1", "format = 2", "format = 2, but only format 1"},
		{`name = "Mairie de Valbourg"`, `name = ""`, `name: "": expected 1 to 60 characters`},
		{"stick_days = 60", "stick_days = 0", "stick_days: 0: expected 1 to 400 days"},
		{`"notices/donnees.en.md"`, `"../donnees.en.md"`, `notices: "../donnees.en.md": expected a file such as`},
		{`logo = "logo.png"`, `logo = "Logo.PNG"`, `logo: "Logo.PNG": expected "logo.png"`},
		{`languages = ["fr", "en"]`, `languages = ["fr", "fr"]`, `kiosk.languages: "fr": expected two letters, each language once`},
		{`place = { fr`, `place = { de`, `kiosk.place.de: "de" is none of the languages`},
		{`["09:00-12:00"]`, `["9h-12h"]`, `hours.saturday: "9h-12h": expected two times of the day`},
		{`["08:30-12:00", "13:30-16:30"]`, `["08:30-12:00", "11:30-16:30"]`, `hours.friday: "11:30-16:30" begins before`},
		{`"2027-01-01"`, `"1.1.2027"`, `hours.closed: "1.1.2027": expected a day`},
		{`idle = "3m"`, `idle = "3"`, `[session] idle: "3": expected a duration such as`},
		{`own = ["valbourg"]`, `own = ["Valbourg"]`, `packs.own: "Valbourg": expected the name of a folder`},
		{`{ valbourg = "d75a98`, `{ valbourg = "d75a`, `packs.authors.valbourg: expected the author's public key`},
		{`{ valbourg = "d75a98`, `{ autre = "d75a98`, `packs.authors.autre: "autre" is none of the packs`},
		{`line = 27`, `line = 17`, `[film.contact] line: 17 of "pinctrl-bcm2711" is already in use by [film.relay]`},
		{`application = "F54230"`, `application = "F5"`, `[badge] application: "F5": expected the number`},
		{`ca = "network/ca.pem"`, `ca = "/etc/ca.pem"`, `network.ca: "/etc/ca.pem": expected "network/ca.pem"`},
		{`"192.0.2.10/24"`, `"192.0.2.10"`, `network.wired.address: "192.0.2.10": expected an address with its prefix`},
		{`gateway = "192.0.2.1"`, `gateway = "198.51.100.1"`, `network.wired.gateway: "198.51.100.1": expected another address of the same network`},
		{`"192.0.2.53"`, `"dns"`, `network.wired.dns: "dns": expected the address of a name server`},
		{`security = "enterprise"`, `security = "open"`, `network.wifi.security: "open": expected`},
		{`security = "enterprise"`, `security = "personal"`, `network.wifi.method: it belongs to security`},
		{`inner = "mschapv2"`, ``, `network.wifi.inner: "": expected how the password is asked for`},
		{`method = "ttls"`, `method = "peap"`, `network.wifi.inner: it belongs to method = "ttls" only`},
		{`method = "ttls"`, `method = "tls"`, `network.wifi.method: "tls": expected "peap" or "ttls"`},
		{`server = "radius.mairie.example"`, ``, `network.wifi.server: "": expected the name in the RADIUS server's certificate`},
		{`ca = "network/ca.pem"`, ``, `network.wifi.security: "enterprise" needs [network] ca`},
		{`https://bornes`, `http://bornes`, `fleet.url: "http://bornes.mairie.example/valbourg": expected an address such as "https`},
		{`https://bornes`, `https://jean:secret@bornes`, `fleet.url: "https://jean:secret@bornes`},
		{`interval = "30m"`, `interval = "1m"`, `fleet.interval: "1m": expected 15m to 24h`},
		{`percent = 100`, `percent = 101`, `fleet.percent: 101: expected 0 to 100`},
		{`port = 3128`, `port = 0`, `network.proxy.port: 0: expected 1 to 65535`},
		{`ipp://imp`, `http://imp`, `printer.uri: "http://imprimante.mairie.example/ipp/print": expected "usb"`},
		{`recipient = "age1g`, `recipient = "age1q`, `reports.recipient: not a public key of age`},
		{`"usage", "health"`, `"usage", "usage"`, `reports.collect: "usage": expected some of usage, health, procedures`},
		{`"health", "procedures"]`, `"health", "names"]`, `reports.collect: "names": expected some of`},
		{`pages = 20`, `pages = 501`, `printer.pages: 501: expected 1 to 500`},
		{`host = "proxy.mairie.example"`, `password = "x"`, `unknown key "network.proxy.password"; known here: host, port, user`},
	} {
		at := strings.Index(all, "\n"+c.old)
		if at < 0 {
			at = strings.Index(all, c.old) - 1
		}
		text := all[:at+1] + strings.Replace(all[at+1:], c.old, c.new, 1)
		_, err := provisioning.ParseSite("site.toml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), c.want) || !regexp.MustCompile(`^site.toml:\d+: `).MatchString(err.Error()) {
			t.Errorf("%s for %s: %v\nwant %s", c.new, c.old, err, c.want)
		}
	}
}

func TestKioskOverrides(t *testing.T) {
	k := aKiosk(t, `[network.wired]
address = "192.0.2.77/24"
gateway = "192.0.2.1"
dns = ["192.0.2.53"]
[film]
relay = { chip = "c", line = 1, active = "low" }
contact = { chip = "c", line = 2, active = "low" }
[service_switch]
chip = "c"
line = 3
active = "low"
`)
	s, err := provisioning.ParseSite("site.toml", everything(t))
	if err != nil {
		t.Fatal(err)
	}
	site, machine, err := s.For(k)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := config.Decode("s", site)
	m, _ := provisioning.ParseMachine("m", machine)
	if c.Film.Relay.Chip != "c" || c.Indicator != nil || c.ServiceSwitch.Chip != "c" || c.Film.PulseHz != 0 || m.Network.Wired.Address != "192.0.2.77/24" {
		t.Errorf("%+v\n%+v", c.Film, m.Network.Wired)
	}
	// Without wiring anywhere, the kiosk is named; with lines that the reader has, too.
	bare := regexp.MustCompile(`(?ms)^\[film\].*?^\[badge\]`).ReplaceAllString(string(everything(t)), "[badge]")
	if s, err = provisioning.ParseSite("site.toml", []byte(bare)); err != nil {
		t.Fatal(err)
	}
	if _, _, err = s.For(aKiosk(t, "")); err == nil || !strings.Contains(err.Error(), `kiosk "mairie-accueil" has no wiring: give [film]`) {
		t.Errorf("without wiring: %v", err)
	}
	clash := aKiosk(t, "[film]\nrelay = { chip = \"pinctrl-bcm2711\", line = 25, active = \"low\" }\ncontact = { chip = \"c\", line = 2, active = \"low\" }\n")
	if _, _, err = s.For(clash); err == nil || !strings.Contains(err.Error(), "already in use") {
		t.Errorf("a line used twice: %v", err)
	}
}

func TestKioskFileRefuses(t *testing.T) {
	data := string(provisioning.NewKioskFile(enrolled(), "mairie-accueil", "Accueil"))
	for _, c := range []struct{ old, new, want string }{
		{`id = "mairie-accueil"`, `id = "Mairie"`, `id: "Mairie": expected 1 to 40`},
		{`place = "Accueil"`, `place = ""`, `place: "": expected 1 to 60`},
		{`recipient = "age1qyq`, `recipient = "age1qyp`, `do not belong together`},
		{"format = 1", "format = 1\nrevoked = \"hier\"", `revoked: "hier": expected a day`},
		{"[network.wired]", "[indicator]\nline = 3", "[film] is missing"},
		{"# [network.wired]", "[network.wired]", `network.wired.address: "": expected an address`},
	} {
		_, err := provisioning.ParseKiosk("k.toml", []byte(strings.Replace(data, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) && c.old != "[network.wired]" {
			t.Errorf("%s for %s: %v\nwant %s", c.new, c.old, err, c.want)
		}
	}
}

// Whatever an administrator can write and check accepts, kioskd accepts.
func TestWhatAKioskGetsIsAccepted(t *testing.T) {
	whole, accepted := string(everything(t)), 0
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-zA-Zé'&<>«»{}\[\]#=, -]{0,20}[a-z]`)
		lines := rapid.Permutation([]int{17, 27, 22, 23, 24, 25, 5, 26, 4}).Draw(t, "lines")
		all := whole
		for i, n := range []string{"17", "27", "22", "23", "24", "25", "5", "26"} {
			all = regexp.MustCompile(`line = `+n+`\b`).ReplaceAllLiteralString(all, "line = <"+string(rune('a'+i))+">")
		}
		for i := range 8 {
			all = strings.ReplaceAll(all, "<"+string(rune('a'+i))+">", strconv.Itoa(lines[i]))
		}
		all = strings.ReplaceAll(all, "Valbourg town hall", text.Draw(t, "name"))
		all = strings.ReplaceAll(all, `idle = "3m"`, `idle = "`+rapid.SampledFrom([]string{"1m", "90s", "5m", "30m", "45m"}).Draw(t, "idle")+`"`)
		for _, table := range []string{"indicator", "help_button", "service_switch", "badge", "network.wired", "network.proxy", "printer"} {
			if rapid.Bool().Draw(t, table) {
				all = regexp.MustCompile(`(?ms)^\[`+regexp.QuoteMeta(table)+`\].*?(^\[|\z)`).ReplaceAllString(all, "$1")
			}
		}
		s, err := provisioning.ParseSite("site.toml", []byte(all))
		if err != nil {
			return // refused, with its lines
		}
		k, err := provisioning.ParseKiosk("k", provisioning.NewKioskFile(enrolled(), "k", text.Draw(t, "place")))
		if err != nil {
			return
		}
		if _, _, err := s.For(k); err != nil {
			t.Fatalf("%v\n%s", err, all)
		}
		accepted++
	})
	if accepted < 20 {
		t.Errorf("only %d of the sites were accepted: the property was hardly tried", accepted)
	}
}

func FuzzSite(f *testing.F) {
	f.Add(everything(f))
	f.Add(provisioning.NewSiteFile("Mairie"))
	k := aKiosk(f, "")
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := provisioning.ParseSite("s", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "s:") {
				t.Errorf("error without a place: %v", err)
			}
			return
		}
		if _, _, err := s.For(k); err != nil && s.Board {
			t.Errorf("accepted, and kioskd would refuse: %v", err)
		}
	})
}

func FuzzMachine(f *testing.F) {
	s, err := provisioning.ParseSite("site.toml", everything(f))
	if err != nil {
		f.Fatal(err)
	}
	_, machine, err := s.For(aKiosk(f, ""))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(machine)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := provisioning.ParseMachine("m", data)
		if err != nil {
			return
		}
		again, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := provisioning.ParseMachine("m", again); err != nil || !reflect.DeepEqual(back, m) {
			t.Errorf("%+v read back as %+v, %v", m, back, err)
		}
	})
}
