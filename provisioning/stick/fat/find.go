package fat

import (
	"errors"
	"io"
	"strings"

	"guichet.example/provisioning"
)

// Folder is the one on a stick that is ours. Everything else is somebody's
// and is neither read nor touched.
const Folder = provisioning.Folder

// Find finds the file system on a device of the given size in bytes: the first
// FAT with a folder guichet; else, for writing to, the first that people see.
// A Refusal says what there is instead.
func Find(r io.ReaderAt, size int64) (*Volume, error) {
	disk := source{r, 0, size}
	if size < 8*block {
		return nil, refuse(Unknown, "the device has %d bytes", size)
	}
	found, err := disk.look()
	if found != nil || err != nil {
		return found, err
	}
	parts, err := disk.partitions()
	if err != nil {
		return nil, err
	}
	if found, err := disk.choose(parts); found != nil || err != nil {
		return found, err
	}
	empty, err := disk.blank()
	if err != nil {
		return nil, err
	}
	if empty {
		return nil, refuse(Empty, "no partition, no file system")
	}
	return nil, refuse(Unknown, "%d partitions, none in a known format", len(parts))
}

// choose looks at each partition. Nothing found is neither a volume nor an error.
func (s source) choose(parts []partition) (*Volume, error) {
	var visible, hidden *Volume
	var other error
	for _, p := range parts {
		part, ok := s.part(p.start, p.size)
		if !ok {
			continue
		}
		v, err := part.look()
		switch {
		case is(err, Unread):
			return nil, err
		case err != nil && other == nil && !p.system:
			other = err
		case v != nil:
			ours, err := v.has(Folder)
			if is(err, Unread) || ours {
				return v, err
			}
			if p.system && hidden == nil {
				hidden = v
			} else if !p.system && visible == nil {
				visible = v
			}
		}
	}
	if visible != nil {
		return visible, nil
	}
	// An image of a disc has partitions too. It is asked only now, because its
	// mark outlives the stick's next formatting.
	if err := s.holds(discs()); err != nil {
		return nil, err
	}
	if other != nil {
		return nil, other
	}
	return hidden, nil
}

func is(err error, c Code) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Code == c
}

// look recognises what is in a partition, or on a device without any: a FAT, or
// what is refused. Nothing recognised is neither.
func (s source) look() (*Volume, error) {
	var first [block]byte
	if err := s.read(first[:], 0); err != nil {
		return nil, err
	}
	if err := s.holds(firstSector()); err != nil {
		return nil, err
	}
	v, err := s.volume(first[:])
	if v != nil || err != nil {
		return v, err
	}
	if first[510] == 0x55 && first[511] == 0xaa {
		return nil, nil // what stands further on may be what a table of partitions was written over
	}
	return nil, s.holds(append(further(), discs()...))
}

// mark is one by which a format that is not read is recognised.
type mark struct {
	code Code
	at   int64
	is   string
}

func firstSector() []mark {
	return []mark{
		{ExFAT, 3, "EXFAT   "}, {NTFS, 3, "NTFS    "}, {BitLocker, 3, "-FVE-FS-"},
		{APFS, 32, "NXSB"}, {LUKS, 0, "LUKS\xba\xbe"}, {OtherLinux, 0, "XFSB"},
	}
}

func further() []mark {
	const swap, f2fs, btrfs = "SWAPSPACE2", "\x10\x20\xf5\xf2", "_BHRfS_M"
	return []mark{
		{HFSPlus, 1024, "H+"}, {HFSPlus, 1024, "HX"}, {HFSPlus, 1024, "BD"}, {Ext, 1024 + 56, "\x53\xef"},
		{HFSPlus, 512, "PM\x00\x00"}, // the older table of partitions of Macs
		{OtherLinux, 1024, f2fs}, {OtherLinux, 65536 + 64, btrfs}, {OtherLinux, 4086, swap},
	}
}

func discs() []mark { return []mark{{ISO, 32769, "CD001"}} }

// holds refuses what has one of the marks.
func (s source) holds(marks []mark) error {
	for _, m := range marks {
		b := make([]byte, len(m.is))
		if m.at+int64(len(b)) > s.size {
			continue
		}
		if err := s.read(b, m.at); err != nil {
			return err
		}
		if string(b) == m.is {
			return refuse(m.code, "its mark stands at byte %d", m.at)
		}
	}
	return nil
}

// blank says whether the first MiB holds nothing but zeros, or a table without
// any partition.
func (s source) blank() (bool, error) {
	b := make([]byte, min(s.size, 1<<20))
	if err := s.read(b, 0); err != nil {
		return false, err
	}
	if _, _, ok := mbr(b[446:510]); ok && b[510] == 0x55 && b[511] == 0xaa {
		clear(b[:446]) // boot code, which partitioning programs write
		clear(b[510:block])
	}
	return strings.Trim(string(b), "\x00") == "", nil
}
