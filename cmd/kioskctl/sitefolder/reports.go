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
	ErrUnread  = errors.New("cannot be read, or is longer than a report")
)

// Received is one file with a report.
type Received struct {
	File   string
	Report report.Report // zero with Err
	Kiosk  Kiosk         // of the site, which has made it; zero with Err
	Err    error         // keyfile.ErrOtherKey, ErrCut or ErrChanged, report.ErrSender, ErrNoKiosk, ErrNoForm, ErrUnread; nil where it is proved
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
	for name, read := range files {
		r := Received{File: name}
		if data, err := read(); err != nil {
			r.Err = fmt.Errorf("%w: %w", ErrUnread, err)
		} else {
			r.Report, r.Kiosk, r.Err = f.open(data, keys)
		}
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

// reportFiles finds what may be reports, by name. Each is read when its turn
// comes: one that cannot be keeps nobody from the others, and a stick full of
// them needs no more memory than one.
func reportFiles(place string) (map[string]func() ([]byte, error), error) {
	info, err := os.Stat(place)
	if err != nil {
		return nil, err
	}
	files := map[string]func() ([]byte, error){}
	file := func(name string) {
		files[name] = func() ([]byte, error) { return keyfile.Read(name, provisioning.MaxReport) }
	}
	if IsImage(place) && !info.IsDir() {
		on, err := readImage(place)
		for name, data := range on {
			if full := path.Join(provisioning.Folder, name); isReport(full) {
				files[full] = func() ([]byte, error) { return data, nil }
			}
		}
		return orNone(files, err)
	}
	if !info.IsDir() {
		file(place)
		return files, nil
	}
	for _, dir := range []string{filepath.Join(place, filepath.FromSlash(provisioning.ReportsFolder)), place} {
		names, err := list(dir, ".age")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if isReport(path.Join(provisioning.ReportsFolder, name)) {
				file(filepath.Join(dir, name))
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

func orNone(files map[string]func() ([]byte, error), err error) (map[string]func() ([]byte, error), error) {
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("there is none: %w", fs.ErrNotExist)
	}
	if err == nil && len(files) > maxReports {
		err = fmt.Errorf("%d files, at most %d", len(files), maxReports)
	}
	return files, err
}
