// Package atomicfile replaces a file so that after a power cut at any instant
// the path holds either the old content or the new one: it writes beside the
// file, flushes, renames, and flushes the directory.
//
// Everything that writes may import it. One writer per path: the temporary
// name is fixed, so that what a crash left behind is found again and never
// piles up. On Windows a directory cannot be flushed and that step is left
// out; the kiosk itself runs on Linux only.
package atomicfile

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// suffix marks a file that is being written; it never names a finished one.
const suffix = ".new"

// steps are the calls that can fail on a full, read-only or dying medium, in
// the order they happen. Tests replace them one by one.
type steps struct {
	open    func(path string, flag int, perm fs.FileMode) (*os.File, error)
	write   func(f *os.File, data []byte) error
	chmod   func(f *os.File, perm fs.FileMode) error
	sync    func(f *os.File) error
	close   func(f *os.File) error
	rename  func(from, to string) error
	syncDir func(dir string) error
}

func realSteps() steps {
	return steps{
		open: os.OpenFile,
		write: func(f *os.File, data []byte) error {
			_, err := f.Write(data)
			return err
		},
		chmod:   (*os.File).Chmod,
		sync:    (*os.File).Sync,
		close:   (*os.File).Close,
		rename:  os.Rename,
		syncDir: syncDir,
	}
}

// WriteFile makes path hold exactly data, with the permission bits perm
// whatever the umask. After an error path holds the old content or the new
// one, whole, and no temporary file is left.
func WriteFile(path string, data []byte, perm fs.FileMode) error {
	return realSteps().writeFile(path, data, perm)
}

// Build makes path hold what fill leaves in the file tmp, for content that
// only a library can write. tmp does not exist when fill is called; it lies in
// the directory of path. fill must have closed it and need not flush it.
func Build(path string, perm fs.FileMode, fill func(tmp string) error) error {
	return realSteps().build(path, perm, fill)
}

// Rename gives the file at from the name to in the same directory and flushes
// the directory. A file already named to is replaced.
func Rename(from, to string) error {
	return realSteps().move(from, to)
}

// Discard removes what a crash in the middle of an earlier WriteFile or Build
// left beside path. Nothing to remove is not an error.
func Discard(path string) error {
	err := os.Remove(path + suffix)
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("remove leftover %q: %w", path+suffix, err)
	}
	return nil
}

func (s steps) writeFile(path string, data []byte, perm fs.FileMode) error {
	return s.build(path, perm, func(tmp string) error {
		// O_EXCL: whatever lies there now was not put there by us.
		f, err := s.open(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
		if err != nil {
			return err
		}
		if err := s.write(f, data); err != nil {
			f.Close()
			return err
		}
		return s.close(f)
	})
}

func (s steps) build(path string, perm fs.FileMode, fill func(tmp string) error) error {
	if err := Discard(path); err != nil {
		return err
	}
	tmp := path + suffix
	if err := s.finish(tmp, path, perm, fill); err != nil {
		_ = os.Remove(tmp) // gone already when only the last step failed
		return fmt.Errorf("write %q: %w", path, err)
	}
	return nil
}

func (s steps) finish(tmp, path string, perm fs.FileMode, fill func(tmp string) error) error {
	if err := fill(tmp); err != nil {
		return err
	}
	if err := s.flush(tmp, perm); err != nil {
		return err
	}
	return s.move(tmp, path)
}

// flush sets the permissions of path and brings it to the medium. The file is
// opened anew, because fill closed it: fsync is about the inode, whoever wrote
// it.
func (s steps) flush(path string, perm fs.FileMode) error {
	f, err := s.open(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err = s.chmod(f, perm); err == nil {
		err = s.sync(f)
	}
	if err != nil {
		f.Close()
		return err
	}
	return s.close(f)
}

func (s steps) move(from, to string) error {
	if err := s.rename(from, to); err != nil {
		return err
	}
	return s.syncDir(filepath.Dir(to))
}

func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := d.Sync(); err != nil {
		d.Close()
		return fmt.Errorf("flush directory %q: %w", dir, err)
	}
	return d.Close()
}
