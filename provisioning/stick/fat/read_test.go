package fat_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"strings"
	"testing"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem"
	"github.com/diskfs/go-diskfs/filesystem/fat12"
	"github.com/diskfs/go-diskfs/filesystem/fat16"
	"github.com/diskfs/go-diskfs/filesystem/fat32"

	"guichet.example/provisioning/stick/fat"
)

// shapes are what mkfs.vfat makes of every size and option that changes where
// things stand.
func shapes() []shape {
	var all []shape
	add := func(name string, size int64, table string, options ...string) {
		all = append(all, shape{name, size, table, options})
	}
	add("floppy", 1440<<10, "")
	add("fat12", 4*mib, "", "-F", "12")
	add("fat12, one table", 4*mib, "", "-F", "12", "-f", "1")
	add("fat12, 8 sectors", 16*mib, "dos", "-F", "12", "-s", "8")
	add("fat16", 16*mib, "", "-F", "16")
	add("fat16, few names", 32*mib, "dos", "-F", "16", "-r", "112")
	add("fat16, large", 600*mib, "gpt", "-F", "16")
	add("fat16, sectors of 4096", 128*mib, "", "-F", "16", "-S", "4096")
	add("fat32", 64*mib, "dos", "-F", "32")
	add("fat32, no table", 40*mib, "", "-F", "32")
	add("fat32, gpt", 300*mib, "gpt", "-F", "32")
	add("fat32, one table, unaligned", 64*mib, "gpt", "-F", "32", "-f", "1", "-a")
	add("fat32, folder elsewhere", 64*mib, "dos", "-F", "32", "-R", "64")
	add("fat32, sectors of 2048", 300*mib, "", "-F", "32", "-S", "2048", "-s", "1")
	add("fat32, clusters of 64 KiB", 8<<30, "dos", "-F", "32", "-s", "128")
	add("64 GB as sold", 64<<30, "dos", "-F", "32", "-s", "64")
	add("by itself, 2 GB", 2<<30, "gpt")
	return all
}

// people is what is on a stick that is used: files of its owner, and what
// Windows and macOS leave everywhere.
func people() map[string][]byte {
	return map[string][]byte{
		"Photos de vacances/été 2026 – plage ☀.jpg": random(1, 70_000),
		"RAPPORT.DOC": random(2, 5000),
		"System Volume Information/IndexerVolumeGuid":             []byte("{1}"),
		".Spotlight-V100/Store-V2/store.db":                       random(3, 9000),
		".fseventsd/fseventsd-uuid":                               []byte("x"),
		"guichet/._metadata":                                      random(4, 4096),
		"guichet/.DS_Store":                                       random(5, 6148),
		"guichet/Thumbs.db":                                       random(6, 700),
		"guichet/System Volume Information/WPSettings.dat":        []byte("y"),
		"guichet/metadata/._1.root.json":                          random(7, 120),
		"guichet/" + strings.Repeat("très long ", 20) + "nom.txt": []byte("long"),
		"guichet/targets/日本語 déjà vu.txt":                         []byte("été"),
		"guichet/targets/emoji ZQ.txt":                            []byte("emoji"),
		"guichet/targets/vide":                                    nil,
	}
}

// site is what the kiosk is to see of it besides.
func site() map[string][]byte {
	files := map[string][]byte{
		"guichet/metadata/1.root.json":                random(8, 3111),
		"guichet/metadata/timestamp.json":             random(9, 511),
		"guichet/enrolment/k-abcdefghijklmnop.toml":   []byte("a = 1\n"),
		"guichet/targets/a/b/c/d/e/f/g/deep.bin":      random(10, 512),
		"guichet/targets/packs/0123456789abcdef.pack": random(11, 300_000),
	}
	for i := range 60 { // more names than one cluster holds
		files[fmt.Sprintf("guichet/targets/kiosks/%064x.site.toml", i)] = random(int64(100+i), i*7)
	}
	return files
}

