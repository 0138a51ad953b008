package report

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
)

// proofSize is the length of what Prove puts before a text, in bytes.
const proofSize = sha256.Size

// ErrSender is returned for a report that the kiosk which it names has not
// made, or not to this key.
var ErrSender = errors.New("not made by the kiosk that it names")

// Prove returns the text behind a code that shows whose it is. Anybody can seal
// something to the organisation's public key; the code takes one of two private
// keys: the kiosk's, or the organisation's. So the organisation knows that it
// was the kiosk, with no other key than the two that are there already, and it
// cannot show that to anybody else.
//
// The code is HMAC-SHA256; its key is HKDF-SHA256 of what the two X25519 keys
// agree on (static to static), with both public keys as the salt. age derives
// its keys from the kiosk's key with another label, so neither use tells
// anything about the other.
func Prove(text []byte, kiosk *ecdh.PrivateKey, organisation *ecdh.PublicKey) ([]byte, error) {
	code, err := proof(text, kiosk, organisation, kiosk.PublicKey(), organisation)
	if err != nil {
		return nil, err
	}
	return append(code, text...), nil
}

// Text returns what is behind the code, unproved.
func Text(proved []byte) ([]byte, error) {
	if len(proved) < proofSize {
		return nil, errForm
	}
	return proved[proofSize:], nil
}

// Proved returns ErrSender unless the kiosk with this public key has made it.
func Proved(proved []byte, organisation *ecdh.PrivateKey, kiosk *ecdh.PublicKey) error {
	text, err := Text(proved)
	if err != nil {
		return err
	}
	code, err := proof(text, organisation, kiosk, kiosk, organisation.PublicKey())
	if err != nil || !hmac.Equal(code, proved[:proofSize]) {
		return ErrSender
	}
	return nil
}

func proof(text []byte, own *ecdh.PrivateKey, other, kiosk, organisation *ecdh.PublicKey) ([]byte, error) {
	shared, err := own.ECDH(other)
	if err != nil {
		return nil, err
	}
	defer clear(shared)
	salt := append(kiosk.Bytes(), organisation.Bytes()...)
	key, err := hkdf.Key(sha256.New, shared, salt, "guichet.example/report 1", sha256.Size)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	mac := hmac.New(sha256.New, key)
	mac.Write(text)
	return mac.Sum(nil), nil
}
