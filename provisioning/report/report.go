// Package report is what a kiosk leaves on a technician's stick for its
// organisation: figures of months that are over, how the box is, and what to
// mend in its lists of allowed sites. Whatever is not of a closed list cannot be
// in a report: Encode checks what goes out as Parse checks what comes in.
//
// A report is proved: it begins with a code that only this kiosk and the
// organisation can compute, see Prove. It is then sealed to the organisation's
// age key, by provisioning/identity, which this package knows nothing of.
//
// Kiosks and kioskctl import it.
package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"

	"guichet.example/kiosk/usage"
	"guichet.example/provisioning"
)

const format = 1

// Report is one collection.
type Report struct {
	Format    int                  `json:"format"`
	Kiosk     provisioning.KioskID `json:"kiosk"`
	ID        string               `json:"id"`        // of the kiosk in usage reports
	Number    int                  `json:"number"`    // counts the kiosk's reports, from 1; gaps are reports that were not written
	Day       string               `json:"day"`       // last that the kiosk counted: the finest time in a report
	Collected []string             `json:"collected"` // what the site has asked for, of provisioning.CollectAll

	Periods  []usage.Period  `json:"periods,omitempty"`  // all that are over and kept, newest first
	Health   *Health         `json:"health,omitempty"`   // nil where it was not asked for
	Findings []usage.Finding `json:"findings,omitempty"` // of the procedures
}

var errForm = errors.New("not a report that this version knows")

// Encode writes what is to be proved and sealed. What would not be of a closed
// list is refused.
func (r Report) Encode() ([]byte, error) {
	r.Format = format
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	return json.Marshal(r)
}

// Parse reads what Encode wrote, or somebody else. Its errors quote nothing.
func Parse(text []byte) (Report, error) {
	var r Report
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Report{}, errForm
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || r.Format != format {
		return Report{}, errForm
	}
	if err := r.check(); err != nil {
		return Report{}, fmt.Errorf("%w: %w", errForm, err)
	}
	return r, nil
}

const (
	maxPeriods  = 13 // that a kiosk keeps, when the newest is over, too
	maxFindings = 2000
)

func (r Report) check() error {
	if _, err := provisioning.ParseKioskID(string(r.Kiosk)); err != nil {
		return errors.New("no kiosk")
	}
	day, err := usage.ParseDay(r.Day)
	if err != nil || day.String() != r.Day || r.Number < 1 || !regexp.MustCompile(`^[a-z0-9-]{1,40}$`).MatchString(r.ID) {
		return errors.New("id, number or day")
	}
	for i, what := range r.Collected {
		if !slices.Contains(provisioning.CollectAll(), what) || slices.Index(r.Collected, what) != i {
			return errors.New("what was collected")
		}
	}
	has := func(what string) bool { return slices.Contains(r.Collected, what) }
	if len(r.Periods) > 0 && !has(provisioning.CollectUsage) || len(r.Findings) > 0 && !has(provisioning.CollectProcedures) ||
		(r.Health != nil) != has(provisioning.CollectHealth) || len(r.Periods) > maxPeriods || len(r.Findings) > maxFindings {
		return errors.New("something that was not asked for, or too much of it")
	}
	for i, p := range r.Periods {
		if err := p.Check(); err != nil {
			return err
		}
		if !p.Over || p.Month >= day.Month() || i > 0 && p.Month >= r.Periods[i-1].Month {
			return errors.New("months that are not over, or not in their order")
		}
	}
	for _, f := range r.Findings {
		if err := f.Check(); err != nil {
			return err
		}
	}
	if r.Health != nil {
		return r.Health.check()
	}
	return nil
}
