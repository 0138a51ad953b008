package residue

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const (
	piece        = 4 << 20 // read at once, in bytes
	mostInflated = 8 << 20 // of one compressed stream
)

// Files searches every file below dir, on whatever file system, what gzip and
// zlib streams in it hold, and the names and link targets.
func (s *Set) Files(found Found, dir string) error {
	return s.walk(found, dir, func(string, fs.DirEntry) bool { return false }, time.Time{})
}

// FilesSince does the same for what was written after start, and passes over
// other file systems mounted below dir, and files and directories whose names
// match one of the patterns of skip (see path.Match).
func (s *Set) FilesSince(found Found, dir string, start time.Time, skip ...string) error {
	var top unix.Stat_t
	if err := unix.Stat(dir, &top); err != nil {
		return fmt.Errorf("search %q: %w", dir, err)
	}
	pass := func(path string, d fs.DirEntry) bool {
		for _, pattern := range skip {
			if ok, _ := filepath.Match(pattern, d.Name()); ok {
				return true
			}
		}
		var st unix.Stat_t
		return d.IsDir() && path != dir && unix.Lstat(path, &st) == nil && st.Dev != top.Dev
	}
	return s.walk(found, dir, pass, start)
}

// walk searches what was written after start and is not passed over, what lies
// in dir side by side.
func (s *Set) walk(found Found, dir string, pass func(string, fs.DirEntry) bool, start time.Time) error {
	var searches []func(Found) error
	below := func(path string, d fs.DirEntry, err error) error {
		switch {
		case path != dir:
			searches = append(searches, func(f Found) error { return filepath.WalkDir(path, s.visit(f, dir, pass, start)) })
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case err != nil:
			return fmt.Errorf("search %q: %w", dir, err)
		}
		return s.visit(found, dir, pass, start)(path, d, nil)
	}
	if err := filepath.WalkDir(dir, below); err != nil {
		return err
	}
	return Together(found, searches...)
}

// visit searches one file or directory in or below dir.
func (s *Set) visit(found Found, dir string, pass func(string, fs.DirEntry) bool, start time.Time) fs.WalkDirFunc {
	return func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // gone meanwhile
		}
		if pass(path, d) {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		s.Search([]byte(d.Name()), "file names below "+dir, found)
		switch {
		case d.Type() == fs.ModeSymlink:
			if target, err := os.Readlink(path); err == nil {
				s.Search([]byte(target), "links below "+dir, found)
			}
		case d.Type().IsRegular():
			// A device may be mounted over what the directory calls a file.
			info, err := os.Stat(path)
			if err != nil || !info.Mode().IsRegular() || info.ModTime().Before(start) {
				return nil
			}
			_ = s.File(found, path, s.mask(path)) // gone meanwhile
		}
		return nil
	}
}

// mask is a path in which no canary is spelled out.
func (s *Set) mask(path string) string {
	return string(bytes.ReplaceAll([]byte(path), []byte(s.marker), []byte("CANARY")))
}

// File searches one file, or a device from beginning to end.
func (s *Set) File(found Found, path, where string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return s.Reader(found, f, where)
}

// Reader searches a stream of bytes and the compressed streams in it.
func (s *Set) Reader(found Found, r io.Reader, where string) error {
	buffer := make([]byte, piece)
	kept := 0
	for {
		n, err := io.ReadFull(r, buffer[kept:])
		data := buffer[:kept+n]
		s.Search(data, where, found)
		s.inflate(data, where, found)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("search %q: %w", where, err)
		}
		kept = copy(buffer, data[len(data)-overlap:])
	}
}

// inflate looks into gzip and zlib streams that begin in data.
func (s *Set) inflate(data []byte, where string, found Found) {
	inflater := flate.NewReader(nil)
	for _, head := range []string{"\x1f\x8b\x08", "\x78\x01", "\x78\x5e", "\x78\x9c", "\x78\xda"} {
		for rest := data; ; {
			at := bytes.Index(rest, []byte(head))
			if at < 0 {
				break
			}
			rest = rest[at+len(head):]
			body := rest
			if len(head) == 3 {
				body = gzipBody(rest)
			}
			if resetter, ok := inflater.(flate.Resetter); !ok || resetter.Reset(bytes.NewReader(body), nil) != nil {
				return // it always can
			}
			plain, _ := io.ReadAll(io.LimitReader(inflater, mostInflated)) // to where it breaks off
			s.Search(plain, "compressed in "+where, found)
		}
	}
}

// gzipBody returns what follows a header without optional parts, or with a
// file's name, of which the first three bytes are gone (RFC 1952).
func gzipBody(b []byte) []byte {
	const flags, fixed, hasName = 0, 7, 8
	if len(b) < fixed {
		return nil
	}
	body := b[fixed:]
	if b[flags]&hasName != 0 {
		if end := bytes.IndexByte(body, 0); end >= 0 {
			body = body[end+1:]
		}
	}
	return body
}