// beyond gives a file a name that mtools cannot write: a letter that UTF-16
// writes as two units.
func beyond(t *testing.T, image string, files map[string][]byte) {
	t.Helper()
	f, err := os.OpenFile(image, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	head := make([]byte, 80*mib)
	n, err := f.ReadAt(head, 0)
	at := bytes.Index(head[:n], []byte(" \x00Z\x00Q\x00.\x00"))
	if at < 0 || err != nil && !errors.Is(err, io.EOF) {
		t.Fatalf("the name is not found: %v", err)
	}
	if _, err := f.WriteAt([]byte("\x3d\xd8\x42\xde"), int64(at+2)); err != nil {
		t.Fatal(err)
	}
	files["guichet/targets/emoji 🙂.txt"] = files["guichet/targets/emoji ZQ.txt"]
	delete(files, "guichet/targets/emoji ZQ.txt")
}

func random(seed int64, n int) []byte {
	b := make([]byte, n)
	rand.New(rand.NewSource(seed)).Read(b)
	return b
}

// expected is what Walk is to find of files.
func expected(files map[string][]byte) map[string][]byte {
	seen := map[string][]byte{}
	for name, content := range files {
		below, ours := strings.CutPrefix(name, "guichet/")
		if ours && !strings.HasPrefix(below, ".") && !strings.Contains(below, "/.") &&
			!strings.HasPrefix(below, "Thumbs.db") && !strings.HasPrefix(below, "System Volume") {
			seen[below] = content
		}
	}
	return seen
}

func same(a, b map[string][]byte) error {
	for name, content := range a {
		other, ok := b[name]
		if !ok {
			return fmt.Errorf("%q is missing", name)
		}
		if !bytes.Equal(content, other) {
			return fmt.Errorf("%q differs", name)
		}
	}
	if len(a) != len(b) {
		return fmt.Errorf("%d files, not %d", len(b), len(a))
	}
	return nil
}

func TestReadsWhatMkfsAndMtoolsMade(t *testing.T) {
	for _, s := range shapes() {
		t.Run(s.name, func(t *testing.T) {
			image := s.format(t)
			files := people()
			for name, content := range site() {
				files[name] = content
			}
			s.fill(t, image, files)
			beyond(t, image, files)
			f, err := os.Open(image)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			got, err := walk(f, s.size, wide())
			if err != nil {
				t.Fatal(err)
			}
			if err := same(expected(files), got); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAgreesWithGoDiskfs has another implementation read the same images,
// where it can: it takes only the usual ones, no empty file, and reads past a
// file's end when asked for more than there is.
func TestAgreesWithGoDiskfs(t *testing.T) {
	for _, s := range []shape{{"", 4 * mib, "", []string{"-F", "12"}}, {"", 16 * mib, "", []string{"-F", "16"}}, {"", 64 * mib, "", []string{"-F", "32"}}} {
		image := s.format(t)
		s.fill(t, image, site())
		f, err := os.Open(image)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		v, err := fat.Find(f, s.size)
		if err != nil {
			t.Fatal(err)
		}
		other, err := diskfs(v.Kind(), f, s.size)
		if err != nil {
			t.Fatal(err)
		}
		compared := 0
		err = v.Walk(wide(), func(name string, size int64, content io.Reader) error {
			if size == 0 {
				return nil
			}
			ours, err := io.ReadAll(content)
			if err != nil {
				return err
			}
			file, err := other.OpenFile("guichet/"+name, os.O_RDONLY)
			if err != nil {
				return err
			}
			theirs := make([]byte, size)
			if _, err := io.ReadFull(file, theirs); err != nil {
				return err
			}
			if compared++; !bytes.Equal(ours, theirs) {
				return fmt.Errorf("%q differs", name)
			}
			return nil
		})
		if err != nil || compared != len(site())-1 {
			t.Errorf("%s: %d files compared, %v", v.Kind(), compared, err)
		}
	}
}

func diskfs(kind string, f *os.File, size int64) (v filesystem.FileSystem, err error) {
	b := file.New(f, true)
	switch kind {
	case "FAT12":
		return fat12.Read(b, size, 0, 512)
	case "FAT16":
		return fat16.Read(b, size, 0, 512)
	}
	return fat32.Read(b, size, 0, 512)
}

// pulled is a stick that is pulled after some reads.
type pulled struct {
	*bytes.Reader
	left int
}

func (p *pulled) ReadAt(b []byte, at int64) (int, error) {
	if p.left--; p.left < 0 {
		return 0, errors.New("input/output error")
	}
	return p.Reader.ReadAt(b, at)
}

func TestEveryReadMayFail(t *testing.T) {
	s := shape{"", 4 * mib, "gpt", []string{"-F", "12"}}
	image := s.format(t)
	s.fill(t, image, site())
	b := read(t, image)
	for n := 0; ; n++ {
		_, err := walk(&pulled{bytes.NewReader(b), n}, s.size, wide())
		if err == nil {
			if n < 100 {
				t.Errorf("read with %d reads", n)
			}
			return
		}
		if codeOf(err) != fat.Unread {
			t.Fatalf("after %d reads: %v", n, err)
		}
	}
}
