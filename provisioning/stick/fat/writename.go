package fat

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	attrArchive = 0x20
	// What a cut must not tear is kept within one block: no device has smaller
	// sectors, whatever the volume's are.
	perBlock = block / slotSize
	// maxWritten letters of a name and its alias fit into one.
	maxWritten = (perBlock - 1) * unitsPerSlot
)

// place is where a folder has room for a name.
type place struct {
	long       []byte // slots of the long name
	alias      [11]byte
	first, end int // the slot where the name begins; the one where the folder ended
}

// prepare finds the room, and makes it if need be.
func (w *writing) prepare(f *folder, name string) (p place, err error) {
	if p.alias, err = w.alias(f, name); err != nil {
		return p, err
	}
	p.long, p.end = longSlots(name, p.alias), f.end()
	n := len(p.long)/slotSize + 1
	first, ok := f.room(n, p.end)
	if !ok {
		if err := w.extend(f); err != nil {
			return p, err
		}
		if first, ok = f.room(n, p.end); !ok {
			return p, refuse(FolderFull, "no room for %d slots", n)
		}
	}
	p.first = first
	return p, nil
}

// insert has a folder name a file or folder. All slots of the name are put into
// one block, so that the name is there whole or not at all.
func (w *writing) insert(f *folder, p place, attr byte, cluster uint32, size int) error {
	after := p.first + copy(f.raw[p.first*slotSize:], append(p.long, w.slot(p.alias, attr, cluster, size)...))/slotSize
	if after <= p.end {
		return errors.Join(w.putBlock(f, p.first), w.sync())
	}
	return w.prolong(f, p.end, p.first, after)
}

// end is the index of the slot that says that nothing follows it.
func (f *folder) end() int {
	for i := range f.slots() {
		if f.slot(i)[0] == 0 {
			return i
		}
	}
	return f.slots()
}

// room finds n free slots in one block.
func (f *folder) room(n, end int) (first int, ok bool) {
	run := 0
	for i := range f.slots() / perBlock * perBlock {
		if i%perBlock == 0 {
			run = 0
		}
		if i < end && f.slot(i)[0] != free {
			run = 0
			continue
		}
		if run++; run == n {
			return i - n + 1, true
		}
	}
	return 0, false
}

// prolong writes a name that goes past the end of what the folder held. What
// lies beyond is seen by nobody until the slot at the old end says that it goes
// on, and that is written last.
func (w *writing) prolong(f *folder, end, first, after int) error {
	blockOf := func(slot int) int { return slot / perBlock }
	for i := end; i < first; i++ {
		clear(f.slot(i))
		f.slot(i)[0] = free
	}
	// The rest of the block, and the first slot of the next, are the new end.
	for i := after; i < f.slots() && (blockOf(i) == blockOf(first) || i == after); i++ {
		clear(f.slot(i))
	}
	order := []int{}
	if after < f.slots() {
		order = append(order, after)
	}
	for i := first; blockOf(i) > blockOf(end); i -= perBlock {
		order = append(order, i)
	}
	if end < f.slots() {
		order = append(order, min(end, first))
	}
	written := -1
	for _, slot := range order {
		if blockOf(slot) == written {
			continue
		}
		written = blockOf(slot)
		if err := errors.Join(w.putBlock(f, slot), w.sync()); err != nil {
			return err
		}
	}
	return nil
}

// putBlock writes the block of a folder that a slot is in.
func (w *writing) putBlock(f *folder, slot int) error {
	slot -= slot % perBlock
	return w.put(f.raw[slot*slotSize:(slot+perBlock)*slotSize], f.at(slot))
}

// extend gives a folder one more cluster, empty.
func (w *writing) extend(f *folder) error {
	if f.cluster == 0 || int64(len(f.raw))+w.cluster > maxFolder {
		return refuse(FolderFull, "%d names", f.slots())
	}
	clusters, err := w.allocate(1)
	if err != nil {
		return err
	}
	empty := make([]byte, w.cluster)
	if err := w.content(clusters, empty); err != nil {
		return err
	}
	if err := w.link(map[uint32]uint32{f.tail: clusters[0]}); err != nil {
		return err
	}
	f.raw, f.extents, f.tail = append(f.raw, empty...), append(f.extents, w.offset(clusters[0])), clusters[0]
	return nil
}

// alias makes a name of eight letters and three that the folder does not have.
func (w *writing) alias(f *folder, name string) (alias [11]byte, err error) {
	base, ext := name, ""
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		base, ext = name[:i], name[i+1:]
	}
	base, ext = aliasLetters(base), aliasLetters(ext)
	var used [][11]byte
	w.entries(f, func(e entry) bool {
		used = append(used, e.alias)
		return true
	})
	for n := 1; n < 10000; n++ {
		tail := fmt.Sprintf("~%d", n)
		short := fmt.Sprintf("%-8s%-3.3s", base[:min(len(base), 8-len(tail))]+tail, ext)
		if alias = [11]byte([]byte(short)); !slices.Contains(used, alias) {
			return alias, nil
		}
	}
	return alias, refuse(FolderFull, "no alias is left")
}

func aliasLetters(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_':
			return r
		}
		return -1
	}, strings.ToUpper(s))
}

// longSlots are those that carry a name of ASCII before the alias.
func longSlots(name string, alias [11]byte) []byte {
	units := make([]uint16, 0, len(name)+1)
	for _, r := range name {
		units = append(units, uint16(r))
	}
	if len(units)%unitsPerSlot != 0 {
		units = append(units, 0)
	}
	for len(units)%unitsPerSlot != 0 {
		units = append(units, 0xffff)
	}
	var all []byte
	for n := len(units) / unitsPerSlot; n > 0; n-- {
		s := make([]byte, slotSize)
		s[0], s[11], s[13] = byte(n), longName, checksum(alias)
		if len(all) == 0 {
			s[0] |= 0x40
		}
		for i, u := range units[(n-1)*unitsPerSlot : n*unitsPerSlot] {
			at := 1 + 2*i
			if i >= 5 {
				at = 14 + 2*(i-5)
			}
			if i >= 11 {
				at = 28 + 2*(i-11)
			}
			binary.LittleEndian.PutUint16(s[at:], u)
		}
		all = append(all, s...)
	}
	return all
}
