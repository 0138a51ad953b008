package badge

import (
	"crypto/aes"
	"crypto/cipher"
)

// cmac is AES-CMAC (NIST SP 800-38B, RFC 4493).
func cmac(k *Key, message []byte) aesBlock {
	return cmacFrom(k, aesBlock{}, message)
}

// cmacFrom is CMAC that begins with iv instead of zeros, as DESFire EV1
// chains it from command to answer to command.
func cmacFrom(k *Key, iv aesBlock, message []byte) aesBlock {
	b := k.cipher()
	k1, k2 := subkeys(b)
	whole := len(message) > 0 && len(message)%aes.BlockSize == 0
	padded := message
	if !whole {
		padded = pad80(message)
	}
	if whole {
		return cbcMAC(b, iv, padded, k1)
	}
	return cbcMAC(b, iv, padded, k2)
}

// cbcMAC chains the blocks of message, the last of them masked with subkey.
func cbcMAC(b cipher.Block, iv aesBlock, message []byte, subkey aesBlock) aesBlock {
	mac := iv
	for len(message) > 0 {
		xor(mac[:], message[:aes.BlockSize])
		message = message[aes.BlockSize:]
		if len(message) == 0 {
			xor(mac[:], subkey[:])
		}
		b.Encrypt(mac[:], mac[:])
	}
	return mac
}

// subkeys makes K1 and K2 (NIST SP 800-38B, 6.1).
func subkeys(b cipher.Block) (k1, k2 aesBlock) {
	b.Encrypt(k1[:], k1[:])
	k1 = double(k1)
	return k1, double(k1)
}

// double multiplies by x in GF(2^128), without a branch on the secret.
func double(in aesBlock) aesBlock {
	var out aesBlock
	carry := byte(0)
	for i := len(in) - 1; i >= 0; i-- {
		out[i] = in[i]<<1 | carry
		carry = in[i] >> 7
	}
	out[len(out)-1] ^= carry * 0x87
	return out
}

func xor(dst, src []byte) {
	for i := range dst {
		dst[i] ^= src[i]
	}
}

// pad80 appends 80 00 … up to the next multiple of 16 (ISO/IEC 9797-1,
// padding method 2); a message that already ends there gets a whole block.
func pad80(message []byte) []byte {
	padded := make([]byte, (len(message)/aes.BlockSize+1)*aes.BlockSize)
	copy(padded, message)
	padded[len(message)] = 0x80
	return padded
}

// pad0 appends zeros up to a multiple of 16.
func pad0(message []byte) []byte {
	padded := make([]byte, (len(message)+aes.BlockSize-1)/aes.BlockSize*aes.BlockSize)
	copy(padded, message)
	return padded
}
