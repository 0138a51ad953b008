package keyfile

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// What Opened can say of a file that anybody may have sealed.
var (
	ErrOtherKey = errors.New("sealed to another key")
	ErrCut      = errors.New("cut off")
	ErrChanged  = errors.New("damaged, or changed by somebody")
)

// NewPair makes a key pair of age. The identity is secret, the recipient is not.
func NewPair() (identity, recipient string, err error) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", err
	}
	return key.String(), key.Recipient().String(), nil
}

// RecipientOf returns the public half of an identity.
func RecipientOf(identity string) (string, error) {
	key, err := age.ParseX25519Identity(identity)
	if err != nil {
		return "", errors.New("not an identity of age") // the cause could quote it
	}
	return key.Recipient().String(), nil
}

// maxHeader bounds the work of a crafted file: a dozen recipients.
const maxHeader = 2 << 10

// Opened decrypts what is sealed to one of the identities, and says to which.
// Its armour shows where a file ends, so that one that is cut off is told from
// one that is changed.
func Opened(armoured []byte, identities []string) (text []byte, by int, err error) {
	begin := armoured[:min(len(armoured), len(armor.Header))]
	switch {
	case !strings.HasPrefix(armor.Header, string(begin)):
		return nil, 0, ErrChanged
	case !bytes.HasSuffix(bytes.TrimSpace(armoured), []byte(armor.Footer)):
		return nil, 0, ErrCut
	}
	sealed, err := io.ReadAll(armor.NewReader(bytes.NewReader(armoured)))
	if err != nil || !bytes.Contains(sealed[:min(len(sealed), maxHeader)], []byte("\n--- ")) {
		return nil, 0, ErrChanged
	}
	for i, identity := range identities {
		key, err := age.ParseX25519Identity(identity)
		if err != nil {
			return nil, 0, errors.New("not an identity of age")
		}
		text, err := openedBy(sealed, key)
		if !errors.Is(err, ErrOtherKey) {
			return text, i, err
		}
	}
	return nil, 0, ErrOtherKey
}

func openedBy(sealed []byte, key age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), key)
	if no := new(age.NoIdentityMatchError); errors.As(err, &no) {
		return nil, ErrOtherKey
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(r)
	}
	if err != nil {
		return nil, ErrChanged
	}
	return text, nil
}
