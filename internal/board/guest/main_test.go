package guest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"
)

// TestMain is the first process of the board when there is one: it mounts what
// a Linux program expects, runs the tests, says how they ended and switches
// off. Under the name of kiosk-view it is a view without a browser, under that of
// unit what systemd is to kioskd.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "unit" {
		fmt.Println(asUnit(os.Args[1:]))
		os.Exit(1)
	}
	if filepath.Base(os.Args[0]) == "kiosk-view" {
		os.Exit(view(os.NewFile(3, "link")))
	}
	if os.Getpid() != 1 {
		os.Exit(m.Run())
	}
	code := 1
	if err := mounts(); err == nil {
		code = m.Run()
	} else {
		fmt.Println(err)
	}
	fmt.Printf("board: exit %d\n", code)
	syscall.Sync()
	if err := syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF); err != nil {
		fmt.Println(err)
	}
}

// mounts moves the initial file system to where it can be changed for another
// (rootfs itself cannot: Linux, Documentation/filesystems/ramfs-rootfs-initramfs.rst),
// as views do, and mounts the rest.
func mounts() error {
	if err := syscall.Mount("/", "/root", "", syscall.MS_BIND, ""); err != nil {
		return fmt.Errorf("bind root: %w", err)
	}
	if err := errors.Join(syscall.Chdir("/root"), syscall.Mount(".", "/", "", syscall.MS_MOVE, ""), syscall.Chroot("."), syscall.Chdir("/")); err != nil {
		return fmt.Errorf("move root: %w", err)
	}
	for dir, kind := range map[string]string{"/dev": "devtmpfs", "/proc": "proc", "/sys": "sysfs", "/run": "tmpfs"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := syscall.Mount(kind, dir, kind, 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", dir, err)
		}
	}
	return nil
}

// raw takes the line discipline out of the way, so that neither side's words
// come back as an echo.
func raw(tty *os.File) error {
	var t syscall.Termios
	if err := ioctl(tty, syscall.TCGETS, &t); err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cc[syscall.VMIN], t.Cc[syscall.VTIME] = 1, 0
	return ioctl(tty, syscall.TCSETS, &t)
}

func ioctl(f *os.File, request uintptr, t *syscall.Termios) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(unsafe.Pointer(t))); errno != 0 {
		return fmt.Errorf("set up %s: %w", f.Name(), errno)
	}
	return nil
}
