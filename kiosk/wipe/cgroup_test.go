package wipe

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
)

// TestCgroupsGoToo: a directory stands for a cgroup, which is removed alike; the
// kernel's own are in kiosk/view's tests.
func TestCgroupsGoToo(t *testing.T) {
	w := wiper(t)
	w.Cgroups, w.Timeout = t.TempDir(), 300*time.Millisecond
	group := func(name string) string {
		dir := filepath.Join(w.Cgroups, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	traces := wire.Traces{View: 1, PID: 1 << 30, Mark: wire.Mark(w.Dir, [16]byte{1}), Dir: w.Dir + "/1", Cgroup: group("view-1")}
	if err := w.Wipe(t.Context(), traces); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(traces.Cgroup); !os.IsNotExist(err) {
		t.Errorf("the cgroup is still there: %v", err)
	}

	group("view-2")
	group("view-3")
	group("daemon")
	if err := w.Clean(t.Context()); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(w.Cgroups + "/*"); err != nil || !slices.Equal(left, []string{w.Cgroups + "/daemon"}) {
		t.Errorf("left after a clean: %q, %v", left, err)
	}

	stays := group("view-4") // as with a process in it that does not end
	if err := os.WriteFile(stays+"/cgroup.procs", []byte("7\n8\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	traces.Cgroup = stays
	if err := w.Wipe(context.Background(), traces); err == nil || !strings.Contains(err.Error(), "left behind: a cgroup with 2 processes") {
		t.Errorf("wipe: %v", err)
	}
	if err := w.Clean(context.Background()); err == nil || !strings.Contains(err.Error(), "a cgroup with 2 processes") {
		t.Errorf("clean: %v", err)
	}
	for _, foreign := range []string{"/sys/fs/cgroup/view-1", w.Cgroups + "/daemon", w.Cgroups, w.Cgroups + "/view-1/../.."} {
		traces.Cgroup = foreign
		if err := w.Wipe(t.Context(), traces); err == nil || !strings.Contains(err.Error(), "traces") {
			t.Errorf("cgroup %q: %v", foreign, err)
		}
	}
}

// TestCgroupOfTheKernel: a process in it that nothing else tells of a view ends
// with it. It needs no controller, so any cgroup file system will do.
func TestCgroupOfTheKernel(t *testing.T) {
	w := wiper(t)
	for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(root + "/cgroup.procs"); err == nil {
			w.Cgroups, _ = os.MkdirTemp(root, "guichet-wipe-test-")
		}
	}
	if w.Cgroups == "" {
		t.Skip("no cgroup (version 2) can be made here")
	}
	t.Cleanup(func() { os.Remove(w.Cgroups) })
	for view, wipe := range map[string]func(wire.Traces) error{
		"view-1": func(tr wire.Traces) error { return w.Wipe(t.Context(), tr) },
		"view-2": func(wire.Traces) error { return w.Clean(t.Context()) },
	} {
		traces := wire.Traces{View: 1, PID: 1 << 30, Mark: wire.Mark(w.Dir, [16]byte{1}), Dir: w.Dir + "/1", Cgroup: w.Cgroups + "/" + view}
		if err := os.Mkdir(traces.Cgroup, 0o755); err != nil {
			t.Fatal(err)
		}
		group, err := os.Open(traces.Cgroup)
		if err != nil {
			t.Fatal(err)
		}
		defer group.Close()
		member := exec.Command("sleep", "1000")
		member.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(group.Fd()), Pdeathsig: syscall.SIGKILL}
		if err := member.Start(); err != nil {
			t.Skipf("no process can be started in a cgroup here: %v", err)
		}
		reaped := make(chan error, 1)
		go func() { reaped <- member.Wait() }()
		if err := wipe(traces); err != nil {
			t.Errorf("%s: %v", view, err)
			member.Process.Kill()
		}
		if err := <-reaped; err == nil || err.Error() != "signal: killed" {
			t.Errorf("%s: %v", view, err)
		}
		if _, err := os.Stat(traces.Cgroup); !os.IsNotExist(err) {
			t.Errorf("%s: %v", view, err)
		}
	}
}
