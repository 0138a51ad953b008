package egress

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func mustCompile(t testing.TB, origins ...string) Policy {
	t.Helper()
	p, err := Compile(origins)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAllows(t *testing.T) {
	p := mustCompile(t, "allowed.fr", "*.wild.fr", "été.fr", "*.ants.gouv.fr", "WWW.Upper.FR")
	long := strings.Repeat("a", 63)
	yes := []string{
		"allowed.fr", "ALLOWED.fr", "allowed.fr.", "a.wild.fr", "a.b.wild.fr", "A.WILD.FR.",
		"été.fr", "xn--t-9fab.fr", "XN--T-9FAB.FR", "ÉTÉ.fr", "e\u0301te\u0301.fr",
		"passeport.ants.gouv.fr", "www.upper.fr", long + ".wild.fr", "ａllowed.fr", "allowed。fr",
	}
	no := []string{
		"", ".", "..", "evilallowed.fr", "allowed.fr.evil.com", "www.allowed.fr", "wild.fr", "evilwild.fr",
		"x.wild.fr.evil.com", "allowed.fr..", ".allowed.fr", "a..wild.fr", ".wild.fr", "*.wild.fr",
		"allowed.fr:443", "user@allowed.fr", "allowed.fr@evil.com", "evil.com#allowed.fr", "allowed.fr/",
		"allowed.fr\x00", "allowed.fr\x00.evil.com", "evil.com\x00.wild.fr", "allowed%2efr", "a%00.wild.fr",
		" allowed.fr", "allowed.fr ", "allowed.fr\r\n", "allowed.fr\t", "a b.wild.fr", "a_b.wild.fr",
		long + "a.wild.fr", strings.Repeat(long+".", 4) + "wild.fr", strings.Repeat("a.", 2000) + "wild.fr",
		"-a.wild.fr", "a-.wild.fr", "аllowed.fr" /* Cyrillic а */, "allоwed.fr" /* Cyrillic о */, "\xff.wild.fr",
		"xn--.wild.fr", "xn--\u00e9.wild.fr", "xn--a.wild.fr", "ants.gouv.fr", "gouv.fr", "fr", "localhost",
		"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "[::1]", "::1", "fe80::1%eth0",
		"[fe80::1%25eth0]", "1.2.3.4.", "１２７.0.0.1", "wild.fr.1", "wild.fr.0x", "a.wild.0x7f", "::ffff:1.2.3.4",
	}
	for _, host := range yes {
		if !p.Allows(host) {
			t.Errorf("%q is not allowed", host)
		}
	}
	for _, host := range no {
		if p.Allows(host) {
			t.Errorf("%q is allowed", host)
		}
	}
	if (Policy{}).Allows("allowed.fr") {
		t.Error("the zero policy allows something")
	}
}

func TestCompileRefuses(t *testing.T) {
	cases := map[string]string{
		"":                   "is empty",
		"*":                  `has "*"`,
		"*.":                 "ends in a dot",
		"**.caf.fr":          `has "*"`,
		"*.*.fr":             `has "*"`,
		"www.*.fr":           `has "*"`,
		"w*.caf.fr":          `has "*"`,
		"*caf.fr":            `has "*"`,
		"*.fr":               "public suffix",
		"*.gouv.fr":          "public suffix",
		"*.co.uk":            "public suffix",
		"*.github.io":        "public suffix",
		"fr":                 "single label",
		"localhost":          "single label",
		"caf.fr.":            "ends in a dot",
		"caf.fr:443":         "port",
		"https://caf.fr":     "scheme",
		"caf.fr/":            "path",
		"caf.fr?x":           "path",
		"caf.fr#x":           "path",
		`caf.fr\x`:           "path",
		"u@caf.fr":           "user information",
		"192.0.2.1":          "an address",
		"2130706433":         "not a name",
		"0x7f.1":             "an address",
		"::1":                "an address",
		"[2001:db8::1]":      "an address",
		"*.192.0.2.1":        "an address",
		"caf fr.fr":          "not a host name",
		"caf..fr":            "not a host name",
		".caf.fr":            "not a host name",
		"caf\x00.fr":         "not a host name",
		"caf%2efr.fr":        "not a host name",
		"caf_1.fr":           "not a host name",
		"\u200bcaf\u200d.fr": "not a host name",
	}
	for origin, reason := range cases {
		p, err := Compile([]string{"www.good.fr", origin})
		if err == nil {
			t.Errorf("%q is accepted", origin)
			continue
		}
		for _, part := range []string{fmt.Sprintf("origin %q", origin), reason, wantOrigin} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q: message %q lacks %q", origin, err, part)
			}
		}
		if p.Allows("www.good.fr") {
			t.Errorf("%q: half of the list was accepted", origin)
		}
	}
	_, err := Compile([]string{"*.fr", "good.fr", "u@bad.fr"})
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("two malformed origins: %v", err)
	}
	for _, origin := range []string{"*.ants.gouv.fr", "ants.gouv.fr", "*.demo.localhost", "*.caf.fr", "x.github.io"} {
		mustCompile(t, origin)
	}
}

