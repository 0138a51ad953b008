package wire

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, url string
		want         bool
	}{
		{"caf.fr/fin", "https://caf.fr/fin", true},
		{"caf.fr/fin", "https://CAF.fr/fin?x=1#y", true},
		{"caf.fr/fin", "http://caf.fr:80/fin", true},
		{"caf.fr/fin", "https://caf.fr:443/fin", true},
		{"caf.fr/fin", "https://caf.fr:8443/fin", false},
		{"caf.fr/fin", "https://user@caf.fr/fin", true},
		{"caf.fr/fin", "https://caf.fr/fin/", false},
		{"caf.fr/fin", "https://caf.fr/FIN", false},
		{"caf.fr/fin", "https://www.caf.fr/fin", false},
		{"caf.fr/fin", "https://evilcaf.fr/fin", false},
		{"caf.fr/fin", "https://caf.fr.evil.com/fin", false},
		{"caf.fr/fin", "ftp://caf.fr/fin", false},
		{"caf.fr/", "https://caf.fr", true},
		{"caf.fr/*", "https://caf.fr", true},
		{"caf.fr/*/recap*", "https://caf.fr/a/b/recap-2", true},
		{"caf.fr/*/recap*", "https://caf.fr/recap", false},
		{"caf.fr/*recap", "https://caf.fr/x?recap", false},
		{"caf.fr/a*b*c", "https://caf.fr/abbbbc", true},
		{"caf.fr/a*b*c", "https://caf.fr/abbbb", false},
		{"caf.fr/d%C3%A9but", "https://caf.fr/d%C3%A9but", false}, // patterns are written decoded
		{"caf.fr/début", "https://caf.fr/d%C3%A9but", true},
		{"*.caf.fr/fin", "https://www.caf.fr/fin", false}, // a host has no star
		{"", "https://caf.fr/", false},
		{"caf.fr", "https://caf.fr/", false},
		{"/fin", "file:///fin", false},
		{"caf.fr/*", "https://caf.fr/%zz", false},
		{"caf.fr/*", "about:blank", false},
	} {
		if got := (Open{Success: c.pattern}).Matches(c.url); got != c.want {
			t.Errorf("%q matches %q = %v, want %v", c.pattern, c.url, got, c.want)
		}
	}
}

// For patterns without the signs that path.Match reads otherwise, glob agrees
// with it once a slash is an ordinary character.
func TestGlobAgainstPathMatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.RuneFrom([]rune("ab*")), 0, 12, -1).Draw(t, "pattern")
		s := rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 0, 12, -1).Draw(t, "s")
		want, err := path.Match(pattern, s)
		if err != nil {
			t.Fatal(err)
		}
		if got := glob(pattern, s); got != want {
			t.Errorf("glob(%q, %q) = %v, want %v", pattern, s, got, want)
		}
	})
}

func FuzzMatches(f *testing.F) {
	f.Add("caf.fr/*/fin*", "https://caf.fr/a/fin?x#y")
	f.Add("a/"+strings.Repeat("*a", 40), "https://a/"+strings.Repeat("a", 80))
	f.Fuzz(func(t *testing.T, pattern, rawURL string) {
		if !(Open{Success: pattern}).Matches(rawURL) {
			return
		}
		u, err := url.Parse(rawURL)
		if err != nil {
			t.Fatalf("matched a malformed URL %q", rawURL)
		}
		host, _, _ := strings.Cut(pattern, "/")
		if !strings.EqualFold(u.Hostname(), host) || (u.Scheme != "http" && u.Scheme != "https") {
			t.Errorf("%q matched %q", pattern, rawURL)
		}
		u.RawQuery, u.Fragment = "other=1", "other"
		if !(Open{Success: pattern}).Matches(u.String()) {
			t.Errorf("%q looks at query or fragment of %q", pattern, rawURL)
		}
	})
}
