package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"guichet.example/provisioning"
)

const (
	timestampFile = "timestamp.json"
	// reserve is what stays free on the data partition, in bytes.
	reserve = 64 << 20
)

// ErrFull is returned when there is no room for a file.
var ErrFull = errors.New("the memory card is full")

// Ask asks for the signed timestamp, in which everything begins. v says which
// one is known already; the error is ErrSame when it is still that one.
func (s *Server) Ask(ctx context.Context, v Validators) (timestamp []byte, now Validators, err error) {
	a, err := s.get(ctx, "metadata/"+timestampFile, provisioning.MaxTimestamp, v)
	if errors.Is(err, ErrSame) && v == (Validators{}) {
		err = &StatusError{Status: http.StatusNotModified} // which nobody has asked
	}
	if err != nil {
		return nil, Validators{}, err
	}
	defer func() { _ = a.Close() }() // all of it was read, or there is an error
	if timestamp, err = io.ReadAll(a); err != nil {
		return nil, Validators{}, fmt.Errorf("get %q: %w", timestampFile, err)
	}
	return timestamp, validators(a.header), nil
}

// Repository is what a server has, as an fs.FS for one look at it. Each file is
// fetched when it is opened first. Metadata is kept in memory until the end of
// the look. A target has its hash in its name: it is kept in a directory once
// it has been read to its end and is what its name says, so that what a look
// has brought, the next one has. It is not safe for concurrent use.
type Repository struct {
	// Held is asked first; nil: nothing is there already.
	Held fs.FS

	ctx    context.Context
	server *Server
	store  *os.Root
	known  map[string][]byte // metadata by name; nil: the server has none
	wanted map[string]bool   // names in the store that this look has asked for
	free   func() (int64, error)
	failed error
}

// Failed is why the last of the files that were not to be had was not; nil where
// each that the server has was read, or can be. Whoever read a file may have
// taken that for something wrong with its content.
func (r *Repository) Failed() error { return r.failed }

// Look returns what the server has beside this timestamp. Requests end with ctx.
func (s *Server) Look(ctx context.Context, timestamp []byte, store *os.Root) *Repository {
	return &Repository{ctx: ctx, server: s, store: store, known: map[string][]byte{timestampFile: timestamp}, wanted: map[string]bool{},
		free: func() (int64, error) {
			var on syscall.Statfs_t
			err := syscall.Statfs(store.Name(), &on)
			return int64(on.Bavail) * on.Bsize, err
		}}
}

// Open implements fs.FS.
func (r *Repository) Open(name string) (fs.File, error) {
	var f fs.File
	err := error(fs.ErrNotExist)
	folder, rest, _ := strings.Cut(name, "/")
	switch {
	case !fs.ValidPath(name):
		err = fs.ErrInvalid
	case folder == "metadata" && !strings.Contains(rest, "/"):
		f, err = r.metadata(rest)
	case folder == "targets":
		f, err = r.target(name)
	}
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			r.failed = err
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return f, nil
}

// metadata fetches metadata once.
func (r *Repository) metadata(name string) (fs.File, error) {
	data, ok := r.known[name]
	if !ok {
		a, err := r.server.get(r.ctx, "metadata/"+name, limitOf(name), Validators{})
		if err == nil {
			data, err = io.ReadAll(a)
			_ = a.Close() // all of it was read, or there is an error
		}
		if errors.Is(err, fs.ErrNotExist) {
			data = nil
		} else if err != nil {
			return nil, err
		}
		r.known[name] = data
	}
	if data == nil {
		return nil, fs.ErrNotExist
	}
	return &inMemory{bytes.NewReader(data), file{path.Base(name), int64(len(data))}}, nil
}

func limitOf(name string) int64 {
	switch {
	case strings.HasSuffix(name, ".root.json"):
		return provisioning.MaxRoot
	case strings.HasSuffix(name, ".snapshot.json"):
		return provisioning.MaxSnapshot
	}
	return provisioning.MaxTargets
}

