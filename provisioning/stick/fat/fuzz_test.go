package fat_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"guichet.example/provisioning/stick/fat"
	"guichet.example/provisioning/stick/fattest"
)

var fuzzLimits = fat.Limits{Entries: 50, File: mib, Total: 2 * mib, Depth: 4}

// FuzzTables gives whatever stands in the first blocks of a stick: tables of
// partitions, and the description of a FAT.
func FuzzTables(f *testing.F) {
	var good []fattest.Memory
	for i, table := range []string{"", "mbr", "gpt"} {
		m, err := fattest.Make(512<<10, 12, table, map[string][]byte{"metadata/1.root.json": []byte("{}")})
		if err != nil {
			f.Fatal(err)
		}
		good = append(good, m)
		f.Add(byte(i), []byte(m[:1200]))
	}
	f.Fuzz(func(t *testing.T, which byte, head []byte) {
		disk := append(fattest.Memory{}, good[int(which)%len(good)]...)
		copy(disk, head)
		if err, broke := take(disk, int64(len(disk)), fuzzLimits); broke != "" {
			t.Errorf("%s: %v", broke, err)
		}
	})
}

// FuzzFAT changes a good stick in some places: three bytes say where, one what.
func FuzzFAT(f *testing.F) {
	var good []fattest.Memory
	for _, bits := range []int{12, 16, 32} {
		size := map[int]int64{12: 256 << 10, 16: 3 * mib, 32: 36 * mib}[bits]
		m, err := fattest.Make(size, bits, "", map[string][]byte{"metadata/1.root.json": random(1, 3000), "targets/a": []byte("a")})
		if err != nil {
			f.Fatal(err)
		}
		good = append(good, m)
	}
	f.Add(byte(0), []byte("\x00\x02\x03\xff\x00\x02\x04\x0f"))
	f.Add(byte(1), []byte("\x00\x0b\x20\x02"))
	f.Add(byte(2), []byte("\x00\x00\x2c\x05"))
	f.Fuzz(func(t *testing.T, which byte, changes []byte) {
		disk := append(fattest.Memory{}, good[int(which)%len(good)]...)
		for ; len(changes) >= 4; changes = changes[4:] {
			at := int(binary.BigEndian.Uint32(changes) >> 8)
			disk[at%len(disk)] = changes[3]
		}
		if err, broke := take(disk, int64(len(disk)), fuzzLimits); broke != "" {
			t.Errorf("%s: %v", broke, err)
		}
		// A file that is written to what can be read must not break anything.
		v, err := fat.Find(disk, int64(len(disk)))
		if err == nil {
			err = v.Write(disk, "reports/a report.age", []byte("report"), noon)
		}
		if err != nil && !codeOf(err).Known() {
			t.Errorf("write: %v", err)
		}
	})
}

func FuzzCheckName(f *testing.F) {
	f.Add("1.root.json")
	f.Add("..")
	f.Fuzz(func(t *testing.T, name string) {
		if fat.CheckName(name) && (!fs.ValidPath(name) || strings.Contains(name, "/") || name == ".") {
			t.Errorf("%q is no name", name)
		}
	})
}

func TestSentences(t *testing.T) {
	for _, c := range fat.Codes() {
		for _, language := range []string{"fr", "en"} {
			s := c.In(language)
			if len(s) < 30 || !strings.HasSuffix(s, ".") || strings.Contains(s, "  ") {
				t.Errorf("%s in %s: %q", c, language, s)
			}
		}
		if c.In("fr") == c.In("en") || !c.Known() {
			t.Errorf("%s: one sentence for two languages", c)
		}
	}
	if fat.Code("G-STICK-OTHER").Known() {
		t.Error("any code is known")
	}
	cause := errors.New("cause")
	if err := error(&fat.Refusal{Code: fat.Unread, Err: cause}); !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
}
