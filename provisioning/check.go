package provisioning

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"guichet.example/internal/stricttoml"
)

// maxText is the length of any TOML file of a site, in bytes.
const maxText = 64 << 10

// checker collects errors about a file, each with its line.
type checker struct {
	doc  stricttoml.Document
	errs []error
}

func (c *checker) fault(err error) {
	if err != nil {
		c.errs = append(c.errs, err)
	}
}

// wrong notes an error at a key.
func (c *checker) wrong(path []any, format string, args ...any) {
	var names []string
	for _, p := range path {
		if s, ok := p.(string); ok {
			names = append(names, s)
		}
	}
	c.fault(c.doc.At(path...).Errorf("%s: %w", strings.Join(names, "."), fmt.Errorf(format, args...)))
}

func (c *checker) err() error { return errors.Join(c.errs...) }

// text checks a line that people read: from 1 to most characters.
func (c *checker) text(s string, most int, path ...any) {
	if n := utf8.RuneCountInString(s); n < 1 || n > most || !utf8.ValidString(s) ||
		strings.ContainsFunc(s, unicode.IsControl) || strings.TrimSpace(s) != s {
		c.wrong(path, "%q: expected 1 to %d characters in one line", s, most)
	}
}

func (c *checker) place(s string) { c.text(s, 60, "place") }

// machine checks the tables that machine.toml and the administrator's files
// have under the same names.
func (c *checker) machine(m Machine) {
	if m.Hours != nil {
		c.hours(*m.Hours)
	}
	c.network(m.Network)
	if m.Printer != nil {
		c.printer(*m.Printer)
	}
	if m.Fleet != nil {
		c.fleet(*m.Fleet)
	}
	if len(m.Notices) > 10 {
		c.wrong([]any{"notices"}, "%d, at most 10", len(m.Notices))
		return
	}
	for i, n := range m.Notices {
		if !CheckTarget(n) || !strings.HasPrefix(n, noticesFolder+"/") || !strings.HasSuffix(n, ".md") {
			c.wrong([]any{"notices", i}, "%q: expected a file such as \"notices/donnees.fr.md\"", n)
		} else if slices.Index(m.Notices, n) != i {
			c.wrong([]any{"notices", i}, "%q is there twice", n)
		}
	}
	if m.Logo != "" && m.Logo != LogoFile {
		c.wrong([]any{"logo"}, "%q: expected %q", m.Logo, LogoFile)
	}
}

func (c *checker) hours(h Hours) {
	names := [7]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
	open := false
	for day, times := range h.Days() {
		last := -1
		for i, t := range times {
			from, to, ok := span(t)
			if !ok {
				c.wrong([]any{"hours", names[day], i}, "%q: expected two times of the day, such as \"08:30-12:00\"", t)
			} else if from <= last {
				c.wrong([]any{"hours", names[day], i}, "%q begins before the one before it has ended", t)
			}
			last, open = max(last, to), true
		}
	}
	if !open {
		c.wrong([]any{"hours"}, "no day has opening hours: give them, such as monday = [\"08:30-12:00\"], or leave the table out")
	}
	if len(h.Closed) > 100 {
		c.wrong([]any{"hours", "closed"}, "%d days, at most 100", len(h.Closed))
		return
	}
	for i, day := range h.Closed {
		c.day(day, "hours", "closed", i)
	}
}

func (c *checker) day(day string, path ...any) {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		c.wrong(path, "%q: expected a day, such as \"2026-12-25\"", day)
	}
}

// span reads "08:30-12:00" in minutes of the day.
func span(text string) (from, to int, ok bool) {
	var h1, m1, h2, m2 int
	if !regexp.MustCompile(`^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$`).MatchString(text) {
		return 0, 0, false
	}
	if _, err := fmt.Sscanf(text, "%d:%d-%d:%d", &h1, &m1, &h2, &m2); err != nil {
		return 0, 0, false
	}
	from, to = h1*60+m1, h2*60+m2
	return from, to, from < to && to <= 24*60
}

func (c *checker) network(n Network) {
	if n.CA != "" && n.CA != CAFile {
		c.wrong([]any{"network", "ca"}, "%q: expected %q", n.CA, CAFile)
	}
	if n.Wired != nil {
		c.wired(*n.Wired)
	}
	if n.WiFi != nil {
		c.wifi(*n.WiFi, n.CA != "")
	}
	if p := n.Proxy; p != nil {
		if !isHost(p.Host) {
			c.wrong([]any{"network", "proxy", "host"}, "%q: expected a name or an address, such as \"proxy.mairie.example\"", p.Host)
		}
		if p.Port < 1 || p.Port > 65535 {
			c.wrong([]any{"network", "proxy", "port"}, "%d: expected 1 to 65535, such as 3128", p.Port)
		}
		if c.doc.Has("network", "proxy", "user") {
			c.text(p.User, 64, "network", "proxy", "user")
		}
	}
}

