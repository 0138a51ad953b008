package view

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// What of the machine a view sees, read-only. A name that does not exist is
// left out; a symbolic link is copied as one.
var shared = []string{
	"/bin", "/lib", "/lib32", "/lib64", "/libx32", "/sbin", "/usr",
	"/etc/alternatives", "/etc/ca-certificates", "/etc/drirc", "/etc/fonts", "/etc/glvnd", "/etc/gtk-3.0",
	"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/mime.types",
	"/etc/nsswitch.conf", "/etc/os-release", "/etc/pki", "/etc/ssl", "/etc/timezone", "/etc/vulkan", "/etc/xdg",
	"/var/cache/fontconfig",
}

// devices are all a view may open. The engine draws in software, so the graphics
// card is not among them.
var devices = []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"}

// restricted is how files of the machine are shown.
const restricted = unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV

// scratch is where a view may write, in memory only. Shares are in percent of
// what a session may use, half of it in all; WebKit keeps media in /var/tmp and
// shared buffers in /dev/shm.
var scratch = []struct {
	path  string
	mode  os.FileMode
	share int
	owned bool // by the view's user
}{
	{"/tmp", 0o1777, 8, false},
	{"/var/tmp", 0o1777, 16, false},
	{"/dev/shm", 0o1777, 14, false},
	{"/home", 0o700, 10, true},
	{"/run", 0o755, 2, false},
}

// root makes the private root directory and moves into it.
func (p plan) root() (place, error) {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return place{}, fmt.Errorf("make mounts private: %w", err)
	}
	// Handles first: the sockets and the command may lie where the new root
	// has something else.
	held, err := p.hold()
	if err != nil {
		return place{}, err
	}
	r := tree{base: p.Dir, mark: p.Mark, noswap: p.Root && linuxSince(6, 4)}
	if err := r.tmpfs("/", "mode=755,size=1m,nr_inodes=4096"); err != nil {
		return place{}, err
	}
	if err := r.fill(p); err != nil {
		return place{}, err
	}
	pl, err := p.furnish(r, held)
	if err != nil {
		return place{}, err
	}
	return pl, r.enter()
}

// tree is the private root while it is built below base.
type tree struct {
	base string
	mark string // source of every file system made here, by which the wipe knows it

	noswap bool // tmpfs are never swapped; asked of a kernel that does not know it, it would log each mount
}

// linuxSince says whether the kernel is at least that version.
func linuxSince(major, minor int) bool {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return false
	}
	var has [2]int
	if n, _ := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &has[0], &has[1]); n != 2 {
		return false
	}
	return has[0] > major || has[0] == major && has[1] >= minor
}

func (r tree) in(path string) string { return filepath.Join(r.base, path) }

