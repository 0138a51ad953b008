package upkeep

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/usage/usagedb"
	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/identity"
	reports "guichet.example/provisioning/report"
)

// collection is what a report is made from.
type collection struct {
	id    *identity.Identity
	asked *provisioning.Reports // by the stick in the port: the site's newest word
	name  string                // of the kiosk in usage reports
	state apply.State
}

// collect leaves a report on a stick of the kiosk's own site that asks for one,
// and says how that went: nothing where none is asked for. Whatever goes wrong is
// told and keeps nothing else from its course. A kiosk that has not confirmed a
// release yet reports to nobody: any site's stick would do for it.
func (u *Upkeep) collect(ctx context.Context, device string, c collection) func(lang string) []string {
	if c.asked == nil || c.state.Trusted == 0 {
		return func(string) []string { return nil }
	}
	already, err := u.deliver(ctx, device, c)
	if _, gone := u.config.Port.Stick(); err != nil && gone != nil {
		err = gone
	}
	switch {
	case err != nil:
		u.config.Log.Warn("leave a report on a stick", "err", err)
		return reportLost(err)
	case already:
		return reportThere()
	default:
		return reportWritten()
	}
}

// deliver writes the report and marks it. It counts as delivered only once it
// was read back; its number is used up before, so that no two reports have the
// same.
func (u *Upkeep) deliver(ctx context.Context, device string, c collection) (already bool, err error) {
	book, damaged, err := u.counts()
	if err != nil {
		return false, err
	}
	mark, err := readMark(u.config.Data)
	if err != nil {
		return false, err
	}
	r := reports.Report{Kiosk: c.id.Kiosk(), ID: c.name, Day: book.Calendar.Advance(usage.DayOf(time.Now())).Today().String(), Collected: c.asked.Collect}
	if mark.Day == r.Day && slices.Equal(mark.Collected, r.Collected) && mark.Recipient == c.asked.Recipient && u.onStick(r.Kiosk, mark) {
		return true, nil
	}
	mark.Number = max(mark.Number, u.highest(r.Kiosk)) + 1
	if err := mark.keep(u.config.Data); err != nil {
		return false, err
	}
	r.Number = mark.Number
	u.fill(&r, book, damaged, c)
	text, err := r.Encode()
	if err != nil {
		return false, err
	}
	sealed, err := c.id.SealReport(text, c.asked.Recipient)
	if err != nil {
		return false, err
	}
	again, err := u.config.Port.Stick()
	if err != nil || again != device {
		return false, errors.Join(err, pulledUnless(err))
	}
	if _, err := u.config.Reader.Write(ctx, device, belowFolder(provisioning.ReportFile(r.Kiosk, r.Number)), sealed); err != nil {
		return false, err
	}
	sum := sha256.Sum256(sealed)
	mark.Day, mark.Collected, mark.Recipient, mark.SHA256 = r.Day, r.Collected, c.asked.Recipient, hex.EncodeToString(sum[:])
	return false, mark.keep(u.config.Data)
}

// fill puts in what is asked for.
func (u *Upkeep) fill(r *reports.Report, book *usage.Book, damaged bool, c collection) {
	if c.asked.Asks(provisioning.CollectUsage) {
		r.Periods = book.Finished()
	}
	if c.asked.Asks(provisioning.CollectProcedures) {
		r.Findings = book.Findings(u.listed())
	}
	if c.asked.Asks(provisioning.CollectHealth) {
		h := u.health(c.state)
		h.CountsDamaged, h.Switched = damaged, usage.NewReport(book).Switched
		r.Health = &h
	}
}

// counts reads the usage file, as it was last written. What waits in memory is
// of a month in progress. A kiosk that has not counted yet has an empty one.
func (u *Upkeep) counts() (book *usage.Book, damaged bool, err error) {
	if u.config.Usage == "" {
		return &usage.Book{}, false, nil
	}
	damaged = usagedb.IsSetAside(u.config.Usage)
	book, err = usagedb.Read(u.config.Usage)
	switch {
	case errors.Is(err, usagedb.ErrDamaged):
		return &usage.Book{}, true, nil
	case errors.Is(err, fs.ErrNotExist):
		return &usage.Book{}, damaged, nil
	}
	return book, damaged, err
}

// listed is what the catalogue in use says of its procedures.
func (u *Upkeep) listed() map[string]usage.Listed {
	all := map[string]usage.Listed{}
	for _, p := range u.config.Trial.Procedures {
		var l usage.Listed
		for _, o := range p.Origins {
			l.Origins = append(l.Origins, o.Host)
		}
		all[p.ID] = l
	}
	return all
}

// reportsOf lists the kiosk's own reports on the stick, as it was copied, by
// number.
func (u *Upkeep) reportsOf(kiosk provisioning.KioskID) map[int]string {
	all := map[int]string{}
	names, err := fs.Glob(u.copy.FS(), path.Join(belowFolder(provisioning.ReportsFolder), "*"))
	if err != nil {
		return nil // the pattern is well-formed
	}
	for _, name := range names {
		if id, n, ok := provisioning.ParseReportFile(path.Join(provisioning.Folder, strings.ToLower(name))); ok && id == kiosk {
			all[n] = name
		}
	}
	return all
}

// highest is the highest number of the kiosk's on the stick: a kiosk that has
// lost its count, set up anew with its old key, goes on from there, and never
// writes over a report.
func (u *Upkeep) highest(kiosk provisioning.KioskID) int {
	most := 0
	for n := range u.reportsOf(kiosk) {
		if n < maxNumber {
			most = max(most, n)
		}
	}
	return most
}

// maxNumber is more than a kiosk writes in its life. Higher ones on a stick are
// somebody's joke.
const maxNumber = 1_000_000

// onStick says whether the report that was delivered last lies on the stick.
func (u *Upkeep) onStick(kiosk provisioning.KioskID, m mark) bool {
	name, ok := u.reportsOf(kiosk)[m.Number]
	if !ok {
		return false
	}
	data, err := u.copy.ReadFile(name)
	sum := sha256.Sum256(data)
	return err == nil && hex.EncodeToString(sum[:]) == m.SHA256
}

func belowFolder(name string) string { return strings.TrimPrefix(name, provisioning.Folder+"/") }
