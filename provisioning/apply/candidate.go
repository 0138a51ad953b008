package apply

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"guichet.example/provisioning"
)

// Limits of a release are those of a repository, and of a name in it with the
// folder that it has here.
const (
	maxFiles    = provisioning.MaxFiles
	maxBytes    = provisioning.MaxRepository
	maxMetadata = provisioning.MaxTargets // of one file
	maxDepth    = provisioning.MaxDepth + 2
	maxName     = provisioning.MaxName + len(targets+"/")
)

var (
	// ErrMismatch is returned when a file is not what its size and hash say.
	ErrMismatch = errors.New("this is not the file that was verified")
	// ErrLimit is returned for a release that is too large, or has names that
	// no release may have.
	ErrLimit = errors.New("no release may be like this")
)

// Candidate is a release that was verified and is not on the disk yet.
type Candidate struct {
	// Version is what the site calls it: [A-Za-z0-9._-]{1,64}.
	Version string
	// Files holds what List names.
	Files fs.FS
	List  []File
	// Metadata is what vouches for the files, by file name; never empty, since
	// a kiosk that trusts nothing takes any site.
	Metadata map[string][]byte
}

// File is a file of a candidate.
type File struct {
	Name   string // in the release, slash-separated
	From   string // in Candidate.Files; "": Name
	Size   int64
	SHA256 provisioning.Digest
}

// entry is a file of a release under the name it has below its directory.
type entry struct {
	File
	open func() (io.ReadCloser, error)
}

// entries lists all files of the release, and refuses what is no release.
func (c Candidate) entries() ([]entry, error) {
	if !regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`).MatchString(c.Version) {
		return nil, fmt.Errorf("version %q: %w", c.Version, ErrLimit)
	}
	if len(c.Metadata) == 0 {
		return nil, fmt.Errorf("no metadata: %w", ErrLimit)
	}
	if n := len(c.List) + len(c.Metadata); n > maxFiles {
		return nil, fmt.Errorf("%d files, at most %d: %w", n, maxFiles, ErrLimit)
	}
	var all []entry
	for _, f := range c.List {
		from := f.From
		if from == "" {
			from = f.Name
		}
		f.Name = targets + "/" + f.Name
		all = append(all, entry{f, func() (io.ReadCloser, error) { return c.Files.Open(from) }})
	}
	for name, data := range c.Metadata {
		if strings.Contains(name, "/") || len(data) > maxMetadata {
			return nil, fmt.Errorf("metadata %q of %d bytes: %w", name, len(data), ErrLimit)
		}
		f := File{Name: metadata + "/" + name, Size: int64(len(data)), SHA256: sha256.Sum256(data)}
		all = append(all, entry{f, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }})
	}
	return all, checkEntries(all)
}

// checkEntries refuses names that lie in or over one another, and too much.
func checkEntries(all []entry) error {
	var total int64
	files, folders := map[string]bool{}, map[string]bool{}
	for _, e := range all {
		if !fs.ValidPath(e.Name) || len(e.Name) > maxName || strings.Count(e.Name, "/") >= maxDepth || strings.ContainsAny(e.Name, "\x00\\") {
			return fmt.Errorf("name %q: %w", e.Name, ErrLimit)
		}
		if e.Size < 0 || e.Size > maxBytes || total > maxBytes-e.Size {
			return fmt.Errorf("more than %d MiB: %w", maxBytes>>20, ErrLimit)
		}
		total += e.Size
		if files[e.Name] {
			return fmt.Errorf("%q twice: %w", e.Name, ErrLimit)
		}
		files[e.Name] = true
		for d := path.Dir(e.Name); d != "."; d = path.Dir(d) {
			folders[d] = true
		}
	}
	for name := range files {
		if folders[name] {
			return fmt.Errorf("%q is a file and a folder: %w", name, ErrLimit)
		}
	}
	return nil
}
