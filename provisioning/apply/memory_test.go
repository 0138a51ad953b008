package apply

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"
)

// errCut is what every call returns once the power is gone.
var errCut = errors.New("power cut")

// node is a file or directory of memory: what programs see, and what is on the
// medium for certain.
type node struct {
	isDir   bool
	data    []byte
	flushed []byte // content at the last Sync
	dirty   bool
	names   map[string]*node
	onDisk  map[string]*node // names at the last SyncDir
	pending []change         // changes of names since, in their order
	holders int
}

// change is what one call did to the names of a directory: all of it survives
// or none. A nil node is a name that is gone.
type change map[string]*node

func newDir() *node { return &node{isDir: true, names: map[string]*node{}, onDisk: map[string]*node{}} }

func (n *node) apply(c change) {
	n.pending = append(n.pending, c)
	put(n.names, c)
}

func put(names map[string]*node, c change) {
	for name, to := range c {
		if to == nil {
			delete(names, name)
		} else {
			names[name] = to
		}
	}
}

// memory is an FS that loses power before its nth change, and forgets then
// what was not flushed.
type memory struct {
	root    *node
	n       int    // changes so far
	cutAt   int    // the change that does not happen any more; -1: never
	cut     bool   // it came to that
	failAt  int    // the change that fails with failWith, once; -1: none
	failure error  // what it fails with
	skip    string // a Sync or SyncDir that lies, as it stands in log
	free    int64
	log     []string
	closed  bool
}

func newMemory() *memory { return &memory{root: newDir(), cutAt: -1, failAt: -1, free: 1 << 30} }

// step counts a change and says whether it happens.
func (m *memory) step(format string, args ...any) error {
	if m.cut {
		return errCut
	}
	m.log = append(m.log, fmt.Sprintf(format, args...))
	m.n++
	switch {
	case m.cutAt >= 0 && m.n > m.cutAt:
		m.cut = true
		return errCut
	case m.failAt >= 0 && m.n == m.failAt+1:
		return m.failure
	}
	return nil
}

func (m *memory) find(name string) (*node, error) {
	at := m.root
	if name == "." {
		return at, nil
	}
	for _, part := range strings.Split(name, "/") {
		if !at.isDir {
			return nil, &fs.PathError{Op: "find", Path: name, Err: syscall.ENOTDIR}
		}
		if at = at.names[part]; at == nil {
			return nil, &fs.PathError{Op: "find", Path: name, Err: fs.ErrNotExist}
		}
	}
	return at, nil
}

