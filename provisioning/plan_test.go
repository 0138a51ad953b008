package provisioning_test

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"guichet.example/provisioning"
)

// release is what the kiosk has once a site is applied.
func release(t testing.TB, site string, files map[string]string) provisioning.Release {
	t.Helper()
	s, err := provisioning.ParseSite("site.toml", []byte(site))
	if err != nil {
		t.Fatal(err)
	}
	siteToml, machine, err := s.For(aKiosk(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{"site.toml": {Data: siteToml}, "machine.toml": {Data: machine}}
	for name, data := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(data)}
	}
	r, err := provisioning.ReadRelease(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPlan(t *testing.T) {
	small := string(provisioning.NewSiteFile("Mairie"))
	whole := string(everything(t))
	files := map[string]string{
		"packs/valbourg/pack.toml": "1", "packs/valbourg/caf/fr.md": "2", "badge/issuer.pem": "i", "badge/revocations": "1",
		"network/ca.pem": "c", "logo.png": "l", "notices/donnees.fr.md": "n", "secrets.age": "s",
	}
	with := func(more map[string]string) map[string]string {
		all := map[string]string{}
		for _, m := range []map[string]string{files, more} {
			for name, data := range m {
				all[name] = data
			}
		}
		return all
	}
	a, b := release(t, small, nil), release(t, whole, files)
	c := release(t, strings.NewReplacer(`idle = "3m"`, `idle = "90s"`, `queue_limit = "45m"`, "", "ssid = \"Mairie\"", "ssid = \"Autre\"").Replace(whole),
		with(map[string]string{"badge/revocations": "2", "packs/valbourg/caf/fr.md": "3", "packs/nord/pack.toml": "4"}))
	var got strings.Builder
	for _, step := range []struct {
		name string
		have *provisioning.Release
		get  provisioning.Release
	}{{"first", nil, b}, {"the same", &b, b}, {"more", &a, b}, {"less", &b, a}, {"other", &b, c}} {
		p := provisioning.Compare(step.have, step.get)
		if p.Same() != (step.name == "the same") {
			t.Errorf("%s: Same is %v", step.name, p.Same())
		}
		for _, lang := range []string{"fr", "en"} {
			fmt.Fprintf(&got, "-- %s, %s --\n%s\n", step.name, lang, strings.Join(p.In(lang), "\n"))
		}
	}
	const golden = "testdata/plan.txt"
	want, err := os.ReadFile(golden)
	if err != nil || got.String() != string(want) {
		if os.Getenv("UPDATE") != "" {
			_ = os.WriteFile(golden, []byte(got.String()), 0o644)
		}
		t.Errorf("%v; the plans are\n%s", err, got.String())
	}
}

// Whatever differs in what a kiosk gets, the plan says something.
func TestPlanMissesNothing(t *testing.T) {
	whole := string(everything(t))
	before := release(t, whole, nil)
	wantA, wantB := mustFor(t, whole)
	tried := 0
	for _, line := range regexp.MustCompile(`(?m)^([a-z_]+) = (.*)$`).FindAllStringSubmatch(whole, -1) {
		accepted := 0
		values := map[byte][]string{
			'"': {`"25s"`, `"400s"`, `"elsewhere"`, `"192.0.2.99"`}, '[': {`["15:00-16:00"]`, `["caf-aide-logement"]`}, 't': {"false"},
		}[line[2][0]]
		for _, value := range append(values, "", "4") {
			other := line[1] + " = " + value
			if value == "" {
				other = ""
			}
			changed := strings.Replace(whole, line[0], other, 1)
			s, err := provisioning.ParseSite("site.toml", []byte(changed))
			if err != nil {
				continue
			}
			a, b, err := s.For(aKiosk(t, ""))
			if err != nil {
				continue
			}
			after := release(t, changed, nil)
			same := string(a) == wantA && string(b) == wantB
			tried++
			if accepted++; accepted > 2 {
				break
			}
			if plan := provisioning.Compare(&before, after); plan.Same() != same {
				t.Errorf("%q for %q: what the kiosk gets is the same: %v; the plan: %v", other, line[0], same, plan.In("en"))
			}
		}
	}
	if tried < 50 {
		t.Errorf("only %d changes tried", tried)
	}
}

func mustFor(t *testing.T, site string) (a, b string) {
	t.Helper()
	s, err := provisioning.ParseSite("site.toml", []byte(site))
	if err != nil {
		t.Fatal(err)
	}
	x, y, err := s.For(aKiosk(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	return string(x), string(y)
}

func TestReadReleaseRefuses(t *testing.T) {
	r := release(t, string(provisioning.NewSiteFile("Mairie")), nil)
	if len(r.Files) != 2 {
		t.Errorf("files %v", r.Files)
	}
	for name, fsys := range map[string]fs.FS{
		"nothing":     fstest.MapFS{},
		"no machine":  fstest.MapFS{"site.toml": {Data: []byte("format = 1\n")}},
		"a long file": fstest.MapFS{"site.toml": {Data: make([]byte, provisioning.MaxTarget+1)}},
	} {
		if _, err := provisioning.ReadRelease(fsys); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

// Every subject has words of its own in both languages.
func TestSubjectsHaveWords(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		seen := map[string]bool{}
		for s := provisioning.SubjectName; s <= provisioning.SubjectOther; s++ {
			if w := s.In(lang); w == "" || seen[w] {
				t.Errorf("subject %d in %s: %q", s, lang, w)
			} else {
				seen[w] = true
			}
		}
	}
}

func TestSecrets(t *testing.T) {
	pepper := strings.Repeat("ab", 32)
	want := provisioning.Secrets{BadgeKey: strings.Repeat("01", 16), PINPepper: pepper, WiFi: `mot de passe "é" \`, Proxy: "x"}
	data, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := provisioning.ParseSecrets(data); err != nil || got != want {
		t.Error("secrets are not read back", err)
	}
	for _, s := range []provisioning.Secrets{
		{}, {PINPepper: "x"}, {PINPepper: pepper, BadgeKey: "01"}, {PINPepper: pepper, WiFi: "court"}, {PINPepper: pepper, Proxy: "a\nb"},
	} {
		if s.Check() == nil {
			t.Error("bad secrets pass")
		}
	}
	// Neither printing nor an error shows one.
	broken := strings.Replace(string(data), "pin_pepper", "secret_x = 'mot'\npin_pepper", 1)
	_, err = provisioning.ParseSecrets([]byte(broken))
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v %s", want, want, want, want), fmt.Sprint(err)} {
		if strings.Contains(shown, "mot") || strings.Contains(shown, pepper) || err == nil {
			t.Errorf("shown: %s", shown)
		}
	}
	for n := range len(data) - 1 {
		if _, err := provisioning.ParseSecrets(data[:n]); err == nil {
			t.Errorf("cut after %d bytes and read", n)
		}
	}
}

func TestOpen(t *testing.T) {
	s, err := provisioning.ParseSite("site.toml", everything(t))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"2026-11-23T08:29": false, "2026-11-23T08:30": true, "2026-11-23T12:00": false, "2026-11-23T16:59": true, "2026-11-23T23:00": false,
		"2026-11-22T11:00": true, "2026-12-25T09:00": false,
	} {
		at, err := time.Parse("2006-01-02T15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		if s.Machine.Hours.Open(at) != want {
			t.Errorf("%s: open is not %v", text, want)
		}
	}
}
