package provisioning

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"guichet.example/kiosk/config"
)

// Digest is the SHA-256 of a file.
type Digest = [sha256.Size]byte

// Release is what one kiosk has, or would get: its files by their local names,
// and what the two that are read here say.
type Release struct {
	Config  config.Site
	Machine Machine
	Files   map[string]Digest
}

// NewRelease reads a release of which the digests are known. read gives the
// content of a file; the caller has it checked.
func NewRelease(files map[string]Digest, read func(name string) ([]byte, error)) (Release, error) {
	r := Release{Files: files}
	data, err := read(SiteFile)
	if err != nil {
		return Release{}, err
	}
	if r.Config, err = config.Decode(SiteFile, data); err != nil {
		return Release{}, err
	}
	if data, err = read(MachineFile); err != nil {
		return Release{}, err
	}
	r.Machine, err = ParseMachine(MachineFile, data)
	return r, err
}

// ReadRelease reads a release from a folder, the SiteRoot of a kiosk.
func ReadRelease(fsys fs.FS) (Release, error) {
	files := map[string]Digest{}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if len(files) == MaxFiles {
			return fmt.Errorf("more than %d files", MaxFiles)
		}
		files[name], err = DigestOf(fsys, name)
		return err
	})
	if err != nil {
		return Release{}, fmt.Errorf("read release: %w", err)
	}
	return NewRelease(files, func(name string) ([]byte, error) { return fs.ReadFile(fsys, name) })
}

// DigestOf hashes a file of at most MaxTarget bytes.
func DigestOf(fsys fs.FS, name string) (Digest, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return Digest{}, err
	}
	defer func() { _ = f.Close() }() // read only
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(f, MaxTarget+1))
	if err == nil && n > MaxTarget {
		err = fmt.Errorf("%q is longer than %d bytes", name, MaxTarget)
	}
	return Digest(h.Sum(nil)), err
}

// pack returns the files of a pack.
func (r Release) pack(name string) map[string]Digest {
	files := map[string]Digest{}
	for f, d := range r.Files {
		if strings.HasPrefix(f, PackFolder(name)+"/") {
			files[f] = d
		}
	}
	return files
}

// packs returns the names of the packs, sorted.
func (r Release) packs() []string {
	names := map[string]bool{}
	for f := range r.Files {
		if part := strings.SplitN(f, "/", 3); len(part) == 3 && part[0] == packsFolder {
			names[part[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// PacksOf returns the names of the packs that a kiosk with this configuration
// reads from its site: those are for it.
func PacksOf(c config.Site) []string {
	var names []string
	for _, dir := range c.Packs.Directories {
		if name, ok := strings.CutPrefix(dir, SiteRoot+"/"+packsFolder+"/"); ok && IsPackName(name) {
			names = append(names, name)
		}
	}
	return names
}

// Needs returns the local names of the files without which a kiosk with this
// configuration cannot serve.
func Needs(c config.Site) []string {
	need := []string{SiteFile, MachineFile}
	for _, name := range PacksOf(c) {
		need = append(need, PackFolder(name)+"/pack.toml")
	}
	if c.Badge != nil {
		need = append(need, SecretsFile) // with the key of the site's badges
		for _, file := range []string{c.Badge.IssuerFile, c.Badge.RevocationsFile} {
			if name, ok := strings.CutPrefix(file, SiteRoot+"/"); ok {
				need = append(need, name)
			}
		}
	}
	return need
}
