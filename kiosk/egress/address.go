package egress

import "net/netip"

// reserved lists the blocks that the IANA special-purpose address registries
// (RFC 6890 and its updates) keep from being a public site, and those through
// which an IPv4 address can be reached under an IPv6 one.
func reserved() []netip.Prefix {
	texts := []string{
		"0.0.0.0/8",       // this network (RFC 791)
		"10.0.0.0/8",      // private (RFC 1918)
		"100.64.0.0/10",   // carrier-grade NAT (RFC 6598)
		"127.0.0.0/8",     // loopback (RFC 1122)
		"169.254.0.0/16",  // link-local (RFC 3927)
		"172.16.0.0/12",   // private (RFC 1918)
		"192.0.0.0/24",    // IETF protocol assignments (RFC 6890)
		"192.0.2.0/24",    // documentation (RFC 5737)
		"192.88.99.0/24",  // 6to4 relay, deprecated (RFC 7526)
		"192.168.0.0/16",  // private (RFC 1918)
		"198.18.0.0/15",   // benchmarking (RFC 2544)
		"198.51.100.0/24", // documentation (RFC 5737)
		"203.0.113.0/24",  // documentation (RFC 5737)
		"224.0.0.0/4",     // multicast (RFC 5771)
		"240.0.0.0/4",     // reserved and broadcast (RFC 1112)

		"2001::/23",     // IETF protocol assignments, Teredo among them (RFC 2928, RFC 4380)
		"2001:db8::/32", // documentation (RFC 3849)
		"2002::/16",     // 6to4, deprecated (RFC 7526)
		"3fff::/20",     // documentation (RFC 9637)
	}
	prefixes := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		prefixes[i] = netip.MustParsePrefix(text)
	}
	return prefixes
}

// addresses is the rule on which addresses a site may have.
type addresses struct {
	reserved []netip.Prefix
	global   netip.Prefix // the only IPv6 block allocated to the public
	nat64    netip.Prefix // an IPv4 address in its last 32 bits (RFC 6052)
}

func newAddresses() addresses {
	return addresses{
		reserved: reserved(),
		global:   netip.MustParsePrefix("2000::/3"),
		nat64:    netip.MustParsePrefix("64:ff9b::/96"),
	}
}

// public returns the address to dial for a, and whether it is one that a
// public site can have. An IPv4 address mapped into IPv6 is judged and dialled
// as IPv4; one translated by NAT64 is judged as IPv4 and dialled as it is.
func (r addresses) public(a netip.Addr) (netip.Addr, bool) {
	if !a.IsValid() || a.Zone() != "" {
		return netip.Addr{}, false
	}
	a = a.Unmap()
	if r.nat64.Contains(a) {
		b := a.As16()
		_, ok := r.public(netip.AddrFrom4([4]byte(b[12:])))
		return a, ok
	}
	if a.Is6() && !r.global.Contains(a) {
		return netip.Addr{}, false
	}
	for _, p := range r.reserved {
		if p.Contains(a) {
			return netip.Addr{}, false
		}
	}
	return a, true
}
