package residue

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"math/bits"
	"strings"
	"sync"
	"unicode/utf16"
)

// Form is a set of the ways in which a canary may lie in memory or in a file.
type Form uint8

const (
	ASCII   Form = 1 << iota // also UTF-8 and Latin-1
	UTF16                    // little-endian
	Base64                   // in each of the three alignments
	Percent                  // every byte as %XX
	Deflate                  // compressed, in gzip, zlib or bare
	Pixels                   // as the colours of eight pixels, three bytes each

	Text           = ASCII | Base64 | Percent // what a string of a page holds
	Wide           = UTF16                    // what a string with one wide character holds
	Binary         = Text | Wide | Deflate    // what a block of bytes holds
	every          = Binary | Pixels          // what is looked for
	letters        = "bcdefghipqrstuvwxy"     // their codes have decimal digits only: one spelling in %XX
	marker, length = 12, 24                   // letters in common, and in all; a multiple of three for Pixels
)

// String names the forms, for the log of a test.
func (f Form) String() string {
	var names []string
	for i, name := range []string{"ASCII", "UTF-16", "base64", "percent", "deflate", "pixels"} {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "+")
}

// Each returns the single forms of a set.
func (f Form) Each() (all []Form) {
	for one := ASCII; one <= Pixels; one <<= 1 {
		if f&one != 0 {
			all = append(all, one)
		}
	}
	return all
}

// variant is one spelling of one form. bytes returns what is sure to be seen of
// a text, wherever it stands; of a longer text it returns more behind the same.
type variant struct {
	form  Form
	bytes func(text string) []byte
}

func variants() []variant {
	return []variant{
		{ASCII, func(s string) []byte { return []byte(s) }},
		{UTF16, wide},
		{Base64, func(s string) []byte { return base64At(s, 0) }},
		{Base64, func(s string) []byte { return base64At(s, 1) }},
		{Base64, func(s string) []byte { return base64At(s, 2) }},
		{Percent, func(s string) []byte { return []byte(percent(s)) }},
		{Deflate, compressed},
		{Pixels, func(s string) []byte { return pixels(s, 0xff) }},
		{Pixels, func(s string) []byte { return pixels(s, 0) }},
	}
}

func wide(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

// base64At is base64 of s behind so many unknown bytes, without the characters
// on which what stands around s has a say.
func base64At(s string, before int) []byte {
	padded := append(make([]byte, before), s...)
	whole := len(padded) / 3 * 3
	text := base64.StdEncoding.EncodeToString(padded[:whole])
	return []byte(text[(before*8+5)/6:])
}

func percent(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

// compressed is what a compressor makes of s alone, which is ASCII without
// repetition: literals of the fixed code of RFC 1951, each eight bits behind
// the three of the block. The first byte, whose bits differ between
// compressors, and the last bits are left out.
func compressed(s string) []byte {
	var b []byte
	for i := 1; i < len(s); i++ {
		last, this := bits.Reverse8(s[i-1]+0x30), bits.Reverse8(s[i]+0x30)
		b = append(b, last>>5|this<<3)
	}
	return b
}

// pixels is s as colours: blue, green and red of one pixel after the other,
// with the fourth byte that a screen or a page's bitmap has.
func pixels(s string, fourth byte) []byte {
	var b []byte
	for i := 0; i+3 <= len(s); i += 3 {
		b = append(b, s[i], s[i+1], s[i+2], fourth)
	}
	return b
}

// Canary is one random text, of lower-case letters.
type Canary string

// Text returns the canary in the forms of Text, as one word that a cookie, an
// address or a header may hold.
func (c Canary) Text() string {
	s := string(c)
	parts := []string{s}
	for before := range 3 {
		parts = append(parts, base64.RawStdEncoding.EncodeToString([]byte("xx"[:before]+s+"xyz")))
	}
	return strings.Join(append(parts, percent(s)), ".")
}

// Wide returns the canary with a character that no eight-bit string can hold.
func (c Canary) Wide() string { return string(c) + "→" }

// Gzip and Zlib return the canary alone, compressed.
func (c Canary) Gzip() []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(c)) // into memory
	_ = w.Close()
	return b.Bytes()
}

func (c Canary) Zlib() []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(c)) // into memory
	_ = w.Close()
	return b.Bytes()
}

// Binary returns the canary in the forms of Binary.
func (c Canary) Binary() []byte {
	return bytes.Join([][]byte{[]byte(c.Text()), wide(string(c)), c.Gzip(), c.Zlib()}, []byte{0, 0})
}

// Set is the canaries of one run. They begin alike, so that one search finds
// them all, and parts of them too.
type Set struct {
	marker   string
	variants []variant
	begin    [][]byte // of every canary, by variant

	mu       sync.Mutex
	canaries map[string]Canary
	spelled  map[string][][]byte // id -> by variant
}

// NewSet chooses what the canaries of a run have in common.
func NewSet() *Set {
	s := &Set{marker: distinct(marker), variants: variants(), canaries: map[string]Canary{}, spelled: map[string][][]byte{}}
	for _, v := range s.variants {
		begin := v.bytes(s.marker + random(length-marker))
		for range 256 { // what follows must not be common to most of them by chance
			begin = common(begin, v.bytes(s.marker+random(length-marker)))
		}
		s.begin = append(s.begin, begin)
	}
	return s
}

// Canary returns the canary of a place, chosen when it is first asked for.
func (s *Set) Canary(id string) Canary {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.canaries[id]; ok {
		return c
	}
	c := Canary(s.marker + random(length-marker))
	for !bytes.Contains(c.Zlib(), compressed(string(c))) { // the compressor found a repetition
		c = Canary(s.marker + random(length-marker))
	}
	var spelled [][]byte
	for _, v := range s.variants {
		spelled = append(spelled, v.bytes(string(c)))
	}
	s.canaries[id], s.spelled[id] = c, spelled
	return c
}

func common(a, b []byte) []byte {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// distinct is random text in which no letter comes twice, so that a compressor
// cannot shorten it.
func distinct(n int) string {
	b := []byte(letters)
	for i := range n {
		j := i + int(random(1)[0])%(len(b)-i)
		b[i], b[j] = b[j], b[i]
	}
	return string(b[:n])
}

func random(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b)
}
