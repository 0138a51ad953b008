package apply

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	cutting = "GUICHET_APPLY_CUTS"  // names the directory in the environment of the process that cuts
	lying   = "GUICHET_APPLY_LYING" // with any value: no content is flushed
)

// unflushed flushes names and not content. Without either ext4 would lose all
// of it together, and be whole again.
type unflushed struct{ FS }

func (u unflushed) Create(name string) (Output, error) {
	o, err := u.FS.Create(name)
	return unflushedOutput{o}, err
}

type unflushedOutput struct{ Output }

func (unflushedOutput) Sync() error { return nil }

// TestPowerCutOnExt4 takes a real ext4 down in the middle of its work, without
// a last write and without its journal: what the kernel had not written yet is
// lost, as in a power cut. A run that does not flush content shows that this
// would be seen.
func TestPowerCutOnExt4(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a file system")
	}
	if _, err := exec.LookPath("mkfs.ext4"); err != nil {
		t.Skip(err)
	}
	for _, lie := range []string{"", "1"} {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), cutting+"="+dir, lying+"="+lie)
		// Mounts of its own, so that no process forked elsewhere keeps them.
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
		out, err := cmd.CombinedOutput()
		said := strings.TrimSpace(string(out))
		switch {
		case strings.HasPrefix(said, cannot):
			t.Skip(said)
		case err != nil || strings.HasPrefix(said, wholeAlways) == (lie != ""):
			t.Errorf("flushing %v: %s, %v", lie == "", said, err)
		}
		t.Log(said)
	}
}

const (
	cannot      = "cannot try: "
	wholeAlways = "whole after every cut: "
)

// cutDisk cuts and looks, for some seconds, and says what it saw.
func cutDisk(dir string) string {
	image, point := filepath.Join(dir, "image"), filepath.Join(dir, "disk")
	err := errors.Join(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""), os.WriteFile(image, nil, 0o600),
		os.Truncate(image, 64<<20), command("mkfs.ext4", "-q", image), os.Mkdir(point, 0o700))
	if err != nil {
		return cannot + err.Error()
	}
	out, err := exec.Command("losetup", "--find", "--show", image).Output()
	if err != nil {
		return cannot + err.Error()
	}
	device := strings.TrimSpace(string(out))
	defer exec.Command("losetup", "--detach", device).Run()
	// A device that was read-only once, for somebody else, stays so.
	if err := errors.Join(command("blockdev", "--setrw", device), mountDisk(device, point)); err != nil {
		return cannot + err.Error()
	}
	defer unix.Unmount(point, unix.MNT_DETACH)
	cuts := 0
	for begin := time.Now(); cuts < 60 && time.Since(begin) < 8*time.Second; cuts++ {
		if err := cutOnce(device, point); err != nil {
			return fmt.Sprintf("cut %d: %v", cuts+1, err)
		}
	}
	return fmt.Sprintf("%s%d", wholeAlways, cuts)
}

func cutOnce(device, point string) error {
	top := filepath.Join(point, "site")
	cmd, err := startEndless(top)
	if err != nil {
		return err
	}
	time.Sleep(time.Duration(rand.IntN(40_000)) * time.Microsecond)
	err = errors.Join(shutdown(point), cmd.Process.Kill())
	_ = cmd.Wait() // killed, which is an error
	if err := errors.Join(err, unix.Unmount(point, 0), mountDisk(device, point)); err != nil {
		return err
	}
	if _, err := os.Stat(top); errors.Is(err, os.ErrNotExist) {
		return nil // cut before there was anything
	}
	s, err := Open(top)
	if err != nil {
		return err
	}
	return errors.Join(wholeAfterBoot(s), s.Close())
}

// shutdown ends a file system at once: EXT4_IOC_SHUTDOWN with
// EXT4_GOING_FLAGS_NOLOGFLUSH (fs/ext4/ext4.h).
func shutdown(point string) error {
	const request, noLogFlush = 0x8004587d, 2
	d, err := os.Open(point)
	if err != nil {
		return err
	}
	return errors.Join(unix.IoctlSetPointerInt(int(d.Fd()), request, noLogFlush), d.Close())
}

func mountDisk(device, point string) error { return command("mount", device, point) }

func command(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}
