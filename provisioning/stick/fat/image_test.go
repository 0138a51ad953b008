package fat_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/provisioning/stick/fat"
)

// tool skips the test where a program of Debian's is not there; make test
// installs them.
func tool(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed (apt-get install dosfstools mtools fdisk)", name)
		}
	}
}

func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "MTOOLS_SKIP_CHECK=1", "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// shape is how a stick is formatted.
type shape struct {
	name    string
	size    int64 // of the whole device
	table   string
	options []string // of mkfs.vfat
}

const mib = 1 << 20

func (s shape) offset() int64 {
	if s.table == "" {
		return 0
	}
	return mib
}

// format makes an image. Its one partition begins at 1 MiB.
func (s shape) format(t testing.TB) string {
	t.Helper()
	tool(t, "mkfs.vfat", "mcopy", "sfdisk")
	image := filepath.Join(t.TempDir(), "stick.img")
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, s.size); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-n", "CLE"}, s.options...)
	if s.table == "" {
		run(t, "mkfs.vfat", append(args, "-I", image)...)
		return image
	}
	kind := map[string]string{"dos": "c", "gpt": "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"}[s.table]
	cmd := exec.Command("sfdisk", "-q", image)
	cmd.Stdin = strings.NewReader("label: " + s.table + "\nstart=2048, type=" + kind + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sfdisk: %v\n%s", err, out)
	}
	blocks := (s.size - 2*mib) / 1024
	run(t, "mkfs.vfat", append(args, "--offset", "2048", image, fmt.Sprint(blocks))...)
	return image
}

// mtools names the file system in an image as mtools wants it.
func (s shape) mtools(image string) string { return fmt.Sprintf("%s@@%d", image, s.offset()) }

// fill copies a tree onto the image.
func (s shape) fill(t testing.TB, image string, files map[string][]byte) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		run(t, "mcopy", "-s", "-i", s.mtools(image), filepath.Join(dir, e.Name()), "::")
	}
}

// partition writes the partition of an image to a file, for dosfstools. It ends
// there in the image.
func (s shape) partition(t testing.TB, image []byte) (path string, end int64) {
	t.Helper()
	path, end = filepath.Join(t.TempDir(), "part.img"), int64(len(image))
	if s.table != "" {
		end -= mib
	}
	if err := os.WriteFile(path, image[s.offset():end], 0o600); err != nil {
		t.Fatal(err)
	}
	return path, end
}

// check has dosfstools judge.
func (s shape) check(t testing.TB, image []byte) error {
	t.Helper()
	tool(t, "fsck.vfat")
	part, _ := s.partition(t, image)
	defer os.Remove(part)
	if out, err := exec.Command("fsck.vfat", "-n", "-v", part).CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// repaired is what dosfstools makes of the file system by itself.
func (s shape) repaired(t testing.TB, image []byte) []byte {
	t.Helper()
	part, end := s.partition(t, image)
	defer os.Remove(part)
	out, err := exec.Command("fsck.vfat", "-a", "-w", part).CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatalf("fsck.vfat -a: %v\n%s", err, out)
	}
	if out, err := exec.Command("fsck.vfat", "-n", part).CombinedOutput(); err != nil {
		t.Fatalf("is not clean after a repair: %v\n%s", err, out)
	}
	fixed, err := os.ReadFile(part)
	if err != nil {
		t.Fatal(err)
	}
	return append(append(bytes.Clone(image[:s.offset()]), fixed...), image[end:]...)
}

// walk reads everything below guichet.
func walk(r io.ReaderAt, size int64, limits fat.Limits) (map[string][]byte, error) {
	v, err := fat.Find(r, size)
	if err != nil {
		return nil, err
	}
	found := map[string][]byte{}
	return found, v.Walk(limits, func(name string, size int64, content io.Reader) error {
		b, err := io.ReadAll(content)
		if err == nil && int64(len(b)) != size {
			return fmt.Errorf("%d bytes of a file of %d", len(b), size)
		}
		found[name] = b
		return err
	})
}

// wide are limits that nothing of an honest stick meets.
func wide() fat.Limits { return fat.Limits{Entries: 4096, File: 256 * mib, Total: 512 * mib, Depth: 8} }

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func codeOf(err error) fat.Code {
	var r *fat.Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}
