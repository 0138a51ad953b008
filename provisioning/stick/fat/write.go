package fat

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"time"
)

// Device is what Write writes to: the same bytes that the volume is read from.
type Device interface {
	io.WriterAt
	Sync() error // returns when everything written has reached the medium
}

// MaxReport is the largest file that Write writes, in bytes.
const MaxReport = 4 << 20

// Write puts a file below guichet, which it makes if need be, with the folders
// on the way. A file that is there is replaced.
//
// Pulled out or without power at any instant, the stick holds the old file or
// the new one, and everything else as it was: the new content goes to free
// clusters; then these are taken; then one sector of one folder begins to name
// them; only then are the old ones given up. What a cut leaves at worst is
// clusters that are taken for nothing, or tables of which one is behind the
// other, which any system's check mends. There is a flush between any two
// steps. No sector is written that is another's, but for a folder's or a
// table's, which hold several.
func (v *Volume) Write(d Device, name string, data []byte, when time.Time) error {
	parts := strings.Split(name, "/")
	for _, part := range parts {
		if !CheckName(part) || len(part) > maxWritten || strings.ContainsFunc(part, func(r rune) bool { return r > 0x7e }) {
			return refuse(BadName, "it cannot be written")
		}
	}
	if len(data) == 0 || len(data) > MaxReport {
		return refuse(TooLarge, "a file of %d bytes is to be written", len(data))
	}
	if !v.mirrored {
		return refuse(ReadOnly, "only one table of clusters counts")
	}
	w := &writing{Volume: v, device: d, when: when}
	err := w.under(parts, data)
	if err != nil && !is(err, Full) && !is(err, FolderFull) { // then it is as it should be, and folders may have been made
		return err
	}
	return errors.Join(err, w.account())
}

// under makes the folders on the way, then the file.
func (w *writing) under(parts []string, data []byte) error {
	f, err := w.openRoot()
	if err != nil {
		return err
	}
	last := len(parts) - 1
	for _, part := range append([]string{Folder}, parts[:last]...) {
		if f, err = w.enter(f, part); err != nil {
			return err
		}
	}
	return w.file(f, parts[last], data)
}

// writing is one change to a stick.
type writing struct {
	*Volume
	device Device
	when   time.Time
	taken  int // clusters more than before
}

// put writes, and sync waits: a step ends with it.
func (w *writing) put(b []byte, at int64) error {
	if at < 0 || at+int64(len(b)) > w.size {
		return refuse(Damaged, "%d bytes would be written at %d of %d", len(b), at, w.size)
	}
	if _, err := w.device.WriteAt(b, w.start+at); err != nil {
		return unwritten(err)
	}
	return nil
}

func (w *writing) sync() error {
	w.forget()
	if err := w.device.Sync(); err != nil {
		return unwritten(err)
	}
	return nil
}

// unwritten tells a stick that may not be written to from one that fails.
func unwritten(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return &Refusal{Locked, err}
	}
	return &Refusal{Unwritten, err}
}

// enter opens a folder in another, and makes it if it is not there.
func (w *writing) enter(parent *folder, name string) (*folder, error) {
	if e, ok := w.lookup(parent, name); ok {
		if !e.folder() {
			return nil, refuse(Damaged, "a file has the name of a folder")
		}
		return w.openFolder(e.cluster)
	}
	place, err := w.prepare(parent, name)
	if err != nil {
		return nil, err
	}
	clusters, err := w.allocate(1)
	if err != nil {
		return nil, err
	}
	up := parent.cluster
	if up == w.rootCluster {
		up = 0 // as FAT has it, also with FAT32
	}
	empty := make([]byte, w.cluster)
	copy(empty, w.slot([11]byte([]byte(".          ")), attrFolder, clusters[0], 0))
	copy(empty[slotSize:], w.slot([11]byte([]byte("..         ")), attrFolder, up, 0))
	if err := w.content(clusters, empty); err != nil {
		return nil, err
	}
	if err := w.insert(parent, place, attrFolder, clusters[0], 0); err != nil {
		return nil, err
	}
	return w.openFolder(clusters[0])
}

