package usage

import (
	"cmp"
	"errors"
	"strings"
)

// Site is the name of a host that a page asked for and did not get. It can hold
// a name and nothing else: NewSite is the only way to make one, and it lets no
// scheme, user, port, path or address through.
type Site struct {
	host   string // "" for the domain as a whole
	domain string
}

// errSite does not repeat the name: a page chose it.
var errSite = errors.New("not a host name below its registrable domain")

// NewSite takes a host as it is resolved, in ASCII and lower case
// ("logs.xiti.com"), and the registrable domain that it is or lies below
// ("xiti.com").
func NewSite(host, domain string) (Site, error) {
	if !isHostName(host) || !isHostName(domain) || host != domain && !strings.HasSuffix(host, "."+domain) {
		return Site{}, errSite
	}
	return Site{host, domain}, nil
}

// Host returns the name.
func (s Site) Host() string { return s.host }

// Domain returns the registrable domain of it.
func (s Site) Domain() string { return s.domain }

// Compare orders sites by domain, and by host within one.
func (s Site) Compare(o Site) int {
	return cmp.Or(cmp.Compare(s.domain, o.domain), cmp.Compare(s.host, o.host))
}

// whole is the domain of s, whatever the host.
func (s Site) whole() Site { return Site{domain: s.domain} }

// label is what stands before the domain: "logs", or "@" for the domain's own
// host, as in a zone file (RFC 1035 section 5.1).
func (s Site) label() string {
	if s.host == s.domain {
		return "@"
	}
	return strings.TrimSuffix(s.host, "."+s.domain)
}

// siteAt is the site with that label below domain.
func siteAt(label, domain string) (Site, error) {
	if label == "@" {
		return NewSite(domain, domain)
	}
	return NewSite(label+"."+domain, domain)
}

// isHostName says whether s is a name of at least two labels as they stand on
// the wire (RFC 5890 section 2.3.1), and no IPv4 address.
func isHostName(s string) bool {
	labels := strings.Split(s, ".")
	if len(s) > 253 || len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if len(l) < 1 || len(l) > 63 || !only(l, "-") || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}
