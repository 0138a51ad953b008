package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startBench starts kiosk-bench with a data directory and waits until it shows
// the home surface and has a spare.
func startBench(t *testing.T, data string, args ...string) *bench {
	t.Helper()
	return startBehind(t, nil, data, args...)
}

// startBehind starts it by another program, which must become it.
func startBehind(t *testing.T, before []string, data string, args ...string) *bench {
	t.Helper()
	b := &bench{t: t, data: data, output: &lockedBuffer{}, exited: make(chan struct{}), more: make(chan struct{})}
	command := slices.Concat(before, []string{filepath.Join(programs, "kiosk-bench"), "--listen", "127.0.0.1:0", "--data", data}, args)
	b.cmd = exec.Command(command[0], command[1:]...)
	b.cmd.Env = append(withoutDisplay(os.Environ()), "TMPDIR="+open755(t))
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	b.cmd.Stderr = b.output
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.begin(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	go b.readOutput(out, address)
	t.Cleanup(func() { b.stop() })
	select {
	case b.base = <-address:
	case <-b.exited:
		t.Fatalf("kiosk-bench ended: %v\n%s", b.exitErr, b.output)
	case <-time.After(time.Minute):
		t.Fatalf("kiosk-bench printed no address\n%s", b.output)
	}
	go b.follow()
	b.until("idle with a spare", func(s state) bool { return s.Session.State == "idle" && s.View.Spare })
	b.await(0, "view-shown", "home")
	return b
}

// open755 makes a directory that the unprivileged users of a bench can pass.
func open755(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "guichet-e2e-tmp-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func withoutDisplay(env []string) []string {
	var kept []string
	for _, v := range env {
		if !strings.HasPrefix(v, "DISPLAY=") && !strings.HasPrefix(v, "WAYLAND_DISPLAY=") {
			kept = append(kept, v)
		}
	}
	return kept
}

// begin starts the program from a thread that stays: the death signal comes
// when the thread ends that forked, not the process.
func (b *bench) begin() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: no other goroutine ends this thread
		err := b.cmd.Start()
		started <- err
		if err == nil {
			<-b.exited
		}
	}()
	return <-started
}

// shows returns the arguments by which a bench has a test's site: the pack that
// write writes, and where its hosts are, over http and over TLS.
func shows(t *testing.T, write func(dir string) error, plain, secure map[string]string) []string {
	t.Helper()
	dir := t.TempDir()
	if err := write(dir); err != nil {
		t.Fatal(err)
	}
	args := []string{"--pack", dir}
	for host, address := range plain {
		args = append(args, "--map", host+"="+address)
	}
	for host, address := range secure {
		args = append(args, "--map-tls", host+"="+address)
	}
	return args
}
