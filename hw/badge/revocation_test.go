package badge

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRevocations(t *testing.T) {
	public, private := signer()
	rapid.Check(t, func(t *rapid.T) {
		serials := rapid.SliceOfN(rapid.Uint64Range(0, 60), 0, 40).Draw(t, "serials")
		head := RevocationHead{rapid.Uint32().Draw(t, "organisation"), rapid.Uint64().Draw(t, "sequence"), 100, 130}
		data, err := SignRevocations(head, serials, private)
		if err != nil {
			t.Fatal(err)
		}
		list, err := OpenRevocations(data, public, head.Organisation, head.Sequence)
		if err != nil || list.RevocationHead != head {
			t.Fatalf("%+v %v", list, err)
		}
		named := map[uint64]bool{}
		for _, s := range serials {
			named[s] = true
		}
		if list.Len() != len(named) {
			t.Fatalf("%d badges of %d", list.Len(), len(named))
		}
		for s := range uint64(70) {
			if list.Revoked(s) != named[s] {
				t.Fatalf("badge %d: revoked %v", s, list.Revoked(s))
			}
		}
		at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
		data[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := OpenRevocations(data, public, head.Organisation, 0); err == nil {
			t.Fatalf("byte %d may be changed", at)
		}
	})
}

func TestRevocationsRefused(t *testing.T) {
	public, private := signer()
	good, err := SignRevocations(RevocationHead{7, 5, 100, 130}, []uint64{1, 2, 3}, private)
	if err != nil {
		t.Fatal(err)
	}
	// resigned applies a change and signs it, so that the form alone decides.
	resigned := func(change func([]byte) []byte) []byte {
		body := change(bytes.Clone(good[:len(good)-ed25519.SignatureSize]))
		return append(body, ed25519.Sign(private, body)...)
	}
	for name, c := range map[string]struct {
		data  []byte
		org   uint32
		least uint64
		want  string
	}{
		"empty":              {nil, 7, 0, "not a revocation list"},
		"cut":                {good[:len(good)-1], 7, 0, "not as long"},
		"grown":              {append(bytes.Clone(good), 0), 7, 0, "not as long"},
		"older":              {good, 7, 6, "number 5 is older than 6"},
		"other organisation": {good, 8, 0, "another organisation"},
		"other version":      {resigned(func(b []byte) []byte { b[len(revocationMagic)-1]++; return b }), 7, 0, "not a revocation list"},
		"count too large":    {resigned(func(b []byte) []byte { binary.BigEndian.PutUint32(b[revocationHead-4:], 1<<31); return b }), 7, 0, "not as long"},
		"expires before":     {resigned(func(b []byte) []byte { binary.BigEndian.PutUint16(b[revocationHead-6:], 99); return b }), 7, 0, "expires before"},
		"twice the same": {resigned(func(b []byte) []byte {
			copy(b[revocationHead:], b[revocationHead+entrySize:revocationHead+2*entrySize])
			return b
		}), 7, 0, "not in order"},
		"signed by another":     {resigned(func(b []byte) []byte { return b })[:len(good)-1], 7, 0, "not as long"},
		"signature overwritten": {append(bytes.Clone(good[:len(good)-8]), make([]byte, 8)...), 7, 0, "not signed"},
	} {
		_, err := OpenRevocations(c.data, public, c.org, c.least)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := OpenRevocations(good, nil, 7, 0); err == nil {
		t.Error("opened without a key")
	}
	if _, err := OpenRevocations(good, public, 7, 5); err != nil {
		t.Error(err)
	}
	if _, err := SignRevocations(RevocationHead{7, 5, 130, 100}, nil, private); err == nil {
		t.Error("signed a list that expires before it is issued")
	}
}

// A signature over a list is none over a record, and the other way round.
func TestSignaturesDoNotMix(t *testing.T) {
	if strings.HasPrefix(recordDomain, revocationMagic) || strings.HasPrefix(revocationMagic, recordDomain) {
		t.Error("one message could be the other")
	}
}

func hundredThousand(b testing.TB) []byte {
	_, private := signer()
	serials := make([]uint64, 100_000)
	for i := range serials {
		serials[i] = uint64(i) * 7919
	}
	data, err := SignRevocations(RevocationHead{7, 5, 100, 130}, serials, private)
	if err != nil {
		b.Fatal(err)
	}
	return data
}

func BenchmarkRevoked(b *testing.B) {
	public, _ := signer()
	list, err := OpenRevocations(hundredThousand(b), public, 7, 0)
	if err != nil {
		b.Fatal(err)
	}
	n, found := uint64(0), 0
	for b.Loop() {
		if list.Revoked(n) {
			found++
		}
		n += 7919 / 2
	}
	if found == 0 {
		b.Error("nothing was found")
	}
}

func BenchmarkOpenRevocations(b *testing.B) {
	public, _ := signer()
	data := hundredThousand(b)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := OpenRevocations(data, public, 7, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzRevocations(f *testing.F) {
	_, private := signer()
	good, _ := SignRevocations(RevocationHead{7, 5, 100, 130}, []uint64{1, 2, 3}, private)
	empty, _ := SignRevocations(RevocationHead{}, nil, private)
	f.Add(good)
	f.Add(empty)
	f.Add(good[:revocationHead])
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := parseRevocations(data)
		if err == nil {
			_ = list.Revoked(1)
			if list.Len()*entrySize+revocationHead+ed25519.SignatureSize != len(data) {
				t.Errorf("%d entries in %d bytes", list.Len(), len(data))
			}
		}
	})
}
