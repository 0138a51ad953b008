package stick

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/provisioning/stick/fat"
	"guichet.example/provisioning/stick/fattest"
)

func message(kind byte, rest string) string {
	return string(kind) + string(binary.BigEndian.AppendUint32(nil, uint32(len(rest)))) + rest
}

func begins(name string, size uint64) string {
	return message('F', string(binary.BigEndian.AppendUint64(nil, size))+name)
}

func small() fat.Limits { return fat.Limits{Entries: 5, File: 100, Total: 150, Depth: 2} }

func totals(n uint64) string { return message('T', string(binary.BigEndian.AppendUint64(nil, n))) }

// memory is a sink that holds what it is told to.
type memory map[string]*bytes.Buffer

type nopClose struct{ *bytes.Buffer }

func (nopClose) Close() error { return nil }

func (m memory) create(name string, _ int64) (io.WriteCloser, error) {
	m[name] = &bytes.Buffer{}
	return nopClose{m[name]}, nil
}

func TestWhatAChildMaySay(t *testing.T) {
	end := message('E', "FAT16")
	for name, c := range map[string]struct {
		said string
		want fat.Code
	}{
		"nothing to say":           {end, ""},
		"files":                    {begins("a", 2) + message('D', "x") + message('D', "y") + begins("b/c/d", 0) + end, ""},
		"a refusal":                {message('R', string(fat.ExFAT)), fat.ExFAT},
		"an unknown refusal":       {message('R', "you are hacked"), fat.Exhausted},
		"silence":                  {"", fat.Exhausted},
		"half a message":           {end[:3], fat.Exhausted},
		"half a name":              {begins("name", 1)[:10], fat.Exhausted},
		"half a file":              {begins("a", 4) + message('D', "xyz")[:6], fat.Exhausted},
		"the end in a file":        {begins("a", 4) + end, fat.Exhausted},
		"a file in a file":         {begins("a", 4) + begins("b", 1), fat.Exhausted},
		"more than the file":       {begins("a", 1) + message('D', "xy"), fat.Exhausted},
		"bytes of no file":         {message('D', "x"), fat.Exhausted},
		"no bytes":                 {begins("a", 1) + message('D', ""), fat.Exhausted},
		"a long message":           {"D\xff\xff\xff\xff", fat.Exhausted},
		"a long name":              {begins(strings.Repeat("a", 5000), 0), fat.Exhausted},
		"another kind":             {message('E', "ext4"), fat.Exhausted},
		"an unknown letter":        {message('X', ""), fat.Exhausted},
		"a name twice":             {begins("a", 0) + begins("A", 0), fat.Exhausted},
		"a file that is a folder":  {begins("a/b", 0) + begins("a", 0), fat.Exhausted},
		"a folder that is a file":  {begins("a", 0) + begins("a/b", 0), fat.Exhausted},
		"two files in one folder":  {begins("a/b", 0) + begins("a/c", 0) + end, ""},
		"up":                       {begins("../a", 0), fat.BadName},
		"absolute":                 {begins("/a", 0), fat.BadName},
		"hidden":                   {begins(".a", 0), fat.BadName},
		"a line":                   {begins("a\nb", 0), fat.BadName},
		"no name":                  {begins("", 0), fat.BadName},
		"too deep":                 {begins("a/b/c/d", 0), fat.TooDeep},
		"too many":                 {begins("a/b", 0) + begins("c/d", 0) + begins("e/f", 0), fat.TooMany},
		"too large":                {begins("a", 101), fat.TooLarge},
		"too large by far":         {begins("a", 1<<63), fat.TooLarge},
		"too large together":       {begins("a", 100) + message('D', strings.Repeat("x", 100)) + begins("b", 51), fat.TooLarge},
		"one byte less than that":  {begins("a", 100) + message('D', strings.Repeat("x", 100)) + begins("b", 50) + message('D', strings.Repeat("x", 50)) + end, ""},
		"a total":                  {totals(150) + begins("a", 0) + end, ""},
		"two totals":               {totals(1) + totals(1) + end, fat.Exhausted},
		"a total too late":         {begins("a", 0) + totals(1) + end, fat.Exhausted},
		"a total cut off":          {message('T', "1234") + end, fat.Exhausted},
		"a total over all limits":  {totals(151) + end, fat.TooLarge},
		"a total of any size":      {totals(1<<63) + end, fat.TooLarge},
		"a long row of empty ones": {strings.Repeat(begins("a", 0), 2), fat.Exhausted},
	} {
		if _, err := receive(strings.NewReader(c.said), small(), memory{}, nil); codeOf(err) != c.want || c.want == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestProgress: it never goes back nor past the end, whatever the child says.
func TestProgress(t *testing.T) {
	file := begins("a", 100) + message('D', strings.Repeat("x", 60)) + message('D', strings.Repeat("x", 40))
	for name, c := range map[string]struct {
		said string
		want []int64
	}{
		"true":            {totals(100) + file, []int64{60, 100}},
		"too little":      {totals(70) + file, []int64{60}},
		"nothing is said": {file, nil},
	} {
		var told []int64
		_, err := receive(strings.NewReader(c.said+message('E', "FAT32")), small(), memory{}, func(done, _ int64) { told = append(told, done) })
		if err != nil || !slices.Equal(told, c.want) {
			t.Errorf("%s: %v, %v", name, told, err)
		}
	}
}

// FuzzReceive is a child that was taken over.
func FuzzReceive(f *testing.F) {
	f.Add([]byte(begins("metadata/a", 2) + message('D', "xy") + begins("b", 0) + message('E', "FAT32")))
	f.Add([]byte(message('R', "G-STICK-EXFAT")))
	f.Add([]byte(totals(2) + begins("b", 2) + message('D', "xy")))
	f.Fuzz(func(t *testing.T, said []byte) {
		m := memory{}
		last := int64(0)
		contents, err := receive(bytes.NewReader(said), small(), m, func(done, total int64) {
			if done <= last || done > total || total > small().Total {
				t.Errorf("%d of %d after %d", done, total, last)
			}
			last = done
		})
		var total int
		for name, b := range m {
			total += b.Len()
			for part := range strings.SplitSeq(name, "/") {
				if !fat.CheckName(part) {
					t.Errorf("name %q", name)
				}
			}
			if b.Len() > 100 {
				t.Errorf("%q has %d bytes", name, b.Len())
			}
		}
		if total > 150 || len(m) > 5 {
			t.Errorf("%d bytes in %d files", total, len(m))
		}
		if err == nil && (contents.Files != len(m) || contents.Bytes != int64(total)) {
			t.Errorf("%+v of %d files, %d bytes", contents, len(m), total)
		}
		if err != nil && !codeOf(err).Known() {
			t.Error(err)
		}
	})
}

// full is a disk without room.
type full struct{}

func (f full) create(string, int64) (io.WriteCloser, error) { return f, nil }
func (full) Write([]byte) (int, error)                      { return 0, errFull }
func (full) Close() error                                   { return nil }

var errFull = errors.New("no space left on device")

func TestAFullDiskIsNoFaultOfTheStick(t *testing.T) {
	_, err := receive(strings.NewReader(begins("a", 1)+message('D', "x")), small(), full{}, nil)
	if !errors.Is(err, errFull) || codeOf(err) != "" {
		t.Error(err)
	}
}

// TestHostileSticksThroughTheChild has some hundred go the whole way.
func TestHostileSticksThroughTheChild(t *testing.T) {
	files := map[string][]byte{"metadata/1.root.json": random(1, 1500), "targets/a/b/c.pack": random(2, 40_000)}
	good := []fattest.Memory{made(t, mib, 12, "", files), made(t, 4*mib, 16, "gpt", files), made(t, 36*mib, 32, "mbr", files)}
	dir := t.TempDir()
	path := filepath.Join(dir, "stick.img")
	var times []time.Duration
	var most int64
	codes := map[fat.Code]int{}
	for seed := range int64(300) {
		// One image file for all: FAT32 needs 36 MiB, of which little is not zero.
		h := fattest.Mutate(good[seed%3], 1_000_000+seed)
		if err := h.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, "copy")
		_, used, err := reader(t).Read(context.Background(), path, to)
		if err != nil && !codeOf(err).Known() {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if code := codeOf(err); code == fat.Exhausted || code == fat.TooSlow {
			t.Fatalf("seed %d met a limit: %v", seed, err)
		}
		if err := os.RemoveAll(to); err != nil {
			t.Fatal(err)
		}
		codes[codeOf(err)]++
		times, most = append(times, used.Time), max(most, used.Memory)
	}
	slices.Sort(times)
	t.Logf("%d children: median %v, 99th percentile %v, most %v; %d KiB", len(times), times[len(times)/2],
		times[len(times)*99/100], times[len(times)-1], most>>10)
	t.Log(codes)
	if most > 64*mib {
		t.Errorf("a child held %d bytes", most)
	}
}

// BenchmarkRead is the way from the start of the child to the last copied byte.
func BenchmarkRead(b *testing.B) {
	for name, n := range map[string]int{"1MiB": 1, "200MiB": 200} {
		b.Run(name, func(b *testing.B) {
			files := map[string][]byte{}
			for i := range n {
				files[fmt.Sprintf("targets/packs/%03d.pack", i)] = random(int64(i), mib)
			}
			path := image(b, made(b, int64(n+40)*mib, 32, "mbr", files))
			var most int64
			b.SetBytes(int64(n) * mib)
			for b.Loop() {
				to := filepath.Join(b.TempDir(), "copy")
				_, used, err := reader(b).Read(context.Background(), path, to)
				if err != nil {
					b.Fatal(err)
				}
				most = max(most, used.Memory)
				if err := os.RemoveAll(to); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(most>>10), "KiB-child")
		})
	}
}
