// Package content checks the files that a site brings beside its settings: logo,
// notices, certificates. The administrator's program asks it before they go out,
// a kiosk before it shows a plan.
//
// It is pure. It stands by itself because certificates bring half of package net
// with them, and C where a program is built with it: the child that reads sticks
// wants neither.
package content

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"path"
	"unicode/utf8"

	"guichet.example/provisioning"
)

// Limits of files that a site brings.
const (
	maxLogo       = 1 << 20 // bytes
	maxLogoPoints = 2000    // in width and height
	maxNotice     = 16 << 10
)

// Check checks a file that machine.toml names, by its logical name.
// What other packages read it accepts.
func Check(name string, data []byte) error {
	switch {
	case name == provisioning.LogoFile:
		_, err := Logo(data)
		return err
	case name == provisioning.CAFile:
		_, err := Certificates(data)
		return err
	case path.Dir(name) == "notices":
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
