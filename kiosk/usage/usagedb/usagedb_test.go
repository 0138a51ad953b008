package usagedb

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/internal/atomicfile"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/usage/usagetest"
)

// epoch moves the clock of synctest, which begins in 2000, to a day at 8:00.
func epoch() time.Duration {
	return time.Date(2026, time.November, 20, 8, 0, 0, 0, time.UTC).Sub(time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC))
}

func clock() time.Time { return time.Now().UTC().Add(epoch()) }

func fact(n int) usage.Session {
	procedures := []string{"ameli-droits", "caf-aide-au-logement", "impots-declarer"}
	return usage.Session{
		Procedure: procedures[n%3], Theme: usage.Themes()[n%3], Outcome: usage.Outcomes()[n%4],
		Length: usage.Lengths()[n%5], Autonomy: usage.AutonomyAlone, Language: "fr",
		Calls: usage.CallsList()[n%3], Refused: usagetest.Sites("logs.xiti.com"),
	}
}

func mustOpen(t *testing.T, path string, o Options) *DB {
	t.Helper()
	d, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func add(t *testing.T, d *DB, n int) {
	t.Helper()
	for i := range n {
		if err := d.Add(fact(i)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
	}
}

func expect(t *testing.T, d *DB, pending, committed int) {
	t.Helper()
	synctest.Wait()
	if p, c := d.Counts(); p != pending || c != committed {
		t.Errorf("pending %d, committed %d; want %d and %d", p, c, pending, committed)
	}
}

func total(t *testing.T, path string) int {
	t.Helper()
	b, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return b.Total
}

func TestWritesInGroups(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	synctest.Test(t, func(t *testing.T) {
		d := mustOpen(t, path, Options{Now: clock, Group: 2}) // counts as 5
		add(t, d, 4)
		expect(t, d, 4, 0)
		if got := total(t, path); got != 0 {
			t.Errorf("%d sessions in the file before there are five", got)
		}
		add(t, d, 1)
		expect(t, d, 0, 5)
		add(t, d, 2)
		expect(t, d, 2, 5)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		expect(t, d, 0, 7)
		if err := d.Add(fact(1)); err == nil {
			t.Error("counts after Close")
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if got := total(t, path); got != 7 {
		t.Errorf("%d sessions in the file after Close", got)
	}
}

// TestRelayIsWrittenWithSessions: by itself its number would tell when somebody
// came.
func TestRelayIsWrittenWithSessions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	switched := func() int {
		b, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		return b.Switched
	}
	synctest.Test(t, func(t *testing.T) {
		d := mustOpen(t, path, Options{Now: clock})
		for range 7 {
			d.Switched()
		}
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		if n := switched(); n != 0 {
			t.Errorf("%d in the file without a session", n)
		}
		add(t, d, 5)
		expect(t, d, 0, 5)
		if n := switched(); n != 7 {
			t.Errorf("%d in the file with the sessions, want 7", n)
		}
		d.Switched()
		add(t, d, 1)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	})
	if n := switched(); n != 8 {
		t.Errorf("%d in the file after Close, want 8", n)
	}
}

func TestWritesAtTheEndOfTheDay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	synctest.Test(t, func(t *testing.T) {
		d := mustOpen(t, path, Options{Now: clock})
		defer d.Close()
		add(t, d, 3)
		time.Sleep(16*time.Hour - time.Nanosecond)
		expect(t, d, 3, 0)
		time.Sleep(time.Nanosecond)
		expect(t, d, 0, 3)
	})
}

func TestMonthIsClosedWithoutAnybodyComing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	synctest.Test(t, func(t *testing.T) {
		d := mustOpen(t, path, Options{Now: clock})
		defer d.Close()
		add(t, d, 5)
		time.Sleep(11 * 24 * time.Hour)
		synctest.Wait()
		if b, err := Read(path); err != nil || !b.IsOver("2026-11") {
			t.Errorf("November is not over in December: %v", err)
		}
	})
}

func TestClockStepsNeitherSplitNorLose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	synctest.Test(t, func(t *testing.T) {
		var step atomic.Int64
		d := mustOpen(t, path, Options{Now: func() time.Time { return clock().AddDate(0, 0, int(step.Load())) }})
		for _, days := range []int64{0, -9000, -20, 3, -400, 20_000, 0} {
			step.Store(days)
			add(t, d, 2)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	})
	b, err := Read(path)
	if err != nil || b.Total != 14 || !reflect.DeepEqual(b.Months(), []usage.Month{"2026-11"}) {
		t.Fatalf("%v, %d sessions in months %v", err, b.Total, b.Months())
	}
}

func TestRestartWithAClockThatIsNotSet(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	for _, now := range []time.Time{time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), time.Unix(0, 0), time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)} {
		d := mustOpen(t, path, Options{Now: func() time.Time { return now }})
		if err := d.Add(fact(1)); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	b, err := Read(path)
	if err != nil || b.Total != 3 || !reflect.DeepEqual(b.Months(), []usage.Month{"2026-12"}) {
		t.Errorf("%v, %d sessions in months %v", err, b.Total, b.Months())
	}
}

func TestRefusesWhatIsNoFact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := mustOpen(t, filepath.Join(t.TempDir(), "usage.db"), Options{Now: clock})
		defer d.Close()
		bad := fact(0)
		bad.Outcome = "who knows"
		if err := d.Add(bad); err == nil {
			t.Error("counted")
		}
		expect(t, d, 0, 0)
	})
}

