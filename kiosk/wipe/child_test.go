package wipe

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/kiosk/view/wire"
)

const childArg = "wipe-child"

// lifeline is the end of a pipe on which nothing ever comes, and held the other
// end, which this process alone has. All that it starts waits at the lifeline
// and so ends when this process does, whatever ends that, and not before: a tree
// has to outlive a parent in the middle of it.
var lifeline, held *os.File

const lifelineFD = 3 // the first of exec.Cmd's ExtraFiles

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == childArg {
		lifeline = os.NewFile(lifelineFD, "lifeline")
		child(os.Args[2])
	}
	hold()
	os.Exit(m.Run())
}

func hold() {
	var err error
	lifeline, held, err = os.Pipe()
	must(err)
}

// command is this program as a child.
func command(args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", append([]string{childArg}, args...)...)
	cmd.ExtraFiles = []*os.File{lifeline}
	return cmd
}

// child plays a view's tree. It says "ready" and stays until the lifeline ends.
func child(behaviour string) {
	switch behaviour {
	case "mount": // a file system with our mark, seen by this process and its children
		must(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
		must(unix.Mount(os.Args[3], os.Args[4], "tmpfs", 0, "size=1m"))
		start("sleep", append(os.Environ(), "LANG=C"), nil)
	case "litter":
		start("sleep", os.Environ(), &syscall.SysProcAttr{Setsid: true})
		start("sleep", os.Environ(), nil)
	case "unmarked":
		start("sleep", []string{"LANG=C"}, &syscall.SysProcAttr{Setsid: true})
	case "nested":
		start("sleep", []string{"LANG=C"}, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID})
	case "tests": // a run of these tests, with a tree of its own
		own := lifeline
		hold()
		start("litter", os.Environ(), nil)
		lifeline = own
	}
	fmt.Println("ready")
	io.Copy(io.Discard, lifeline)
	os.Exit(0)
}

func must(err error) {
	if err != nil {
		fmt.Println(err)
		syscall.Exit(1)
	}
}

func start(behaviour string, env []string, attributes *syscall.SysProcAttr) {
	cmd := command(behaviour)
	cmd.Env, cmd.SysProcAttr = env, attributes
	out, err := cmd.StdoutPipe()
	must(err)
	must(cmd.Start())
	bufio.NewReader(out).ReadString('\n')
}

// tree is a running tree that stands for a view.
type tree struct {
	wire.Traces
	cmd *exec.Cmd
}

var views int

// grow starts a tree below w.Dir, in namespaces of its own when cloned.
func grow(t *testing.T, w *Wiper, behaviour string, cloneflags uintptr) tree {
	t.Helper()
	views++
	tr := tree{Traces: wire.Traces{View: views, Mark: wire.Mark(w.Dir, [16]byte{byte(views), byte(views >> 8)}),
		Dir: filepath.Join(w.Dir, fmt.Sprint(views))}}
	if err := os.Mkdir(tr.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	tr.cmd = command(behaviour, tr.Mark, tr.Dir)
	tr.cmd.Env = []string{tr.Mark}
	tr.cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: cloneflags}
	if cloneflags != 0 && os.Getuid() != 0 {
		tr.cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		tr.cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		tr.cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := tr.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tr.PID = tr.cmd.Process.Pid
	reaped := make(chan struct{})
	line, _ := bufio.NewReader(out).ReadString('\n')
	go func() { defer close(reaped); tr.cmd.Process.Wait() }()
	t.Cleanup(func() { tr.cmd.Process.Kill(); <-reaped; out.Close() })
	if strings.TrimSpace(line) != "ready" {
		t.Fatalf("%s: %q", behaviour, line)
	}
	if cloneflags&unix.CLONE_NEWPID != 0 {
		tr.PIDNamespace = inode(t, tr.PID, "pid")
	}
	if cloneflags&unix.CLONE_NEWNS != 0 {
		tr.MountNamespace = inode(t, tr.PID, "mnt")
	}
	return tr
}

func inode(t *testing.T, pid int, kind string) uint64 {
	t.Helper()
	n, err := namespaceOf(fmt.Sprint(pid), kind)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestTreesEndWithTheTests: a run that is killed leaves nothing behind.
func TestTreesEndWithTheTests(t *testing.T) {
	tests := grow(t, wiper(t), "tests", 0)
	all := suspect{mark: tests.Mark}
	if seen, err := all.look(); err != nil || len(seen.processes) != 4 {
		t.Fatalf("positive control: %v, %v", seen.words(), err)
	}
	if err := tests.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		seen, err := all.look()
		if err == nil && seen.nothing() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left: %v, %v", seen.words(), err)
		}
	}
}

// wiper works below a directory of its own, on machines however busy.
func wiper(t *testing.T) *Wiper {
	t.Helper()
	return &Wiper{Dir: t.TempDir(), Timeout: 30 * time.Second}
}
