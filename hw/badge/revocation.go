package badge

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"
)

const (
	revocationMagic = "guichet revoked\x01" // the last byte is the version of the form
	revocationHead  = len(revocationMagic) + 4 + 8 + 2 + 2 + 4
	entrySize       = 8

	// MaxRevoked is how many badges a list names at most: 8 MB.
	MaxRevoked = 1_000_000
)

// RevocationHead says what a list is about.
type RevocationHead struct {
	Organisation uint32
	Sequence     uint64 // grows with every list
	Issued       Day
	Expires      Day // the last day on which helpers are let in by it
}

// A RevocationList names badges that count no more, by a hash of their serial
// numbers, so that a list lying about names no badge to a reader of it.
type RevocationList struct {
	RevocationHead
	entries []byte // of entrySize, strictly ascending
}

// revocationEntry is the first eight bytes of SHA-256 over organisation and
// serial.
func revocationEntry(organisation uint32, serial uint64) [entrySize]byte {
	b := binary.BigEndian.AppendUint32([]byte("guichet serial\x00"), organisation)
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(b, serial))
	return [entrySize]byte(sum[:])
}

// SignRevocations makes a list. Serials may come in any order and twice.
func SignRevocations(head RevocationHead, serials []uint64, key ed25519.PrivateKey) ([]byte, error) {
	if head.Expires < head.Issued {
		return nil, errors.New("sign revocation list: it expires before it is issued")
	}
	entries := make([][entrySize]byte, len(serials))
	for i, s := range serials {
		entries[i] = revocationEntry(head.Organisation, s)
	}
	slices.SortFunc(entries, func(a, b [entrySize]byte) int { return bytes.Compare(a[:], b[:]) })
	entries = slices.Compact(entries)
	if len(entries) > MaxRevoked {
		return nil, fmt.Errorf("sign revocation list: more than %d badges", MaxRevoked)
	}
	list := make([]byte, 0, revocationHead+entrySize*len(entries)+ed25519.SignatureSize)
	list = append(list, revocationMagic...)
	list = binary.BigEndian.AppendUint32(list, head.Organisation)
	list = binary.BigEndian.AppendUint64(list, head.Sequence)
	list = binary.BigEndian.AppendUint16(list, uint16(head.Issued))
	list = binary.BigEndian.AppendUint16(list, uint16(head.Expires))
	list = binary.BigEndian.AppendUint32(list, uint32(len(entries)))
	for i := range entries {
		list = append(list, entries[i][:]...)
	}
	return append(list, ed25519.Sign(key, list)...), nil
}

// OpenRevocations checks a list of this organisation and returns it. One whose
// Sequence is below least is refused: whoever keeps lists gives that of the
// list in force, plus one for a list that is to replace it. The list keeps
// data, which may change no more.
func OpenRevocations(data []byte, issuer ed25519.PublicKey, organisation uint32, least uint64) (*RevocationList, error) {
	list, err := parseRevocations(data)
	if err != nil {
		return nil, fmt.Errorf("open revocation list: %w", err)
	}
	signed := len(data) - ed25519.SignatureSize
	switch {
	case len(issuer) != ed25519.PublicKeySize || !ed25519.Verify(issuer, data[:signed], data[signed:]):
		err = errors.New("not signed by the organisation")
	case list.Organisation != organisation:
		err = errors.New("of another organisation")
	case list.Sequence < least:
		err = fmt.Errorf("number %d is older than %d", list.Sequence, least)
	default:
		return list, nil
	}
	return nil, fmt.Errorf("open revocation list: %w", err)
}

// parseRevocations reads the form and checks everything but the signature.
func parseRevocations(data []byte) (*RevocationList, error) {
	body := len(data) - revocationHead - ed25519.SignatureSize
	if body < 0 || !bytes.HasPrefix(data, []byte(revocationMagic)) {
		return nil, errors.New("not a revocation list of version 1")
	}
	h := data[len(revocationMagic):revocationHead]
	if count := binary.BigEndian.Uint32(h[16:]); count > MaxRevoked || int(count)*entrySize != body {
		return nil, errors.New("not as long as it says")
	}
	list := &RevocationList{
		RevocationHead: RevocationHead{
			Organisation: binary.BigEndian.Uint32(h),
			Sequence:     binary.BigEndian.Uint64(h[4:]),
			Issued:       Day(binary.BigEndian.Uint16(h[12:])),
			Expires:      Day(binary.BigEndian.Uint16(h[14:])),
		},
		entries: data[revocationHead : revocationHead+body],
	}
	if list.Expires < list.Issued {
		return nil, errors.New("expires before it is issued")
	}
	for i := entrySize; i < body; i += entrySize {
		if bytes.Compare(list.entries[i-entrySize:i], list.entries[i:i+entrySize]) >= 0 {
			return nil, errors.New("entries are not in order")
		}
	}
	return list, nil
}

// Len is how many badges the list names.
func (l *RevocationList) Len() int { return len(l.entries) / entrySize }

// Revoked says whether the list names the badge.
func (l *RevocationList) Revoked(serial uint64) bool {
	e := revocationEntry(l.Organisation, serial)
	i, found := sort.Find(l.Len(), func(i int) int {
		return bytes.Compare(e[:], l.entries[i*entrySize:(i+1)*entrySize])
	})
	return found && i < l.Len()
}
