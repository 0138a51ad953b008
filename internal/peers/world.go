package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// First arguments of the two processes inside.
const (
	initArg = "peers-init" // the first process of the pid namespace
	workArg = "peers-work" // the one that measures
)

// Directories of the world inside.
const (
	programs = "/tmp/bin"  // kiosk-bench and kiosk-view
	disk     = "/tmp/disk" // the one file system that is on a disk
	policies = "/etc/chromium/policies/managed"
)

// diskSize is that of the disk, in bytes: small, since all of it is searched.
const diskSize = 192 << 20

// enter starts this program again as the first process of namespaces of its
// own and waits for its end. scratch is where the disk's bytes lie.
func enter(ctx context.Context, scratch string, args []string) (int, error) {
	if os.Getuid() != 0 {
		return 1, errors.New("start: only root may make namespaces, users and policies for the others")
	}
	image, err := os.CreateTemp(scratch, "disk-")
	if err != nil {
		return 1, fmt.Errorf("make disk: %w", err)
	}
	defer image.Close()
	err = errors.Join(os.Remove(image.Name()), image.Truncate(diskSize)) // whoever holds it open keeps it
	if err != nil {
		return 1, fmt.Errorf("make disk: %w", err)
	}
	runtime.LockOSThread() // the death signal is that of the thread that forked
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", append([]string{initArg}, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience // for who clears up; then it is killed, and all below it
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{image}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return 1, fmt.Errorf("start in namespaces of its own: %w", err)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(1, exit.ExitCode()), nil
	}
	return 0, err
}

// runInit is the first process: it mounts, starts the one that measures,
// reaps everybody's orphans and ends with it, and all others with them.
func runInit(args []string) (int, error) {
	o, err := parse(args)
	if err != nil {
		return 2, err
	}
	if err := furnish(o.bin); err != nil {
		return 1, err
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM, syscall.SIGINT)
	work, err := os.StartProcess("/proc/self/exe", append([]string{os.Args[0], workArg}, args...), &os.ProcAttr{
		Env: os.Environ(), Files: []*os.File{nil, os.Stdout, os.Stderr, os.NewFile(3, "image")}})
	if err != nil {
		return 1, err
	}
	go func() { // ends with the process
		for s := range asked {
			_ = work.Signal(s) // it may have ended
		}
	}()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return 1, fmt.Errorf("wait for processes: %w", err)
		}
		if pid == work.Pid {
			return status.ExitStatus() & 0xff, nil
		}
	}
}

// furnish mounts what only this world sees. Our own programs, in bin, come by
// their descriptor, since the new /tmp may cover their path.
func furnish(bin string) error {
	folder, err := os.Open(bin)
	if err != nil {
		return fmt.Errorf("find our own programs: %w", err)
	}
	defer folder.Close()
	const hidden = unix.MS_NOSUID | unix.MS_NODEV
	steps := []struct {
		source, target, kind string
		flags                uintptr
		data                 string
	}{
		{"", "/", "", unix.MS_REC | unix.MS_PRIVATE, ""},
		{"proc", "/proc", "proc", hidden | unix.MS_NOEXEC, ""},
		{"tmpfs", "/tmp", "tmpfs", hidden, "mode=1777"},
		{"tmpfs", "/dev/shm", "tmpfs", hidden, "mode=1777"},
		{fmt.Sprintf("/proc/self/fd/%d", folder.Fd()), programs, "", unix.MS_BIND, ""},
	}
	for _, s := range steps {
		if err := os.MkdirAll(s.target, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(s.source, s.target, s.kind, s.flags, s.data); err != nil {
			return fmt.Errorf("mount %q: %w", s.target, err)
		}
	}
	return nil
}

// loop is the disk: what is written to it is counted, and what is left on it
// can be searched, removed files included.
type loop struct {
	device string // "/dev/loop3"
}

// mountDisk makes a file system on the image that init has passed on.
func mountDisk(ctx context.Context) (*loop, error) {
	image := os.NewFile(3, "image")
	defer image.Close() // the device keeps it
	unix.CloseOnExec(int(image.Fd()))
	control, err := os.Open("/dev/loop-control")
	if err != nil {
		return nil, fmt.Errorf("make disk: %w", err)
	}
	defer control.Close()
	for range 8 { // somebody else may take the number first
		n, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
		if err != nil {
			return nil, fmt.Errorf("make disk: %w", err)
		}
		l := &loop{device: "/dev/loop" + strconv.Itoa(n)}
		switch err := l.attach(ctx, image); {
		case err == nil:
			return l, nil
		case !errors.Is(err, unix.EBUSY):
			return nil, fmt.Errorf("make disk: %w", err)
		}
	}
	return nil, errors.New("make disk: every loop device is taken")
}

// attach ties the device to the image until nobody has it open any more, and
// mounts it.
func (l *loop) attach(ctx context.Context, image *os.File) error {
	d, err := os.OpenFile(l.device, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer d.Close() // the mount keeps it
	config := unix.LoopConfig{Fd: uint32(image.Fd())}
	config.Info.Flags = unix.LO_FLAGS_AUTOCLEAR
	if err := unix.IoctlLoopConfigure(int(d.Fd()), &config); err != nil {
		return err
	}
	if out, err := exec.CommandContext(ctx, "mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", l.device).CombinedOutput(); err != nil {
		return fmt.Errorf("mkfs.ext4: %w: %s", err, out)
	}
	if err := os.MkdirAll(disk, 0o755); err != nil {
		return err
	}
	return unix.Mount(l.device, disk, "ext4", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOATIME, "")
}

// written returns how many bytes have been written to the disk so far, those
// that still wait in memory included.
func (l *loop) written() (int64, error) {
	if err := l.flush(); err != nil {
		return 0, err
	}
	text, err := os.ReadFile(filepath.Join("/sys/block", filepath.Base(l.device), "stat"))
	if err != nil {
		return 0, fmt.Errorf("read how much was written: %w", err)
	}
	return sectorsWritten(string(text))
}

func (l *loop) flush() error {
	d, err := os.Open(disk)
	if err != nil {
		return fmt.Errorf("flush disk: %w", err)
	}
	defer d.Close()
	if err := unix.Syncfs(int(d.Fd())); err != nil {
		return fmt.Errorf("flush disk: %w", err)
	}
	return nil
}

// sectorsWritten reads the seventh number of a block device's statistics, in
// sectors of 512 bytes (Linux, Documentation/block/stat.rst), as bytes.
func sectorsWritten(stat string) (int64, error) {
	var n [7]int64
	if _, err := fmt.Sscan(stat, &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6]); err != nil {
		return 0, fmt.Errorf("read how much was written: %w", err)
	}
	return n[6] * 512, nil
}

// pause waits, or less when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
