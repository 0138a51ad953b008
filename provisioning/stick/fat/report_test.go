package fat_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"testing"

	"guichet.example/provisioning/stick/fat"
)

// mild is all that fsck.vfat may find on a stick that was pulled while a report
// was written: space that is taken for nothing, a count of free space that is a
// hint, and a second table that is behind the first. Each takes nothing from a
// file, and every system's check mends it.
func mild() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`^fsck.fat .*|^Checking |^.*: [0-9]+ files, [0-9]+/[0-9]+ clusters$|^$`),
		regexp.MustCompile(`^Reclaimed [0-9]+ unused clusters? \([0-9]+ bytes\)\.$|^Reclaiming unconnected clusters\.$`),
		regexp.MustCompile(`^Free cluster summary wrong \([0-9]+ vs\. really [0-9]+\)$|^  Auto-correcting\.$`),
		regexp.MustCompile(`^FATs differ but appear to be intact\.$|^  Using first FAT\.$`),
		regexp.MustCompile(`^Leaving filesystem unchanged\.$`),
	}
}

// harsh returns what fsck.vfat says of an image besides; it changes nothing.
func (s shape) harsh(t *testing.T, image []byte) (lines []string) {
	t.Helper()
	part, _ := s.partition(t, image)
	defer os.Remove(part)
	out, err := exec.Command("fsck.vfat", "-n", part).CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	for line := range bytes.Lines(out) {
		line = bytes.TrimRight(line, "\n")
		if !slices.ContainsFunc(mild(), func(m *regexp.Regexp) bool { return m.Match(line) }) {
			lines = append(lines, string(line))
		}
	}
	return lines
}

// TestFsckOfEveryCut writes a first report, for which folders are made, and one
// more. Every write once is the last, when the stick is pulled, with what was not
// flushed done or not; and once the first that fails, with everything before done.
func TestFsckOfEveryCut(t *testing.T) {
	for _, s := range small()[:4] {
		t.Run(s.name, func(t *testing.T) {
			path := s.format(t)
			owner := map[string][]byte{"lettre.doc": random(1, 3000)}
			s.fill(t, path, owner)
			image, old := read(t, path), map[string][]byte{}
			for n := 1; n <= 2; n++ {
				name, data := fmt.Sprintf("reports/k-abcdefghijklmnop-%d.age", n), random(int64(n), 2600)
				whole := &medium{bytes: bytes.Clone(image), left: -1}
				if err := put(whole, name, data); err != nil {
					t.Fatal(err)
				}
				if err := s.check(t, whole.bytes); err != nil {
					t.Fatalf("is not clean when all goes well: %v", err)
				}
				for cut := range whole.done {
					orders := []*rand.Rand{rand.New(rand.NewSource(int64(cut))), nil}
					if s.size > 10*mib { // dosfstools take a while
						orders = orders[cut%2 : cut%2+1]
					}
					for _, order := range orders {
						m := &medium{bytes: bytes.Clone(image), left: cut, order: order}
						if err := put(m, name, data); codeOf(err) != fat.Unwritten {
							t.Fatal(err)
						}
						if lines := s.harsh(t, m.bytes); lines != nil {
							t.Errorf("report %d, cut at write %d of %d: %q", n, cut, whole.done, lines)
						}
					}
				}
				image, old[name[len("reports/"):]] = whole.bytes, data
			}
			s.owners(t, image, owner)
			want := map[string][]byte{}
			for name, data := range old {
				want["guichet/reports/"+name] = data
			}
			s.owners(t, image, want)
		})
	}
}

// TestHarshSeesDamage is the control: what hurts a file is not taken as mild.
func TestHarshSeesDamage(t *testing.T) {
	s := small()[2] // FAT16
	path := s.format(t)
	s.fill(t, path, map[string][]byte{"lettre.doc": random(1, 3000), "deux.doc": random(2, 3000)})
	image := read(t, path)
	if lines := s.harsh(t, image); lines != nil {
		t.Fatalf("%q", lines)
	}
	for _, name := range []string{"LETTRE  DOC", "DEUX    DOC"} { // both begin in the same cluster
		at := bytes.LastIndex(image, []byte(name))
		image[at+26], image[at+27] = 5, 0
	}
	if lines := s.harsh(t, image); lines == nil {
		t.Error("two files that share their space are taken as mild")
	}
}

// TestFullAndFailingSticks: where there is no room the stick stays clean, its
// count of free space included, and where a write fails nothing else is lost.
func TestFullAndFailingSticks(t *testing.T) {
	for _, s := range []shape{{"fat12", 4 * mib, "dos", []string{"-F", "12"}}, {"fat32", 36 * mib, "", []string{"-F", "32", "-s", "1"}}} {
		t.Run(s.name, func(t *testing.T) {
			path := s.format(t)
			owner := map[string][]byte{"film.avi": random(1, int(s.size)/4)}
			s.fill(t, path, owner)
			m := &medium{bytes: read(t, path), left: -1}
			for n := range 20 { // until nothing fits
				if err := put(m, fmt.Sprintf("ballast/%d", n), make([]byte, 1500<<10)); err != nil {
					break
				}
			}
			err := put(m, "reports/k-abcdefghijklmnop-1.age", make([]byte, 2<<20))
			if codeOf(err) != fat.Full {
				t.Fatal(err)
			}
			if err := s.check(t, m.bytes); err != nil {
				t.Error(err)
			}
			s.owners(t, m.bytes, owner)
		})
	}
}

// TestHolds: a stick that drops what is written to it, as those do that say to
// be larger than they are, is found out.
func TestHolds(t *testing.T) {
	for _, s := range small()[:4] {
		name, data := "reports/k-abcdefghijklmnop-1.age", random(1, 5000)
		m := &medium{bytes: read(t, s.format(t)), left: -1}
		holds := func(name string, data []byte) error {
			v, err := fat.Find(m, s.size)
			if err != nil {
				t.Fatal(err)
			}
			return v.Holds(name, data)
		}
		if err := holds(name, data); codeOf(err) != fat.Unwritten {
			t.Errorf("%s: nothing is there: %v", s.name, err)
		}
		if err := put(m, name, data); err != nil {
			t.Fatal(err)
		}
		if err := holds(name, data); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		for other, content := range map[string][]byte{name: data[1:], "reports": data, name + "/x": data, "reports/k": data} {
			if err := holds(other, content); codeOf(err) != fat.Unwritten {
				t.Errorf("%s: %s: %v", s.name, other, err)
			}
		}
		for _, at := range []int{0, 2500, len(data) - 1} {
			where := bytes.Index(m.bytes, data[:512])
			m.bytes[where+at] ^= 1
			if err := holds(name, data); codeOf(err) != fat.Unwritten {
				t.Errorf("%s: byte %d changed: %v", s.name, at, err)
			}
			m.bytes[where+at] ^= 1
		}
	}
}

// locked is a stick whose switch forbids writing.
type locked struct{ *medium }

func (locked) WriteAt([]byte, int64) (int, error) { return 0, os.ErrPermission }

func TestLockedSticksAreTold(t *testing.T) {
	m := &medium{bytes: read(t, small()[0].format(t)), left: -1}
	v, err := fat.Find(m, int64(len(m.bytes)))
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Write(locked{m}, "reports/a", []byte("a"), noon); codeOf(err) != fat.Locked {
		t.Error(err)
	}
}