func (r tree) fill(p plan) error {
	for _, path := range shared {
		if err := r.share(path); err != nil {
			return err
		}
	}
	if err := r.tmpfs("/dev", "mode=755,size=1m,nr_inodes=256"); err != nil {
		return err
	}
	for _, path := range devices {
		if err := r.bind(path, path, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for name, target := range map[string]string{"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"} {
		if err := os.Symlink(target, r.in("/dev/"+name)); err != nil {
			return err
		}
	}
	for _, s := range scratch {
		size := max(1, p.MemoryLimitMiB*s.share/100) // MiB
		options := fmt.Sprintf("mode=%o,size=%dm,nr_inodes=%d", s.mode, size, 256*size)
		if s.owned {
			options += fmt.Sprintf(",uid=%d,gid=%d", p.UID, p.GID)
		}
		if err := r.tmpfs(s.path, options); err != nil {
			return err
		}
	}
	if err := r.kernel(); err != nil {
		return err
	}
	return r.names(p.UID, p.GID)
}

// kernel mounts proc and sysfs as they are inside the new namespaces. Where
// sysfs is refused the machine's own serves, read-only.
func (r tree) kernel() error {
	flags := uintptr(unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC)
	for _, path := range []string{"/proc", "/sys"} {
		if err := os.Mkdir(r.in(path), 0o755); err != nil {
			return err
		}
	}
	if err := unix.Mount(r.mark, r.in("/proc"), "proc", flags, ""); err != nil {
		return fmt.Errorf("mount %q: %w", "/proc", err)
	}
	if err := unix.Mount(r.mark, r.in("/sys"), "sysfs", flags|unix.MS_RDONLY, ""); err != nil {
		return r.bind("/sys", "/sys", restricted|unix.MOUNT_ATTR_NOEXEC)
	}
	return nil
}

// names writes the few files that would tell about the machine.
func (r tree) names(uid, gid int) error {
	for path, text := range map[string]string{
		"/etc/passwd":   fmt.Sprintf("root:x:0:0:root:/root:/usr/sbin/nologin\nview:x:%d:%d:view:/home/view:/usr/sbin/nologin\n", uid, gid),
		"/etc/group":    fmt.Sprintf("root:x:0:\nview:x:%d:\n", gid),
		"/etc/hosts":    "127.0.0.1 localhost\n",
		"/etc/hostname": "localhost\n",
	} {
		if err := r.parents(path); err != nil {
			return err
		}
		if err := os.WriteFile(r.in(path), []byte(text), 0o644); err != nil {
			return err
		}
		if err := os.Chmod(r.in(path), 0o644); err != nil { // whatever the umask
			return err
		}
	}
	return nil
}

// share shows one thing of the machine at the same path.
func (r tree) share(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() == os.ModeSymlink {
		target, err := os.Readlink(path)
		if err != nil {
			return err
		}
		if err := r.parents(path); err != nil {
			return err
		}
		return os.Symlink(target, r.in(path))
	}
	return r.bind(path, path, restricted)
}

// bind shows source at path with at least the given restrictions, also for
// what is mounted below it.
func (r tree) bind(source, path string, attributes uint64) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if err := r.point(path, info.IsDir()); err != nil {
		return err
	}
	if err := unix.Mount(source, r.in(path), "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind %q: %w", path, err)
	}
	attr := unix.MountAttr{Attr_set: attributes}
	if err := unix.MountSetattr(unix.AT_FDCWD, r.in(path), unix.AT_RECURSIVE, &attr); err != nil {
		return fmt.Errorf("restrict %q: %w", path, err)
	}
	return nil
}

func (r tree) tmpfs(path, options string) error {
	if err := r.point(path, true); err != nil {
		return err
	}
	if r.noswap {
		options += ",noswap"
	}
	if err := unix.Mount(r.mark, r.in(path), "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		return fmt.Errorf("mount tmpfs %q: %w", path, err)
	}
	return nil
}

// point makes a mount point.
func (r tree) point(path string, dir bool) error {
	if path == "/" {
		return nil
	}
	if err := r.parents(path); err != nil {
		return err
	}
	if dir {
		return makeDir(r.in(path), 0o755)
	}
	return os.WriteFile(r.in(path), nil, 0o644)
}

func (r tree) parents(path string) error {
	if parent := filepath.Dir(path); parent != "/" {
		if err := r.parents(parent); err != nil {
			return err
		}
		return makeDir(r.in(parent), 0o755)
	}
	return nil
}

// enter makes the tree the root directory, lets go of the old one and makes
// the new one read-only.
func (r tree) enter() error {
	if err := unix.Chdir(r.base); err != nil {
		return fmt.Errorf("enter private root: %w", err)
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("change root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leave old root: %w", err)
	}
	if err := unix.Chdir("/"); err != nil {
		return fmt.Errorf("enter private root: %w", err)
	}
	for _, path := range []string{"/", "/dev"} {
		attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
		if err := unix.MountSetattr(unix.AT_FDCWD, path, 0, &attr); err != nil {
			return fmt.Errorf("make %q read-only: %w", path, err)
		}
	}
	return nil
}

// makeDir makes a directory that may exist, whatever the umask.
func makeDir(path string, mode os.FileMode) error {
	if err := os.Mkdir(path, mode); errors.Is(err, fs.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// handle returns a path that leads to an open file wherever the mounts went.
func handle(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }
