package badge

import (
	"context"
	"crypto/aes"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

const cmdAuthenticateAES = 0xAA

// ev1 is secure messaging of DESFire EV1 after AuthenticateAES. One
// initialisation vector runs through all commands and answers: each CMAC and
// each ciphertext leaves its last block behind.
//
// NXP publishes little of it; the tests hold the vectors of AN0945 and traces
// of real cards.
type ev1 struct {
	key Key
	iv  aesBlock
}

// AuthenticateAES is the proof of DESFire EV1, and begins its messaging.
func (c *Card) AuthenticateAES(ctx context.Context, keyNo byte, key *Key, random io.Reader) error {
	c.Forget()
	a, err := c.challenge(ctx, cmdAuthenticateAES, []byte{keyNo}, random)
	if err != nil {
		return fmt.Errorf("authenticate: %w", err)
	}
	defer a.end()
	a.rndB = aesBlock(decrypt(key, aesBlock{}, a.answer))
	proof := a.proof()
	defer clear(proof)
	sent := encrypt(key, last(a.answer), proof)
	answer, err := c.respond(ctx, sent, aes.BlockSize)
	if err != nil {
		return fmt.Errorf("authenticate: %w", err)
	}
	plain := decrypt(key, last(sent), answer)
	defer clear(plain)
	if !a.proved(plain) {
		return fmt.Errorf("authenticate: %w", errNotProved)
	}
	s := &ev1{}
	copy(s.key[0:], a.rndA[:4])
	copy(s.key[4:], a.rndB[:4])
	copy(s.key[8:], a.rndA[12:])
	copy(s.key[12:], a.rndB[12:])
	c.session = s
	return nil
}

// protect encrypts data in full mode, with a CRC over command, header and
// data. Every other command passes as it is and only turns the vector; this
// package sends no data in MAC mode, which alone would append a MAC.
func (s *ev1) protect(cmd byte, header, data []byte, mode CommMode) ([]byte, error) {
	sent := append([]byte{cmd}, header...)
	if mode == CommFull && len(data) > 0 {
		plain := append(append([]byte{}, sent...), data...)
		plain = append(append([]byte{}, data...), crc(plain)...)
		return s.encryptAfter(header, plain), nil
	}
	sent = append(sent, data...)
	s.iv = cmacFrom(&s.key, s.iv, sent)
	return sent[1:], nil
}

// encryptAfter returns header and the encrypted data, padded with zeros.
func (s *ev1) encryptAfter(header, data []byte) []byte {
	padded := pad0(data)
	defer clear(padded)
	ciphertext := encrypt(&s.key, s.iv, padded)
	s.iv = last(ciphertext)
	return append(append([]byte{}, header...), ciphertext...)
}

// open checks the CMAC over data and status, or decrypts and checks the CRC.
func (s *ev1) open(answer []byte, mode CommMode, lengths ...int) ([]byte, error) {
	if mode == CommFull && len(answer) > macLen {
		return s.decrypt(answer, lengths)
	}
	n := len(answer) - macLen
	if n < 0 {
		return nil, fmt.Errorf("answer without a MAC: %w", errMalformed)
	}
	s.iv = cmacFrom(&s.key, s.iv, append(append([]byte{}, answer[:n]...), byte(StatusOK)))
	if subtle.ConstantTimeCompare(s.iv[:macLen], answer[n:]) != 1 {
		return nil, fmt.Errorf("wrong MAC in the answer: %w", ErrRefused)
	}
	return answer[:n], nil
}

// decrypt returns the data of an encrypted answer. Data, CRC and zeros follow
// one another without a length, and a CRC that begins with zero fits data with
// a zero more as well: so who asks has to know how long they may be.
func (s *ev1) decrypt(answer []byte, lengths []int) ([]byte, error) {
	if len(answer)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("encrypted answer is not whole blocks: %w", errMalformed)
	}
	plain := decrypt(&s.key, s.iv, answer)
	s.iv = last(answer)
	for _, n := range lengths {
		if n+crcLen > len(plain) || len(plain)-n-crcLen >= aes.BlockSize {
			continue
		}
		sum := crc(append(append([]byte{}, plain[:n]...), byte(StatusOK)))
		sum = append(sum, make([]byte, len(plain)-n-crcLen)...) // the padding
		if subtle.ConstantTimeCompare(sum, plain[n:]) == 1 {
			return plain[:n], nil
		}
	}
	return nil, fmt.Errorf("wrong checksum or length of the encrypted answer: %w", ErrRefused)
}

func (s *ev1) end() {
	s.key.Clear()
	clear(s.iv[:])
}

const crcLen = 4

// crc is DESFire's CRC32: that of IEEE 802.3 without the final inversion,
// least significant byte first.
func crc(data []byte) []byte {
	return binary.LittleEndian.AppendUint32(nil, ^crc32.ChecksumIEEE(data))
}
