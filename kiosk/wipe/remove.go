package wipe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// maxDepth bounds how many directories are held open; what lies deeper is moved
// up first.
const maxDepth = 64

// remove deletes path and everything below it, and returns what it could not
// delete, in words. It goes by file descriptors, follows no symbolic link and
// enters no other mount, so that a tree made to mislead it cannot.
func remove(ctx context.Context, path string) ([]string, error) {
	parent, err := unix.Open(filepath.Dir(path), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open directory of views: %w", err)
	}
	defer unix.Close(parent)
	r := &remover{ctx: ctx, left: map[string]*kind{}}
	name := filepath.Base(path)
	for progress := true; progress && ctx.Err() == nil; { // each time with what was moved up or passed over
		r.done = 0
		clear(r.left)
		r.entry(parent, name, 0, -1)
		progress = r.done > 0
	}
	if err := unix.Fstatat(parent, name, &unix.Stat_t{}, unix.AT_SYMLINK_NOFOLLOW); err == unix.ENOENT {
		return nil, nil
	}
	return r.words(), nil
}

type remover struct {
	ctx   context.Context
	left  map[string]*kind
	done  int // in this pass: names deleted or moved
	names int // of moved directories
}

// kind counts what is left of one kind of file.
type kind struct {
	count int
	why   error // of the first
}

func (r *remover) words() (words []string) {
	for name, k := range r.left {
		words = append(words, fmt.Sprintf("%d %s (%v)", k.count, name, k.why))
	}
	slices.Sort(words)
	if r.ctx.Err() != nil {
		words = append(words, "more files than could be removed in time")
	}
	if len(words) == 0 {
		words = append(words, "files that came back")
	}
	return words
}

// entry deletes one name. top is the directory that deep directories are moved
// to; -1 at the top itself.
func (r *remover) entry(dir int, name string, depth, top int) {
	err := unix.Unlinkat(dir, name, 0)
	if err == nil {
		r.done++
	}
	if err == nil || errors.Is(err, unix.ENOENT) {
		return
	}
	var st unix.Stat_t
	if e := unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW); e != nil {
		r.count("file", e)
		return
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		r.count(kindOf(st.Mode), err)
		return
	}
	if depth == maxDepth {
		r.names++
		if err := unix.Renameat(dir, name, top, ".deep"+strconv.Itoa(r.names)); err != nil {
			r.count("directory", err)
			return
		}
		r.done++
		return
	}
	sub, err := openDir(dir, name)
	if err != nil {
		r.count("directory", err)
		return
	}
	if top < 0 {
		top = int(sub.Fd())
	}
	r.empty(sub, depth, top)
	sub.Close()
	switch err := unix.Unlinkat(dir, name, unix.AT_REMOVEDIR); err {
	case nil:
		r.done++
	case unix.ENOTEMPTY: // what is in it was counted
	default:
		r.count("directory", err)
	}
}

// empty deletes what is in a directory until a pass finds nothing new.
func (r *remover) empty(dir *os.File, depth, top int) {
	fd := int(dir.Fd())
	_ = unix.Fchmod(fd, 0o700) // its owner may have taken away even its own access; else deleting tells
	for r.ctx.Err() == nil {
		names, _ := dir.Readdirnames(1024)
		if len(names) == 0 {
			return
		}
		for _, name := range names {
			if r.ctx.Err() != nil {
				return
			}
			r.entry(fd, name, depth+1, top)
		}
	}
}

func (r *remover) count(name string, why error) {
	k := r.left[name]
	if k == nil {
		k = &kind{why: why}
		if errors.Is(why, unix.EXDEV) || errors.Is(why, unix.EBUSY) {
			k.why = fmt.Errorf("something is mounted there: %w", why)
		}
		r.left[name] = k
	}
	k.count++
}

// openDir opens a directory that is no link and no other mount, also one that
// its owner made unreadable.
func openDir(dir int, name string) (*os.File, error) {
	how := unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_XDEV}
	fd, err := unix.Openat2(dir, name, &how)
	if err == unix.EACCES {
		handle := how
		handle.Flags = unix.O_PATH | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
		h, e := unix.Openat2(dir, name, &handle)
		if e != nil {
			return nil, e
		}
		defer unix.Close(h)
		if e := unix.Chmod("/proc/self/fd/"+strconv.Itoa(h), 0o700); e != nil {
			return nil, e
		}
		fd, err = unix.Openat2(dir, name, &how)
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "directory"), nil
}

func kindOf(mode uint32) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFLNK:
		return "symbolic link"
	case unix.S_IFSOCK:
		return "socket"
	case unix.S_IFIFO:
		return "pipe"
	case unix.S_IFCHR, unix.S_IFBLK:
		return "device"
	default:
		return "file"
	}
}
