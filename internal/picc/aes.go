package picc

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// A Key is an AES-128 key and its version.
type Key struct {
	Value   [16]byte
	Version byte
}

func block(key []byte) cipher.Block {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // every key here is a [16]byte
	}
	return b
}

// cbc encrypts whole blocks and returns them with the last one, the next IV.
func cbcEncrypt(key [16]byte, iv, plain []byte) []byte {
	out := make([]byte, len(plain))
	cipher.NewCBCEncrypter(block(key[:]), iv).CryptBlocks(out, plain)
	return out
}

func cbcDecrypt(key [16]byte, iv, sealed []byte) []byte {
	out := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(block(key[:]), iv).CryptBlocks(out, sealed)
	return out
}

// cmacFrom is AES-CMAC (RFC 4493) that starts from an IV other than zero, as
// EV1 chains it from command to answer.
func cmacFrom(key [16]byte, iv, message []byte) [16]byte {
	k1, k2 := subkeys(key)
	n := (len(message) + 15) / 16
	last := message[16*max(n-1, 0):]
	var final [16]byte
	copy(final[:], last)
	sub := k1
	if len(last) < 16 {
		final[len(last)] = 0x80
		sub = k2
	}
	return cmacEnd(key, iv, message[:16*max(n-1, 0)], final, sub)
}

func cmacEnd(key [16]byte, iv, head []byte, final, sub [16]byte) [16]byte {
	for i := range final {
		final[i] ^= sub[i]
	}
	sealed := cbcEncrypt(key, iv, append(append([]byte(nil), head...), final[:]...))
	return [16]byte(sealed[len(sealed)-16:])
}

func cmac(key [16]byte, message []byte) [16]byte {
	return cmacFrom(key, make([]byte, 16), message)
}

// subkeys are K1 and K2 of RFC 4493, 2.3.
func subkeys(key [16]byte) (k1, k2 [16]byte) {
	var l [16]byte
	block(key[:]).Encrypt(l[:], l[:])
	k1 = double(l)
	return k1, double(k1)
}

func double(v [16]byte) [16]byte {
	hi, lo := binary.BigEndian.Uint64(v[:8]), binary.BigEndian.Uint64(v[8:])
	carry := hi >> 63
	hi, lo = hi<<1|lo>>63, lo<<1^carry*0x87
	binary.BigEndian.PutUint64(v[:8], hi)
	binary.BigEndian.PutUint64(v[8:], lo)
	return v
}

// crc32D is DESFire's CRC32: that of IEEE 802.3 without the last inversion,
// least significant byte first.
func crc32D(parts ...[]byte) []byte {
	var crc uint32
	for _, p := range parts {
		crc = crc32.Update(crc, crc32.IEEETable, p)
	}
	return binary.LittleEndian.AppendUint32(nil, ^crc)
}

// rotate moves the first byte to the end.
func rotate(v []byte) []byte {
	return append(append(make([]byte, 0, len(v)), v[1:]...), v[0])
}

// pad80 is padding method 2 of ISO/IEC 9797-1: 80, then zeros, always some.
func pad80(v []byte) []byte {
	out := append(append([]byte(nil), v...), 0x80)
	return append(out, make([]byte, (16-len(out)%16)%16)...)
}

func unpad80(v []byte) ([]byte, bool) {
	for i := len(v) - 1; i >= 0; i-- {
		switch v[i] {
		case 0x00:
		case 0x80:
			return v[:i], true
		default:
			return nil, false
		}
	}
	return nil, false
}

// Diversify derives a card's AES-128 key from a master key (NXP AN10922, 2.2):
// the CMAC of 01 and the input, over two blocks however short the input is.
// The input has 1 to 31 bytes.
func Diversify(master [16]byte, input []byte) ([16]byte, error) {
	if len(input) < 1 || len(input) > 31 {
		return [16]byte{}, errors.New("diversify key: the input has 1 to 31 bytes")
	}
	m := append([]byte{0x01}, input...)
	k1, sub := subkeys(master)
	if len(m) == 32 {
		sub = k1
	} else {
		m = append(m, 0x80)
	}
	m = append(m, make([]byte, 32-len(m))...)
	return cmacEnd(master, make([]byte, 16), m[:16], [16]byte(m[16:]), sub), nil
}
