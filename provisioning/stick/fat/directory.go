package fat

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf16"
)

// A folder is a row of slots of 32 bytes. A name that is not eight letters and
// three takes slots of its own before the one that it names.
const (
	slotSize   = 32
	maxFolder  = 2 << 20 // bytes: FAT's own limit of 65536 slots
	longName   = 0x0f    // attributes of a slot with a part of a long name
	attrVolume = 0x08
	attrFolder = 0x10
	free       = 0xe5 // first byte of a slot that was given up
)

// folder is a directory in memory, with where it stands.
type folder struct {
	raw     []byte
	extents []int64 // in the volume, each as long as the others
	cluster uint32  // the first one; 0 for the first folder of FAT12 and FAT16
	tail    uint32  // the last one
}

// entry is what a folder says of a file or a folder.
type entry struct {
	name    string // as people see it
	alias   [11]byte
	attr    byte
	cluster uint32
	size    int64
	slot    int  // index of its last slot
	lower   byte // whether the alias is shown in small letters
}

func (e entry) folder() bool { return e.attr&attrFolder != 0 }

// openRoot reads the first folder.
func (v *Volume) openRoot() (*folder, error) {
	if v.bits == 32 {
		return v.openFolder(v.rootCluster)
	}
	f := &folder{raw: make([]byte, v.rootSize), extents: []int64{v.root}}
	return f, v.read(f.raw, v.root)
}

// openFolder reads the folder that begins at a cluster.
func (v *Volume) openFolder(cluster uint32) (*folder, error) {
	f := &folder{cluster: cluster}
	c, err := v.chainFrom(cluster)
	for ; err == nil && c.at != 0; err = c.advance() {
		if int64(len(f.raw))+v.cluster > max(maxFolder, v.cluster) {
			return nil, refuse(Damaged, "a folder of more than %d bytes", maxFolder)
		}
		f.raw = slices.Grow(f.raw, int(v.cluster))[:len(f.raw)+int(v.cluster)]
		f.extents, f.tail = append(f.extents, v.offset(c.at)), c.at
		if err := v.read(f.raw[len(f.raw)-int(v.cluster):], v.offset(c.at)); err != nil {
			return nil, err
		}
	}
	return f, err
}

// at is where a slot stands in the volume.
func (f *folder) at(slot int) int64 {
	extent := len(f.raw) / len(f.extents)
	return f.extents[slot*slotSize/extent] + int64(slot*slotSize%extent)
}

func (f *folder) slot(i int) []byte { return f.raw[i*slotSize : (i+1)*slotSize] }

func (f *folder) slots() int { return len(f.raw) / slotSize }

// entries calls visit for what the folder holds, without ".", ".." and the
// volume's label, until it returns false.
func (v *Volume) entries(f *folder, visit func(entry) bool) {
	var long longNameReader
	for i := range f.slots() {
		s := f.slot(i)
		switch {
		case s[0] == 0:
			return
		case s[0] == free:
			long = longNameReader{}
			continue
		case s[11]&0x3f == longName:
			long.add(s)
			continue
		}
		e := entry{alias: [11]byte(s[:11]), attr: s[11], cluster: uint32(binary.LittleEndian.Uint16(s[26:])),
			size: int64(binary.LittleEndian.Uint32(s[28:])), slot: i, lower: s[12]}
		if v.bits == 32 {
			e.cluster |= uint32(binary.LittleEndian.Uint16(s[20:])) << 16
		}
		e.name = long.name(e.alias)
		long = longNameReader{}
		if e.name == "" {
			e.name = shortName(s)
		}
		if s[11]&attrVolume != 0 || s[0] == '.' {
			continue
		}
		if !visit(e) {
			return
		}
	}
}

// lookup finds a name as FAT compares them.
func (v *Volume) lookup(f *folder, name string) (found entry, ok bool) {
	v.entries(f, func(e entry) bool {
		if strings.EqualFold(e.name, name) {
			found, ok = e, true
		}
		return !ok
	})
	return found, ok
}

// has says whether the first folder holds a folder of that name.
func (v *Volume) has(name string) (bool, error) {
	f, err := v.openRoot()
	if err != nil {
		return false, err
	}
	e, ok := v.lookup(f, name)
	return ok && e.folder(), nil
}

// longNameReader collects the parts of a long name, which come last part first.
// Parts that do not belong together or to the name after them are dropped, as
// systems do.
type longNameReader struct {
	units []uint16 // from the end of the buffer
	left  int      // parts that are still to come
	sum   byte
}

const unitsPerSlot = 13

func (l *longNameReader) add(s []byte) {
	n := int(s[0] & 0x3f)
	if s[0]&0x40 != 0 {
		*l = longNameReader{left: n + 1, sum: s[13]}
	}
	if n == 0 || n > 20 || n != l.left-1 || s[13] != l.sum {
		*l = longNameReader{}
		return
	}
	l.left = n
	units := make([]uint16, 0, unitsPerSlot*n)
	for _, part := range [][]byte{s[1:11], s[14:26], s[28:32]} {
		for unit := range slicesOf(part, 2) {
			units = append(units, binary.LittleEndian.Uint16(unit))
		}
	}
	l.units = append(units, l.units...)
}

// name returns "" when there is no long name for the alias.
func (l *longNameReader) name(alias [11]byte) string {
	if l.left != 1 || l.sum != checksum(alias) {
		return ""
	}
	if end := slices.Index(l.units, 0); end >= 0 {
		l.units = l.units[:end]
	}
	return string(utf16.Decode(l.units))
}

// checksum binds the parts of a long name to the alias.
func checksum(alias [11]byte) (sum byte) {
	for _, b := range alias {
		sum = sum>>1 | sum<<7
		sum += b
	}
	return sum
}

// shortName writes the alias as systems show it. Bytes that are not ASCII mean
// something else on each computer and stay what they are: no such name passes.
func shortName(s []byte) string {
	base, ext := strings.TrimRight(string(s[:8]), " "), strings.TrimRight(string(s[8:11]), " ")
	if s[12]&0x08 != 0 {
		base = strings.ToLower(base)
	}
	if s[12]&0x10 != 0 {
		ext = strings.ToLower(ext)
	}
	if ext == "" {
		return base
	}
	return base + "." + ext
}
