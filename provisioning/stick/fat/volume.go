package fat

import (
	"encoding/binary"
	"math/bits"
)

// Volume is a FAT12, FAT16 or FAT32 whose description of itself was checked.
// It is not for several goroutines.
type Volume struct {
	source
	bits        int   // 12, 16 or 32
	sector      int64 // bytes
	cluster     int64 // bytes
	fat         int64 // where the first table of clusters begins
	fatSize     int64 // bytes of one
	fats        int
	active      int   // the table that counts
	mirrored    bool  // all tables are kept alike
	root        int64 // where the first folder stands; FAT32: 0
	rootSize    int64
	rootCluster uint32 // FAT32
	info        int64  // FSInfo sector of FAT32; 0 = none
	data        int64  // where cluster 2 begins
	last        uint32 // the highest cluster

	window   []byte // of the active table
	windowAt int64  // from its beginning
}

// Kind is "FAT12", "FAT16" or "FAT32".
func (v *Volume) Kind() string {
	return map[int]string{12: "FAT12", 16: "FAT16", 32: "FAT32"}[v.bits]
}

const (
	maxFAT12 = 4084 // clusters; with more it is FAT16
	maxFAT16 = 65524
	maxFAT32 = 0x0ffffff5
)

// bpb is what the first sector says (BIOS parameter block).
type bpb struct {
	sector, perCluster, reserved, fats, rootEntries, sectors, perFAT int64
	fat32                                                            bool
	b                                                                []byte
}

// volume reads the description; nil without an error is no FAT at all.
func (s source) volume(b []byte) (*Volume, error) {
	le := binary.LittleEndian
	p := bpb{sector: int64(le.Uint16(b[11:])), perCluster: int64(b[13]), reserved: int64(le.Uint16(b[14:])),
		fats: int64(b[16]), rootEntries: int64(le.Uint16(b[17:])), sectors: int64(le.Uint16(b[19:])),
		perFAT: int64(le.Uint16(b[22:])), b: b}
	if p.sectors == 0 {
		p.sectors = int64(le.Uint32(b[32:]))
	}
	if p.perFAT == 0 {
		p.fat32, p.perFAT = true, int64(le.Uint32(b[36:]))
	}
	if !p.plausible() {
		return nil, nil
	}
	v, err := p.check(s)
	if err != nil {
		return nil, err
	}
	return v, nil
}

// plausible tells a FAT from whatever else may stand in a first sector.
func (p bpb) plausible() bool {
	b := p.b
	jump := b[0] == 0xeb || b[0] == 0xe9
	signed := b[510] == 0x55 && b[511] == 0xaa
	return jump && signed && b[21] >= 0xf0 && bits.OnesCount64(uint64(p.sector)) == 1 && bits.OnesCount64(uint64(p.perCluster)) == 1
}

// check computes where everything stands, and that it fits.
func (p bpb) check(s source) (*Volume, error) {
	if p.sector < 512 || p.sector > 4096 || p.reserved == 0 || p.fats < 1 || p.fats > 2 || p.perFAT == 0 || p.sectors == 0 {
		return nil, refuse(Damaged, "sectors of %d bytes, %d reserved, %d tables of %d sectors, %d sectors",
			p.sector, p.reserved, p.fats, p.perFAT, p.sectors)
	}
	if p.sectors > s.size/p.sector {
		return nil, refuse(Damaged, "%d sectors of %d bytes in %d bytes", p.sectors, p.sector, s.size)
	}
	rootSectors := (32*p.rootEntries + p.sector - 1) / p.sector
	before := p.reserved + p.fats*p.perFAT + rootSectors
	clusters := (p.sectors - before) / p.perCluster
	if before >= p.sectors || clusters < 1 {
		return nil, refuse(Damaged, "no room for files: %d of %d sectors are taken", before, p.sectors)
	}
	v := &Volume{source: s, sector: p.sector, cluster: p.perCluster * p.sector, fat: p.reserved * p.sector,
		fatSize: p.perFAT * p.sector, fats: int(p.fats), mirrored: true, data: before * p.sector, last: uint32(clusters + 1), windowAt: -1}
	v.source.size = p.sectors * p.sector
	switch {
	case p.fat32 && p.rootEntries == 0 && clusters <= maxFAT32:
		v.bits = 32
	case !p.fat32 && p.rootEntries > 0 && clusters <= maxFAT12:
		v.bits = 12
	case !p.fat32 && p.rootEntries > 0 && clusters <= maxFAT16:
		v.bits = 16
	default:
		return nil, refuse(Damaged, "%d clusters, %d names in the first folder", clusters, p.rootEntries)
	}
	if (clusters+2)*int64(v.bits) > 8*v.fatSize {
		return nil, refuse(Damaged, "a table of %d bytes for %d clusters", v.fatSize, clusters)
	}
	if v.bits == 32 {
		return v, v.check32(p)
	}
	v.root, v.rootSize = (p.reserved+p.fats*p.perFAT)*p.sector, 32*p.rootEntries
	return v, nil
}

// check32 reads what only FAT32 has.
func (v *Volume) check32(p bpb) error {
	flags, version := binary.LittleEndian.Uint16(p.b[40:]), binary.LittleEndian.Uint16(p.b[42:])
	v.rootCluster = binary.LittleEndian.Uint32(p.b[44:])
	if version != 0 || v.rootCluster < 2 || v.rootCluster > v.last {
		return refuse(Damaged, "FAT32 of version %#x with its first folder in cluster %d", version, v.rootCluster)
	}
	if flags&0x80 != 0 {
		v.mirrored, v.active = false, int(flags&0xf)
		if v.active >= v.fats {
			return refuse(Damaged, "table %d of %d counts", v.active, v.fats)
		}
	}
	if at := int64(binary.LittleEndian.Uint16(p.b[48:])); at > 0 && at < p.reserved {
		v.info = at * v.sector
	}
	return nil
}
