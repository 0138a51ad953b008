package sitefolder

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"guichet.example/internal/keyfile"
	"guichet.example/kiosk/procedure"
	"guichet.example/provisioning"
)

// tidy hides what systems leave behind in folders.
type tidy struct{ fs.FS }

// ReadDir implements fs.ReadDirFS.
func (t tidy) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(t.FS, name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		return strings.HasPrefix(e.Name(), ".") || e.Name() == "Thumbs.db" || e.Name() == "desktop.ini"
	}), err
}

// LoadPack checks a pack as kioskd does.
func LoadPack(dir string) (procedure.Pack, error) { return procedure.Load(tidy{os.DirFS(dir)}) }

// PackFiles reads the files of a pack under the names that they have on a
// stick. What is for people alone is left out.
func PackFiles(dir, pack string) (files map[string][]byte, leftOut []string, err error) {
	files = map[string][]byte{}
	err = fs.WalkDir(tidy{os.DirFS(dir)}, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if base := path.Base(name); base == "README.md" || base == "LICENSE" {
			leftOut = append(leftOut, name)
			return nil
		}
		if !e.Type().IsRegular() { // a link could bring anything of this computer on the stick
			return fmt.Errorf("%s: not an ordinary file: put the file itself there", name)
		}
		target := path.Join(provisioning.PackFolder(pack), name)
		if !provisioning.CheckTarget(target) {
			return fmt.Errorf("%s: the name cannot be on a stick: small letters, digits, hyphens and dots only", name)
		}
		files[target], err = keyfile.Read(filepath.Join(dir, filepath.FromSlash(name)), provisioning.MaxTarget)
		return err
	})
	return files, leftOut, err
}