// file puts the content down and has the folder name it.
func (w *writing) file(f *folder, name string, data []byte) error {
	if old, ok := w.lookup(f, name); ok {
		return w.replace(f, old, data)
	}
	place, err := w.prepare(f, name)
	if err != nil {
		return err
	}
	clusters, err := w.newContent(data)
	if err != nil {
		return err
	}
	return w.insert(f, place, attrArchive, clusters[0], len(data))
}

// replace turns one block of a folder from the old content to the new.
func (w *writing) replace(f *folder, old entry, data []byte) error {
	if old.folder() {
		return refuse(Damaged, "a folder has the name of a file")
	}
	var given []uint32
	if old.size > 0 {
		var err error
		if given, err = w.clustersOf(old.cluster); err != nil {
			return err
		}
	}
	clusters, err := w.newContent(data)
	if err != nil {
		return err
	}
	copy(f.slot(old.slot), w.slot(old.alias, attrArchive, clusters[0], len(data)))
	f.slot(old.slot)[12] = old.lower // how an alias without a long name is shown
	if err := errors.Join(w.putBlock(f, old.slot), w.sync()); err != nil {
		return err
	}
	w.taken -= len(given)
	changes := map[uint32]uint32{}
	for _, c := range given {
		changes[c] = 0
	}
	return w.link(changes)
}

// clustersOf lists what a file has, which must be no more than a report's.
func (w *writing) clustersOf(first uint32) (all []uint32, err error) {
	c, err := w.chainFrom(first)
	for ; err == nil && c.at != 0; err = c.advance() {
		if all = append(all, c.at); int64(len(all)) > MaxReport/w.cluster+1 {
			return nil, refuse(Damaged, "the file to be replaced is larger than any report")
		}
	}
	return all, err
}

// newContent puts data into clusters that were free.
func (w *writing) newContent(data []byte) ([]uint32, error) {
	clusters, err := w.allocate((len(data) + int(w.cluster) - 1) / int(w.cluster))
	if err != nil {
		return nil, err
	}
	return clusters, w.content(clusters, data)
}

// content fills clusters, then takes them.
func (w *writing) content(clusters []uint32, data []byte) error {
	padded := make([]byte, int64(len(clusters))*w.cluster)
	copy(padded, data)
	changes := map[uint32]uint32{}
	for i, c := range clusters {
		if err := w.put(padded[int64(i)*w.cluster:int64(i+1)*w.cluster], w.offset(c)); err != nil {
			return err
		}
		changes[c] = w.ends() | 7
		if i+1 < len(clusters) {
			changes[c] = clusters[i+1]
		}
	}
	if err := w.sync(); err != nil {
		return err
	}
	w.taken += len(clusters)
	return w.link(changes)
}

// allocate finds free clusters.
func (w *writing) allocate(n int) (found []uint32, err error) {
	for c := uint32(2); c <= w.last && len(found) < n; c++ {
		value, err := w.entry(c)
		if err != nil {
			return nil, err
		}
		if value == 0 {
			found = append(found, c)
		}
	}
	if len(found) < n {
		return nil, refuse(Full, "%d of %d clusters are free", len(found), n)
	}
	return found, nil
}

// slot is what a folder says of a file.
func (w *writing) slot(alias [11]byte, attr byte, cluster uint32, size int) []byte {
	t := w.when
	year := min(max(t.Year(), 1980), 2107) - 1980
	day := uint16(year<<9 | int(t.Month())<<5 | t.Day())
	clock := uint16(t.Hour()<<11 | t.Minute()<<5 | t.Second()/2)
	s := make([]byte, slotSize)
	copy(s, alias[:])
	s[11] = attr
	for at, value := range map[int]uint16{14: clock, 16: day, 18: day, 20: uint16(cluster >> 16), 22: clock, 24: day,
		26: uint16(cluster), 28: uint16(size), 30: uint16(size >> 16)} {
		s[at], s[at+1] = byte(value), byte(value>>8)
	}
	return s
}
