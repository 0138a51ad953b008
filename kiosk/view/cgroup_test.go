package view

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"guichet.example/kiosk/view/wire"
)

// insideCgroup tells the test binary that it was started in a cgroup of its own.
const insideCgroup = "GUICHET_TEST_CGROUP"

// TestCgroups runs tests in a cgroup that is made for them, as systemd makes
// one for kioskd.
func TestCgroups(t *testing.T) {
	root := "nowhere"
	for _, m := range mountsOf("self") {
		if m.kind == "cgroup2" {
			root = m.point
		}
	}
	available, err := os.ReadFile(root + "/cgroup.controllers")
	if err != nil || !hasControllers(available) {
		t.Skipf("no cgroups (version 2) with memory and processes in %q: it has %q", root, available)
	}
	if err := set(root, "cgroup.subtree_control", "+memory +pids"); err != nil {
		t.Skipf("no cgroup of our own can be made here: %v", err)
	}
	dir, err := os.MkdirTemp(root, "guichet-test-")
	if err != nil {
		t.Skipf("no cgroup of our own can be made here: %v", err)
	}
	group, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer group.Close()
	cmd := exec.CommandContext(t.Context(), testBinary(t), "-test.run=^(TestInCgroup|TestStory|TestPromisesHold|TestNothingIsLeftBehind)$", "-test.v")
	cmd.Env = append(os.Environ(), insideCgroup+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(group.Fd()), Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
	for range 100 { // what was in them may be ending
		below, _ := filepath.Glob(dir + "/*")
		for _, path := range append(below, dir) {
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				removeCgroup(path)
			}
		}
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			return
		}
	}
	t.Errorf("left: %v", os.Remove(dir))
}

func TestInCgroup(t *testing.T) {
	dir := os.Getenv(insideCgroup)
	if dir == "" {
		t.Skip("TestCgroups runs it, where there are cgroups")
	}
	t.Run("limits", func(t *testing.T) { inCgroupLimits(t, dir) })
	t.Run("kill", inCgroupKill)
	t.Run("processes", inCgroupProcesses)
	for _, how := range []string{"hog", "hidden-hog", "file-hog"} {
		t.Run(how, func(t *testing.T) {
			c := setting(t, how)
			c.MemoryLimitMiB = hogLimitMiB
			b := open(t, c)
			n, v := b.grown()
			g, ok := b.next().Msg.(wire.Gone)
			if !ok || !errors.Is(g.Err, ErrMemory) || g.Limit != wire.LimitMemory {
				t.Errorf("%+v", g)
			}
			peak, _ := os.ReadFile(v.traces.Cgroup + "/memory.peak") // since Linux 5.19
			t.Logf("most memory: %s bytes of %d", strings.TrimSpace(string(peak)), hogLimitMiB<<20)
			waitGone(t, b.Kill(n).Mark)
			removeCgroup(v.traces.Cgroup)
		})
	}
}

// grown starts a view and waits until it is ready.
func (b *bench) grown() (int, *running) {
	b.t.Helper()
	n := b.warm()
	b.next() // Hello
	b.next() // Ready
	b.mu.Lock()
	defer b.mu.Unlock()
	return n, b.views[n]
}

// inCgroupLimits: the view is in its own, what was set is set, and what is
// missing is seen.
func inCgroupLimits(t *testing.T, dir string) {
	b := open(t, setting(t, "good"))
	if b.Cgroups() != dir {
		t.Fatalf("cgroups are made in %q, want %q: %v", b.Cgroups(), dir, b.noCgroups)
	}
	n, v := b.grown()
	if v.traces.Cgroup != dir+"/view-1" {
		t.Fatalf("%+v", v.traces)
	}
	for _, c := range b.Isolation().Checks {
		if strings.Contains(c.Name, "limited by the kernel") && (!c.Holds || !c.Needed) {
			t.Errorf("%+v", c)
		}
	}
	if err := set(v.traces.Cgroup, "memory.max", "max"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.inspect(v); err == nil || !strings.Contains(err.Error(), `memory.max is "max"`) {
		t.Errorf("a limit that was taken away: %v", err)
	}
	if err := set(v.traces.Cgroup, "memory.max", b.config.settings()[0].value); err != nil {
		t.Fatal(err)
	}
	outside := ordinary(t, 0)
	outside.traces.Cgroup = v.traces.Cgroup
	if _, err := b.inspect(outside); err == nil || !strings.Contains(err.Error(), `is in cgroup "`) {
		t.Errorf("a process outside: %v", err)
	}
	b.Kill(n)
	b.gone(n)
	removeCgroup(v.traces.Cgroup)
	if _, err := os.Stat(v.traces.Cgroup); !os.IsNotExist(err) {
		t.Errorf("%s: %v", v.traces.Cgroup, err)
	}
}

// inCgroupKill: what is in the cgroup ends with the view, whoever its parents
// are.
func inCgroupKill(t *testing.T) {
	b := open(t, setting(t, "litter"))
	n, v := b.grown()
	group, err := os.Open(v.traces.Cgroup)
	if err != nil {
		t.Fatal(err)
	}
	defer group.Close()
	stray := exec.Command("sleep", "1000")
	stray.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(group.Fd()), Setsid: true}
	if err := stray.Start(); err != nil {
		t.Fatal(err)
	}
	b.Kill(n)
	b.gone(n)
	state, err := stray.Process.Wait()
	if err != nil || state.Sys().(syscall.WaitStatus).Signal() != unix.SIGKILL {
		t.Errorf("%v, %v", state, err)
	}
	removeCgroup(v.traces.Cgroup)
}

// inCgroupProcesses: the kernel starts no more than a view may have.
func inCgroupProcesses(t *testing.T) {
	b := open(t, setting(t, "threads"))
	n, v := b.grown()
	b.gone(n) // Go's runtime ends a program that gets no thread
	events, err := os.ReadFile(v.traces.Cgroup + "/pids.events")
	if err != nil || strings.HasPrefix(string(events), "max 0") {
		t.Errorf("pids.events: %q, %v", events, err)
	}
	waitGone(t, b.Kill(n).Mark)
	removeCgroup(v.traces.Cgroup)
}
