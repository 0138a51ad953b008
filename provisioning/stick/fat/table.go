package fat

import (
	"encoding/binary"
	"hash/crc32"
)

// block is the unit in which tables of partitions count. Sticks whose blocks
// are larger are refused before by provisioning/usb.
const block = 512

const (
	maxPartitions = 128
	maxEntrySize  = 512 // bytes of a partition's entry in a GPT; 128 is usual
)

// partition is where one begins and ends, in bytes.
type partition struct {
	start, size int64
	system      bool // an EFI system partition, which a Mac puts before the one people see
}

// partitions reads the MBR or GPT, nil when there is neither.
func (s source) partitions() ([]partition, error) {
	var first [block]byte
	if err := s.read(first[:], 0); err != nil {
		return nil, err
	}
	if first[510] != 0x55 || first[511] != 0xaa {
		return nil, nil
	}
	parts, protective, ok := mbr(first[446:510])
	if protective {
		return s.gpt()
	}
	if !ok {
		return nil, nil
	}
	return parts, nil
}

// mbr reads the four entries of a master boot record; ok is false when they
// cannot be one. Extended partitions are left out: no system makes them on a
// stick by itself.
func mbr(b []byte) (parts []partition, protective, ok bool) {
	for i := range 4 {
		e := b[16*i : 16*i+16]
		if e[0]&0x7f != 0 { // active or not
			return nil, false, false
		}
		start, count := binary.LittleEndian.Uint32(e[8:]), binary.LittleEndian.Uint32(e[12:])
		switch {
		case e[4] == 0xee:
			protective = true
		case e[4] != 0 && start > 0 && count > 0:
			parts = append(parts, partition{int64(start) * block, int64(count) * block, e[4] == 0xef})
		}
	}
	return parts, protective, true
}

// efiSystem is the type of an EFI system partition, as it stands on a disk.
const efiSystem = "\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b"

// gpt reads the first table; the one at the end of the disk is not asked.
func (s source) gpt() ([]partition, error) {
	var h [block]byte
	if err := s.read(h[:], block); err != nil {
		return nil, err
	}
	if string(h[:8]) != "EFI PART" {
		return nil, refuse(Damaged, "a GPT is announced and is not there")
	}
	length := binary.LittleEndian.Uint32(h[12:])
	if length < 92 || length > block {
		return nil, refuse(Damaged, "the GPT's header is %d bytes", length)
	}
	sum := binary.LittleEndian.Uint32(h[16:])
	clear(h[16:20])
	if crc32.ChecksumIEEE(h[:length]) != sum {
		return nil, refuse(Damaged, "the GPT's header has another check sum")
	}
	at, count, size := binary.LittleEndian.Uint64(h[72:]), binary.LittleEndian.Uint32(h[80:]), binary.LittleEndian.Uint32(h[84:])
	if count > maxPartitions || size < 128 || size > maxEntrySize || at > 1<<40 {
		return nil, refuse(Damaged, "the GPT has %d entries of %d bytes at block %d", count, size, at)
	}
	entries := make([]byte, count*size)
	if err := s.read(entries, int64(at)*block); err != nil {
		return nil, err
	}
	if crc32.ChecksumIEEE(entries) != binary.LittleEndian.Uint32(h[88:]) {
		return nil, refuse(Damaged, "the GPT's entries have another check sum")
	}
	var parts []partition
	for e := range slicesOf(entries, int(size)) {
		first, last := binary.LittleEndian.Uint64(e[32:]), binary.LittleEndian.Uint64(e[40:])
		if [16]byte(e[:16]) == [16]byte{} || first == 0 || last < first || last > 1<<40 {
			continue
		}
		parts = append(parts, partition{int64(first) * block, int64(last-first+1) * block, string(e[:16]) == efiSystem})
	}
	return parts, nil
}

// slicesOf goes through b by pieces of n bytes, without what is left over.
func slicesOf(b []byte, n int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for ; len(b) >= n; b = b[n:] {
			if !yield(b[:n]) {
				return
			}
		}
	}
}
