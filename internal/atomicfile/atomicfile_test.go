package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var errInjected = errors.New("injected")

// failing returns the steps with the named one failing at its nth call, and
// the log of the calls made.
func failing(name string, nth int) (steps, *[]string) {
	s, log, seen := realSteps(), &[]string{}, map[string]int{}
	hit := func(step string) error {
		*log = append(*log, step)
		seen[step]++
		if step == name && seen[step] == nth {
			return errInjected
		}
		return nil
	}
	real := s
	s.open = func(p string, flag int, perm fs.FileMode) (*os.File, error) {
		if err := hit("open"); err != nil {
			return nil, err
		}
		return real.open(p, flag, perm)
	}
	s.write = func(f *os.File, data []byte) error {
		if err := hit("write"); err != nil {
			real.write(f, data[:len(data)/2]) // a torn write
			return err
		}
		return real.write(f, data)
	}
	s.chmod = func(f *os.File, perm fs.FileMode) error {
		if err := hit("chmod"); err != nil {
			return err
		}
		return real.chmod(f, perm)
	}
	s.sync = func(f *os.File) error {
		if err := hit("sync"); err != nil {
			return err
		}
		return real.sync(f)
	}
	s.close = func(f *os.File) error {
		err := real.close(f)
		if h := hit("close"); h != nil {
			return h
		}
		return err
	}
	s.rename = func(a, b string) error {
		if err := hit("rename"); err != nil {
			return err
		}
		return real.rename(a, b)
	}
	s.syncDir = func(d string) error {
		if err := hit("syncDir"); err != nil {
			return err
		}
		return real.syncDir(d)
	}
	return s, log
}

func TestFailureAtEveryStepLeavesOldOrNew(t *testing.T) {
	for _, c := range []struct {
		step string
		nth  int
		want string
	}{
		{"open", 1, "old"}, {"write", 1, "old"}, {"close", 1, "old"}, {"chmod", 1, "old"},
		{"open", 2, "old"}, {"sync", 1, "old"}, {"close", 2, "old"}, {"rename", 1, "old"},
		{"syncDir", 1, "new"}, {"none", 1, "new"},
	} {
		for _, existed := range []bool{true, false} {
			path := filepath.Join(t.TempDir(), "site.toml")
			if existed {
				write(t, path, "old")
			}
			s, _ := failing(c.step, c.nth)
			err := s.writeFile(path, []byte("new"), 0o640)
			if (c.step != "none") != errors.Is(err, errInjected) {
				t.Errorf("%s %d: error = %v", c.step, c.nth, err)
			}
			want := c.want
			if want == "old" && !existed {
				want = ""
			}
			if got := read(path); got != want {
				t.Errorf("%s %d (existed %v): content %q, want %q", c.step, c.nth, existed, got, want)
			}
			if names := list(t, filepath.Dir(path)); slices.Contains(names, "site.toml"+suffix) {
				t.Errorf("%s %d: left behind %v", c.step, c.nth, names)
			}
		}
	}
}

func TestStepsHappenInTheSafeOrder(t *testing.T) {
	s, log := failing("none", 0)
	path := filepath.Join(t.TempDir(), "f")
	if err := s.writeFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []string{"open", "write", "close", "open", "chmod", "sync", "close", "rename", "syncDir"}
	if !slices.Equal(*log, want) {
		t.Errorf("steps %v, want %v", *log, want)
	}
}

func TestWriteFileReplacesWithPermissions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, "a longer old content")
	write(t, path+suffix, "what a crash left")
	if err := WriteFile(path, []byte("new"), 0o604); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o604 || read(path) != "new" {
		t.Errorf("got %q %v %v", read(path), info.Mode(), err)
	}
}

func TestLeftoverSymlinkIsNotFollowed(t *testing.T) {
	dir := t.TempDir()
	victim, path := filepath.Join(dir, "victim"), filepath.Join(dir, "f")
	write(t, victim, "untouched")
	if err := os.Symlink(victim, path+suffix); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if read(victim) != "untouched" || read(path) != "new" {
		t.Errorf("victim %q, file %q", read(victim), read(path))
	}
}

func TestBuildKeepsOldWhenFillFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, "old")
	err := Build(path, 0o600, func(tmp string) error {
		write(t, tmp, "half")
		return errInjected
	})
	if !errors.Is(err, errInjected) || read(path) != "old" || len(list(t, filepath.Dir(path))) != 1 {
		t.Errorf("err %v, content %q, files %v", err, read(path), list(t, filepath.Dir(path)))
	}
}

func TestRenameReplaces(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	write(t, a, "1")
	write(t, b, "2")
	if err := Rename(a, b); err != nil || read(b) != "1" || read(a) != "" {
		t.Errorf("err %v, b %q, a %q", err, read(b), read(a))
	}
}

func write(t *testing.T, path, s string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(path string) string {
	b, _ := os.ReadFile(path)
	return string(b)
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
