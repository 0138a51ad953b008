package badge

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"testing"
	"time"

	"guichet.example/internal/picc"
)

type edPublic = ed25519.PublicKey

// otherSigner is the key of somebody who is not the organisation.
func otherSigner() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
}

func typeA(t testing.TB, c picc.Config) *picc.TypeA {
	t.Helper()
	p, err := picc.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fixed is a card that gives every command the same answer, in hexadecimal.
type fixed string

func (fixed) Reset() {}

func (f fixed) Exchange([]byte) ([]byte, time.Duration) {
	var out []byte
	for i := 0; i+1 < len(f); i += 2 {
		out = append(out, digit(f[i])<<4|digit(f[i+1]))
	}
	return out, 0
}

func digit(c byte) byte {
	if c > '9' {
		return c - 'A' + 10
	}
	return c - '0'
}

// revoking is a list that names one badge.
func revoking(t testing.TB, serial uint64) *RevocationList {
	t.Helper()
	public, private := signer()
	day := DayOf(today)
	data, err := SignRevocations(RevocationHead{217500016, 1, day - 1, day + 30}, []uint64{serial}, private)
	if err != nil {
		t.Fatal(err)
	}
	list, err := OpenRevocations(data, public, 217500016, 1)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// fuzzed gives every frame the same answer.
type fuzzed struct {
	answer Answer
	frames int
}

func (f *fuzzed) Field(context.Context, bool) error { return nil }

func (f *fuzzed) Transceive(context.Context, Frame) (Answer, error) {
	f.frames++
	return f.answer, nil
}