// target opens a target that is there already, or fetches it.
func (r *Repository) target(name string) (fs.File, error) {
	if r.Held != nil {
		if f, err := r.Held.Open(name); err == nil {
			return f, nil
		}
	}
	_, digest, ok := provisioning.LogicalTarget(strings.TrimPrefix(name, "targets/"))
	if !ok {
		return nil, fs.ErrNotExist
	}
	sum := hex.EncodeToString(digest[:])
	r.wanted[sum] = true
	if f, err := r.store.Open(sum); err == nil {
		return f, nil
	}
	if err := r.room(); err != nil {
		return nil, err
	}
	a, err := r.server.get(r.ctx, name, provisioning.MaxTarget, Validators{})
	if err != nil {
		return nil, err
	}
	to, err := r.store.OpenFile(sum+part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		_ = a.Close() // there is an error already
		return nil, err
	}
	return &coming{answer: a, to: to, from: r, sum: sum, hash: sha256.New()}, nil
}

// part ends the name of a file that is not whole.
const part = ".part"

// room refuses where a file could fill the disk. What looks at other releases
// have left goes first: those may never have come to an end.
func (r *Repository) room() error {
	free, err := r.free()
	if err == nil && free < reserve+provisioning.MaxTarget {
		if err = r.forget(); err == nil {
			free, err = r.free()
		}
	}
	if err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	if free < reserve+provisioning.MaxTarget {
		return fmt.Errorf("%d MiB free: %w", free>>20, ErrFull)
	}
	return nil
}

// forget removes what this look has not asked for, so far.
func (r *Repository) forget() error {
	kept, err := fs.ReadDir(r.store.FS(), ".")
	for _, e := range kept {
		if !r.wanted[e.Name()] {
			err = errors.Join(err, r.store.Remove(e.Name()))
		}
	}
	return err
}

// coming is a target that is fetched while it is read. Who reads it stops one
// byte behind the length that was signed, so no more than that is fetched.
type coming struct {
	*answer
	to    *os.File
	from  *Repository
	sum   string
	hash  hash.Hash
	whole bool
}

// Stat implements fs.File.
func (c *coming) Stat() (fs.FileInfo, error) { return file{c.sum, -1}, nil }

// Read implements fs.File.
func (c *coming) Read(p []byte) (int, error) {
	n, err := c.answer.Read(p)
	if n > 0 {
		c.hash.Write(p[:n])
		if _, bad := c.to.Write(p[:n]); bad != nil {
			if errors.Is(bad, syscall.ENOSPC) {
				bad = ErrFull
			}
			err = bad
		}
	}
	c.whole = c.whole || errors.Is(err, io.EOF)
	if err != nil && !errors.Is(err, io.EOF) {
		c.from.failed = err
	}
	return n, err
}

// Close keeps the file if it came whole and is what its name says.
func (c *coming) Close() error {
	err := errors.Join(c.answer.Close(), c.to.Close())
	if err == nil && c.whole && hex.EncodeToString(c.hash.Sum(nil)) == c.sum {
		err = c.from.store.Rename(c.sum+part, c.sum)
	} else {
		err = errors.Join(err, c.from.store.Remove(c.sum+part))
	}
	if err != nil {
		c.from.failed = err
	}
	return err
}

// inMemory is a file of metadata.
type inMemory struct {
	*bytes.Reader
	info file
}

// Stat implements fs.File.
func (m *inMemory) Stat() (fs.FileInfo, error) { return m.info, nil }

// Close implements fs.File.
func (m *inMemory) Close() error { return nil }

// file says that something is a regular file.
type file struct {
	name string
	size int64 // -1: nobody knows yet
}

func (f file) Name() string     { return f.name }
func (f file) Size() int64      { return f.size }
func (file) Mode() fs.FileMode  { return 0o400 }
func (file) ModTime() time.Time { return time.Time{} }
func (file) IsDir() bool        { return false }
func (file) Sys() any           { return nil }
