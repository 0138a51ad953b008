package wipe

import (
	"bufio"
	"fmt"
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

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == childArg {
		child(os.Args[2])
	}
	os.Exit(m.Run())
}

// child plays a view's tree. It says "ready" and stays.
func child(behaviour string) {
	switch behaviour {
	case "mount": // a file system with our mark, seen by this process and its children
		must(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
		must(unix.Mount(os.Args[3], os.Args[4], "tmpfs", 0, "size=1m"))
		start(append(os.Environ(), "LANG=C"), nil)
	case "litter":
		start(os.Environ(), &syscall.SysProcAttr{Setsid: true})
		start(os.Environ(), nil)
	case "unmarked":
		start([]string{"LANG=C"}, &syscall.SysProcAttr{Setsid: true})
	case "nested":
		start([]string{"LANG=C"}, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID})
	}
	fmt.Println("ready")
	select {}
}

func must(err error) {
	if err != nil {
		fmt.Println(err)
		syscall.Exit(1)
	}
}

func start(env []string, attributes *syscall.SysProcAttr) {
	cmd := exec.Command("/proc/self/exe", childArg, "sleep")
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
	tr.cmd = exec.Command("/proc/self/exe", childArg, behaviour, tr.Mark, tr.Dir)
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

// wiper works below a directory of its own, on machines however busy.
func wiper(t *testing.T) *Wiper {
	t.Helper()
	return &Wiper{Dir: t.TempDir(), Timeout: 30 * time.Second}
}
