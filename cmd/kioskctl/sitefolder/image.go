package sitefolder

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"guichet.example/internal/atomicfile"
	"guichet.example/provisioning"
	"guichet.example/provisioning/stick/fat"
)

// IsImage says whether a stick is meant as an image of one, for a program that
// writes images to sticks.
func IsImage(path string) bool { return strings.EqualFold(filepath.Ext(path), ".img") }

const (
	leastImage = 64 << 20
	mostFAT16  = 512 << 20
)

// writeImage makes an image with nothing but these files in it. It appears
// whole or not at all.
func writeImage(path string, files map[string][]byte, now time.Time) error {
	size := int64(leastImage)
	for _, data := range files { // twice what is needed, with room for clusters and folders
		size += 2*int64(len(data)) + 128<<10
	}
	bits := 16
	if size > mostFAT16 {
		bits = 32
	}
	return atomicfile.Build(path, 0o644, func(tmp string) error {
		f, err := os.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		return errors.Join(fillImage(f, size, bits, files, now), f.Close())
	})
}

func fillImage(f *os.File, size int64, bits int, files map[string][]byte, now time.Time) error {
	if err := f.Truncate(size); err != nil {
		return err
	}
	if err := fat.Format(unhurried{f}, size, bits); err != nil {
		return err
	}
	volume, err := fat.Find(f, size)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		below := strings.TrimPrefix(name, provisioning.Folder+"/")
		if err := volume.Write(unhurried{f}, below, files[name], now); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// unhurried writes what is brought to the medium only when the image is
// finished: nobody sees it before.
type unhurried struct{ io.WriterAt }

// Sync implements fat.Device.
func (unhurried) Sync() error { return nil }

// readImage reads what stands on an image.
func readImage(path string) (memory, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	volume, err := fat.Find(f, info.Size())
	if err != nil {
		return nil, err
	}
	files := memory{}
	limits := fat.Limits{
		Entries: 2 * provisioning.MaxFiles, File: provisioning.MaxTarget, Total: provisioning.MaxRepository, Depth: provisioning.MaxDepth + 2,
	}
	err = volume.Walk(limits, func(name string, _ int64, content io.Reader) error {
		data, err := io.ReadAll(content)
		files[name] = data
		return err
	})
	return files, err
}
