package stick

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"guichet.example/provisioning"
	"guichet.example/provisioning/stick/fat"
	"guichet.example/provisioning/stick/fattest"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == ChildArg {
		syscall.Exit(child(os.Args[2:], work)) // os.Exit takes a second under the race detector
	}
	if len(os.Args) > 1 && os.Args[1] == control {
		syscall.Exit(controlMain())
	}
	if len(os.Args) > 3 && os.Args[1] == asUser {
		syscall.Exit(asUserMain(os.Args[2:]))
	}
	os.Exit(m.Run())
}

const mib = 1 << 20

// reader has a user that owns nothing, where the test is root.
func reader(t testing.TB) Reader {
	t.Helper()
	if fattest.Raced {
		t.Skip("no child can be confined under the race detector, whose C code asks the kernel for more than it may")
	}
	return Reader{UID: 65533, GID: 65533, Stderr: testWriter{t}}
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Logf("child: %s", b)
	return len(b), nil
}

func random(seed int64, n int) []byte {
	b := make([]byte, n)
	rand.New(rand.NewSource(seed)).Read(b)
	return b
}

// image writes a stick to a file.
func image(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stick.img")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func site() map[string][]byte {
	return map[string][]byte{"metadata/1.root.json": random(1, 3000), "targets/packs/demo/a.toml": random(2, 300_000), "enrolment/k.toml": []byte("k")}
}

func made(t testing.TB, size int64, bits int, table string, files map[string][]byte) fattest.Memory {
	t.Helper()
	m, err := fattest.Make(size, bits, table, files)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func codeOf(err error) fat.Code {
	if r := (*fat.Refusal)(nil); errors.As(err, &r) {
		return r.Code
	}
	return ""
}

// tree reads a directory.
func tree(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func same(a, b map[string][]byte) error {
	if len(a) != len(b) {
		return fmt.Errorf("%d files, not %d", len(b), len(a))
	}
	for name, content := range a {
		if !bytes.Equal(content, b[name]) {
			return fmt.Errorf("%q differs", name)
		}
	}
	return nil
}

func TestReadsThroughTheChild(t *testing.T) {
	for _, bits := range []int{12, 16, 32} {
		for _, table := range []string{"", "mbr", "gpt"} {
			path := image(t, made(t, map[int]int64{12: 2, 16: 8, 32: 40}[bits]*mib, bits, table, site()))
			to := filepath.Join(t.TempDir(), "copy")
			contents, used, err := reader(t).Read(context.Background(), path, to)
			if err != nil {
				t.Fatal(err)
			}
			if err := same(site(), tree(t, to)); err != nil {
				t.Error(err)
			}
			if contents.Files != 3 || contents.Bytes != 303_001 || contents.Kind != fmt.Sprintf("FAT%d", bits) {
				t.Errorf("%+v", contents)
			}
			t.Logf("FAT%d %s: %v, %v of a processor, %d KiB", bits, table, used.Time, used.CPU, used.Memory>>10)
		}
	}
}

func TestWritesThroughTheChild(t *testing.T) {
	path := image(t, made(t, 40*mib, 32, "mbr", nil))
	for i := range 3 {
		name, data := fmt.Sprintf("enrolment/k-%d.toml", i%2), random(int64(i), 2000*i+5)
		if _, err := reader(t).Write(context.Background(), path, name, data); err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(t.TempDir(), "copy")
		if _, _, err := reader(t).Read(context.Background(), path, to); err != nil {
			t.Fatal(err)
		}
		if got := tree(t, to)[name]; !bytes.Equal(got, data) {
			t.Errorf("%s has %d bytes", name, len(got))
		}
	}
}

// TestWritesTheLargestReport holds that the child has the memory and the time,
// and that reading back sees all of it.
func TestWritesTheLargestReport(t *testing.T) {
	for bits, size := range map[int]int64{12: 8 * mib, 16: 16 * mib, 32: 40 * mib} {
		path, data := image(t, made(t, size, bits, "", site())), random(7, provisioning.MaxReport)
		used, err := reader(t).Write(context.Background(), path, "reports/k-abcdefghijklmnop-1.age", data)
		if err != nil || used.Memory > 64*mib {
			t.Errorf("FAT%d: %v, %d KiB", bits, err, used.Memory>>10)
		}
		t.Logf("FAT%d: %v, %v of a processor, %d KiB", bits, used.Time, used.CPU, used.Memory>>10)
	}
}

func TestRefusalsLeaveNothing(t *testing.T) {
	to := filepath.Join(t.TempDir(), "copy")
	path := image(t, make([]byte, 4*mib))
	if _, _, err := reader(t).Read(context.Background(), path, to); codeOf(err) != fat.Empty {
		t.Error(err)
	}
	if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the copy stays: %v", err)
	}
	if _, err := reader(t).Write(context.Background(), path, "a", []byte("a")); codeOf(err) != fat.Empty {
		t.Error(err)
	}
}
