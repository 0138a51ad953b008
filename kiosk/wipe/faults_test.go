package wipe

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/kiosk/view/wire"
)

// refused wipes and returns what was left.
func refused(t *testing.T, w *Wiper, tr wire.Traces, want string) {
	t.Helper()
	started := time.Now()
	err := w.Wipe(t.Context(), tr)
	if took := time.Since(started); took > w.Timeout+5*time.Second {
		t.Errorf("took %v", took)
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	if err != nil && strings.Contains(err.Error(), "canary") {
		t.Errorf("tells a file's name: %v", err)
	}
}

const immutable = 0x10 // FS_IMMUTABLE_FL of linux/fs.h

func TestImmutableFileIsReported(t *testing.T) {
	w := wiper(t)
	tr := grow(t, w, "sleep", 0)
	f, err := os.Create(tr.Dir + "/canary")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, immutable); err != nil {
		t.Skipf("cannot make a file immutable here: %v", err)
	}
	refused(t, w, tr.Traces, "left behind: 1 file (operation not permitted)")
	if err := unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, 0); err != nil {
		t.Fatal(err)
	}
	if err := w.Wipe(t.Context(), tr.Traces); err != nil {
		t.Errorf("after the cause is gone: %v", err)
	}
}

func TestMounts(t *testing.T) {
	w := wiper(t)
	tr := grow(t, w, "sleep", 0)
	point := tr.Dir + "/with blank"
	if err := os.Mkdir(point, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("canary", point, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("cannot mount here: %v", err)
	}
	f, err := os.Create(point + "/canary")
	if err != nil {
		t.Fatal(err)
	}
	tr.cmd.Process.Kill() // so that the mount alone takes time
	w.Timeout = 500 * time.Millisecond
	refused(t, w, tr.Traces, "1 mounts (device or resource busy)")
	if _, err := os.Stat(point + "/canary"); err != nil {
		t.Errorf("went into a mount: %v", err)
	}
	f.Close()
	w.Timeout = 30 * time.Second
	if err := w.Wipe(t.Context(), tr.Traces); err != nil {
		t.Errorf("after the cause is gone: %v", err)
	}
}

// TestProcessThatCannotDie freezes one: it takes SIGKILL only when thawed.
func TestProcessThatCannotDie(t *testing.T) {
	const freezer = "/sys/fs/cgroup/freezer"
	group, err := os.MkdirTemp(freezer, "guichet-test-")
	if err != nil {
		t.Skipf("no cgroup v1 freezer here: %v", err)
	}
	defer os.Remove(group)
	w := wiper(t)
	tr := grow(t, w, "sleep", 0)
	write := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(group, file), []byte(text), 0); err != nil {
			t.Skipf("cannot freeze here: %v", err)
		}
	}
	write("cgroup.procs", fmt.Sprint(tr.PID))
	write("freezer.state", "FROZEN")
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) { // it stops where it next gets the processor
		if state, err := os.ReadFile(filepath.Join(group, "freezer.state")); err != nil || string(state) == "FROZEN\n" {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("it does not freeze: %s", state)
		}
	}
	w.Timeout = 200 * time.Millisecond
	refused(t, w, tr.Traces, "(waits for the kernel and cannot be killed)")
	write("freezer.state", "THAWED")
	w.Timeout = 30 * time.Second
	if err := w.Wipe(t.Context(), tr.Traces); err != nil {
		t.Errorf("after the cause is gone: %v", err)
	}
	for i := 0; i < 200 && os.Remove(group) != nil; i++ {
		time.Sleep(5 * time.Millisecond)
	}
}

func TestTooManyFilesInTime(t *testing.T) {
	w := wiper(t)
	tr := grow(t, w, "sleep", 0)
	for i := range 200 {
		if err := os.WriteFile(fmt.Sprintf("%s/canary%d", tr.Dir, i), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Wipe(ctx, tr.Traces); err == nil {
		t.Error("proved without looking")
	}
	if left, err := remove(ctx, tr.Dir); err != nil || !slices.Equal(left, []string{"more files than could be removed in time"}) {
		t.Errorf("%q, %v", left, err)
	}
	if err := w.Wipe(t.Context(), tr.Traces); err != nil {
		t.Error(err)
	}
}
