package egress

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func TestPublicAddress(t *testing.T) {
	rule := newAddresses()
	yes := map[string]string{
		"93.184.216.34": "93.184.216.34", "8.8.8.8": "8.8.8.8", "100.63.255.255": "100.63.255.255",
		"100.128.0.0": "100.128.0.0", "172.15.255.255": "172.15.255.255", "172.32.0.0": "172.32.0.0",
		"::ffff:93.184.216.34": "93.184.216.34", "2a00:1450::1": "2a00:1450::1", "2001:4860::1": "2001:4860::1",
		"64:ff9b::93.184.216.34": "64:ff9b::5db8:d822",
	}
	no := []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255",
		"169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1",
		"198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
		"255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1",
		"64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::8.8.8.8",
		"64:ff9b::1:0:0", "2002:7f00:1::", "2002:a00:1::", "2002:808:808::1", "2001::1", "2001:0:808:808::1",
		"2001:db8::1", "2001:10::1", "2001:20::1", "3fff::1", "3fff:fff::1", "fc00::1", "fd00::1", "fe80::1",
		"fe80::1%eth0", "2a00:1450::1%eth0", "fec0::1", "ff02::1", "100::1", "5f00::1", "4000::1", "1fff::1",
	}
	for text, want := range yes {
		if got, ok := rule.public(netip.MustParseAddr(text)); !ok || got.String() != want {
			t.Errorf("%s: %v, %v", text, got, ok)
		}
	}
	for _, text := range no {
		if _, ok := rule.public(netip.MustParseAddr(text)); ok {
			t.Errorf("%s is taken for public", text)
		}
	}
	if _, ok := rule.public(netip.Addr{}); ok {
		t.Error("no address is taken for public")
	}
}

// The standard library's own predicates, and every way of writing an IPv4
// address into an IPv6 one, must find nothing in what is let through.
func TestPublicAddressAgainstOracle(t *testing.T) {
	rule := newAddresses()
	bad := func(a netip.Addr) bool {
		return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() ||
			!a.IsGlobalUnicast()
	}
	rapid.Check(t, func(t *rapid.T) {
		v4 := netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "v4")))
		_, public := rule.public(v4)
		if public && bad(v4) {
			t.Fatalf("%v is taken for public", v4)
		}
		b := v4.As4()
		mapped, nat64 := netip.AddrFrom16(v4.As16()), [16]byte{0, 0x64, 0xff, 0x9b, 12: b[0], b[1], b[2], b[3]}
		for _, a := range []netip.Addr{mapped, netip.AddrFrom16(nat64)} {
			if _, ok := rule.public(a); ok != public {
				t.Fatalf("%v is public, %v is not, or the other way round", a, v4)
			}
		}
		to4 := [16]byte{0x20, 0x02, b[0], b[1], b[2], b[3], 15: 1}
		teredo := [16]byte{0x20, 0x01, 12: ^b[0], ^b[1], ^b[2], ^b[3]}
		compatible := [16]byte{12: b[0], b[1], b[2], b[3]}
		for _, raw := range [][16]byte{to4, teredo, compatible} {
			if _, ok := rule.public(netip.AddrFrom16(raw)); ok {
				t.Fatalf("%v is taken for public", netip.AddrFrom16(raw))
			}
		}
		v6 := netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "v6")))
		if _, ok := rule.public(v6); ok && bad(v6) {
			t.Fatalf("%v is taken for public", v6)
		}
	})
}
