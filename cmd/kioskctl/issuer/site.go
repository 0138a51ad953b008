package issuer

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"guichet.example/hw/badge"
	"guichet.example/internal/keyfile"
)

// Files of a site's folder, which go to its kiosks.
const (
	siteKeyName   = "site.key"
	issuerName    = "issuer.pem"
	badgeTomlName = "badge.toml"
)

// CheckSite says whether name can be a site's: it is part of the site's key.
func CheckSite(name string) error {
	if !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(name) || len(name) > 40 {
		return errors.New(`name of a site is not 1 to 40 small letters, digits and single hyphens, as in "mairie-centre"`)
	}
	return nil
}

// CheckOrganisation says whether n can be an organisation's number.
func CheckOrganisation(n int64) error {
	if n < 1 || n > 999_999_999 {
		return errors.New("number of an organisation is not 1 to 9 digits; in France it is the SIREN")
	}
	return nil
}

// Site is what the kiosks of a site judge badges by. The caller clears its key.
func (k *Keys) Site(site string) *badge.Site {
	return &badge.Site{
		Organisation: k.Organisation,
		AID:          badge.SiteAID(k.Organisation, site),
		Key:          badge.SiteKey(&k.Master, site),
		Issuer:       k.public(),
	}
}

// WriteSite makes the folder dir, absent or empty, with what the kiosks of a
// site need: the site's key, the public key, and lines for their site.toml. It
// appears whole or not at all.
func (k *Keys) WriteSite(dir, name string) error {
	site := k.Site(name)
	defer site.Key.Clear()
	der, err := x509.MarshalPKIXPublicKey(site.Issuer)
	if err != nil {
		return fmt.Errorf("write site folder %q: %w", dir, err)
	}
	key := append(hex.AppendEncode(nil, site.Key[:]), '\n')
	defer clear(key)
	err = keyfile.NewFolder(dir, []keyfile.File{
		{Name: siteKeyName, Data: key, Mode: 0o600},
		{Name: issuerName, Data: pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), Mode: 0o644},
		{Name: badgeTomlName, Data: siteLines(name, site), Mode: 0o644},
	})
	if err != nil {
		return fmt.Errorf("write site folder %q: %w", dir, err)
	}
	return nil
}

// siteLines are for site.toml, which writes an AID with its most significant
// byte first.
func siteLines(name string, site *badge.Site) []byte {
	aid := bytes.Clone(site.AID[:])
	slices.Reverse(aid)
	return fmt.Appendf(nil, `# Badges of the site %q: lines for /etc/guichet/site.toml of its kiosks.
[badge]
organisation = %d
application = "%X"
site_key_file = "/etc/guichet/badge/%s"
issuer_file = "/etc/guichet/badge/%s"
# From the first list of kioskctl badge revocations on:
# revocations_file = "/var/lib/guichet/revoked"
`, name, site.Organisation, aid, siteKeyName, issuerName)
}
