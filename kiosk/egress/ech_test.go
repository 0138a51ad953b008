package egress

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"testing"
)

// echConfig makes a client that hides inner behind the name outer
// (draft-ietf-tls-esni-18 section 4, one X25519 key).
func echConfig(t testing.TB, inner, outer string) *tls.Config {
	t.Helper()
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	u16 := func(b []byte, n int) []byte { return binary.BigEndian.AppendUint16(b, uint16(n)) }
	contents := append([]byte{1}, u16(nil, 0x20)...) // config id, DHKEM(X25519)
	contents = u16(contents, 32)
	contents = append(contents, key.PublicKey().Bytes()...)
	contents = u16(contents, 4) // one suite: HKDF-SHA256, AES-128-GCM
	contents = u16(u16(contents, 1), 1)
	contents = append(contents, 32, byte(len(outer)))
	contents = append(contents, outer...)
	contents = u16(contents, 0) // no extensions
	config := append(u16(u16(nil, 0xfe0d), len(contents)), contents...)
	list := append(u16(nil, len(config)), config...)
	return &tls.Config{ServerName: inner, MinVersion: tls.VersionTLS13, EncryptedClientHelloConfigList: list}
}
