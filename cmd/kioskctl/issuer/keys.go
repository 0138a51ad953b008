package issuer

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"io"

	"guichet.example/hw/badge"
	"guichet.example/internal/keyfile"
	"guichet.example/internal/stricttoml"
)

// Keys are the organisation's secrets. They print as the word "keys".
type Keys struct {
	Organisation uint32
	Master       badge.Key
	Signer       ed25519.PrivateKey
}

// Format keeps keys out of logs and errors, whatever the verb.
func (k *Keys) Format(f fmt.State, _ rune) { fmt.Fprint(f, "keys") }

// Clear overwrites them.
func (k *Keys) Clear() {
	k.Master.Clear()
	clear(k.Signer)
}

func (k *Keys) public() ed25519.PublicKey { return k.Signer.Public().(ed25519.PublicKey) }

// Press makes the badges of a site. The caller clears its keys.
func (k *Keys) Press(site string, random io.Reader) *badge.Press {
	return &badge.Press{
		AID:    badge.SiteAID(k.Organisation, site),
		Site:   badge.SiteKey(&k.Master, site),
		Admin:  badge.AdminKey(&k.Master, site),
		Signer: k.Signer,
		Random: random,
	}
}

func newKeys(organisation uint32, random io.Reader) (*Keys, error) {
	k := &Keys{Organisation: organisation}
	if _, err := io.ReadFull(random, k.Master[:]); err != nil {
		return nil, fmt.Errorf("random number: %w", err)
	}
	seed := make([]byte, ed25519.SeedSize)
	defer clear(seed)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, fmt.Errorf("random number: %w", err)
	}
	k.Signer = ed25519.NewKeyFromSeed(seed)
	return k, nil
}

// keysForm is what is encrypted.
type keysForm struct {
	Format       int64  `toml:"format"`
	Organisation int64  `toml:"organisation"`
	Master       string `toml:"master"`
	Signer       string `toml:"signer"`
}

func (k *Keys) seal(passphrase []byte, cost int) ([]byte, error) {
	text := fmt.Appendf(nil, "format = 1\norganisation = %d\nmaster = \"%s\"\nsigner = \"%s\"\n",
		k.Organisation, hex.EncodeToString(k.Master[:]), hex.EncodeToString(k.Signer.Seed()))
	defer clear(text)
	return keyfile.Seal(text, passphrase, cost)
}

// unseal opens what seal made.
func unseal(sealed, passphrase []byte) (*Keys, error) {
	text, err := keyfile.Open(sealed, passphrase)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	return parseKeys(text)
}

func parseKeys(text []byte) (*Keys, error) {
	if err := stricttoml.Format("keys", text, 1); err != nil {
		return nil, err
	}
	var f keysForm
	if _, err := stricttoml.Decode("keys", text, &f); err != nil {
		return nil, err
	}
	if err := CheckOrganisation(f.Organisation); err != nil {
		return nil, err
	}
	master, err := badge.ParseKey(f.Master)
	if err != nil {
		return nil, err
	}
	seed, err := hex.DecodeString(f.Signer)
	if err != nil || len(seed) != ed25519.SeedSize {
		master.Clear()
		return nil, fmt.Errorf("signing key has not %d hexadecimal digits", hex.EncodedLen(ed25519.SeedSize))
	}
	defer clear(seed)
	return &Keys{uint32(f.Organisation), master, ed25519.NewKeyFromSeed(seed)}, nil
}
