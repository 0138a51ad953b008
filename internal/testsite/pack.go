package testsite

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/template"
)

//go:embed pack
var packFiles embed.FS

// Pack is a pack for the bench with one procedure, whose site a test serves.
type Pack struct {
	ID, Procedure   string   // of the pack, and of its procedure
	French, English string   // what both are called
	Hosts           []string // that the procedure may reach; it begins on the first
}

// Write writes the pack into an empty directory.
func (p Pack) Write(dir string) error {
	err := p.write(dir)
	if err != nil {
		return fmt.Errorf("write pack %q: %w", p.ID, err)
	}
	return nil
}

func (p Pack) write(dir string) error {
	templates, err := template.ParseFS(packFiles, "pack/*")
	if err != nil {
		return err
	}
	below := filepath.Join(dir, p.Procedure)
	errs := []error{os.Mkdir(below, 0o755)}
	for _, t := range templates.Templates() {
		path := filepath.Join(below, t.Name())
		if t.Name() == "pack.toml" {
			path = filepath.Join(dir, t.Name())
		}
		f, err := os.Create(path)
		if err == nil {
			err = errors.Join(t.Execute(f, p), f.Close())
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