// oracle decides by comparing labels, knowing nothing of maps or parents.
func oracle(origins []string, host string) bool {
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(host, ".")), ".")
	for _, origin := range origins {
		want := strings.Split(strings.ToLower(origin), ".")
		if want[0] == "*" {
			below := len(labels) - (len(want) - 1)
			if below >= 1 && slices.Equal(labels[below:], want[1:]) {
				return true
			}
		} else if slices.Equal(labels, want) {
			return true
		}
	}
	return false
}

// drawNames draws origins and a host that is often one edit away from one.
func drawNames(t *rapid.T) (origins []string, host string) {
	label := rapid.StringMatching(`[a-cA-C]([a-c0-1-]?[a-c])?`)
	name := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(label, 1, 3).Draw(t, "labels"), ".") + ".caf.fr"
	})
	origins = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"", "*."}).Draw(t, "wild") + name.Draw(t, "origin")
	}), 0, 4).Draw(t, "origins")
	host = name.Draw(t, "host")
	if len(origins) > 0 && rapid.Bool().Draw(t, "near") {
		near := strings.TrimPrefix(rapid.SampledFrom(origins).Draw(t, "of"), "*.")
		host = rapid.SampledFrom([]string{
			near, "x." + near, "x.y." + near, "x" + near, near + ".evil.com", near + ".", strings.ToUpper(near),
			near[strings.IndexByte(near, '.')+1:], near[:len(near)-1], near + "a", "x-" + near, "x." + near + ".fr",
		}).Draw(t, "edit")
	}
	return origins, host
}

func TestAllowsAgainstOracle(t *testing.T) {
	var allowed, refused int
	rapid.Check(t, func(t *rapid.T) {
		origins, host := drawNames(t)
		p, err := Compile(origins)
		if err != nil {
			t.Fatal(err)
		}
		got := p.Allows(host)
		if got != oracle(origins, host) {
			t.Fatalf("origins %q, host %q: allowed = %v", origins, host, got)
		}
		if got {
			allowed++
		} else {
			refused++
		}
	})
	if allowed == 0 || refused == 0 {
		t.Errorf("drew %d allowed and %d refused: nothing was compared", allowed, refused)
	}
}

// Whatever is put around an allowed name, the outcome is that of the name
// alone or a refusal.
func TestAllowsNothingAround(t *testing.T) {
	p := mustCompile(t, "allowed.fr", "*.wild.fr")
	rapid.Check(t, func(t *rapid.T) {
		odd := rapid.StringOfN(rapid.RuneFrom([]rune("\x00\t\r\n @:/\\%#?[]*_,;+&=()'\"<>")), 1, 3, -1).Draw(t, "odd")
		tail := rapid.SampledFrom([]string{"", "x", "evil.com", "443", ".wild.fr"}).Draw(t, "tail")
		for _, host := range []string{"allowed.fr" + odd + tail, tail + odd + "allowed.fr", "a" + odd + ".wild.fr"} {
			if p.Allows(host) {
				t.Fatalf("%q is allowed", host)
			}
		}
	})
}

func FuzzAllows(f *testing.F) {
	for _, s := range []string{"allowed.fr", "a.wild.fr.", "été.wild.fr", "127.0.0.1", "xn--t-9fab.fr", "a\x00.wild.fr"} {
		f.Add(s)
	}
	p := mustCompile(f, "allowed.fr", "*.wild.fr")
	f.Fuzz(func(t *testing.T, host string) {
		name, err := canonical(host)
		if err != nil {
			if p.Allows(host) {
				t.Fatalf("%q has no canonical form and is allowed", host)
			}
			return
		}
		again, err := canonical(name)
		if err != nil || again != name {
			t.Fatalf("%q became %q, which becomes %q, %v", host, name, again, err)
		}
		if !isLDH(name) || isAddress(name) || !strings.Contains(name, ".") {
			t.Fatalf("%q became %q", host, name)
		}
		if want := name == "allowed.fr" || strings.HasSuffix(name, ".wild.fr"); p.Allows(host) != want {
			t.Fatalf("%q, that is %q: allowed = %v", host, name, !want)
		}
	})
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{"www.caf.fr", "*.caf.fr", "*.fr", "*", "https://caf.fr", "1.2.3.4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, origin string) {
		p, err := Compile([]string{origin})
		if err != nil {
			return
		}
		base, wild := strings.CutPrefix(origin, "*.")
		if p.Allows(base) == wild {
			t.Fatalf("origin %q: %q allowed = %v", origin, base, wild)
		}
		for _, host := range []string{"fr", "evil.com", "gouv.fr", "127.0.0.1", "localhost", "evil" + base + ".evil.com"} {
			name, err := canonical(base)
			if p.Allows(host) && (err != nil || host != name) && !strings.HasSuffix(host, "."+name) {
				t.Fatalf("origin %q allows %q", origin, host)
			}
		}
	})
}

func TestRegistrable(t *testing.T) {
	for host, want := range map[string]string{
		"a.b.caf.fr": "caf.fr", "caf.fr": "caf.fr", "x.ants.gouv.fr": "ants.gouv.fr", "gouv.fr": "",
		"a.b.example.invalid": "example.invalid", "jean.github.io": "jean.github.io",
	} {
		if got := registrable(host); got != want {
			t.Errorf("registrable(%q) = %q, want %q", host, got, want)
		}
	}
}
