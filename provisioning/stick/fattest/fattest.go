// Package fattest makes sticks for tests: good ones in memory, and damaged and
// hostile ones of them.
package fattest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand"
	"os"
	"time"

	"guichet.example/provisioning/stick/fat"
)

// Memory is a stick in memory.
type Memory []byte

// ReadAt is that of io.ReaderAt.
func (m Memory) ReadAt(b []byte, at int64) (int, error) { return bytes.NewReader(m).ReadAt(b, at) }

// WriteAt is that of io.WriterAt; nothing grows.
func (m Memory) WriteAt(b []byte, at int64) (int, error) {
	if at < 0 || at+int64(len(b)) > int64(len(m)) {
		return 0, io.ErrShortWrite
	}
	return copy(m[at:], b), nil
}

// Sync has nothing to do.
func (m Memory) Sync() error { return nil }

// Make returns a stick with these files below guichet. Table is "" (none),
// "mbr" or "gpt"; the partition begins at 64 KiB.
func Make(size int64, bits int, table string, files map[string][]byte) (Memory, error) {
	const start = 64 << 10
	whole := make(Memory, size)
	part := whole
	if table != "" {
		part = whole[start : size-start]
	}
	if err := fat.Format(part, int64(len(part)), bits); err != nil {
		return nil, err
	}
	v, err := fat.Find(part, int64(len(part)))
	if err != nil {
		return nil, err
	}
	for name, content := range files {
		if err := v.Write(part, name, content, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)); err != nil {
			return nil, fmt.Errorf("write %q: %w", name, err)
		}
	}
	first, count := uint32(start/512), uint32(len(part)/512)
	switch table {
	case "mbr":
		MBR(whole, 0x0c, first, count)
	case "gpt":
		MBR(whole, 0xee, 1, uint32(size/512)-1)
		GPT(whole, first, first+count-1)
	}
	return whole, nil
}

// MBR writes a table with one partition.
func MBR(b []byte, kind byte, first, count uint32) {
	b[446+4] = kind
	binary.LittleEndian.PutUint32(b[446+8:], first)
	binary.LittleEndian.PutUint32(b[446+12:], count)
	b[510], b[511] = 0x55, 0xaa
}

// GPT writes the first table, with one partition for data.
func GPT(b []byte, first, last uint32) {
	le := binary.LittleEndian
	entries := b[1024 : 1024+128*128]
	copy(entries, "\xa2\xa0\xd0\xeb\xe5\xb9\x33\x44\x87\xc0\x68\xb6\xb7\x26\x99\xc7guichet-test-one")
	le.PutUint64(entries[32:], uint64(first))
	le.PutUint64(entries[40:], uint64(last))
	h := b[512:1024]
	copy(h, "EFI PART\x00\x00\x01\x00")
	le.PutUint32(h[12:], 92)
	le.PutUint64(h[24:], 1)
	le.PutUint64(h[72:], 2)
	le.PutUint32(h[80:], 128)
	le.PutUint32(h[84:], 128)
	le.PutUint32(h[88:], crc32.ChecksumIEEE(entries))
	clear(h[16:20])
	le.PutUint32(h[16:], crc32.ChecksumIEEE(h[:92]))
}

// Hostile is a stick that differs from a good one in some bytes, and may
// answer the same read differently each time, or not at all.
type Hostile struct {
	Good   Memory
	Size   int64 // what is left of it
	patch  map[int64]byte
	fickle bool
	fails  int // reads until they fail; negative = never
	random *rand.Rand
}

// Mutate makes one. The same seed makes the same.
func Mutate(good Memory, seed int64) *Hostile {
	h := &Hostile{Good: good, Size: int64(len(good)), patch: map[int64]byte{}, fails: -1, random: rand.New(rand.NewSource(seed))}
	for range 1 + h.random.Intn(24) {
		h.mutate()
	}
	h.fickle = h.random.Intn(10) == 0
	if h.random.Intn(12) == 0 {
		h.Size = h.random.Int63n(h.Size)
	}
	if h.random.Intn(20) == 0 {
		h.fails = h.random.Intn(60)
	}
	return h
}

// interesting are values that parsers trip over.
func interesting() []uint32 {
	return []uint32{0, 1, 2, 3, 7, 16, 128, 255, 256, 512, 4096, 0x7fff, 0x8000, 0xffff, 0x10000, 0x400000,
		0x0ffffff7, 0x0fffffff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff}
}

func (h *Hostile) mutate() {
	at := h.place()
	values := interesting()
	value := values[h.random.Intn(len(values))]
	if h.random.Intn(3) == 0 {
		value = uint32(h.random.Intn(200)) // a cluster, perhaps
	}
	switch width := h.random.Intn(5); width {
	case 0: // a bit
		h.patch[at] = h.Good[at] ^ 1<<h.random.Intn(8)
	case 4: // another piece of the stick
		from := h.place()
		for i := range int64(32) {
			if at+i < int64(len(h.Good)) && from+i < int64(len(h.Good)) {
				h.patch[at+i] = h.Good[from+i]
			}
		}
	default:
		for i := range int64(width) * 4 / 3 { // 1, 2 or 4 bytes
			if at+i < int64(len(h.Good)) {
				h.patch[at+i] = byte(value >> (8 * i))
			}
		}
	}
}

// place is one that means something: in the first blocks, or where the stick
// holds other bytes than zeros.
func (h *Hostile) place() int64 {
	if h.random.Intn(3) == 0 {
		return int64(h.random.Intn(512))
	}
	for range 4000 {
		at := int64(h.random.Intn(len(h.Good)/16)) * 16
		if h.random.Intn(2) == 0 {
			at = int64(h.random.Intn(min(len(h.Good), 300<<10)/16)) * 16
		}
		if h.Good[at] != 0 {
			return at + int64(h.random.Intn(16))
		}
	}
	return 0
}

// ReadAt is that of io.ReaderAt.
func (h *Hostile) ReadAt(b []byte, at int64) (int, error) {
	if h.fails == 0 {
		return 0, errors.New("input/output error")
	}
	h.fails--
	if at < 0 || at >= h.Size {
		return 0, io.EOF
	}
	n := copy(b, h.Good[at:h.Size])
	if !h.fickle || h.random.Intn(2) == 0 {
		for place, value := range h.patch {
			if place >= at && place < at+int64(n) {
				b[place-at] = value
			}
		}
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// WriteFile writes it to a file, or over one, with holes for zeros.
func (h *Hostile) WriteFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(h.Size); err != nil {
		return err
	}
	const piece = 4096
	b := bytes.Clone(h.Good[:h.Size])
	for place, value := range h.patch {
		if place < h.Size {
			b[place] = value
		}
	}
	zeros := make([]byte, piece)
	for at := 0; at < len(b); at += piece {
		if part := b[at:min(at+piece, len(b))]; !bytes.Equal(part, zeros[:len(part)]) {
			if _, err := f.WriteAt(part, int64(at)); err != nil {
				return err
			}
		}
	}
	return nil
}
