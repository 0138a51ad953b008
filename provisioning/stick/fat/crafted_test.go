package fat_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"guichet.example/provisioning/stick/fat"
	"guichet.example/provisioning/stick/fattest"
)

// TestCraftedSticks has what is known to kill readers: chains that lead back,
// tables without end, folders in themselves.
func TestCraftedSticks(t *testing.T) {
	le := binary.LittleEndian
	good, err := fattest.Make(36*mib, 32, "", map[string][]byte{"a": random(1, 5000), "b/c": random(2, 600)})
	if err != nil {
		t.Fatal(err)
	}
	table := int64(le.Uint16(good[14:])) * 512
	last := uint32((36*mib/512-int(le.Uint16(good[14:]))-2*int(le.Uint32(good[36:])))/int(good[13]) + 1)
	clusterOf := func(alias string) (entry int, cluster uint32) {
		entry = bytes.Index(good, []byte(alias))
		if entry < 0 {
			t.Fatalf("no %q", alias)
		}
		return entry, uint32(le.Uint16(good[entry+26:]))
	}
	_, guichet := clusterOf("GUICHE~1   ")
	a, file := clusterOf("A~1        ")
	b, _ := clusterOf("B~1        ")
	link := func(from, to uint32) func(fattest.Memory) {
		return func(m fattest.Memory) { le.PutUint32(m[table+4*int64(from):], to) }
	}
	poke32 := func(at int, value uint32) func(fattest.Memory) {
		return func(m fattest.Memory) { le.PutUint32(m[at:], value) }
	}
	for name, c := range map[string]struct {
		change func(fattest.Memory)
		want   fat.Code
	}{
		"a file whose chain is a ring of one":   {link(file, file), fat.Damaged},
		"a file whose chain is a ring of three": {link(file+2, file), fat.Damaged},
		"a folder whose chain is a ring":        {link(guichet, guichet), fat.Damaged},
		"the first folder's chain is a ring":    {link(2, 2), fat.Damaged},
		"a file that leads to what is free":     {link(file, 0), fat.Damaged},
		"a file that leads to the first entry":  {link(file, 1), fat.Damaged},
		"a file that leads past the end":        {link(file, last+1), fat.Damaged},
		"a file that leads to a bad cluster":    {link(file, 0x0ffffff7), fat.Damaged},
		"a file that ends too early":            {link(file, 0x0fffffff), fat.Damaged},
		"a file that begins nowhere":            {poke32(a+26, 5000<<16), fat.Damaged},
		"a file of four gigabytes":              {poke32(a+28, 0xffffffff), fat.TooLarge},
		"a folder in itself":                    {func(m fattest.Memory) { le.PutUint16(m[b+26:], uint16(guichet)) }, fat.Damaged},
		"a folder that is the first":            {func(m fattest.Memory) { le.PutUint16(m[b+26:], 2) }, fat.Damaged},
		"two files in one place":                {func(m fattest.Memory) { le.PutUint16(m[a+26:], uint16(file+1)); le.PutUint32(m[a+28:], 600) }, ""},
		"a table of two gigabytes":              {poke32(36, 0x400000), fat.Damaged},
		"a table without end":                   {poke32(36, 0xffffffff), fat.Damaged},
		"a table that is too short":             {poke32(36, 1), fat.Damaged},
		"no table":                              {poke32(36, 0), fat.Damaged},
		"more sectors than there are":           {poke32(32, 0xffffffff), fat.Damaged},
		"fewer sectors than the tables":         {poke32(32, 40), fat.Damaged},
		"sectors of 32768":                      {func(m fattest.Memory) { le.PutUint16(m[11:], 32768) }, fat.Damaged},
		"a hundred tables":                      {func(m fattest.Memory) { m[16] = 100 }, fat.Damaged},
		"the first folder outside":              {poke32(44, 1<<31), fat.Damaged},
		"another version of FAT32":              {func(m fattest.Memory) { m[42] = 1 }, fat.Damaged},
		"a table that is not there counts":      {func(m fattest.Memory) { m[40] = 0x85 }, fat.Damaged},
	} {
		m := bytes.Clone(good)
		c.change(m)
		r := &counting{ReaderAt: fattest.Memory(m)}
		err, broke := take(r, int64(len(m)), fat.Limits{Entries: 100, File: 16 * mib, Total: 16 * mib, Depth: 8})
		if codeOf(err) != c.want || broke != "" {
			t.Errorf("%s: %v %s", name, err, broke)
		}
		if r.bytes > 8*mib {
			t.Errorf("%s: %d bytes are read", name, r.bytes)
		}
	}
}
