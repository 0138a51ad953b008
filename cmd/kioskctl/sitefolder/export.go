package sitefolder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"guichet.example/internal/atomicfile"
	"guichet.example/internal/keyfile"
	"guichet.example/kiosk/usage"
	"guichet.example/provisioning"
)

// Exported says what Export has written.
type Exported struct {
	New     int      // files
	Differs []string // files that were there with another content, and were left
}

// Export writes what is in reports into a folder, which it makes: KIOSK/ with a
// file usage-2026-10.json for each month, and for each report health-7.json and
// procedures-7.json. What is there stays: a month that is over never changes.
func Export(dir string, all []Received) (e Exported, err error) {
	for _, r := range all {
		if r.Err != nil {
			continue
		}
		files := map[string]any{}
		for _, p := range r.Report.Periods {
			files["usage-"+string(p.Month)] = usage.Report{Periods: []usage.Period{p}}
		}
		if r.Report.Health != nil {
			files[fmt.Sprintf("health-%d", r.Report.Number)] = r.Report.Health
		}
		if r.Report.Findings != nil {
			files[fmt.Sprintf("procedures-%d", r.Report.Number)] = r.Report.Findings
		}
		to := filepath.Join(dir, r.Kiosk.ID)
		if err := os.MkdirAll(to, 0o755); err != nil {
			return e, err
		}
		for name, content := range files {
			if err := e.put(filepath.Join(to, name+".json"), content); err != nil {
				return e, err
			}
		}
	}
	return e, nil
}

func (e *Exported) put(path string, content any) error {
	data, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return err
	}
	data = append(data, '\n')
	old, err := keyfile.Read(path, 2*provisioning.MaxReport)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.New++
		return atomicfile.WriteFile(path, data, 0o644)
	case err != nil:
		return err
	case !bytes.Equal(old, data):
		e.Differs = append(e.Differs, path)
	}
	return nil
}
