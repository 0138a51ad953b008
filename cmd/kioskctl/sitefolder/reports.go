package sitefolder

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"guichet.example/internal/keyfile"
	"guichet.example/provisioning"
	"guichet.example/provisioning/report"
)

// Why a report is not believed.
var (
	ErrNoKiosk = errors.New("made by a kiosk that is not in the site")
	ErrNoForm  = errors.New("not a report that this version knows")
)

// Received is one file with a report.
type Received struct {
	File   string
	Report report.Report // zero with Err
	Kiosk  Kiosk         // of the site, which has made it; zero with Err
	Err    error         // keyfile.ErrOtherKey, ErrCut or ErrChanged, report.ErrSender, ErrNoKiosk, ErrNoForm; nil where it is proved
}

// Reports opens the reports at a place: a stick, an image of one, a folder of
// reports or a file. Each is the kiosk's own, or has an error. The order is by
// kiosk, its newest first, then those with an error.
func (f *Folder) Reports(place string, keys *ReportKeys) ([]Received, error) {
	files, err := reportFiles(place)
	if err != nil {
		return nil, fmt.Errorf("read reports in %q: %w", place, err)
	}
	var all []Received
	for name, data := range files {
		r := Received{File: name}
		r.Report, r.Kiosk, r.Err = f.open(data, keys)
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Received) int {
		if (a.Err == nil) != (b.Err == nil) {
			return map[bool]int{true: -1, false: 1}[a.Err == nil]
		}
		return cmp.Or(strings.Compare(a.Kiosk.ID, b.Kiosk.ID), cmp.Compare(b.Report.Number, a.Report.Number), strings.Compare(a.File, b.File))
	})
	return all, nil
}

// open opens one, and proves whose it is by the key with which the kiosk was
// enrolled.
func (f *Folder) open(sealed []byte, keys *ReportKeys) (report.Report, Kiosk, error) {
	proved, by, err := keyfile.Opened(sealed, keys.identities)
	if err != nil {
		return report.Report{}, Kiosk{}, err
	}
	text, err := report.Text(proved)
	if err != nil {
		return report.Report{}, Kiosk{}, ErrNoForm
	}
	r, err := report.Parse(text)
	if err != nil {
		return report.Report{}, Kiosk{}, ErrNoForm
	}
	i := slices.IndexFunc(f.Kiosks, func(k Kiosk) bool { return k.Enrolment.Kiosk == r.Kiosk })
	if i < 0 {
		return report.Report{}, Kiosk{}, fmt.Errorf("%w: %s", ErrNoKiosk, r.Kiosk)
	}
	own, err := provisioning.IdentityKey(keys.identities[by])
	if err != nil {
		return report.Report{}, Kiosk{}, err
	}
	kiosk, err := provisioning.RecipientKey(f.Kiosks[i].Recipient)
	if err != nil {
		return report.Report{}, Kiosk{}, fmt.Errorf("%s: %w", f.Kiosks[i].File, err)
	}
	if err := report.Proved(proved, own, kiosk); err != nil {
		return report.Report{}, Kiosk{}, err
	}
	return r, f.Kiosks[i], nil
}

// maxReports is what one place may hold.
const maxReports = 20_000

// reportFiles reads what may be reports, by name.
func reportFiles(place string) (map[string][]byte, error) {
	info, err := os.Stat(place)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	if !info.IsDir() && !IsImage(place) {
		files[place], err = keyfile.Read(place, provisioning.MaxReport)
		return files, err
	}
	if IsImage(place) {
		on, err := readImage(place)
		for name, data := range on {
			if full := path.Join(provisioning.Folder, name); isReport(full) {
				files[full] = data
			}
		}
		return orNone(files, err)
	}
	for _, dir := range []string{filepath.Join(place, filepath.FromSlash(provisioning.ReportsFolder)), place} {
		names, err := list(dir, ".age")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if !isReport(path.Join(provisioning.ReportsFolder, name)) {
				continue
			}
			file := filepath.Join(dir, name)
			if files[file], err = keyfile.Read(file, provisioning.MaxReport); err != nil {
				return nil, err
			}
		}
		if len(files) > 0 {
			break
		}
	}
	return orNone(files, nil)
}

func isReport(name string) bool {
	_, _, ok := provisioning.ParseReportFile(name)
	return ok
}

func orNone(files map[string][]byte, err error) (map[string][]byte, error) {
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("there is none: %w", fs.ErrNotExist)
	}
	if err == nil && len(files) > maxReports {
		err = fmt.Errorf("%d files, at most %d", len(files), maxReports)
	}
	return files, err
}
