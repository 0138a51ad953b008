package badge

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

// Diversify makes the key of one card from a key of many (NXP AN10922,
// AES-128): CMAC over 01 || m, padded to 32 bytes even where one block would
// do. m has 1 to 31 bytes.
func Diversify(master *Key, m []byte) (Key, error) {
	if len(m) < 1 || len(m) > 31 {
		return Key{}, errors.New("diversification input has not 1 to 31 bytes")
	}
	b := master.cipher()
	k1, k2 := subkeys(b)
	var d [32]byte
	d[0] = 0x01
	n := 1 + copy(d[1:], m)
	if n == len(d) {
		return Key(cbcMAC(b, aesBlock{}, d[:], k1)), nil
	}
	d[n] = 0x80
	return Key(cbcMAC(b, aesBlock{}, d[:], k2)), nil
}

// derive makes a key for one purpose from another (NIST SP 800-108, counter
// mode with CMAC, one block): 01 || label || 00 || context || length in bits.
func derive(from *Key, label string, context []byte) Key {
	message := append([]byte{1}, label...)
	message = append(message, 0)
	message = append(message, context...)
	message = binary.BigEndian.AppendUint16(message, 8*uint16(len(Key{})))
	return Key(cmac(from, message))
}

// SiteKey makes the key that the kiosks of one site hold from the
// organisation's master, which no kiosk ever sees. site names the site, for
// instance "mairie-de-saint-denis"; it is part of the key.
func SiteKey(master *Key, site string) Key {
	return derive(master, "guichet site", []byte(site))
}

// SiteAID names the application of one site's badges. It is no secret: it only
// keeps sites apart. AIDs that begin with F stand for registered uses of cards
// and are left alone.
func SiteAID(organisation uint32, site string) AID {
	sum := sha256.Sum256(append(binary.BigEndian.AppendUint32([]byte("guichet application\x00"), organisation), site...))
	aid := AID(sum[:3])
	aid[2] = aid[2]&0x7F | 0x10 // sent last, the most significant
	return aid
}

// AdminKey makes the key that writes the cards of one site. Only the computer
// that personalises holds it: a kiosk can read a badge, never make one.
func AdminKey(master *Key, site string) Key {
	return derive(master, "guichet administer", []byte(site))
}

// identifyKey is the same on all cards of a site. It opens nothing but
// GetCardUID, which a reader needs where the UID of the field is random.
func identifyKey(site *Key, aid AID) Key {
	return derive(site, "guichet identify", aid[:])
}

// cardKey is the diversified key number k of one card.
func cardKey(from *Key, label string, uid []byte, aid AID) (Key, error) {
	base := derive(from, label, aid[:])
	defer base.Clear()
	m := append(append([]byte{}, uid...), aid[:]...)
	return Diversify(&base, append(m, "guichet"...))
}

// readKey reads the record of one card.
func readKey(site *Key, uid []byte, aid AID) (Key, error) {
	return cardKey(site, "guichet read", uid, aid)
}

// writeKey administers and writes one card.
func writeKey(admin *Key, uid []byte, aid AID) (Key, error) {
	return cardKey(admin, "guichet write", uid, aid)
}
