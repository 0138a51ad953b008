package pintries

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"time"

	"guichet.example/hw/badge"
)

const (
	free     = 5                // wrong PINs until a badge waits
	shortest = 15 * time.Second // after the fifth; each one more doubles it
	longest  = time.Hour
	most     = 13 // wrong PINs that are told apart: from then on it is the longest wait
	// capacity is far above the badges of a site that have a wrong PIN at a time.
	capacity = 1024
)

// delay is how long a badge waits after so many wrong PINs.
func delay(wrong int) time.Duration {
	if wrong < free {
		return 0
	}
	return min(shortest<<min(wrong-free, most-free), longest)
}

// book is what the file says.
type book struct {
	floor int // wrong PINs of every badge that is not in it
	wrong map[badge.PINName]int
}

func (b *book) of(name badge.PINName) int {
	if n, ok := b.wrong[name]; ok {
		return n
	}
	return b.floor
}

// count adds a wrong PIN. Where the book is full, the badge with the fewest
// goes; from then on every badge that is not in it counts as that one did.
func (b *book) count(name badge.PINName) (gone badge.PINName, full bool) {
	n := min(b.of(name)+1, most)
	if _, ok := b.wrong[name]; !ok && len(b.wrong) >= capacity {
		gone, full = b.least(), true
		b.floor = max(b.floor, b.wrong[gone])
		delete(b.wrong, gone)
	}
	b.wrong[name] = n
	return gone, full
}

func (b *book) least() badge.PINName {
	return slices.MinFunc(b.names(), func(x, y badge.PINName) int { return b.wrong[x] - b.wrong[y] })
}

// names are sorted: the file does not tell who came first.
func (b *book) names() []badge.PINName {
	return slices.SortedFunc(maps.Keys(b.wrong), func(x, y badge.PINName) int { return bytes.Compare(x[:], y[:]) })
}

// The file: a line that names it, the floor, how many badges, each with its
// name and its wrong PINs, and a checksum against a dying medium.
const (
	magic     = "guichet pin tries 1\n"
	headSize  = len(magic) + 1 + 2
	entrySize = len(badge.PINName{}) + 1
	sumSize   = 8
	maxSize   = headSize + capacity*entrySize + sumSize
)

func (b *book) encode() []byte {
	data := append([]byte(magic), byte(b.floor))
	data = binary.BigEndian.AppendUint16(data, uint16(len(b.wrong)))
	for _, name := range b.names() {
		data = append(append(data, name[:]...), byte(b.wrong[name]))
	}
	sum := sha256.Sum256(data)
	return append(data, sum[:sumSize]...)
}

// parse reads what encode wrote, and nothing else.
func parse(data []byte) (*book, error) {
	if len(data) < headSize+sumSize || string(data[:len(magic)]) != magic {
		return nil, errors.New("not a list of wrong PINs")
	}
	body, sum := data[:len(data)-sumSize], data[len(data)-sumSize:]
	if want := sha256.Sum256(body); !bytes.Equal(sum, want[:sumSize]) {
		return nil, errors.New("checksum is wrong")
	}
	n := int(binary.BigEndian.Uint16(body[headSize-2:]))
	b := &book{floor: int(body[headSize-3]), wrong: make(map[badge.PINName]int)}
	entries := body[headSize:]
	if len(entries) != n*entrySize || n > capacity || b.floor > most {
		return nil, errors.New("numbers do not fit")
	}
	var last badge.PINName
	for i := range n {
		entry := entries[i*entrySize:][:entrySize]
		name, wrong := badge.PINName(entry[:len(last)]), int(entry[len(last)])
		if i > 0 && bytes.Compare(last[:], name[:]) >= 0 || wrong < 1 || wrong > most {
			return nil, errors.New("entries do not fit")
		}
		b.wrong[name], last = wrong, name
	}
	return b, nil
}
