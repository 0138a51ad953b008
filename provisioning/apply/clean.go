package apply

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
)

// maxNested is how deep a tree is followed when it is removed. What a release
// may have is far less; deeper is damage, and stays.
const maxNested = 64

// clean removes every release that no state names and nobody holds, and a
// state half written. What cannot be removed now is tried again by the next
// start: it costs room and nothing else, so there is no error to tell.
func (s *Site) clean() {
	_ = s.fs.Remove(stateNew)
	all, err := fs.ReadDir(s.fs, releases)
	if err != nil {
		return
	}
	for _, e := range all {
		name := path.Join(releases, e.Name())
		number, ok := releaseNumber(e)
		if ok && (s.state.keeps(number) || number == s.staged.Number) {
			continue
		}
		if held, err := s.inUse(name, e); held || err != nil {
			continue
		}
		_ = s.removeTree(name, 0)
	}
}

func (s *Site) inUse(name string, e fs.DirEntry) (bool, error) {
	if !e.IsDir() {
		return false, nil
	}
	return s.fs.InUse(name)
}

// numbers lists the releases on the disk, half of them or whole.
func (s *Site) numbers() ([]int, error) {
	all, err := fs.ReadDir(s.fs, releases)
	if err != nil {
		return nil, fmt.Errorf("list releases: %w", err)
	}
	var on []int
	for _, e := range all {
		if n, ok := releaseNumber(e); ok {
			on = append(on, n)
		}
	}
	return on, nil
}

// releaseNumber reads the number of a release from its directory's name, which
// has one spelling.
func releaseNumber(e fs.DirEntry) (int, bool) {
	n, err := strconv.Atoi(e.Name())
	return n, err == nil && n > 0 && strconv.Itoa(n) == e.Name()
}

// removeTree removes name and everything below it. Links are removed and not
// followed.
func (s *Site) removeTree(name string, depth int) error {
	if depth > maxNested {
		return fmt.Errorf("%q lies too deep", name)
	}
	err := s.fs.Remove(name)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	inside, readErr := fs.ReadDir(s.fs, name)
	if readErr != nil {
		return err
	}
	for _, e := range inside {
		if err := s.removeTree(path.Join(name, e.Name()), depth+1); err != nil {
			return err
		}
	}
	return s.fs.Remove(name)
}
