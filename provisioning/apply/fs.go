package apply

import (
	"io"
	"io/fs"
)

// FS is the directory DATA/site as this package needs it; [Open] has the real
// one. Names are slash-separated below that directory as [fs.ValidPath] wants
// them, and no part of one is followed where it is a symbolic link.
//
// What is written or created survives a power cut for certain only after
// Output.Sync for content and SyncDir for names.
type FS interface {
	// Open opens a regular file or a directory for reading; other kinds of
	// files are errors.
	fs.FS
	// Mkdir makes a directory, which must not exist.
	Mkdir(name string) error
	// Create makes a file, which must not exist.
	Create(name string) (Output, error)
	// Rename gives a file another name in the same directory; a file that has
	// it is replaced.
	Rename(from, to string) error
	// Remove removes a file of any kind or an empty directory.
	Remove(name string) error
	// SyncDir flushes the names in a directory.
	SyncDir(name string) error
	// Link makes name a symbolic link to target, whatever it was before. It is
	// not flushed: nothing that must survive a power cut is said by a link.
	Link(target, name string) error
	// Free returns how many bytes can still be written.
	Free() (int64, error)
	// Hold opens a directory for reading and marks it as in use until it is
	// closed, whoever asks and in whichever process.
	Hold(name string) (Tree, error)
	// InUse says whether somebody holds a directory.
	InUse(name string) (bool, error)
	// Close gives the directory free for other processes.
	io.Closer
}

// Output is a file being written.
type Output interface {
	io.WriteCloser
	// Sync flushes what was written.
	Sync() error
}

// Tree is a directory that stays as it is until it is closed.
type Tree interface {
	fs.FS
	io.Closer
}