func TestFileSaysNothingOfOrderOrHour(t *testing.T) {
	var files [][]byte
	for _, backwards := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "usage.db")
		synctest.Test(t, func(t *testing.T) {
			d := mustOpen(t, path, Options{Now: clock})
			for i := range 10 {
				if backwards {
					i = 9 - i
					time.Sleep(7 * time.Minute)
				}
				f := fact(i)
				f.Refused = nil // kept by name only when two sessions of a group were refused it
				if err := d.Add(f); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
			}
			d.Close()
		})
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, data)
		if info, err := os.Stat(path); err != nil || !info.ModTime().Equal(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("modification time %v", info.ModTime())
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the same sessions in another order give another file")
	}
}

func TestNothingOfEarlierSumsIsInTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	synctest.Test(t, func(t *testing.T) {
		d := mustOpen(t, path, Options{Now: clock})
		defer d.Close()
		var earlier []string
		for range 6 {
			add(t, d, 5)
			b, err := Read(path)
			if err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			record := string(b.Records()["month/2026-11"])
			if n := strings.Count(string(data), record); n != 1 {
				t.Errorf("the record is there %d times", n)
			}
			for _, old := range earlier {
				if strings.Contains(string(data), old) {
					t.Error("an earlier record is in the file")
				}
			}
			if n := strings.Count(string(data), "language fr "); n != 1 {
				t.Errorf("%d records in the file", n)
			}
			earlier = append(earlier, record)
		}
	})
}

// TestBboltKeepsEarlierSums is the positive control: changing a file in place
// leaves what was there before.
func TestBboltKeepsEarlierSums(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	var book usage.Book
	for i := range 10 {
		if err := book.Add(fact(i)); err != nil {
			t.Fatal(err)
		}
		if i == 4 {
			if err := (&builder{}).build(path, &book); err != nil {
				t.Fatal(err)
			}
		}
	}
	changeInPlace(t, path, &book)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), "language fr "); n < 2 {
		t.Errorf("%d records in a file that was changed in place; the scan finds nothing", n)
	}
}

func TestErrorAtEveryStepLosesNothing(t *testing.T) {
	broken := errors.New("injected")
	for name, replace := range map[string]func(string, fs.FileMode, func(string) error) error{
		"before anything": func(string, fs.FileMode, func(string) error) error { return broken },
		"after building": func(path string, perm fs.FileMode, fill func(string) error) error {
			return atomicfile.Build(path, perm, func(tmp string) error { return errors.Join(fill(tmp), broken) })
		},
		"after the rename": func(path string, perm fs.FileMode, fill func(string) error) error {
			return errors.Join(atomicfile.Build(path, perm, fill), broken)
		},
		"a panic": func(string, fs.FileMode, func(string) error) error { panic("page 3 already freed") },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "usage.db")
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				failing := false
				d, err := open(path, Options{Now: clock, Group: 5, Log: slog.New(slog.NewTextHandler(&log, nil))},
					func(path string, perm fs.FileMode, fill func(string) error) error {
						if failing {
							return replace(path, perm, fill)
						}
						return atomicfile.Build(path, perm, fill)
					})
				if err != nil {
					t.Fatal(err)
				}
				add(t, d, 5)
				failing = true
				add(t, d, 7)
				expect(t, d, 7, 5)
				if got := total(t, path); got != 5 && got < 10 {
					t.Errorf("the file holds %d sessions", got)
				}
				failing = false
				add(t, d, 1)
				expect(t, d, 0, 13)
				if err := d.Close(); err != nil {
					t.Error(err)
				}
				if n := strings.Count(log.String(), "cannot be written"); n != 1 {
					t.Errorf("told %d times:\n%s", n, log.String())
				}
			})
			if got := total(t, path); got != 13 {
				t.Errorf("%d sessions in the end", got)
			}
		})
	}
}

func TestOpenWhereNoFileCanBe(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "missing", "usage.db"), dir} {
		if d, err := Open(path, Options{}); err == nil {
			d.Close()
			t.Errorf("opened %q", path)
		} else if !strings.Contains(err.Error(), path) {
			t.Errorf("the error does not name the path: %v", err)
		}
	}
}

func TestLeftoverOfACrashIsRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	if err := os.WriteFile(path+".new", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := mustOpen(t, path, Options{})
	defer d.Close()
	if _, err := os.Stat(path + ".new"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("still there: %v", err)
	}
}

// TestFirstFormat opens a file that the first format was written in, with 60
// sessions over three months, and counts on.
func TestFirstFormat(t *testing.T) {
	old, err := os.ReadFile(filepath.Join("testdata", "format-1.db"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "usage.db")
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	now := func() time.Time { return time.Date(2026, time.October, 6, 9, 0, 0, 0, time.UTC) }
	d := mustOpen(t, path, Options{Now: now, Log: slog.New(slog.NewTextHandler(&log, nil))})
	for i := range 5 {
		if err := d.Add(fact(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil || log.Len() > 0 {
		t.Fatalf("%v\n%s", err, log.String())
	}
	after, err := Read(path)
	if err != nil || before.Total != 60 || after.Total != 65 || len(after.Months()) != 3 {
		t.Fatalf("%v: %d sessions, then %d in %v", err, before.Total, after.Total, after.Months())
	}
	for _, b := range []*usage.Book{before, after} {
		p := usage.Diagnose(b, nil).Procedures[0]
		if p.ID != "ameli-droits" || p.Refused[0].Sessions < 10 || p.Unnamed != 1 {
			t.Errorf("%+v", p)
		}
	}
	if r := usage.NewReport(after).Periods; r[1].Sessions.N != 25 || len(r[1].Tables) == 0 {
		t.Errorf("%+v", r)
	}
}
