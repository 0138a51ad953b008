package badge

import (
	"context"
	"crypto/aes"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
)

// errNotProved says that the card does not know the key.
var errNotProved = fmt.Errorf("card does not prove that it knows the key: %w", ErrRefused)

// authentication is a mutual proof of knowing a key: each side sends a random
// number and gets it back rotated and encrypted.
type authentication struct {
	rndA, rndB aesBlock
	answer     []byte // E(RndB)
}

// challenge begins: the card answers with its encrypted random number.
func (c *Card) challenge(ctx context.Context, cmd byte, data []byte, random io.Reader) (*authentication, error) {
	a := &authentication{}
	if _, err := io.ReadFull(random, a.rndA[:]); err != nil {
		return nil, fmt.Errorf("random number: %w", err)
	}
	var err error
	a.answer, err = c.expect(ctx, cmd, data, StatusMore, aes.BlockSize)
	if err != nil {
		a.end()
		return nil, err
	}
	return a, nil
}

// respond sends the encrypted proof and returns the card's.
func (c *Card) respond(ctx context.Context, proof []byte, want int) ([]byte, error) {
	return c.expect(ctx, byte(StatusMore), proof, StatusOK, want)
}

// expect sends one frame and wants this status and length.
func (c *Card) expect(ctx context.Context, cmd byte, data []byte, status Status, want int) ([]byte, error) {
	answer, got, err := c.frame(ctx, cmd, data)
	switch {
	case err != nil:
		return nil, err
	case got != status && got != StatusOK && got != StatusMore:
		return nil, got
	case got != status:
		return nil, fmt.Errorf("card ends at the wrong place: %w", errMalformed)
	case len(answer) != want:
		return nil, fmt.Errorf("%d bytes instead of %d: %w", len(answer), want, errMalformed)
	default:
		return answer, nil
	}
}

// proof is RndA and RndB rotated by one byte.
func (a *authentication) proof() []byte {
	return append(a.rndA[:], rotate(a.rndB)...)
}

// proved says whether the card sent RndA back, rotated.
func (a *authentication) proved(rotated []byte) bool {
	return subtle.ConstantTimeCompare(rotated, rotate(a.rndA)) == 1
}

func (a *authentication) end() {
	clear(a.rndA[:])
	clear(a.rndB[:])
}

func rotate(b aesBlock) []byte {
	return append(append(make([]byte, 0, len(b)), b[1:]...), b[0])
}

// Authenticate uses AuthenticateEV2First, and AuthenticateAES with a card
// that does not know it: DESFire EV1.
func (c *Card) Authenticate(ctx context.Context, keyNo byte, key *Key, random io.Reader) error {
	err := c.AuthenticateEV2First(ctx, keyNo, key, random)
	if errors.Is(err, StatusIllegalCommand) {
		return c.AuthenticateAES(ctx, keyNo, key, random)
	}
	return err
}