func (c *checker) wired(w Wired) {
	prefix, err := netip.ParsePrefix(w.Address)
	if err != nil || prefix.Addr().IsMulticast() || prefix.Addr().IsLoopback() || prefix.Addr().IsUnspecified() {
		c.wrong([]any{"network", "wired", "address"}, "%q: expected an address with its prefix, such as \"192.0.2.10/24\"; "+
			"for DHCP leave the table out", w.Address)
	}
	gateway, bad := netip.ParseAddr(w.Gateway)
	if bad != nil || err == nil && (!prefix.Contains(gateway) || gateway == prefix.Addr()) {
		c.wrong([]any{"network", "wired", "gateway"}, "%q: expected another address of the same network, such as \"192.0.2.1\"", w.Gateway)
	}
	if len(w.DNS) < 1 || len(w.DNS) > 3 {
		c.wrong([]any{"network", "wired", "dns"}, "expected 1 to 3 addresses of name servers, such as [\"192.0.2.53\"]")
		return
	}
	for i, s := range w.DNS {
		if _, err := netip.ParseAddr(s); err != nil {
			c.wrong([]any{"network", "wired", "dns", i}, "%q: expected the address of a name server, such as \"192.0.2.53\"", s)
		}
	}
}

func (c *checker) wifi(w WiFi, ca bool) {
	at := func(key string) []any { return []any{"network", "wifi", key} }
	if len(w.SSID) < 1 || len(w.SSID) > 32 || strings.ContainsFunc(w.SSID, unicode.IsControl) {
		c.wrong(at("ssid"), "%q: expected the name of the network, 1 to 32 bytes", w.SSID)
	}
	if !regexp.MustCompile(`^[A-Z]{2}$`).MatchString(w.Country) {
		c.wrong(at("country"), "%q: expected the two capital letters of the country, such as \"FR\"", w.Country)
	}
	switch w.Security {
	case WiFiPersonal:
		for _, key := range []string{"method", "inner", "identity", "anonymous_identity", "server"} {
			if c.doc.Has(at(key)...) {
				c.wrong(at(key), "it belongs to security = \"enterprise\" only")
			}
		}
	case WiFiEnterprise:
		c.enterprise(w, ca, at)
	default:
		c.wrong(at("security"), "%q: expected \"personal\", one password for all, or \"enterprise\", a RADIUS server; "+
			"an open network is not accepted", w.Security)
	}
}

// enterprise wants everything that tells the right server from somebody
// else's: without it any access point gets the password.
func (c *checker) enterprise(w WiFi, ca bool, at func(string) []any) {
	if w.Method != "peap" && w.Method != "ttls" {
		c.wrong(at("method"), "%q: expected \"peap\" or \"ttls\"; certificates of kiosks are not supported", w.Method)
	}
	switch {
	case w.Method == "ttls" && w.Inner != "pap" && w.Inner != "mschapv2":
		c.wrong(at("inner"), "%q: expected how the password is asked for inside \"ttls\", \"pap\" or \"mschapv2\": who runs the RADIUS server knows", w.Inner)
	case w.Method == "peap" && c.doc.Has(at("inner")...):
		c.wrong(at("inner"), "it belongs to method = \"ttls\" only")
	}
	c.text(w.Identity, 64, at("identity")...)
	if c.doc.Has(at("anonymous_identity")...) {
		c.text(w.Anonymous, 64, at("anonymous_identity")...)
	}
	if !isHost(w.Server) {
		c.wrong(at("server"), "%q: expected the name in the RADIUS server's certificate, such as \"radius.mairie.example\": "+
			"without it anybody's access point gets the password", w.Server)
	}
	if !ca {
		c.wrong(at("security"), "\"enterprise\" needs [network] ca = %q, the certificate that the RADIUS server's is checked with", CAFile)
	}
}

func (c *checker) printer(p Printer) {
	u, err := url.Parse(p.URI)
	network := err == nil && (u.Scheme == "ipp" || u.Scheme == "ipps") && isHost(u.Hostname()) && len(u.Path) > 1 &&
		u.User == nil && u.RawQuery == "" && u.Fragment == ""
	if p.URI != "usb" && !network {
		c.wrong([]any{"printer", "uri"}, "%q: expected \"usb\", or an address such as \"ipp://imprimante.mairie.example/ipp/print\"", p.URI)
	}
	if c.doc.Has("printer", "paper") && p.Paper != "A4" && p.Paper != "A5" {
		c.wrong([]any{"printer", "paper"}, "%q: expected \"A4\" or \"A5\"", p.Paper)
	}
	if p.Pages < 0 || p.Pages > 500 || p.Pages == 0 && c.doc.Has("printer", "pages") {
		c.wrong([]any{"printer", "pages"}, "%d: expected 1 to 500 pages a session; without the line there is no limit", p.Pages)
	}
}

func (c *checker) fleet(f Fleet) {
	u, err := url.Parse(f.URL)
	if err != nil || u.Scheme != "https" || !isHost(u.Hostname()) || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(f.URL) > 300 {
		c.wrong([]any{"fleet", "url"}, "%q: expected an address such as \"https://bornes.mairie.example/valbourg\"", f.URL)
	}
	if !c.doc.Has("fleet", "interval") {
		return
	}
	if d, err := time.ParseDuration(f.Interval); err != nil || d < MinInterval || d > MaxInterval {
		c.wrong([]any{"fleet", "interval"}, "%q: expected 15m to 24h, such as \"30m\"", f.Interval)
	}
}

func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	return len(s) <= 253 && regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`).MatchString(s)
}
