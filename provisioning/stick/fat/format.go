package fat

import "encoding/binary"

// Format makes an empty FAT12, FAT16 or FAT32 over the whole of a device of
// size bytes, without a table of partitions. kioskctl and the bench make
// images with it; a stick is formatted by its owner's computer.
//
// Which of the three a size can be is FAT's own rule: it goes by the number of
// clusters, of which there are at most 4084, 65524 and 2^28.
func Format(d Device, size int64, bits int) error {
	p, ok := parametersFor(size, bits)
	if !ok {
		return refuse(TooLarge, "%d bytes cannot be FAT%d", size, bits)
	}
	head := make([]byte, (p.reserved+p.fats*p.perFAT)*block+32*p.rootEntries)
	copy(head, p.boot(bits))
	if bits == 32 {
		copy(head[block:], p.info())
		copy(head[6*block:], head[:2*block])
	}
	for n := range p.fats {
		table := head[(p.reserved+n*p.perFAT)*block:]
		copy(table, map[int]string{12: "\xf8\xff\xff", 16: "\xf8\xff\xff\xff", 32: "\xf8\xff\xff\x0f\xff\xff\xff\x0f\xf8\xff\xff\x0f"}[bits])
	}
	if bits == 32 { // the first folder is cluster 2
		head = append(head, make([]byte, p.perCluster*block)...)
	}
	if _, err := d.WriteAt(head, 0); err != nil {
		return &Refusal{Unwritten, err}
	}
	if err := d.Sync(); err != nil {
		return &Refusal{Unwritten, err}
	}
	return nil
}

// parametersFor chooses the smallest clusters that the kind allows.
func parametersFor(size int64, bits int) (bpb, bool) {
	most := map[int]int64{12: maxFAT12, 16: maxFAT16, 32: maxFAT32}[bits]
	least := map[int]int64{12: 1, 16: maxFAT12 + 1, 32: maxFAT16 + 1}[bits]
	p := bpb{sector: block, reserved: 1, fats: 2, rootEntries: 512, sectors: size / block}
	if bits == 32 {
		p.reserved, p.rootEntries = 32, 0
	}
	if p.sectors > 1<<32-1 {
		return p, false
	}
	for p.perCluster = 1; p.perCluster <= 128; p.perCluster *= 2 {
		if bits == 32 && p.perCluster < 8 && size > 512<<20 { // tables no larger than they are on sticks as sold
			continue
		}
		// A little more than enough: as if the tables took no room.
		p.perFAT = ((p.sectors/p.perCluster+2)*int64(bits)/8 + block) / block
		clusters := (p.sectors - p.reserved - p.fats*p.perFAT - p.rootEntries*32/block) / p.perCluster
		if clusters >= least && clusters <= most {
			return p, true
		}
	}
	return p, false
}

// boot is the first sector.
func (p bpb) boot(bits int) []byte {
	b := make([]byte, block)
	le := binary.LittleEndian
	copy(b, "\xeb\x58\x90GUICHET ")
	le.PutUint16(b[11:], block)
	b[13], b[16], b[21] = byte(p.perCluster), byte(p.fats), 0xf8
	le.PutUint16(b[14:], uint16(p.reserved))
	le.PutUint16(b[17:], uint16(p.rootEntries))
	if p.sectors < 1<<16 && bits != 32 {
		le.PutUint16(b[19:], uint16(p.sectors))
	} else {
		le.PutUint32(b[32:], uint32(p.sectors))
	}
	le.PutUint16(b[24:], 32) // sectors in a track and heads, which nothing has any more
	le.PutUint16(b[26:], 64)
	names := b[36:]
	if bits == 32 {
		le.PutUint32(b[36:], uint32(p.perFAT))
		b[44], b[48], b[50] = 2, 1, 6
		names = b[64:]
	} else {
		le.PutUint16(b[22:], uint16(p.perFAT))
	}
	names[0], names[2] = 0x80, 0x29
	copy(names[7:18], "NO NAME    ")
	copy(names[18:26], map[int]string{12: "FAT12   ", 16: "FAT16   ", 32: "FAT32   "}[bits])
	b[510], b[511] = 0x55, 0xaa
	return b
}

// info is FAT32's FSInfo sector.
func (p bpb) info() []byte {
	b := make([]byte, block)
	copy(b, "RRaA")
	copy(b[484:], "rrAa")
	clusters := (p.sectors - p.reserved - p.fats*p.perFAT) / p.perCluster
	binary.LittleEndian.PutUint32(b[488:], uint32(clusters-1))
	binary.LittleEndian.PutUint32(b[492:], 2)
	b[510], b[511] = 0x55, 0xaa
	return b
}
