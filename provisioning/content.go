package provisioning

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"image/png"
	"strings"
	"unicode/utf8"
)

// Limits of files that a site brings.
const (
	maxLogo       = 1 << 20 // bytes
	maxLogoPoints = 2000    // in width and height
	maxNotice     = 16 << 10
)

// CheckContent checks a file that machine.toml names, by its logical name:
// on the administrator's computer before it goes out, and on the kiosk before a
// plan is shown. What other packages read it accepts.
func CheckContent(name string, data []byte) error {
	switch {
	case name == LogoFile:
		size, err := png.DecodeConfig(bytes.NewReader(data))
		if err != nil || size.Width > maxLogoPoints || size.Height > maxLogoPoints || len(data) > maxLogo {
			return errors.New("expected a PNG file of 1 MiB and 2000 by 2000 points at most")
		}
	case name == CAFile:
		_, err := Certificates(data)
		return err
	case strings.HasPrefix(name, noticesFolder+"/"):
		if !utf8.Valid(data) || len(data) > maxNotice || len(bytes.TrimSpace(data)) == 0 || bytes.IndexByte(data, 0) >= 0 {
			return errors.New("expected a text in UTF-8, of 16 KiB at most")
		}
	}
	return nil
}

// Certificates reads the organisation's certificates. There is one at least and
// nothing else: a private key beside them would go out in clear.
func Certificates(data []byte) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for rest := data; len(all) == 0 || len(bytes.TrimSpace(rest)) > 0; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil || block.Type != "CERTIFICATE" {
			return nil, errors.New("expected certificates in PEM and nothing else, no private key")
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("a certificate cannot be read: %w", err)
		}
		all = append(all, c)
	}
	return all, nil
}

// Named returns the files that machine.toml names, by their local names: with
// them missing, or of other content than CheckContent accepts, a kiosk cannot
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
