// Package ownfile reads files that a decision about people depends on: keys,
// and lists of who may do what. A file that somebody else could have written,
// or could read where it is a secret, is refused with what to do about it.
//
// Everything that reads such files may import it. It knows owners and modes as
// Linux has them.
package ownfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// What others may not do with a file.
const (
	Secret    fs.FileMode = 0o077 // anything
	Unwritten fs.FileMode = 0o022 // write it
)

// Read reads a regular file of at most limit bytes that is this user's and has
// none of the forbidden permissions. A symbolic link is not followed, a pipe
// not waited for.
func Read(name string, limit int64, forbidden fs.FileMode) (_ []byte, err error) {
	// NONBLOCK: a pipe in its place would be waited for.
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("open %q: it is a symbolic link: name the file itself", name)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch mode := info.Mode(); {
	case !mode.IsRegular():
		return nil, fmt.Errorf("open %q: not a regular file", name)
	case !ok || int(stat.Uid) != os.Geteuid():
		return nil, fmt.Errorf("open %q: it belongs to somebody else: chown root %s", name, name)
	case mode.Perm()&forbidden != 0:
		return nil, fmt.Errorf("open %q: its mode is %04o, others can use it: chmod %04o %s", name, mode.Perm(), 0o600&^forbidden, name)
	case info.Size() > limit:
		return nil, fmt.Errorf("open %q: it has %d bytes, at most %d", name, info.Size(), limit)
	}
	return io.ReadAll(io.LimitReader(f, limit))
}

// A Print tells one state of a file from another without reading it: who it
// is, how long, and when it was written or given to somebody else. The zero
// value is that of no file.
type Print struct {
	device, inode uint64
	size          int64
	mode, user    uint32
	// ctime too: anybody who may write a file can set its mtime.
	modified, changed syscall.Timespec
}

// Look returns the print of what bears the name now, a symbolic link included.
func Look(name string) Print {
	info, err := os.Lstat(name)
	if err != nil {
		return Print{}
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return Print{}
	}
	return Print{uint64(s.Dev), s.Ino, s.Size, s.Mode, s.Uid, s.Mtim, s.Ctim}
}
