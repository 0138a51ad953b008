// Package sitefile is the form of the file that tells the kiosks of one site
// which badges count: kioskctl writes it, kioskd reads it. It holds the key of
// the site, so it is a secret; whoever stores it gives it mode 0600.
//
// Package sitefile is pure: it reads and makes bytes. It may be imported by
// everything.
package sitefile

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"

	"guichet.example/hw/badge"
	"guichet.example/internal/stricttoml"
)

const format = 1

// Site is what the file says: badge.Site without a revocation list, which
// comes in a file of its own, and the site's name.
type Site struct {
	Name string
	badge.Site
}

// form is the file as TOML.
type form struct {
	Format       int64  `toml:"format"`
	Organisation int64  `toml:"organisation"`
	Site         string `toml:"site"`
	AID          string `toml:"aid"`
	Key          string `toml:"key"`
	Issuer       string `toml:"issuer"`
}

// CheckName says whether name can be a site's: it is part of the site's key.
func CheckName(name string) error {
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

// Encode returns the file.
func Encode(s *Site) []byte {
	return fmt.Appendf(nil, `# Guichet: which badges count at the site %q.
#
# SECRET. Who has this file can read the badges of this site and imitate one
# they have read; they can make none. Keep it on the kiosks of this site alone,
# readable by root alone, and delete every other copy: it can be made again.
format = %d
organisation = %d
site = %q
aid = "%x"
key = "%s"
issuer = "%x"
`, s.Name, format, s.Organisation, s.Name, s.AID[:], hex.EncodeToString(s.Key[:]), []byte(s.Issuer))
}

// Parse reads a file called name. Its errors name file and line, and nothing
// of a key.
func Parse(name string, data []byte) (*Site, error) {
	if err := stricttoml.Format(name, data, format); err != nil {
		return nil, err
	}
	var f form
	doc, err := stricttoml.Decode(name, data, &f)
	if err != nil {
		return nil, err
	}
	s := &Site{Name: f.Site}
	var errs []error
	check := func(key string, err error) {
		switch {
		case !doc.Has(key):
			errs = append(errs, doc.At(key).Errorf("%s is missing; copy the file again", key))
		case err != nil:
			errs = append(errs, doc.At(key).Errorf("%w", err))
		}
	}
	check("organisation", CheckOrganisation(f.Organisation))
	check("site", CheckName(f.Site))
	check("aid", digits(s.AID[:], "aid", f.AID))
	check("key", digits(s.Key[:], "key", f.Key))
	s.Issuer = make(ed25519.PublicKey, ed25519.PublicKeySize)
	check("issuer", digits(s.Issuer, "issuer", f.Issuer))
	if len(errs) == 0 && s.AID == (badge.AID{}) {
		errs = append(errs, doc.At("aid").Errorf("aid is that of the card itself"))
	}
	if len(errs) > 0 {
		s.Key.Clear()
		return nil, errors.Join(errs...)
	}
	s.Organisation = uint32(f.Organisation)
	return s, nil
}

// digits fills dst from exactly so many hexadecimal digits.
func digits(dst []byte, key, text string) error {
	if len(text) != hex.EncodedLen(len(dst)) {
		return fmt.Errorf("%s has not %d hexadecimal digits", key, hex.EncodedLen(len(dst)))
	}
	if _, err := hex.Decode(dst, []byte(text)); err != nil {
		return fmt.Errorf("%s has not %d hexadecimal digits", key, hex.EncodedLen(len(dst)))
	}
	return nil
}
