package fat_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/provisioning/stick/fat"
	"guichet.example/provisioning/stick/fattest"
)

// others are sticks of other formats, as programs of Debian's make them or, of
// those that it has none for, by the mark that the format's description names.
func others(t *testing.T) map[string]func([]byte) []byte {
	mark := func(at int, is string) func([]byte) []byte {
		return func(b []byte) []byte {
			copy(b[at:], is)
			return b
		}
	}
	return map[string]func([]byte) []byte{
		"exfat":      program(t, "mkfs.exfat"),
		"ntfs":       program(t, "mkfs.ntfs", "-F", "-Q", "-q"),
		"ext":        program(t, "mke2fs", "-q", "-t", "ext4"),
		"bitlocker":  mark(0, "\xeb\x58\x90-FVE-FS-"),
		"hfs":        mark(1024, "H+\x00\x04"),
		"hfs/HX":     mark(1024, "HX\x00\x05"),
		"hfs/PM":     mark(512, "PM\x00\x00"),
		"apfs":       mark(32, "NXSB"),
		"luks":       mark(0, "LUKS\xba\xbe\x00\x02"),
		"linux/xfs":  mark(0, "XFSB"),
		"linux/swap": mark(4086, "SWAPSPACE2"),
		"iso":        mark(32769, "CD001"),
		"linux/f2fs": mark(1024, "\x10\x20\xf5\xf2"),
	}
}

// program has one of Debian's format an image; nil where it is not installed.
func program(t *testing.T, name string, args ...string) func([]byte) []byte {
	if _, err := exec.LookPath(name); err != nil {
		return nil
	}
	return func(b []byte) []byte {
		image := filepath.Join(t.TempDir(), "other.img")
		if err := os.WriteFile(image, b, 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, name, append(args, image)...)
		return read(t, image)
	}
}

func TestOtherFormatsAreNamed(t *testing.T) {
	for name, format := range others(t) {
		kind, _, _ := bytes.Cut([]byte(name), []byte("/"))
		want := fat.Code("G-STICK-" + strings.ToUpper(string(kind)))
		t.Run(name, func(t *testing.T) {
			if format == nil {
				t.Skip("its program is not installed (apt-get install exfatprogs ntfs-3g)")
			}
			whole := fattest.Memory(format(make([]byte, 16*mib)))
			if _, err := fat.Find(whole, 16*mib); codeOf(err) != want {
				t.Errorf("alone: %v", err)
			}
			if want == fat.ISO {
				return
			}
			for table, write := range map[string]func(fattest.Memory){
				"mbr": func(b fattest.Memory) { fattest.MBR(b, 7, 2048, 16*2048) },
				"gpt": func(b fattest.Memory) {
					fattest.MBR(b, 0xee, 1, 1<<20)
					fattest.GPT(b, 2048, 17*2048-1)
				},
			} {
				disk := append(make(fattest.Memory, mib), whole...)
				write(disk)
				if _, err := fat.Find(append(disk, make([]byte, mib)...), 18*mib); codeOf(err) != want {
					t.Errorf("with %s: %v", table, err)
				}
			}
		})
	}
}

func TestSticksWithoutAFormat(t *testing.T) {
	empty := make(fattest.Memory, 4*mib)
	for name, c := range map[string]struct {
		disk fattest.Memory
		want fat.Code
	}{
		"nothing":             {empty, fat.Empty},
		"no bytes":            {nil, fat.Unknown},
		"an empty table":      {func() fattest.Memory { b := bytes.Clone(empty); b[510], b[511] = 0x55, 0xaa; return b }(), fat.Empty},
		"noise":               {random(1, 4*mib), fat.Unknown},
		"text":                {bytes.Repeat([]byte("guichet "), 4096), fat.Unknown},
		"a GPT that is gone":  {func() fattest.Memory { b := bytes.Clone(empty); fattest.MBR(b, 0xee, 1, 100); return b }(), fat.Damaged},
		"a partition outside": {func() fattest.Memory { b := bytes.Clone(empty); fattest.MBR(b, 7, 1<<30, 100); return b }(), fat.Unknown},
	} {
		if _, err := fat.Find(c.disk, int64(len(c.disk))); codeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheFolderDecidesWhichPartition has a stick of a Mac: an EFI system
// partition before the one that its owner sees.
func TestTheFolderDecidesWhichPartition(t *testing.T) {
	disk := make(fattest.Memory, 8*mib)
	for i, files := range []map[string][]byte{nil, {"metadata/a": []byte("a")}} {
		m, err := fattest.Make(2*mib, 12, "", files)
		if err != nil {
			t.Fatal(err)
		}
		copy(disk[(1+3*i)*mib:], m)
	}
	fattest.MBR(disk, 0xef, 2048, 2*2048)
	copy(disk[462:], disk[446:462])
	fattest.MBR(disk, 0xef, 2048, 2*2048)
	disk[462+4], disk[462+8], disk[462+9] = 0x0c, 0, 0x20 // 0x2000 = 4 MiB
	got, err := walk(disk, int64(len(disk)), wide())
	if err != nil || string(got["metadata/a"]) != "a" {
		t.Errorf("%v, %v", got, err)
	}
	// A new stick: the kiosk writes where its owner will see it.
	copy(disk[4*mib:], make([]byte, 2*mib))
	m, err := fattest.Make(2*mib, 12, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	copy(disk[4*mib:], m)
	hidden := bytes.Clone(disk[mib : 3*mib])
	if _, err := walk(disk, int64(len(disk)), wide()); codeOf(err) != fat.NoFolder {
		t.Error(err)
	}
	v, err := fat.Find(disk, int64(len(disk)))
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Write(disk, "enrolment/k.toml", []byte("k"), noon); err != nil || !bytes.Equal(hidden, disk[mib:3*mib]) {
		t.Errorf("written to the hidden partition: %v", err)
	}
}

// TestOldMarksDoNotCount has a stick that was an ISO and is a FAT now.
func TestOldMarksDoNotCount(t *testing.T) {
	m, err := fattest.Make(4*mib, 12, "mbr", map[string][]byte{"metadata/a": []byte("a")})
	if err != nil {
		t.Fatal(err)
	}
	copy(m[32769:], "CD001")
	if _, err := walk(m, int64(len(m)), wide()); err != nil {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	files := map[string][]byte{"metadata/a": random(1, 1000), "targets/b/c": random(2, 1000)}
	m, err := fattest.Make(mib, 12, "", files)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		limits fat.Limits
		want   fat.Code
	}{
		{fat.Limits{Entries: 5, File: 1000, Total: 2000, Depth: 2}, ""},
		{fat.Limits{Entries: 4, File: 1000, Total: 2000, Depth: 2}, fat.TooMany},
		{fat.Limits{Entries: 5, File: 999, Total: 2000, Depth: 2}, fat.TooLarge},
		{fat.Limits{Entries: 5, File: 1000, Total: 1999, Depth: 2}, fat.TooLarge},
		{fat.Limits{Entries: 5, File: 1000, Total: 2000, Depth: 1}, fat.TooDeep},
	} {
		if _, err := walk(m, mib, c.limits); codeOf(err) != c.want {
			t.Errorf("%+v: %v", c.limits, err)
		}
	}
}
