package fat_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/provisioning/stick/fat"
)

// medium is a stick in memory that loses power after some writes of one
// block, which is what a device does whole or not at all. Between two flushes
// the device may do them in any order.
type medium struct {
	bytes   []byte
	pending []write    // since the last flush
	left    int        // writes until the cut; negative = none
	order   *rand.Rand // nil: the device has done all that came before
	done    int        // writes in all
}

type write struct {
	at    int64
	block []byte
}

var errCut = errors.New("no power")

func (m *medium) ReadAt(b []byte, at int64) (int, error) {
	return bytes.NewReader(m.bytes).ReadAt(b, at)
}

func (m *medium) WriteAt(b []byte, at int64) (int, error) {
	for i := 0; i < len(b); i += 512 {
		block := bytes.Clone(m.bytes[at+int64(i) : at+int64(i)+512])
		m.pending = append(m.pending, write{at + int64(i), block})
		copy(m.bytes[at+int64(i):], b[i:i+512])
		m.done++
		if m.left--; m.left == -1 {
			m.cut()
			return 0, errCut
		}
	}
	return len(b), nil
}

func (m *medium) Sync() error {
	m.pending = nil
	return nil
}

// cut undoes a random part of what was not flushed, newest first. Without an
// order it undoes the one write that fails.
func (m *medium) cut() {
	if last := len(m.pending) - 1; m.order == nil {
		copy(m.bytes[m.pending[last].at:], m.pending[last].block)
		return
	}
	for _, w := range slices.Backward(m.pending) {
		if m.order.Intn(2) == 0 {
			copy(m.bytes[w.at:], w.block)
		}
	}
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func put(m *medium, name string, data []byte) error {
	v, err := fat.Find(m, int64(len(m.bytes)))
	if err != nil {
		return err
	}
	return v.Write(m, name, data, noon)
}

func small() []shape {
	return []shape{
		{"fat12", 4 * mib, "dos", []string{"-F", "12"}},
		{"fat12, one table", 2 * mib, "", []string{"-F", "12", "-f", "1", "-s", "1"}},
		{"fat16", 8 * mib, "", []string{"-F", "16", "-s", "1"}},
		{"fat32", 36 * mib, "gpt", []string{"-F", "32", "-s", "1"}},
		{"fat16, sectors of 4096", 32 * mib, "", []string{"-F", "16", "-S", "4096", "-s", "1"}},
	}
}

func TestWritesWhatFsckFindsClean(t *testing.T) {
	for _, s := range small() {
		t.Run(s.name, func(t *testing.T) {
			image := s.format(t)
			owner := map[string][]byte{"lettre.doc": random(1, 3000), "Photos/plage d'été.jpg": random(2, 50_000)}
			s.fill(t, image, owner)
			m := &medium{bytes: read(t, image), left: -1}
			want := map[string][]byte{}
			for i := range 45 { // more than one cluster of names
				name := fmt.Sprintf("enrolment/k-%016d.toml", i%40)
				want[name] = random(int64(i), 1+i*97)
				if err := put(m, name, want[name]); err != nil {
					t.Fatal(err)
				}
				if i%8 == 0 || i > 40 {
					if err := s.check(t, m.bytes); err != nil {
						t.Fatalf("after %d files: %v", i+1, err)
					}
				}
			}
			got, err := walk(m, s.size, wide())
			if err != nil {
				t.Fatal(err)
			}
			if err := same(want, got); err != nil {
				t.Error(err)
			}
			s.owners(t, m.bytes, owner)
			s.owners(t, m.bytes, map[string][]byte{"guichet/enrolment/k-0000000000000004.toml": want["enrolment/k-0000000000000004.toml"]})
		})
	}
}

// owners has mtools read the files that were there before.
func (s shape) owners(t *testing.T, image []byte, files map[string][]byte) {
	t.Helper()
	path := t.TempDir() + "/after.img"
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(path)
	for name, content := range files {
		if got := run(t, "mtype", "-i", s.mtools(path), "::/"+name); got != string(content) {
			t.Errorf("%q differs", name)
		}
	}
}

// TestCutAtEveryWrite cuts the power at every write of a new file, of one in a
// folder that must grow, and of one that is replaced.
func TestCutAtEveryWrite(t *testing.T) {
	for _, s := range small()[:4] {
		t.Run(s.name, func(t *testing.T) {
			image := s.format(t)
			owner := map[string][]byte{"lettre.doc": random(1, 3000), "Photos/plage d'été.jpg": random(2, 20_000)}
			s.fill(t, image, owner)
			before := &medium{bytes: read(t, image), left: -1}
			old := map[string][]byte{}
			cutAll(t, s, before.bytes, owner, old, "enrolment/k-abcdefghijklmnop.toml", random(3, 1500))
			for i := range 4 {
				name := fmt.Sprintf("reports/k-%016d.age", i)
				old[name] = random(int64(i), 700)
				if err := put(before, name, old[name]); err != nil {
					t.Fatal(err)
				}
			}
			cutAll(t, s, before.bytes, owner, old, "reports/a rather long name, so that the folder must grow to hold it all.age", random(4, 400))
			cutAll(t, s, before.bytes, owner, old, "reports/k-0000000000000002.age", random(5, 2100))
		})
	}
}

func cutAll(t *testing.T, s shape, image []byte, owner, old map[string][]byte, name string, data []byte) {
	t.Helper()
	whole := &medium{bytes: bytes.Clone(image), left: -1}
	if err := put(whole, name, data); err != nil {
		t.Fatal(err)
	}
	if err := s.check(t, whole.bytes); err != nil {
		t.Fatal(err)
	}
	after := maps.Clone(old)
	after[name] = data
	for n := range whole.done {
		m := &medium{bytes: bytes.Clone(image), left: n, order: rand.New(rand.NewSource(int64(n)))}
		if err := put(m, name, data); codeOf(err) != fat.Unwritten || !errors.Is(err, errCut) {
			t.Fatalf("cut at write %d of %d: %v", n, whole.done, err)
		}
		found, err := walk(bytes.NewReader(m.bytes), s.size, wide())
		if codeOf(err) == fat.NoFolder && len(old) == 0 {
			err = nil
		}
		if err != nil || same(old, found) != nil && same(after, found) != nil {
			t.Fatalf("cut at write %d of %d: neither old nor new: %v", n, whole.done, err)
		}
		if n%7 == 0 { // programs of Debian's take a while
			s.owners(t, s.repaired(t, m.bytes), owner)
		}
	}
}

func TestFullSticksAreLeftAsTheyWere(t *testing.T) {
	s := shape{"", mib, "", []string{"-F", "12", "-s", "1", "-r", "16"}}
	image := s.format(t)
	m := &medium{bytes: read(t, image), left: -1}
	if err := put(m, "reports/a", random(1, 600_000)); err != nil {
		t.Fatal(err)
	}
	before := bytes.Clone(m.bytes)
	if err := put(m, "reports/b", random(1, 600_000)); codeOf(err) != fat.Full || !bytes.Equal(before, m.bytes) {
		t.Errorf("no room: %v", err)
	}
	image = s.format(t)
	files := map[string][]byte{}
	for i := range 15 {
		files[fmt.Sprintf("F%d", i)] = []byte("x")
	}
	s.fill(t, image, files)
	m = &medium{bytes: read(t, image), left: -1}
	if err := put(m, "reports/a", []byte("a")); codeOf(err) != fat.FolderFull {
		t.Errorf("no names left: %v", err)
	}
	if err := s.check(t, m.bytes); err != nil {
		t.Error(err)
	}
	s.owners(t, m.bytes, files)
}

// TestNothingBehindTheEndOfAFolderAppears has the folder grow over what
// another system left behind its end.
func TestNothingBehindTheEndOfAFolderAppears(t *testing.T) {
	s := shape{"", mib, "", []string{"-F", "12", "-s", "1", "-r", "64"}}
	image := s.format(t)
	owner := map[string][]byte{}
	for i := range 14 { // with the label, 15 of the 16 slots of a block
		owner[fmt.Sprintf("F%d", i)] = random(int64(i), 10)
	}
	s.fill(t, image, owner)
	clean := &medium{bytes: read(t, image), left: -1}
	root := bytes.LastIndex(clean.bytes, []byte("CLE        "))
	for i := 16; i < 64; i++ {
		copy(clean.bytes[root+32*i:], fmt.Sprintf("GHOST%-6d\x20", i))
	}
	whole := &medium{bytes: bytes.Clone(clean.bytes), left: -1}
	if err := put(whole, "a", []byte("a")); err != nil {
		t.Fatal(err)
	}
	if err := s.check(t, whole.bytes); err != nil {
		t.Error(err)
	}
	for n := range whole.done + 1 {
		for seed := range int64(4) {
			m := &medium{bytes: bytes.Clone(clean.bytes), left: n, order: rand.New(rand.NewSource(seed))}
			_ = put(m, "a", []byte("a"))
			path := t.TempDir() + "/cut.img"
			if err := os.WriteFile(path, m.bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			if list := run(t, "mdir", "-b", "-a", "-i", path, "::"); strings.Contains(list, "GHOST") {
				t.Fatalf("cut at write %d of %d:\n%s", n, whole.done, list)
			}
		}
	}
}

func TestWhatIsNotWritten(t *testing.T) {
	s := small()[0]
	m := &medium{bytes: read(t, s.format(t)), left: -1}
	before := bytes.Clone(m.bytes)
	for name, want := range map[string]fat.Code{"../x": fat.BadName, "a/../x": fat.BadName, "": fat.BadName, "a//b": fat.BadName, "é": fat.BadName,
		"a:b": fat.BadName, strings.Repeat("a", 200): fat.BadName} {
		if err := put(m, name, []byte("x")); codeOf(err) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := put(m, "a", make([]byte, fat.MaxReport+1)); codeOf(err) != fat.TooLarge {
		t.Error(err)
	}
	if !bytes.Equal(before, m.bytes) {
		t.Error("something was written")
	}
}
