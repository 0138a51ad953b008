package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"guichet.example/internal/keyfile"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/usage/usagedb"
	"guichet.example/provisioning"
)

type usageCommands struct {
	Show usageShow `cmd:"" help:"Print the report of a usage file. No figure under 11 is shown."`
}

type usageShow struct {
	File   string `arg:"" type:"path" help:"Usage file of a kiosk, a copy of it, or a folder or file that site reports has written. It is not changed."`
	Format string `enum:"text,json,csv" default:"text" help:"text, json or csv."`
	Lang   string `enum:"fr,en" default:"fr" help:"Language of the text: fr or en."`
}

// Run prints the report.
func (c *usageShow) Run(out output) error {
	report, err := c.read()
	if err != nil {
		return readHint(err)
	}
	switch c.Format {
	case "json":
		return report.WriteJSON(out)
	case "csv":
		return report.WriteCSV(out)
	default:
		return report.WriteText(out, c.Lang)
	}
}

// read takes a usage file, or a report in JSON.
func (c *usageShow) read() (usage.Report, error) {
	if info, err := os.Stat(c.File); err == nil && info.IsDir() {
		return readMonths(c.File)
	}
	if strings.EqualFold(filepath.Ext(c.File), ".json") {
		return readReport(c.File)
	}
	book, err := usagedb.Read(c.File)
	if err != nil {
		return usage.Report{}, err
	}
	return usage.NewReport(book), nil
}

func readReport(path string) (usage.Report, error) {
	data, err := keyfile.Read(path, provisioning.MaxReport)
	if err != nil {
		return usage.Report{}, err
	}
	r, err := usage.ParseReport(data)
	if err != nil {
		return usage.Report{}, fmt.Errorf("%q: %w", path, err)
	}
	return r, nil
}

// readMonths puts the months of a kiosk together, newest first.
func readMonths(dir string) (usage.Report, error) {
	files, err := filepath.Glob(filepath.Join(dir, "usage-*.json"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("read months in %q: there is none: %w", dir, fs.ErrNotExist)
	}
	if err != nil {
		return usage.Report{}, err
	}
	var all usage.Report
	for _, file := range slices.Backward(files) { // Glob sorts them
		r, err := readReport(file)
		if err != nil {
			return usage.Report{}, err
		}
		all.Periods = append(all.Periods, r.Periods...)
	}
	return all, nil
}

func readHint(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &hintError{err, "give the path of the file usage.db copied from the kiosk's data directory"}
	case errors.Is(err, fs.ErrPermission):
		return &hintError{err, "copy the file as administrator and give yourself the right to read the copy"}
	case errors.Is(err, usagedb.ErrDamaged):
		return &hintError{err, "copy it from the kiosk again; the kiosk itself sets a damaged file aside and counts on"}
	default:
		return err
	}
}
