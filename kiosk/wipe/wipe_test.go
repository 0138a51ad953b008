package wipe

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/kiosk/view/wire"
)

const namespaces = unix.CLONE_NEWPID | unix.CLONE_NEWNS

// TestEveryTreeIsFoundAndEnded: each row is a tree that only one kind of trace
// leads to in full; look is the positive control that Wipe's proof can fail.
func TestEveryTreeIsFoundAndEnded(t *testing.T) {
	for _, row := range []struct {
		behaviour  string
		cloneflags uintptr
		processes  int
	}{
		{"sleep", 0, 1},
		{"litter", 0, 3},
		{"unmarked", 0, 2}, // by ancestry
		{"sleep", namespaces, 1},
		{"litter", namespaces, 3},
		{"unmarked", namespaces, 2}, // by pid namespace
		{"nested", namespaces, 2},   // by the parent of the pid namespace
		{"mount", namespaces, 2},
	} {
		t.Run(fmt.Sprintf("%s-%x", row.behaviour, row.cloneflags), func(t *testing.T) {
			w := wiper(t)
			tr := grow(t, w, row.behaviour, row.cloneflags)
			seen, err := suspect{mark: tr.Mark, pid: tr.PID, pidns: tr.PIDNamespace}.look()
			if err != nil {
				t.Fatal(err)
			}
			if len(seen.processes) != row.processes {
				t.Errorf("sees %d processes, want %d: %v", len(seen.processes), row.processes, seen.words())
			}
			if mounted := row.behaviour == "mount"; (seen.elsewhere > 0) != mounted {
				t.Errorf("sees %d mounts", seen.elsewhere)
			}
			if err := w.Wipe(t.Context(), tr.Traces); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(tr.Dir); err == nil {
				t.Error("the directory is still there")
			}
			for _, p := range seen.processes {
				if now, ok := statOf(fmt.Sprint(p.pid)); ok && now.start == p.start && now.state != 'Z' {
					t.Errorf("process %d is still there", p.pid)
				}
			}
			if err := w.Wipe(t.Context(), tr.Traces); err != nil {
				t.Errorf("again: %v", err)
			}
		})
	}
}

// TestReusedNamespaceNumber: the kernel gives the inode of a dead namespace to
// the next one; a wipe must not take a new view for the old one.
func TestReusedNamespaceNumber(t *testing.T) {
	w := wiper(t)
	old := grow(t, w, "sleep", namespaces)
	old.cmd.Process.Kill()
	for {
		if _, ok := statOf(fmt.Sprint(old.PID)); !ok {
			break
		}
		time.Sleep(time.Millisecond)
	}
	var next tree
	for range 20 {
		if next = grow(t, w, "litter", namespaces); next.PIDNamespace == old.PIDNamespace {
			break
		}
	}
	if next.PIDNamespace != old.PIDNamespace {
		t.Log("the kernel did not give the number again: made up")
		old.PIDNamespace = next.PIDNamespace
	}
	if err := w.Wipe(t.Context(), old.Traces); err != nil {
		t.Error(err)
	}
	seen, err := suspect{mark: next.Mark}.look()
	if err != nil || len(seen.processes) != 3 {
		t.Errorf("the next view has %v, %v", seen.words(), err)
	}
}

