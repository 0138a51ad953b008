package badge

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"
)

// PINDigits is the length of every PIN.
const PINDigits = 6

// Argon2id, one lane: BenchmarkPIN takes 59 ms on a server's core, where Go has
// assembly for it, and 81 ms without, as on a Pi, where it was not measured. A
// core six times slower stays within half a second, and one of twelve times
// within the second that a refusal takes anyway. 32 MiB for that long is what a
// kiosk of 1 GiB can give.
const (
	argonPasses = 3
	argonKiB    = 32 << 10
)

// ErrPINForm is what is no PIN, weak or not.
var ErrPINForm = errors.New("PIN has not six digits")

// A Verifier says of a PIN whether it is the badge's. It stands in the signed
// record. The zero value says that the badge has none. It prints as the word
// "verifier".
//
// A PIN of six digits can be found from a verifier by trying a million. Two
// things stand in between. The salt comes from the site's key and the badge's
// number: who has read a record, and not the key, can try nothing. And each
// try costs Argon2id: who has the badge and a kiosk's memory card needs days
// on a Pi, and far less on a machine for the purpose. A pepper in a file of
// its own would lie beside the site's key, and be carried off with it.
type Verifier [16]byte

// Format keeps verifiers out of logs and errors, whatever the verb.
func (v Verifier) Format(f fmt.State, _ rune) { fmt.Fprint(f, "verifier") }

// Set says whether there is a PIN.
func (v Verifier) Set() bool { return v != Verifier{} }

// NewVerifier makes the verifier of a PIN for the badge with this number of
// this organisation. It takes a while: see Verifier.
func NewVerifier(site *Key, organisation uint32, serial uint64, pin []byte) (Verifier, error) {
	if !isPIN(pin) {
		return Verifier{}, ErrPINForm
	}
	salt := pinSalt(site, organisation, serial)
	defer salt.Clear()
	return stretch(pin, &salt), nil
}

func isPIN(pin []byte) bool {
	for _, c := range pin {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(pin) == PINDigits
}

// pinSalt is as secret as the site's key, and another for each badge.
func pinSalt(site *Key, organisation uint32, serial uint64) Key {
	context := binary.BigEndian.AppendUint32(nil, organisation)
	return derive(site, "guichet pin", binary.BigEndian.AppendUint64(context, serial))
}

// stretch copies what Argon2 made and overwrites it. The memory that Argon2
// worked in is left to the collector.
func stretch(pin []byte, salt *Key) (v Verifier) {
	made := argon2.IDKey(pin, salt[:], argonPasses, argonKiB, 1, uint32(len(v)))
	copy(v[:], made)
	clear(made)
	return v
}

// A PIN is what a kiosk keeps of a badge that asks for one while it lies on
// the reader. It prints as the word "PIN".
type PIN struct {
	salt     Key
	verifier Verifier
	name     PINName
}

// A PINName tells the badges apart whose wrong PINs are counted. It is made
// with the site's key from number and verifier, so that not even the key tells
// whose it is: the verifier is on the card alone.
type PINName [16]byte

// PIN returns what the PIN of a badge with this record is checked with, nil
// when the record asks for none. The caller clears it.
func (s *Site) PIN(r Record) *PIN {
	if !r.PIN.Set() {
		return nil
	}
	context := append(binary.BigEndian.AppendUint64(nil, r.Serial), r.PIN[:]...)
	defer clear(context)
	return &PIN{
		salt:     pinSalt(&s.Key, r.Organisation, r.Serial),
		verifier: r.PIN,
		name:     PINName(derive(&s.Key, "guichet pin tries", context)),
	}
}

// Name returns what its wrong PINs are counted under.
func (p *PIN) Name() PINName { return p.name }

// Matches says whether typed is the PIN. It takes as long for a wrong one.
func (p *PIN) Matches(typed []byte) bool {
	if !isPIN(typed) {
		return false
	}
	got := stretch(typed, &p.salt)
	defer clear(got[:])
	return p.verifier.Set() && subtle.ConstantTimeCompare(got[:], p.verifier[:]) == 1
}

// Copy returns another that is cleared by itself.
func (p *PIN) Copy() *PIN {
	if p == nil {
		return nil
	}
	other := *p
	return &other
}

// Clear overwrites it; it matches nothing from then on. nil is allowed.
func (p *PIN) Clear() {
	if p != nil {
		*p = PIN{}
	}
}

// Format keeps it out of logs and errors, whatever the verb.
func (p *PIN) Format(f fmt.State, _ rune) { fmt.Fprint(f, "PIN") }
