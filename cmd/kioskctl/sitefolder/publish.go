package sitefolder

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"guichet.example/internal/atomicfile"
	"guichet.example/provisioning"
)

// Publish makes what a stick would hold as a folder for a static web server.
// Kiosks may read it meanwhile: only timestamp.json is ever replaced, as the
// last file and by a rename. What it names no more stays, for kiosks and caches
// that have read the one before. The number is used up even when writing fails.
func (f *Folder) Publish(ctx context.Context, out string, keys *Keys, c *Content, now time.Time) (*Made, error) {
	if err := f.ready(out, strings.TrimPrefix(provisioning.MetadataFolder, provisioning.Folder+"/"), keys, now); err != nil {
		return nil, err
	}
	m, files, err := f.next(ctx, keys, c, now)
	if err == nil {
		err = writeServer(out, files)
	}
	if err != nil {
		return nil, fmt.Errorf("write for a server %q: %w", out, err)
	}
	return m, nil
}

// writeServer leaves files alone that are there already, with their times, by
// which servers and copying programs see what has changed.
func writeServer(out string, files map[string][]byte) error {
	const last = provisioning.MetadataFolder + "/timestamp.json"
	write := func(name string) error {
		file := filepath.Join(out, filepath.FromSlash(strings.TrimPrefix(name, provisioning.Folder+"/")))
		if there, err := os.ReadFile(file); err == nil && bytes.Equal(there, files[name]) {
			return nil
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		return atomicfile.WriteFile(file, files[name], 0o644)
	}
	for name := range files {
		if name == last {
			continue
		}
		if err := write(name); err != nil {
			return err
		}
	}
	return write(last)
}
