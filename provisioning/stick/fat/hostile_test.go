package fat_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime/metrics"
	"slices"
	"testing"
	"time"

	"guichet.example/provisioning/stick/fat"
	"guichet.example/provisioning/stick/fattest"
)

func TestFormatsWhatFsckFindsClean(t *testing.T) {
	for _, c := range []struct {
		size int64
		bits int
	}{{mib, 12}, {1440 << 10, 12}, {60 * mib, 12}, {9 * mib, 16}, {500 * mib, 16}, {40 * mib, 32}, {600 * mib, 32}} {
		m, err := fattest.Make(c.size, c.bits, "", map[string][]byte{"targets/a": random(1, 5000)})
		if err != nil {
			t.Fatal(err)
		}
		if err := (shape{}).check(t, m); err != nil {
			t.Errorf("%d bytes as FAT%d: %v", c.size, c.bits, err)
		}
		if v, err := fat.Find(m, c.size); err != nil || v.Kind() != fmt.Sprintf("FAT%d", c.bits) {
			t.Errorf("%d bytes as FAT%d: %v, %v", c.size, c.bits, v, err)
		}
	}
	if err := fat.Format(make(fattest.Memory, mib), mib, 32); codeOf(err) != fat.TooLarge {
		t.Errorf("1 MiB as FAT32: %v", err)
	}
}

// corpus are the good sticks that hostile ones are made of.
func corpus(t testing.TB) (all []fattest.Memory) {
	t.Helper()
	for _, c := range []struct {
		size  int64
		bits  int
		table string
	}{{512 << 10, 12, ""}, {mib, 12, "mbr"}, {mib, 12, "gpt"}, {3 * mib, 16, ""}, {4 * mib, 16, "gpt"}, {36 * mib, 32, "mbr"}, {36 * mib, 32, ""}} {
		files := map[string][]byte{"metadata/1.root.json": random(1, 1500), "metadata/timestamp.json": random(2, 400)}
		for i := range 12 {
			files[fmt.Sprintf("targets/packs/a/b/%064x.pack", i)] = random(int64(i), 100+900*i)
		}
		m, err := fattest.Make(c.size, c.bits, c.table, files)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// counting counts what is asked of a device.
type counting struct {
	io.ReaderAt
	bytes int64
}

func (c *counting) ReadAt(b []byte, at int64) (int, error) {
	c.bytes += int64(len(b))
	return c.ReaderAt.ReadAt(b, at)
}

// take reads a stick within limits, and says what broke them.
func take(r io.ReaderAt, size int64, limits fat.Limits) (err error, broke string) {
	var entries int
	var total int64
	v, err := fat.Find(r, size)
	if err == nil {
		err = v.Walk(limits, func(name string, size int64, content io.Reader) error {
			n, err := io.Copy(io.Discard, content)
			entries++
			total += n
			for part := range bytes.SplitSeq([]byte(name), []byte("/")) {
				if !fat.CheckName(string(part)) {
					broke = "a name"
				}
			}
			if err == nil && n != size || n > size {
				broke = "the size of a file"
			}
			return err
		})
	}
	if entries > limits.Entries || total > limits.Total {
		broke = "the limits"
	}
	if err != nil && len(codeOf(err).In("fr")) == 0 || err != nil && !codeOf(err).Known() {
		broke = "the rule that each refusal has a sentence"
	}
	return err, broke
}

// TestHostileSticks reads twelve thousand of them, one after the other: there
// is nothing to find for the race detector.
func TestHostileSticks(t *testing.T) {
	sticks := int64(12_000)
	if fattest.Raced {
		sticks = 1000
	}
	good := corpus(t)
	limits := fat.Limits{Entries: 200, File: 8 * mib, Total: 16 * mib, Depth: 6}
	codes := map[fat.Code]int{}
	var times []time.Duration
	var allocated []uint64
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	for seed := range sticks {
		h := fattest.Mutate(good[seed%int64(len(good))], seed)
		r := &counting{ReaderAt: h}
		metrics.Read(sample)
		before, began := sample[0].Value.Uint64(), time.Now()
		err, broke := take(r, h.Size, limits)
		times = append(times, time.Since(began))
		metrics.Read(sample)
		allocated = append(allocated, sample[0].Value.Uint64()-before)
		if broke != "" {
			t.Fatalf("seed %d broke %s: %v", seed, broke, err)
		}
		// Each folder may be read once for each entry, and a table's window for each cluster of a file.
		if r.bytes > 1<<30 {
			t.Fatalf("seed %d: %d bytes read", seed, r.bytes)
		}
		codes[codeOf(err)]++
	}
	slices.Sort(times)
	slices.Sort(allocated)
	last := len(times) - 1
	t.Logf("%d sticks: 99th percentile %v, %d KiB allocated; most %v, %d KiB", len(times),
		times[last*99/100], allocated[last*99/100]>>10, times[last], allocated[last]>>10)
	t.Log(codes)
	if allocated[last] > 24*mib {
		t.Errorf("%d bytes were allocated for one stick", allocated[last])
	}
	for _, c := range []fat.Code{"", fat.Damaged, fat.NoFolder, fat.Unread, fat.Unknown, fat.BadName, fat.TooLarge} {
		if codes[c] == 0 {
			t.Errorf("none ended as %q: the sticks are not hostile enough", c)
		}
	}
}
