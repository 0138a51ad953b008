package usagedb

import (
	"bytes"
	"crypto/sha256"

	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"guichet.example/kiosk/usage"
)

// ErrDamaged is returned when a file is not a usage file, or not any more.
var ErrDamaged = errors.New("not a usage file, or damaged")

const (
	// pageSize is the smallest that bbolt opens again. The whole file is
	// written for each group of sessions, so it counts.
	pageSize = 1024
	// maxFile is far above the largest file; more is not read into memory.
	maxFile = 4 << 20
	// lockTimeout bounds the wait for a program that has the file open.
	lockTimeout = 2 * time.Second

	sealSize = sha256.Size
	// sealAt is where the seal is: at the end of the first page, behind
	// bbolt's meta data, where bbolt neither reads nor writes.
	sealAt = pageSize - sealSize
)

// bucket is where the records are.
func bucket() []byte { return []byte("usage") }

// Read reads a usage file and changes nothing. The error wraps ErrDamaged, or
// is that of the file system. It may be called while a DB writes to the same
// path.
func Read(path string) (*usage.Book, error) {
	book, err := read(path)
	var whole *fs.PathError // names the path, too
	if errors.As(err, &whole) && !errors.Is(err, ErrDamaged) {
		err = whole.Err
	}
	if err != nil {
		return nil, fmt.Errorf("read usage file %q: %w", path, err)
	}
	return book, nil
}

func read(path string) (*usage.Book, error) {
	// One open file from here on: the path may get another one meanwhile.
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, fmt.Errorf("not a regular file"))
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if len(data) > maxFile || len(data) < pageSize || !isSealed(data) {
		return nil, fmt.Errorf("%w: the seal does not fit", ErrDamaged)
	}
	return parse(f)
}

// parse reads the records of an open file.
func parse(f *os.File) (*usage.Book, error) {
	records := map[string][]byte{}
	err := guarded(func() error {
		db, err := bolt.Open(f.Name(), 0, &bolt.Options{
			ReadOnly: true, Timeout: lockTimeout,
			OpenFile: func(string, int, fs.FileMode) (*os.File, error) { return f, nil },
		})
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }() // it was only read
		return db.View(func(tx *bolt.Tx) error {
			b := tx.Bucket(bucket())
			if b == nil {
				return fmt.Errorf("no bucket %q", bucket())
			}
			return b.ForEach(func(k, v []byte) error {
				records[string(k)] = slices.Clone(v) // bbolt's own is gone with the transaction
				return nil
			})
		})
	})
	if isCircumstance(err) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	book, err := usage.ParseRecords(records)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return book, nil
}

// isCircumstance says whether bbolt did not come to read the file: somebody has
// it locked, or the system refuses the lock or the memory map.
func isCircumstance(err error) bool {
	var errno syscall.Errno
	return errors.Is(err, bolterrors.ErrTimeout) || errors.As(err, &errno)
}

// builder writes new files. It keeps the four pages with which bbolt begins an
// empty one, because bbolt flushes those before it goes on: without them it
// finds an empty file already made, and the first flush is the only one.
type builder struct{ empty []byte }

// build writes a new file. It is not flushed; whoever renames it does that.
// The same book gives the same bytes.
func (b *builder) build(path string, book *usage.Book) error {
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		PageSize: pageSize, NoSync: true, NoGrowSync: true, NoFreelistSync: true, Timeout: lockTimeout,
		OpenFile: b.create,
	})
	if err != nil {
		return err
	}
	if b.empty == nil {
		b.empty, err = os.ReadFile(path)
	}
	if err = errors.Join(err, fill(db, book), db.Close()); err != nil {
		return err
	}
	return seal(path)
}

// create makes the file for bbolt; a file that is there already is not ours.
func (b *builder) create(path string, flag int, perm fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, flag|os.O_EXCL, perm)
	if err != nil {
		return nil, err
	}
	if _, err := f.WriteAt(b.empty, 0); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func fill(db *bolt.DB, book *usage.Book) error {
	return db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket(bucket())
		if err != nil {
			return err
		}
		b.FillPercent = 1 // nothing will ever be added
		records := book.Records()
		for _, key := range slices.Sorted(maps.Keys(records)) {
			if err := b.Put([]byte(key), records[key]); err != nil {
				return err
			}
		}
		return nil
	})
}

// seal writes the seal into a file that is complete.
func seal(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(sealOf(data), sealAt); err != nil {
		return err
	}
	return f.Close()
}

// sealOf is the SHA-256 of all but the place of the seal. It finds accidents;
// who can write the file can write the seal.
func sealOf(data []byte) []byte {
	h := sha256.New()
	h.Write(data[:sealAt])
	h.Write(data[sealAt+sealSize:])
	return h.Sum(nil)
}

func isSealed(data []byte) bool {
	return bytes.Equal(data[sealAt:sealAt+sealSize], sealOf(data))
}