// create puts a new node at name.
func (m *memory) create(name string, n *node) error {
	parent, err := m.find(path.Dir(name))
	if err != nil {
		return err
	}
	if parent.names[path.Base(name)] != nil {
		return &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	parent.apply(change{path.Base(name): n})
	return nil
}

func (m *memory) Mkdir(name string) error {
	if err := m.step("mkdir %s", name); err != nil {
		return err
	}
	return m.create(name, newDir())
}

func (m *memory) Create(name string) (Output, error) {
	if err := m.step("create %s", name); err != nil {
		return nil, err
	}
	n := &node{}
	return &memoryOutput{m, n, name}, m.create(name, n)
}

type memoryOutput struct {
	m    *memory
	n    *node
	name string
}

// Write is torn by the cut: half of it may have happened.
func (o *memoryOutput) Write(p []byte) (int, error) {
	if err := o.m.step("write %s", o.name); err != nil {
		o.n.data, o.n.dirty = append(o.n.data, p[:len(p)/2]...), true
		return len(p) / 2, err
	}
	o.n.data, o.n.dirty = append(o.n.data, p...), true
	return len(p), nil
}

func (o *memoryOutput) Sync() error {
	if err := o.m.step("sync %s", o.name); err != nil || o.m.log[len(o.m.log)-1] == o.m.skip {
		return err
	}
	o.n.flushed, o.n.dirty = bytes.Clone(o.n.data), false
	return nil
}

func (o *memoryOutput) Close() error { return nil }

func (m *memory) Rename(from, to string) error {
	if err := m.step("rename %s %s", from, to); err != nil {
		return err
	}
	parent, err := m.find(path.Dir(from))
	if err != nil {
		return err
	}
	n := parent.names[path.Base(from)]
	if n == nil || path.Dir(from) != path.Dir(to) {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
	}
	parent.apply(change{path.Base(from): nil, path.Base(to): n})
	return nil
}

func (m *memory) Remove(name string) error {
	n, err := m.find(name)
	if err != nil {
		if m.cut {
			return errCut
		}
		return err // no change, so no step
	}
	if err := m.step("remove %s", name); err != nil {
		return err
	}
	if n.isDir && len(n.names) > 0 {
		return &fs.PathError{Op: "remove", Path: name, Err: syscall.ENOTEMPTY}
	}
	parent, err := m.find(path.Dir(name))
	if err != nil {
		return err
	}
	parent.apply(change{path.Base(name): nil})
	return nil
}

func (m *memory) SyncDir(name string) error {
	n, err := m.find(name)
	if err != nil {
		return err
	}
	if err := m.step("syncdir %s", name); err != nil || m.log[len(m.log)-1] == m.skip {
		return err
	}
	n.onDisk, n.pending = maps.Clone(n.names), nil
	return nil
}

func (m *memory) Link(target, name string) error { // a link is a file here: nothing reads it
	if err := m.step("link %s", name); err != nil {
		return err
	}
	parent, err := m.find(path.Dir(name))
	if err == nil {
		parent.apply(change{path.Base(name): &node{data: []byte(target), flushed: []byte(target)}})
	}
	return err
}

func (m *memory) Free() (int64, error) { return m.free, nil }

func (m *memory) Close() error {
	m.closed = true
	return nil
}

func (m *memory) Hold(name string) (Tree, error) {
	n, err := m.find(name)
	if err != nil {
		return nil, err
	}
	n.holders++
	return &memoryTree{&memory{root: n, cutAt: -1, failAt: -1}, n}, nil
}

type memoryTree struct {
	*memory
	n *node
}

func (t *memoryTree) Close() error {
	t.n.holders--
	return nil
}

func (m *memory) InUse(name string) (bool, error) {
	n, err := m.find(name)
	return err == nil && n.holders > 0, err
}

func (m *memory) Open(name string) (fs.File, error) {
	n, err := m.find(name)
	if err != nil {
		return nil, err
	}
	return &memoryFile{name: path.Base(name), n: n, rest: n.data}, nil
}

// memoryFile is an open file or directory, and what is told about it.
type memoryFile struct {
	name string
	n    *node
	rest []byte
}

func (f *memoryFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *memoryFile) Close() error               { return nil }
func (f *memoryFile) Name() string               { return f.name }
func (f *memoryFile) Size() int64                { return int64(len(f.n.data)) }
func (f *memoryFile) ModTime() time.Time         { return time.Time{} }
func (f *memoryFile) IsDir() bool                { return f.n.isDir }
func (f *memoryFile) Sys() any                   { return nil }
func (f *memoryFile) Mode() fs.FileMode {
	if f.n.isDir {
		return fs.ModeDir | 0o700
	}
	return 0o600
}

func (f *memoryFile) Read(p []byte) (int, error) {
	if len(f.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

func (f *memoryFile) ReadDir(int) ([]fs.DirEntry, error) {
	if !f.n.isDir {
		return nil, &fs.PathError{Op: "read", Path: f.name, Err: syscall.ENOTDIR}
	}
	var all []fs.DirEntry
	for _, name := range slices.Sorted(maps.Keys(f.n.names)) {
		all = append(all, fs.FileInfoToDirEntry(&memoryFile{name: name, n: f.n.names[name]}))
	}
	return all, nil
}

// loss decides what of the unflushed survives a cut.
type loss struct {
	name    string
	change  func() bool                      // whether a change of names does
	content func(flushed, now []byte) []byte // what a file not flushed holds
}

// losses are the ways to lose: everything, nothing, content alone, names
// alone, and seeds random ones.
func losses(seeds int) []loss {
	no, yes := func() bool { return false }, func() bool { return true }
	old := func(flushed, _ []byte) []byte { return flushed }
	all := []loss{
		{"everything", no, old},
		{"nothing", yes, func(_, now []byte) []byte { return now }},
		{"content", yes, func([]byte, []byte) []byte { return nil }},
		{"names", no, func(_, now []byte) []byte { return now }},
	}
	for seed := range seeds {
		all = append(all, randomLoss(uint64(seed)))
	}
	return all
}

func randomLoss(seed uint64) loss {
	r := rand.New(rand.NewPCG(seed, 1))
	return loss{fmt.Sprintf("seed %d", seed), func() bool { return r.IntN(2) == 0 }, func(flushed, now []byte) []byte {
		switch r.IntN(4) {
		case 0:
			return flushed
		case 1:
			return now
		case 2:
			return now[:r.IntN(len(now)+1)]
		default:
			return make([]byte, len(now)) // the length is on the medium, the content is not
		}
	}}
}

// afterCut returns what the next start finds.
func (m *memory) afterCut(l loss) *memory {
	next := newMemory()
	next.root = m.root.afterCut(l)
	return next
}

func (n *node) afterCut(l loss) *node {
	if !n.isDir {
		data := n.data
		if n.dirty {
			data = bytes.Clone(l.content(n.flushed, n.data))
		}
		return &node{data: data, flushed: data}
	}
	names := maps.Clone(n.onDisk)
	for _, c := range n.pending {
		if l.change() {
			put(names, c)
		}
	}
	d := newDir()
	for _, name := range slices.Sorted(maps.Keys(names)) { // in order, so that a seed means one loss
		d.names[name] = names[name].afterCut(l)
	}
	d.onDisk = maps.Clone(d.names)
	return d
}
