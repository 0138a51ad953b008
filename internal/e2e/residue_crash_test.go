package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/internal/residue"
)

// TestResidueCrash replaces the orderly end of a session by what can go wrong.
// Either the wipe is verified and nothing is left, or there is no next person.
// It runs alone: what it searches is found by the environment of the test.
func TestResidueCrash(t *testing.T) {
	for _, c := range []struct {
		variant string
		end     func(*visitor)
	}{
		{"view-killed", (*visitor).killView},
		{"daemon-killed", (*visitor).killDaemon},
		{"page-hung", (*visitor).hangPage},
		{"tmpfs-full", (*visitor).fillFiles},
		{"namespace-held", (*visitor).holdNamespace},
		{"mount-stuck", (*visitor).stickMount},
	} {
		t.Run(c.variant, func(t *testing.T) {
			v := visit(t, "x11")
			v.plant()
			v.specimenFile()
			if v.held.Has("R04") == 0 || v.held.Has("R17") == 0 {
				t.Fatal("nothing was planted")
			}
			c.end(v)
			v.until("the next person can come", func(s state) bool {
				return s.Session.State == "idle" && s.View.Spare && s.Wipe.Last == "verified"
			})
			after := v.search()
			if left := after.all(); len(left) > 0 || len(after.owned) > 0 {
				t.Errorf("left, selections %q:\n%v", after.owned, left)
			}
		})
	}
}

// wiped waits for the end of a session that was not asked for, or was.
func (v *visitor) wiped(from int) {
	v.t.Helper()
	v.inOrder(from, "session wiping", "wipe verified", "session idle")
}

func (v *visitor) killView() {
	from := v.mark()
	for _, pid := range v.sessionPIDs() {
		if strings.HasPrefix(residue.Name(pid), "kiosk-view") {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				v.t.Fatal(err)
			}
		}
	}
	v.wiped(from)
}

func (v *visitor) killDaemon() {
	if err := v.cmd.Process.Kill(); err != nil {
		v.t.Fatal(err)
	}
	<-v.exited
	v.restart()
	if s := v.state(); s.Wipe.Count != 1 {
		v.t.Errorf("after the crash: %+v", s.Wipe)
	}
}

func (v *visitor) hangPage() {
	v.site.Hang()
	from := v.mark()
	v.await(from, "page", "hung")
	v.post("/api/end", nil)
	v.wiped(from)
}

// fillFiles fills whatever a view can write to.
func (v *visitor) fillFiles() {
	pid := v.sessionPIDs()[0]
	page := v.set.Canary("R27").Binary()
	for len(page) < 1<<20 {
		page = append(page, page...)
	}
	for _, dir := range []string{"/tmp", "/dev/shm", "/var/tmp", "/home/view", "/run/view"} {
		f, err := os.Create(fmt.Sprintf("/proc/%d/root%s/full", pid, dir))
		for err == nil {
			_, err = f.Write(page)
		}
		if f != nil {
			f.Close()
		}
		if !errors.Is(err, syscall.ENOSPC) {
			v.t.Errorf("fill %s: %v", dir, err)
		}
	}
	from := v.mark()
	v.post("/api/end", nil)
	v.await(from, "session", "wiping")
	s := v.until("wiped", func(s state) bool { return s.Session.State == "idle" || s.Session.State == "out-of-service" })
	if s.Session.State == "idle" {
		v.wiped(from)
		return
	}
	// On a machine as slow as this the memory was not given back in time: nobody
	// comes next before a new start.
	v.t.Logf("out of service: %+v", s.Wipe)
	v.stop()
	v.restart()
}

// holdNamespace lets a stranger's process stay in the session's namespaces.
func (v *visitor) holdNamespace() {
	pid := v.sessionPIDs()[0]
	cmd := exec.Command("nsenter", "--mount", "--target", fmt.Sprint(pid), "sleep", "600")
	if err := cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	inside := func() bool {
		a, err1 := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", pid))
		b, err2 := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", cmd.Process.Pid))
		return err1 == nil && err2 == nil && a == b
	}
	for deadline := time.Now().Add(30 * time.Second); !inside() && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if !inside() {
		v.t.Error("the process is not in the session's namespace")
	}
	from := v.mark()
	v.post("/api/end", nil)
	v.wiped(from)
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		v.t.Error("a process that sees the session's files is still there")
		cmd.Process.Kill()
	}
}

// stickMount leaves a file system of the session in the daemon's own namespace,
// where a process keeps it busy. Nobody may come next until it is gone.
func (v *visitor) stickMount() {
	pid := v.sessionPIDs()[0]
	point := filepath.Join(v.data, "views", "stuck")
	script := `mkdir "$0" && mount -t tmpfs "$1" "$0" && cd "$0" && cat >left && echo && exec sleep 600`
	cmd := exec.Command("nsenter", "--mount", "--target", fmt.Sprint(v.cmd.Process.Pid), "sh", "-c", script, point, markOf(pid))
	cmd.Stdin = bytes.NewReader(v.set.Canary("R27").Binary())
	out, err := cmd.StdoutPipe()
	if err != nil {
		v.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		v.t.Fatalf("hold the session's files: %v", err)
	}
	from := v.mark()
	v.post("/api/end", nil)
	v.await(from, "session", "out-of-service")
	if s := v.state(); s.Wipe.Last == "verified" || s.Session.State == "idle" {
		v.t.Errorf("with files of a session left: %+v", s)
	}
	v.keep("residue-out-of-service")
	if err := errors.Join(cmd.Process.Signal(unix.SIGKILL), ignoreExit(cmd.Wait())); err != nil {
		v.t.Error(err)
	}
	// Only a start of the daemon comes back from that.
	v.stop()
	v.restart()
}

func ignoreExit(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}
