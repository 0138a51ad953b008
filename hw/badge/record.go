package badge

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"

	"guichet.example/hw"
)

// Lengths of an encoded record, in bytes: of one without a PIN, which is a
// record of version 1, and of one with, which is of version 2. A reader that
// knows version 1 alone finds no signature in the second, and refuses it.
const (
	RecordSize    = recordHead + ed25519.SignatureSize
	PINRecordSize = RecordSize + len(Verifier{})
)

const (
	recordHead       = 16
	recordVersion    = 1
	pinRecordVersion = 2
	recordDomain     = "guichet badge record\x00"
)

// A Record is what the organisation says about a badge. It holds no name and
// no UID.
type Record struct {
	Role         hw.Role
	Organisation uint32 // for instance its SIREN, nine digits
	Serial       uint64 // of the badge, never used twice; what a revocation names
	NotAfter     Day    // the last day on which it counts
	PIN          Verifier
}

// head is version, role, organisation, serial and last day, big endian, and
// the verifier of the PIN, if there is one.
func (r Record) head() []byte {
	b := []byte{recordVersion, byte(r.Role)}
	b = binary.BigEndian.AppendUint32(b, r.Organisation)
	b = binary.BigEndian.AppendUint64(b, r.Serial)
	b = binary.BigEndian.AppendUint16(b, uint16(r.NotAfter))
	if r.PIN.Set() {
		b[0] = pinRecordVersion
		b = append(b, r.PIN[:]...)
	}
	return b
}

// recordSize is the length of a record that begins with these bytes.
func recordSize(data []byte) int {
	if len(data) > 0 && data[0] == pinRecordVersion {
		return PINRecordSize
	}
	return RecordSize
}

// recordMessage is what is signed. UID and application are part of it and
// stand nowhere in the record: it is worth nothing on another card or for
// another site.
func recordMessage(head, uid []byte, aid AID) []byte {
	m := append([]byte(recordDomain), byte(len(uid)))
	m = append(append(m, uid...), aid[:]...)
	return append(m, head...)
}

// SignRecord encodes and signs a record for the card with this UID.
func SignRecord(r Record, uid []byte, aid AID, key ed25519.PrivateKey) ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("sign record: %w", err)
	}
	head := r.head()
	return append(head, ed25519.Sign(key, recordMessage(head, uid, aid))...), nil
}

// OpenRecord checks the signature of a record that was read from the card
// with this UID, and returns it. Whether it counts today is another question.
func OpenRecord(data, uid []byte, aid AID, issuer ed25519.PublicKey) (Record, error) {
	if len(data) == 0 || len(data) != recordSize(data) {
		return Record{}, fmt.Errorf("record has %d bytes, not %d: %w", len(data), recordSize(data), ErrRefused)
	}
	if len(issuer) != ed25519.PublicKeySize {
		return Record{}, fmt.Errorf("no key to check the record with: %w", ErrRefused)
	}
	head, signature := data[:len(data)-ed25519.SignatureSize], data[len(data)-ed25519.SignatureSize:]
	if !ed25519.Verify(issuer, recordMessage(head, uid, aid), signature) {
		return Record{}, fmt.Errorf("record is not signed by the organisation for this card: %w", ErrRefused)
	}
	return parseHead(head)
}

// parseHead reads what was signed.
func parseHead(head []byte) (Record, error) {
	r := Record{
		Role:         hw.Role(head[1]),
		Organisation: binary.BigEndian.Uint32(head[2:]),
		Serial:       binary.BigEndian.Uint64(head[6:]),
		NotAfter:     Day(binary.BigEndian.Uint16(head[14:])),
	}
	if head[0] != recordVersion && head[0] != pinRecordVersion {
		return Record{}, fmt.Errorf("record of version %d: %w", head[0], ErrRefused)
	}
	copy(r.PIN[:], head[recordHead:])
	if head[0] == pinRecordVersion && !r.PIN.Set() {
		return Record{}, fmt.Errorf("record with an empty PIN: %w", ErrRefused)
	}
	if err := r.check(); err != nil {
		return Record{}, err
	}
	return r, nil
}

func (r Record) check() error {
	if r.Role != hw.RoleHelper && r.Role != hw.RoleTechnician {
		return fmt.Errorf("record with an unknown role: %w", ErrRefused)
	}
	return nil
}
