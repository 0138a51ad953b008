package badge

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"errors"
	"fmt"
)

// A Key is an AES-128 key. It prints as the word "key".
//
// Clear overwrites it. What crypto/aes makes of a key cannot be overwritten
// by us; it lives as long as one command and is left to the collector.
type Key [aes.BlockSize]byte

// ParseKey reads 32 hexadecimal digits. The error says nothing of them.
func ParseKey(text string) (Key, error) {
	var k Key
	if len(text) != hex.EncodedLen(len(k)) {
		return Key{}, errors.New("key has not 32 hexadecimal digits")
	}
	if _, err := hex.Decode(k[:], []byte(text)); err != nil {
		k.Clear()
		return Key{}, errors.New("key has not 32 hexadecimal digits")
	}
	return k, nil
}

// Clear overwrites the key with zeros.
func (k *Key) Clear() { clear(k[:]) }

// Format keeps keys out of logs and errors, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, "key") }

// cipher returns AES with this key.
func (k *Key) cipher() cipher.Block {
	b, err := aes.NewCipher(k[:])
	if err != nil {
		panic(err) // unreachable: the length is the type's
	}
	return b
}

// aesBlock is one block of AES, here mostly an initialisation vector.
type aesBlock [aes.BlockSize]byte

// encrypt returns src in CBC; len(src) is a multiple of 16.
func encrypt(k *Key, iv aesBlock, src []byte) []byte {
	dst := make([]byte, len(src))
	cipher.NewCBCEncrypter(k.cipher(), iv[:]).CryptBlocks(dst, src)
	return dst
}

// decrypt undoes encrypt.
func decrypt(k *Key, iv aesBlock, src []byte) []byte {
	dst := make([]byte, len(src))
	cipher.NewCBCDecrypter(k.cipher(), iv[:]).CryptBlocks(dst, src)
	return dst
}

// last returns the last block of a ciphertext.
func last(ciphertext []byte) aesBlock {
	return aesBlock(ciphertext[len(ciphertext)-aes.BlockSize:])
}
