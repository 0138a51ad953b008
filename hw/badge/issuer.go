package badge

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
)

// MaxIssuer is the length of a file with an issuer's public key, in bytes.
const MaxIssuer = 4096

// ParseIssuer reads the issuer's public key: one Ed25519 key in PEM and nothing
// else, as kioskctl badge site writes it.
func ParseIssuer(data []byte) (ed25519.PublicKey, error) {
	block, rest := pem.Decode(data)
	if len(data) > MaxIssuer || block == nil || block.Type != "PUBLIC KEY" || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("expected one public key in PEM and nothing else: issuer.pem, as kioskctl badge site has written it")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	public, ok := key.(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("expected an Ed25519 key: issuer.pem, as kioskctl badge site has written it")
	}
	return public, nil
}
