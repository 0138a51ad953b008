package wire

import (
	"net/url"
	"strings"
)

// Matches reports whether rawURL is a page that means "done": its host is the
// one of the pattern Success exactly and its path matches the pattern's path,
// in which * stands for any run of characters, none included. Scheme http or
// https on its own port; user, query and fragment are never looked at. An
// empty or malformed pattern matches nothing.
func (o Open) Matches(rawURL string) bool {
	host, path, ok := strings.Cut(o.Success, "/")
	if !ok || host == "" {
		return false
	}
	u, err := url.Parse(rawURL)
	if err != nil || !ownPort(u) || !strings.EqualFold(u.Hostname(), host) {
		return false
	}
	got := u.Path
	if got == "" {
		got = "/"
	}
	return glob("/"+path, got)
}

// ownPort accepts http and https on the port that the scheme implies.
func ownPort(u *url.URL) bool {
	switch u.Scheme {
	case "http":
		return u.Port() == "" || u.Port() == "80"
	case "https":
		return u.Port() == "" || u.Port() == "443"
	}
	return false
}

// glob matches in time len(pattern)*len(s): on a mismatch only the last star
// is tried again.
func glob(pattern, s string) bool {
	p, i := 0, 0
	star, mark := -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
