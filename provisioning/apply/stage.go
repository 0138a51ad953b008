package apply

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"syscall"

	"guichet.example/provisioning"
)

// reserve is what stays free on the data partition, in bytes: the counts and
// the state are written there too.
const reserve = 16 << 20

// blockSize is what a file system rounds each file and directory up to, in
// bytes.
const blockSize = 4096

// ErrFull is returned when the data partition has no room. The release in
// force and the one before are untouched.
var ErrFull = errors.New("the memory card is full")

// Stage writes a candidate beside the releases on the disk, flushes it and
// reads it back. Nothing of it is in force until Try. What was staged before is
// discarded. The candidate is refused whole: after an error nothing of it is
// left, or, when the medium fails, nothing that a state names.
//
// progress, which may be nil, is told how many bytes of how many are done,
// writing and reading back each counted once.
func (s *Site) Stage(ctx context.Context, c Candidate, progress func(done, total int64)) error {
	switch {
	case s.broken != nil:
		return s.broken
	case s.state.Trial:
		return ErrTrial
	}
	entries, err := c.entries()
	if err != nil {
		return fmt.Errorf("stage release %q: %w", c.Version, err)
	}
	s.staged = Release{}
	s.clean()
	number, err := s.unused()
	if err == nil {
		err = s.room(entries)
	}
	if err != nil {
		return fmt.Errorf("stage release %q: %w", c.Version, err)
	}
	w := writer{fs: s.fs, ctx: ctx, top: dir(number), entries: entries, made: map[string]bool{}, buf: make([]byte, 64<<10), progress: progress}
	for _, e := range entries {
		w.total += 2 * e.Size
	}
	if err := w.run(); err != nil {
		_ = s.removeTree(w.top, 0) // the next clean tries again
		return fmt.Errorf("stage release %q: %w", c.Version, full(err))
	}
	s.staged = Release{number, c.Version}
	return nil
}

// unused returns a number that no release on the disk or in the state has.
func (s *Site) unused() (int, error) {
	highest := max(s.state.Current.Number, s.state.Previous.Number, s.state.Trusted)
	on, err := s.numbers()
	if len(on) > 0 {
		highest = max(highest, slices.Max(on))
	}
	return highest + 1, err
}

// room refuses what does not fit, before anything is written.
func (s *Site) room(entries []entry) error {
	need := int64(reserve)
	for _, e := range entries {
		need += (e.Size+blockSize-1)/blockSize*blockSize + 2*blockSize // its inode; a directory perhaps
	}
	free, err := s.fs.Free()
	if err == nil && free < need {
		err = fmt.Errorf("%d MiB needed, %d MiB free: %w", need>>20, free>>20, ErrFull)
	}
	return err
}

// full gives a disk without room its own error.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// writer writes one release.
type writer struct {
	fs       FS
	ctx      context.Context
	top      string // directory of the release
	entries  []entry
	dirs     []string // made so far, parents first
	made     map[string]bool
	buf      []byte
	done     int64
	total    int64
	progress func(done, total int64)
}

func (w *writer) run() error {
	for _, d := range []string{w.top, path.Join(w.top, targets), path.Join(w.top, metadata)} {
		if err := w.mkdir(d); err != nil {
			return err
		}
	}
	for _, e := range w.entries {
		if err := w.write(e); err != nil {
			return fmt.Errorf("%q: %w", e.Name, err)
		}
	}
	for _, d := range slices.Backward(w.dirs) {
		if err := w.fs.SyncDir(d); err != nil {
			return fmt.Errorf("flush directory %q: %w", d, err)
		}
	}
	if err := w.fs.SyncDir(releases); err != nil {
		return fmt.Errorf("flush directory %q: %w", releases, err)
	}
	for _, e := range w.entries {
		if err := w.readBack(e); err != nil {
			return fmt.Errorf("read %q back: %w", e.Name, err)
		}
	}
	return nil
}

func (w *writer) mkdir(name string) error {
	if err := w.fs.Mkdir(name); err != nil {
		return err
	}
	w.dirs = append(w.dirs, name)
	w.made[name] = true
	return nil
}

// parents makes the directories that name needs.
func (w *writer) parents(name string) error {
	for i := len(w.top) + 1; ; i++ {
		next := strings.IndexByte(name[i:], '/')
		if next < 0 {
			return nil
		}
		i += next
		if !w.made[name[:i]] {
			if err := w.mkdir(name[:i]); err != nil {
				return err
			}
		}
	}
}

func (w *writer) write(e entry) error {
	name := path.Join(w.top, e.Name)
	if err := w.parents(name); err != nil {
		return err
	}
	from, err := e.open()
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := w.fs.Create(name)
	if err != nil {
		return err
	}
	err = w.check(e, io.TeeReader(from, to))
	if err == nil {
		err = to.Sync()
	}
	return errors.Join(err, to.Close())
}

func (w *writer) readBack(e entry) error {
	f, err := w.fs.Open(path.Join(w.top, e.Name))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // read only
	return w.check(e, f)
}

// check reads one file to its end and compares it with what it must be.
func (w *writer) check(e entry, from io.Reader) error {
	sum := sha256.New()
	var got int64
	for {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		n, err := from.Read(w.buf[:min(int64(len(w.buf)), e.Size-got+1)]) // one more: a longer file is seen
		sum.Write(w.buf[:n])
		got += int64(n)
		if got > e.Size {
			return fmt.Errorf("longer than %d bytes: %w", e.Size, ErrMismatch)
		}
		w.tell(int64(n))
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if got != e.Size {
		return fmt.Errorf("%d bytes instead of %d: %w", got, e.Size, ErrMismatch)
	}
	if provisioning.Digest(sum.Sum(nil)) != e.SHA256 {
		return fmt.Errorf("its hash is another: %w", ErrMismatch)
	}
	return nil
}

func (w *writer) tell(n int64) {
	if w.progress == nil || n == 0 {
		return
	}
	w.done += n
	w.progress(w.done, w.total)
}
