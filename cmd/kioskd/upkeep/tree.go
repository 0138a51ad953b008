package upkeep

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// tree shows files of a repository under the names that a kiosk keeps them by.
// Open opens files alone; fs.ReadDir works everywhere.
type tree struct {
	repository fs.FS
	paths      map[string]string // in the repository, by name
}

// Open implements fs.FS.
func (t tree) Open(name string) (fs.File, error) {
	at, ok := t.paths[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return t.repository.Open(at)
}

// ReadDir implements fs.ReadDirFS.
func (t tree) ReadDir(name string) ([]fs.DirEntry, error) {
	below := ""
	if name != "." {
		below = name + "/"
	}
	found := map[string]fs.DirEntry{}
	for file := range t.paths {
		if rest, ok := strings.CutPrefix(file, below); ok {
			first, _, folder := strings.Cut(rest, "/")
			found[first] = fs.FileInfoToDirEntry(named{first, folder})
		}
	}
	if len(found) == 0 && name != "." {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	entries := make([]fs.DirEntry, 0, len(found))
	for _, key := range slices.Sorted(maps.Keys(found)) {
		entries = append(entries, found[key])
	}
	return entries, nil
}

// named is what ReadDir knows of a file: its name and kind.
type named struct {
	name   string
	folder bool
}

// Implements fs.FileInfo.
func (n named) Name() string       { return path.Base(n.name) }
func (n named) Size() int64        { return 0 }
func (n named) ModTime() time.Time { return time.Time{} }
func (n named) IsDir() bool        { return n.folder }
func (n named) Sys() any           { return nil }

func (n named) Mode() fs.FileMode {
	if n.folder {
		return fs.ModeDir | 0o500
	}
	return 0o400
}
