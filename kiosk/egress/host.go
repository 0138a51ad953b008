package egress

import (
	"errors"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// maxHostInput bounds what is handed to the IDNA tables, in bytes. A name of
// 253 ASCII bytes cannot come from more than this many of UTF-8.
const maxHostInput = 1024

var (
	errHostForm    = errors.New("not a host name")
	errHostAddress = errors.New("an address, not a name")
	errHostLabels  = errors.New("a single label")
)

// canonical returns host as it is compared and resolved: mapped by the IDNA
// lookup profile (UTS #46, RFC 5891 section 5), in ASCII and lower case,
// without the one dot that may end it. Addresses in any spelling a resolver
// or a browser would take for one, and names of a single label, are errors.
func canonical(host string) (string, error) {
	if host == "" || len(host) > maxHostInput || !utf8.ValidString(host) {
		return "", errHostForm
	}
	if isAddress(host) {
		return "", errHostAddress
	}
	// VerifyDNSLength refuses empty and overlong labels and, with the dot cut
	// here, a second trailing dot.
	profile := idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true),
		idna.VerifyDNSLength(true))
	name, err := profile.ToASCII(strings.TrimSuffix(host, "."))
	if err != nil || !isLDH(name) {
		return "", errHostForm
	}
	if endsInNumber(name) {
		return "", errHostAddress
	}
	if !strings.Contains(name, ".") {
		return "", errHostLabels
	}
	return name, nil
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// endsInNumber is the host parser's test for IPv4 in any notation (WHATWG
// URL, "ends in a number"): decimal, octal and hexadecimal last labels.
func endsInNumber(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	digits := "0123456789"
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		last, digits = hex, "0123456789abcdef"
	}
	return strings.Trim(last, digits) == ""
}

// isLDH holds the result of the IDNA tables against the letters a name on the
// wire is made of (RFC 5890 section 2.3.1), whatever the tables let pass.
func isLDH(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}

// isPublicSuffix says whether strangers register names right below name.
func isPublicSuffix(name string) bool {
	suffix, _ := publicsuffix.PublicSuffix(name)
	return suffix == name
}

// registrable returns the public suffix of a canonical host and one label
// more, or "" when the host is itself a public suffix.
func registrable(host string) string {
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	return strings.Clone(domain) // a part of host would keep all of it in memory
}
