package provisioning

import (
	"crypto/ecdh"
	"errors"
	"strings"
)

// Prefixes of age's keys for X25519, in Bech32.
const (
	recipientPrefix = "age"
	identityPrefix  = "age-secret-key-"
)

var errAgeKey = errors.New("not a key of age")

// RecipientKey returns the public key in an age recipient ("age1…").
func RecipientKey(recipient string) (*ecdh.PublicKey, error) {
	data, err := bech32(recipient, recipientPrefix)
	if err != nil {
		return nil, err
	}
	return ecdh.X25519().NewPublicKey(data)
}

// IdentityKey returns the private key in an age identity ("AGE-SECRET-KEY-1…").
// No error quotes it.
func IdentityKey(identity string) (*ecdh.PrivateKey, error) {
	if strings.ToUpper(identity) != identity {
		return nil, errAgeKey
	}
	data, err := bech32(strings.ToLower(identity), identityPrefix)
	if err != nil {
		return nil, err
	}
	defer clear(data)
	return ecdh.X25519().NewPrivateKey(data)
}

// Lengths of a key in Bech32, in letters.
const (
	keyLetters = 52
	sumLetters = 6
)

// bech32 reads BIP 173 in lower case: prefix, "1", 32 bytes of data, checksum.
func bech32(text, prefix string) ([]byte, error) {
	const letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	digits, ok := strings.CutPrefix(text, prefix+"1")
	if !ok || len(digits) != keyLetters+sumLetters {
		return nil, errAgeKey
	}
	values := make([]byte, len(digits))
	defer clear(values)
	for i := range values {
		v := strings.IndexByte(letters, digits[i])
		if v < 0 {
			return nil, errAgeKey
		}
		values[i] = byte(v)
	}
	data, held, bits := make([]byte, 0, 32), uint32(0), 0
	for _, v := range values[:keyLetters] {
		held, bits = held<<5|uint32(v), bits+5
		if bits >= 8 {
			bits -= 8
			data = append(data, byte(held>>bits))
			held &= 1<<bits - 1
		}
	}
	if held != 0 || bech32Sum(prefix, values) != 1 {
		return nil, errAgeKey
	}
	return data, nil
}

// bech32Sum is the checksum over prefix and values, 1 where they are whole.
func bech32Sum(prefix string, values []byte) uint32 {
	sum := uint32(1)
	add := func(v byte) {
		top := sum >> 25
		sum = (sum&0x1ffffff)<<5 ^ uint32(v)
		for i, g := range [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	for i := range len(prefix) {
		add(prefix[i] >> 5)
	}
	add(0)
	for i := range len(prefix) {
		add(prefix[i] & 31)
	}
	for _, v := range values {
		add(v)
	}
	return sum
}
