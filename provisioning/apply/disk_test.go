package apply

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/sys/unix"
)

func open(t *testing.T, directory string) *Site {
	t.Helper()
	s, err := Open(directory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestLifeOnDisk(t *testing.T) {
	top := filepath.Join(t.TempDir(), "site")
	var s *Site
	now := world{}
	for _, step := range life {
		r := &run{site: s, now: now}
		var err error
		if step == "boot" {
			if s != nil {
				err = s.Close()
			}
			s = open(t, top)
			_, bootErr := s.Boot()
			err, r.now = errors.Join(err, bootErr, s.Link()), now.boot()
		} else {
			err = r.do(step)
		}
		if err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		now = r.now
		if err := judge(s, now); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	if err := tidy(s); err != nil {
		t.Error(err)
	}
	data, err := os.ReadFile(filepath.Join(top, "current", "site.toml"))
	if err != nil || string(data) != filesOf("7")["site.toml"] {
		t.Errorf("by path: %q %v", data, err)
	}
	for name, want := range map[string]fs.FileMode{"state": 0o600, "releases": fs.ModeDir | 0o700, "current/secrets.age": 0o600} {
		if info, err := os.Stat(filepath.Join(top, name)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}

func TestLinkFollowsTheRelease(t *testing.T) {
	top := filepath.Join(t.TempDir(), "site")
	s := ready(t, mustDisk(t, top))
	link := filepath.Join(top, currentName)
	for _, want := range []string{"releases/1/targets", "releases/1/targets"} {
		if err := s.Link(); err != nil {
			t.Fatal(err)
		}
		if got, err := os.Readlink(link); got != want {
			t.Errorf("%q %v", got, err)
		}
	}
	if err := os.WriteFile(link+".new", nil, 0o600); err != nil { // what a cut left
		t.Fatal(err)
	}
	if err := errors.Join(s.Stage(context.Background(), candidate("2"), nil), s.Try(), s.Link()); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.Readlink(link); got != "releases/2/targets" {
		t.Error(got)
	}
	s.state = State{}
	if err := errors.Join(s.Link(), s.Link()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(link); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func mustDisk(t *testing.T, top string) FS {
	t.Helper()
	if err := ensure(top); err != nil {
		t.Fatal(err)
	}
	d, err := openDisk(top)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestOneOwner(t *testing.T) {
	top := filepath.Join(t.TempDir(), "site")
	s := open(t, top)
	if _, err := Open(top); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	s.Close()
	open(t, top)
}

// TestLinksLeadNowhere puts links where the package reads, writes and removes:
// to outside, absolute and relative, and to another place inside.
func TestLinksLeadNowhere(t *testing.T) {
	outside := t.TempDir()
	victim := filepath.Join(outside, "victim")
	if err := os.WriteFile(victim, []byte("untouched"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, plant := range map[string]func(top string) error{
		"state":        func(top string) error { return relink(victim, top+"/state") },
		"state.new":    func(top string) error { return relink(victim, top+"/state.new") },
		"releases":     func(top string) error { return relink(outside, top+"/releases") },
		"a release":    func(top string) error { return relink(outside, top+"/releases/1") },
		"relative":     func(top string) error { return relink("../../"+filepath.Base(outside), top+"/releases/1") },
		"inside":       func(top string) error { return relink("../releases", top+"/releases/1") },
		"its targets":  func(top string) error { return relink(outside, top+"/releases/1/targets") },
		"a file":       func(top string) error { return relink(victim, top+"/releases/1/targets/site.toml") },
		"its metadata": func(top string) error { return relink(outside, top+"/releases/1/metadata") },
		"left over":    func(top string) error { return relink(outside, top+"/releases/9") },
		"in left over": func(top string) error {
			return errors.Join(os.Mkdir(top+"/releases/9", 0o700), relink(outside, top+"/releases/9/x"))
		},
		"strange name":  func(top string) error { return relink(outside, top+"/releases/.x") },
		"the site":      func(top string) error { return errors.Join(os.Rename(top, top+"2"), os.Symlink(outside, top)) },
		"pipe as state": func(top string) error { return errors.Join(os.Remove(top+"/state"), unix.Mkfifo(top+"/state", 0o600)) },
		"pipe inside": func(top string) error {
			return errors.Join(os.Remove(top+"/releases/1/targets/site.toml"), unix.Mkfifo(top+"/releases/1/targets/site.toml", 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			top := filepath.Join(t.TempDir(), "site")
			if err := errors.Join(ready(t, mustDisk(t, top)).Close(), plant(top)); err != nil {
				t.Fatal(err)
			}
			everything(top)
			if data, err := os.ReadFile(victim); err != nil || string(data) != "untouched" {
				t.Errorf("the victim is %q, %v", data, err)
			}
			if names, err := os.ReadDir(outside); err != nil || len(names) != 1 {
				t.Errorf("outside lie %v, %v", names, err)
			}
		})
	}
}

func relink(target, name string) error {
	return errors.Join(os.RemoveAll(name), os.Symlink(target, name))
}

// everything calls whatever reads, writes or removes, and fails if it reads
// what lies outside.
func everything(top string) {
	s, err := Open(top)
	if err != nil {
		return
	}
	defer s.Close()
	if held, err := s.Current(); err == nil {
		for name := range filesOf("1") {
			if data, _ := fs.ReadFile(held, name); strings.Contains(string(data), "untouched") {
				panic("read from outside")
			}
		}
		held.Close()
	}
	if trusted, err := s.Trusted(); err == nil && string(trusted["victim"]) != "" {
		panic("read from outside")
	}
	_, _ = s.Boot()
	_ = s.Link()
	_ = s.Stage(context.Background(), candidate("2"), nil)
	_ = s.Try()
	_ = s.TakeBack()
	_ = s.Stage(context.Background(), candidate("3"), nil)
	_ = s.Try()
	_ = s.Confirm()
}

func TestDiskKeepsToItsDirectory(t *testing.T) {
	top := t.TempDir()
	d := mustDisk(t, filepath.Join(top, "site"))
	for _, name := range []string{"..", "../x", "a/../../x", "/etc/passwd", "", "a//b"} {
		_, create := d.Create(name)
		_, open := d.Open(name)
		for _, err := range []error{create, open, d.Mkdir(name), d.Remove(name), d.SyncDir(name), d.Link("x", name)} {
			if err == nil {
				t.Errorf("%q is taken", name)
			}
		}
	}
	if names, err := os.ReadDir(top); err != nil || len(names) != 1 {
		t.Errorf("%v %v", names, err)
	}
}

func TestDiskIsAFileSystem(t *testing.T) {
	d := mustDisk(t, filepath.Join(t.TempDir(), "site"))
	if err := d.Mkdir("a"); err != nil {
		t.Fatal(err)
	}
	f, err := d.Create("a/b")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("content")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close(), d.SyncDir("a"), fstest.TestFS(d, "a/b")); err != nil {
		t.Error(err)
	}
	if _, err := d.Create("a/b"); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	if err := d.Remove("a"); !errors.Is(err, unix.ENOTEMPTY) {
		t.Error(err)
	}
}

// TestSmallDisk applies to a real file system of 24 MiB until it is full.
func TestSmallDisk(t *testing.T) {
	top := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=24m", "guichet-test", top).CombinedOutput(); err != nil {
		t.Skipf("no rights to mount: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", top).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	s := ready(t, mustDisk(t, filepath.Join(top, "site")))
	before := s.State()
	big := candidate("2")
	content := make([]byte, 9<<20)
	big.Files.(fstest.MapFS)["big"] = &fstest.MapFile{Data: content}
	big.List = append(big.List, File{Name: "big", Size: int64(len(content))})
	if err := s.Stage(context.Background(), big, nil); !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	d := s.fs
	s.fs = roomy{d} // as if another program took the room meanwhile
	content = make([]byte, 30<<20)
	big.Files.(fstest.MapFS)["big"].Data, big.List[len(big.List)-1].Size = content, int64(len(content))
	if err := s.Stage(context.Background(), big, nil); !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	s.fs = d
	if err := errors.Join(tidy(s), judge(s, world{current: "1", trusted: "1"})); err != nil || s.State() != before {
		t.Error(err, s.State())
	}
}

// roomy promises more room than there is.
type roomy struct{ FS }

func (roomy) Free() (int64, error) { return 1 << 40, nil }
