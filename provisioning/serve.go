package provisioning

import (
	"errors"
	"strings"
)

// Named returns the files that machine.toml names, by their local names: with
// them missing, or of other content than package content accepts, a kiosk cannot
// do what it says.
func (m Machine) Named() []string {
	var names []string
	for _, name := range []string{m.Network.CA, m.Logo} {
		if name != "" {
			names = append(names, name)
		}
	}
	return append(names, m.Notices...)
}

// Serve says which secrets a kiosk with these settings lacks.
func (s Secrets) Serve(badges bool, n Network) error {
	var errs []error
	if badges && s.BadgeKey == "" {
		errs = append(errs, errors.New("there is [badge], but the key of the badges is not there: kioskctl site secret KEYS badge-key --file site.key"))
	}
	if n.WiFi != nil {
		switch {
		case s.WiFi == "":
			errs = append(errs, errors.New("there is [network.wifi], but its password is not there: kioskctl site secret KEYS wifi"))
		case n.WiFi.Security == WiFiPersonal && !isWPAPassword(s.WiFi):
			errs = append(errs, errors.New("the password of the Wi-Fi is none of security = \"personal\": 8 to 63 letters, digits and signs without accents: "+
				"kioskctl site secret KEYS wifi"))
		}
	}
	if n.Proxy != nil && n.Proxy.User != "" && s.Proxy == "" {
		errs = append(errs, errors.New("there is a user for the proxy, but the password is not there: kioskctl site secret KEYS proxy"))
	}
	return errors.Join(errs...)
}

// isWPAPassword says whether text is a passphrase of WPA-Personal (IEEE 802.11,
// J.4.1: 8 to 63 printable ASCII characters), or the key itself.
func isWPAPassword(text string) bool {
	if isHex(text, 32) {
		return true
	}
	printable := !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
	return printable && len(text) >= 8 && len(text) <= 63
}
