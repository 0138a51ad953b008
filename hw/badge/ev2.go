package badge

import (
	"context"
	"crypto/aes"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	cmdAuthenticateEV2First = 0x71
	macLen                  = 8
)

// ev2 is secure messaging of DESFire EV2 and later (NXP AN12343; AN12196 for
// NTAG 424 DNA, which shares it).
type ev2 struct {
	enc, mac Key     // SesAuthENCKey, SesAuthMACKey
	ti       [4]byte // transaction identifier
	ctr      uint16  // CmdCtr
}

// AuthenticateEV2First proves to each other that card and reader know key
// number keyNo of the selected application, and begins secure messaging.
func (c *Card) AuthenticateEV2First(ctx context.Context, keyNo byte, key *Key, random io.Reader) error {
	c.Forget()
	// Six bytes of PCDcap2, all zero: no capability of ours to tell.
	hello := []byte{keyNo, 6, 0, 0, 0, 0, 0, 0}
	a, err := c.challenge(ctx, cmdAuthenticateEV2First, hello, random)
	if err != nil {
		return fmt.Errorf("authenticate: %w", err)
	}
	defer a.end()
	a.rndB = aesBlock(decrypt(key, aesBlock{}, a.answer))
	proof := a.proof()
	defer clear(proof)
	answer, err := c.respond(ctx, encrypt(key, aesBlock{}, proof), 2*aes.BlockSize)
	if err != nil {
		return fmt.Errorf("authenticate: %w", err)
	}
	// TI, RndA rotated, PDcap2 and PCDcap2, which has to be what we said.
	plain := decrypt(key, aesBlock{}, answer)
	defer clear(plain)
	if !a.proved(plain[4:20]) || subtle.ConstantTimeCompare(plain[26:], hello[2:]) != 1 {
		return fmt.Errorf("authenticate: %w", errNotProved)
	}
	s := &ev2{ti: [4]byte(plain[:4])}
	s.enc, s.mac = a.ev2Keys(key)
	c.session = s
	return nil
}

// ev2Keys derives the session keys (AN12343, session key generation).
func (a *authentication) ev2Keys(key *Key) (enc, mac Key) {
	sv := make([]byte, 0, 2*aes.BlockSize)
	sv = append(sv, 0xA5, 0x5A, 0, 1, 0, 0x80)
	sv = append(sv, a.rndA[:8]...)
	xor(sv[8:14], a.rndB[:6])
	sv = append(sv, a.rndB[6:]...)
	sv = append(sv, a.rndA[8:]...)
	defer clear(sv)
	enc = Key(cmac(key, sv))
	sv[0], sv[1] = 0x5A, 0xA5
	return enc, Key(cmac(key, sv))
}

// protect appends MACt over command, CmdCtr, TI, header and data; in full mode
// the data is encrypted before. CmdCtr then counts the command.
func (s *ev2) protect(cmd byte, header, data []byte, mode CommMode) ([]byte, error) {
	if s.ctr == 0xFFFF {
		return nil, errors.New("too many commands in one session")
	}
	if mode == CommFull && len(data) > 0 {
		padded := pad80(data)
		data = encrypt(&s.enc, s.iv(0xA5, 0x5A), padded)
		clear(padded)
	}
	sent := append(append([]byte{}, header...), data...)
	if mode != CommPlain {
		mac := s.macOver(cmd, sent)
		sent = append(sent, mac[:]...)
	}
	s.ctr++
	return sent, nil
}

// open checks MACt over status OK, CmdCtr, TI and data, and in full mode
// decrypts the data.
func (s *ev2) open(answer []byte, mode CommMode, _ ...int) ([]byte, error) {
	if mode == CommPlain {
		return answer, nil
	}
	n := len(answer) - macLen
	if n < 0 {
		return nil, fmt.Errorf("answer without a MAC: %w", errMalformed)
	}
	mac := s.macOver(byte(StatusOK), answer[:n])
	if subtle.ConstantTimeCompare(mac[:], answer[n:]) != 1 {
		return nil, fmt.Errorf("wrong MAC in the answer: %w", ErrRefused)
	}
	if mode != CommFull || n == 0 {
		return answer[:n], nil
	}
	if n%aes.BlockSize != 0 {
		return nil, fmt.Errorf("encrypted answer is not whole blocks: %w", errMalformed)
	}
	return unpad80(decrypt(&s.enc, s.iv(0x5A, 0xA5), answer[:n]))
}

// macOver is MACt: every second byte of the CMAC.
func (s *ev2) macOver(code byte, data []byte) [macLen]byte {
	m := append([]byte{code}, 0, 0)
	binary.LittleEndian.PutUint16(m[1:], s.ctr)
	m = append(append(m, s.ti[:]...), data...)
	full := cmac(&s.mac, m)
	var mac [macLen]byte
	for i := range mac {
		mac[i] = full[2*i+1]
	}
	return mac
}

// iv is the initialisation vector of commands (A5 5A) and answers (5A A5).
func (s *ev2) iv(first, second byte) aesBlock {
	v := aesBlock{first, second}
	copy(v[2:], s.ti[:])
	binary.LittleEndian.PutUint16(v[6:], s.ctr)
	return aesBlock(encrypt(&s.enc, aesBlock{}, v[:]))
}

func (s *ev2) end() {
	s.enc.Clear()
	s.mac.Clear()
	clear(s.ti[:])
}

// unpad80 takes off padding method 2. The MAC was checked before, so that what
// it tells is no oracle.
func unpad80(plain []byte) ([]byte, error) {
	for i := len(plain) - 1; i >= len(plain)-aes.BlockSize && i >= 0; i-- {
		switch plain[i] {
		case 0x80:
			return plain[:i], nil
		case 0:
		default:
			return nil, fmt.Errorf("wrong padding in the answer: %w", errMalformed)
		}
	}
	return nil, fmt.Errorf("wrong padding in the answer: %w", errMalformed)
}
