package config

import (
	"encoding/hex"
	"slices"
)

// badge reads what belongs to the badge reader, which a kiosk can do without.
func (d *decoder) badge(site *Site, raw badgeFile) {
	const table = "badge"
	if !d.doc.Has(table) {
		return
	}
	b := &Badge{SPI: "/dev/spidev0.0", SiteKeyFile: "/etc/guichet/badge/site.key", IssuerFile: "/etc/guichet/badge/issuer.pem"}
	site.Badge = b
	d.path(&b.SPI, raw.SPI, table, "spi")
	d.path(&b.SiteKeyFile, raw.SiteKeyFile, table, "site_key_file")
	d.path(&b.IssuerFile, raw.IssuerFile, table, "issuer_file")
	if d.doc.Has(table, "revocations_file") {
		b.RevocationsFile = "/var/lib/guichet/revoked" // shown where the file has no path
		d.path(&b.RevocationsFile, raw.RevocationsFile, table, "revocations_file")
	}
	b.Interrupt, b.Reset = d.optionalPin(raw.Interrupt, table, "interrupt"), d.optionalPin(raw.Reset, table, "reset")
	if raw.Organisation < 1 || raw.Organisation > 999_999_999 {
		d.wrong(table, "organisation", "%d: expected the SIREN of who issues the badges, nine digits without spaces", raw.Organisation)
	}
	b.Organisation = uint32(raw.Organisation)
	aid, err := hex.DecodeString(raw.Application)
	if err != nil || len(aid) != len(b.Application) || raw.Application == "000000" {
		d.wrong(table, "application", "%q: expected the number of the badges' application, six hexadecimal digits such as \"F54230\"",
			raw.Application)
		return
	}
	slices.Reverse(aid)
	b.Application = [3]byte(aid)
}

func (d *decoder) optionalPin(raw pinFile, where ...any) *Line {
	if !d.doc.Has(where...) {
		return nil
	}
	l := d.pin(raw, where...)
	return &l
}
