package apply

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrBusy is returned by Open while another process has the site open.
var ErrBusy = errors.New("another program is working on the site; end it first")

// Open opens the directory DATA/site, and makes it where its parent is. The
// site is its owner's alone until Close.
func Open(directory string) (*Site, error) {
	if err := ensure(directory); err != nil {
		return nil, err
	}
	d, err := openDisk(directory)
	if err != nil {
		return nil, err
	}
	return New(d)
}

// ensure makes the directory, for its owner alone.
func ensure(directory string) error {
	err := os.Mkdir(directory, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make site: %w", err)
	}
	parent, err := os.Open(filepath.Dir(directory))
	if err != nil {
		return fmt.Errorf("make site: %w", err)
	}
	defer parent.Close()
	return parent.Sync()
}

// disk is FS on a directory that stays open. Every name is resolved below it
// by the kernel, which refuses links and other file systems on the way.
type disk struct{ top *os.File }

func openDisk(directory string) (*disk, error) {
	fd, err := unix.Open(directory, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open site", Path: directory, Err: err}
	}
	d := &disk{os.NewFile(uintptr(fd), directory)}
	switch err := lock(d.top, unix.LOCK_EX); {
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil, errors.Join(fmt.Errorf("open site %q: %w", directory, ErrBusy), d.Close())
	case err != nil:
		return nil, errors.Join(fmt.Errorf("lock site %q: %w", directory, err), d.Close())
	}
	return d, nil
}

func lock(f *os.File, how int) error {
	return retry(func() error { return unix.Flock(int(f.Fd()), how|unix.LOCK_NB) })
}

// retry calls again what a signal has interrupted.
func retry(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// Close implements io.Closer.
func (d *disk) Close() error { return d.top.Close() }

// at opens name below the directory.
func (d *disk) at(op, name string, flags uint64, perm uint64) (*os.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	how := unix.OpenHow{Flags: flags | unix.O_NOFOLLOW | unix.O_CLOEXEC, Mode: perm,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV}
	var fd int
	err := retry(func() (err error) {
		fd, err = unix.Openat2(int(d.top.Fd()), name, &how)
		return err
	})
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

// in opens the directory of name, calls do with it and the last part of name.
func (d *disk) in(op, name string, do func(parent int, base string) error) error {
	parent, err := d.at(op, path.Dir(name), unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer parent.Close()
	if err := retry(func() error { return do(int(parent.Fd()), path.Base(name)) }); err != nil {
		return &fs.PathError{Op: op, Path: name, Err: err}
	}
	return nil
}

// Open implements fs.FS. A pipe or device does not hold it up.
func (d *disk) Open(name string) (fs.File, error) {
	f, err := d.at("open", name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err == nil && info.IsDir():
		return &listing{f, d, name}, nil
	case err == nil && info.Mode().IsRegular():
		return f, nil
	case err == nil:
		err = &fs.PathError{Op: "open", Path: name, Err: fmt.Errorf("%v: %w", info.Mode().Type(), fs.ErrInvalid)}
	}
	return nil, errors.Join(err, f.Close())
}

// listing is an open directory. os.File would look its entries up by path,
// from the working directory.
type listing struct {
	*os.File
	d    *disk
	name string
}

// ReadDir implements fs.ReadDirFile.
func (l *listing) ReadDir(n int) ([]fs.DirEntry, error) {
	names, err := l.Readdirnames(n)
	var all []fs.DirEntry
	for _, name := range names {
		entry, err := l.entry(path.Join(l.name, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return all, err
		}
		all = append(all, entry)
	}
	return all, err
}

// entry looks at a file without opening it.
func (l *listing) entry(name string) (fs.DirEntry, error) {
	f, err := l.d.at("look at", name, unix.O_PATH, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return fs.FileInfoToDirEntry(info), nil
}

// Mkdir implements FS.
func (d *disk) Mkdir(name string) error {
	return d.in("mkdir", name, func(parent int, base string) error { return unix.Mkdirat(parent, base, 0o700) })
}

// Create implements FS.
func (d *disk) Create(name string) (Output, error) {
	f, err := d.at("create", name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return output{f}, nil
}

// output drops what it has flushed from memory, so that reading it back asks
// the medium.
type output struct{ *os.File }

// Sync implements Output.
func (o output) Sync() error {
	if err := o.File.Sync(); err != nil {
		return err
	}
	_ = unix.Fadvise(int(o.Fd()), 0, 0, unix.FADV_DONTNEED) // a file system may have nothing to drop
	return nil
}

// Rename implements FS.
func (d *disk) Rename(from, to string) error {
	return d.in("rename", from, func(parent int, base string) error {
		return unix.Renameat(parent, base, parent, path.Base(to))
	})
}

// Remove implements FS.
func (d *disk) Remove(name string) error {
	return d.in("remove", name, func(parent int, base string) error {
		err := unix.Unlinkat(parent, base, 0)
		if err == unix.EISDIR || err == unix.EPERM { // the latter is what POSIX says
			err = unix.Unlinkat(parent, base, unix.AT_REMOVEDIR)
		}
		return err
	})
}

// SyncDir implements FS.
func (d *disk) SyncDir(name string) error {
	f, err := d.at("flush", name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Link implements FS.
func (d *disk) Link(target, name string) error {
	return d.in("link", name, func(parent int, base string) error {
		buf := make([]byte, len(target)+1)
		if n, err := unix.Readlinkat(parent, base, buf); err == nil && string(buf[:n]) == target {
			return nil // spares the medium a write at each start
		}
		if err := unix.Unlinkat(parent, base+".new", 0); err != nil && err != unix.ENOENT {
			return err
		}
		if err := unix.Symlinkat(target, parent, base+".new"); err != nil {
			return err
		}
		return unix.Renameat(parent, base+".new", parent, base)
	})
}

// Free implements FS.
func (d *disk) Free() (int64, error) {
	var st unix.Statfs_t
	if err := retry(func() error { return unix.Fstatfs(int(d.top.Fd()), &st) }); err != nil {
		return 0, fmt.Errorf("ask for free space: %w", err)
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}

// Hold implements FS, by a lock that ends with the process.
func (d *disk) Hold(name string) (Tree, error) {
	f, err := d.at("hold", name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	if err := lock(f, unix.LOCK_SH); err != nil {
		return nil, errors.Join(&fs.PathError{Op: "hold", Path: name, Err: err}, f.Close())
	}
	return &disk{f}, nil
}

// InUse implements FS.
func (d *disk) InUse(name string) (bool, error) {
	f, err := d.at("look at", name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return false, err
	}
	defer f.Close()
	err = lock(f, unix.LOCK_EX)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}