func TestForeignTracesAreRefused(t *testing.T) {
	w := wiper(t)
	good := wire.Traces{View: 1, PID: 1 << 30, Mark: wire.Mark(w.Dir, [16]byte{1}), Dir: w.Dir + "/1"}
	if err := w.Wipe(t.Context(), good); err != nil {
		t.Fatal(err) // positive control: nothing of it exists
	}
	for name, change := range map[string]func(*wire.Traces){
		"nothing":     func(tr *wire.Traces) { *tr = wire.Traces{View: 1} },
		"no process":  func(tr *wire.Traces) { tr.PID = 0 },
		"no mark":     func(tr *wire.Traces) { tr.Mark = "" },
		"every mark":  func(tr *wire.Traces) { tr.Mark = wire.MarkPrefix(w.Dir) },
		"other mark":  func(tr *wire.Traces) { tr.Mark = wire.Mark("/elsewhere", [16]byte{1}) },
		"elsewhere":   func(tr *wire.Traces) { tr.Dir = "/tmp/1" },
		"above":       func(tr *wire.Traces) { tr.Dir = w.Dir + "/1/../.." },
		"all of them": func(tr *wire.Traces) { tr.Dir = w.Dir },
	} {
		tr := good
		change(&tr)
		if err := w.Wipe(t.Context(), tr); err == nil || !strings.Contains(err.Error(), "traces") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// spread fills a directory with everything a session can leave.
func spread(t *testing.T, dir string) (outside string) {
	t.Helper()
	outside = t.TempDir()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(os.WriteFile(outside+"/file", []byte("x"), 0o600))
	check(os.Symlink(outside, dir+"/link"))
	check(os.Symlink("/nowhere", dir+"/dangling"))
	check(os.Link(outside+"/file", dir+"/hard"))
	check(unix.Mkfifo(dir+"/pipe", 0o600))
	l, err := net.Listen("unix", dir+"/socket")
	check(err)
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	check(l.Close())
	check(os.MkdirAll(dir+"/a b\n/.hidden/c", 0o700))
	for i := range 300 {
		check(os.WriteFile(fmt.Sprintf("%s/a b\n/%d", dir, i), nil, 0o400))
	}
	check(os.Mkdir(dir+"/closed", 0o700))
	check(os.WriteFile(dir+"/closed/file", []byte("x"), 0))
	check(os.Mkdir(dir+"/closed/inner", 0o000))
	check(os.Chmod(dir+"/closed", 0o000))
	here, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	check(err)
	name := strings.Repeat("deep", 50)
	for range 100 { // deeper than any path may be long, and than is held open
		check(unix.Mkdirat(here, name, 0o700))
		next, err := unix.Openat(here, name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
		check(err)
		unix.Close(here)
		here = next
	}
	unix.Close(here)
	return outside
}

func TestFilesAreRemoved(t *testing.T) {
	w := wiper(t)
	tr := grow(t, w, "sleep", 0)
	outside := spread(t, tr.Dir)
	if err := w.Wipe(t.Context(), tr.Traces); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(w.Dir); err != nil || len(entries) != 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
	if _, err := os.Stat(outside + "/file"); err != nil {
		t.Errorf("a file outside was touched: %v", err)
	}
}

// TestCleanAfterCrash: the daemon is killed, its trees live on, another daemon's
// are not touched.
func TestCleanAfterCrash(t *testing.T) {
	w, other := wiper(t), wiper(t)
	for range 2 {
		mark := wire.Mark(w.Dir, [16]byte{byte(views), 7})
		cmd := command("litter")
		cmd.Env = []string{mark}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		bufio.NewReader(out).ReadString('\n')
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
	}
	spared := grow(t, other, "litter", 0)
	if err := os.MkdirAll(w.Dir+"/7/home/canary", 0o700); err != nil {
		t.Fatal(err)
	}
	all := suspect{mark: wire.MarkPrefix(w.Dir)}
	if seen, err := all.look(); err != nil || len(seen.processes) != 4 {
		t.Errorf("positive control: %v, %v", seen.words(), err)
	}
	if err := w.Clean(t.Context()); err != nil {
		t.Error(err)
	}
	if seen, err := all.look(); err != nil || !seen.nothing() {
		t.Errorf("left: %v, %v", seen.words(), err)
	}
	if entries, err := os.ReadDir(w.Dir); err != nil || len(entries) != 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
	if seen, err := (suspect{mark: spared.Mark}).look(); err != nil || len(seen.processes) != 3 {
		t.Errorf("another daemon's: %v, %v", seen.words(), err)
	}
	if err := w.Clean(t.Context()); err != nil {
		t.Errorf("again: %v", err)
	}
	if err := (&Wiper{Dir: w.Dir + "/not-there"}).Clean(t.Context()); err != nil {
		t.Errorf("before the first start: %v", err)
	}
	for _, dir := range []string{"", "/", "views"} {
		if err := (&Wiper{Dir: dir}).Clean(t.Context()); err == nil {
			t.Errorf("cleans %q", dir)
		}
	}
}

func TestFilesOpen(t *testing.T) {
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	w := wiper(t)
	tr := grow(t, w, "nested", namespaces)
	if err := w.Wipe(t.Context(), tr.Traces); err != nil {
		t.Fatal(err)
	}
	before := count()
	for range 5 {
		if err := w.Wipe(t.Context(), tr.Traces); err != nil {
			t.Fatal(err)
		}
	}
	if after := count(); after > before {
		t.Errorf("%d files open before, %d after", before, after)
	}
}

func TestParseMount(t *testing.T) {
	for line, want := range map[string][2]string{
		`36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`: {"/mnt2", "/dev/root"},
		`36 35 98:0 / /a\040b\134c rw - tmpfs x\011y rw`:                                 {`/a b\c`, "x\ty"},
		`36 35 98:0 / /a\9 rw shared:1 master:2 - tmpfs GUICHET_VIEW=00 rw`:              {`/a\9`, "GUICHET_VIEW=00"},
	} {
		if point, source, ok := parseMount(line); !ok || point != want[0] || source != want[1] {
			t.Errorf("%s: %q %q %v", line, point, source, ok)
		}
	}
	for _, line := range []string{"", "-", "a b c - d e", " - "} {
		if _, _, ok := parseMount(line); ok {
			t.Errorf("accepts %q", line)
		}
	}
}

// FuzzUnescape compares with the obvious way of doing it.
func FuzzUnescape(f *testing.F) {
	for _, s := range []string{`\040`, `a\134040`, `\`, `\0`, `\999`, `\040\040`, `\777`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		escaped := strings.NewReplacer(" ", `\040`, "\t", `\011`, "\n", `\012`, `\`, `\134`).Replace(s)
		if got := unescape(escaped); got != s {
			t.Errorf("%q becomes %q", s, got)
		}
		unescape(s)
	})
}

func BenchmarkLook(b *testing.B) {
	s := suspect{mark: wire.Mark("/x", [16]byte{}), pid: 1 << 30, pidns: 1}
	for b.Loop() {
		if _, err := s.look(); err != nil {
			b.Fatal(err)
		}
	}
}
