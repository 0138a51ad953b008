//go:build linux

package usagedb

import (
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/internal/atomicfile"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/usage/usagetest"
)

// block is what a file system writes at least.
const block = 4096

// ordinary draws a session of a kiosk with the given number of procedures,
// each of which meets three refused hosts.
func ordinary(r *rand.Rand, procedures int) usage.Session {
	skewed := func(n int) int { return int(float64(n) * r.Float64() * r.Float64()) }
	p := skewed(procedures)
	s := usage.Session{
		Procedure: fmt.Sprintf("procedure-number-%02d", p), Theme: usage.Themes()[p%11],
		Outcome: usage.Outcomes()[skewed(4)], Length: usage.Lengths()[skewed(5)],
		Autonomy: usage.Autonomies()[skewed(3)], Calls: usage.CallsList()[skewed(3)],
		Language: []string{"fr", "en", "ar", "uk"}[skewed(4)],
		Refused:  usagetest.Sites(fmt.Sprintf("www.measure-%02d.example", p), "cdn.tagcommander.com", "logs.xiti.com"),
	}
	if s.Autonomy != usage.AutonomyAlone {
		s.Help = usage.Helps()[r.IntN(5)]
	}
	return s
}

// TestBytesPerSession counts a thousand sessions, forty a day, on a new kiosk
// and on one that has been there for a year, and measures what is written: the
// blocks of each file, and what the kernel counts for this process.
func TestBytesPerSession(t *testing.T) {
	const limit, sessions, perDay = 4096, 1000, 40
	for _, c := range []struct {
		name               string
		months, procedures int
	}{{"new", 0, 20}, {"after a year", 12, 20}} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "usage.db")
			r := rand.New(rand.NewPCG(1, 1))
			past := &usage.Book{}
			for m := range c.months {
				part := &usage.Book{Calendar: usage.Calendar{Day: usage.DayOf(time.Date(2026, time.Month(m-1), 3, 0, 0, 0, 0, time.UTC))}}
				for range 800 {
					if err := part.Add(ordinary(r, c.procedures)); err != nil {
						t.Fatal(err)
					}
				}
				past = past.Sum(part)
			}
			if c.months > 0 {
				if err := (&builder{}).build(path, past); err != nil {
					t.Fatal(err)
				}
			}
			written, before := 0, kernelBytes(t)
			synctest.Test(t, func(t *testing.T) {
				replace := func(path string, perm fs.FileMode, fill func(string) error) error {
					err := atomicfile.Build(path, perm, fill)
					info, _ := os.Stat(path)
					written += (int(info.Size()) + block - 1) / block * block
					return err
				}
				d, err := open(path, Options{Now: func() time.Time { return clock().AddDate(0, 0, 10) }, Group: 5, Log: slog.New(slog.DiscardHandler)}, replace)
				if err != nil {
					t.Fatal(err)
				}
				for i := range sessions {
					if i > 0 && i%perDay == 0 {
						time.Sleep(24 * time.Hour)
					}
					if err := d.Add(ordinary(r, c.procedures)); err != nil {
						t.Fatal(err)
					}
					synctest.Wait()
				}
				if err := d.Close(); err != nil {
					t.Fatal(err)
				}
			})
			kernel := kernelBytes(t) - before
			info, _ := os.Stat(path)
			t.Logf("file %d bytes; per session %d bytes in files, %d counted by the kernel", info.Size(), written/sessions, kernel/sessions)
			if per := max(written, kernel) / sessions; per > limit {
				t.Errorf("%d bytes written per session, at most %d are wanted", per, limit)
			}
		})
	}
}

// kernelBytes is what this process caused to be sent to the storage layer, or
// 0 on a file system without storage.
func kernelBytes(t *testing.T) int {
	data, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(data), "\n") {
		var n int
		if _, err := fmt.Sscanf(line, "write_bytes: %d", &n); err == nil {
			return n
		}
	}
	return 0
}

// TestFullAtEveryByte lets the kernel refuse to make any file longer than n,
// for each n up to what is needed, and looks at what is left.
func TestFullAtEveryByte(t *testing.T) {
	if path := os.Getenv("USAGEDB_FULL"); path != "" {
		addFiveWithin(t, path)
		return
	}
	whole := sample(t, 120)
	path := filepath.Join(t.TempDir(), "usage.db")
	refused := 0
	for n := 0; n <= len(whole)+2*pageSize; n += 512 {
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		child := exec.Command(os.Args[0], "-test.run=^TestFullAtEveryByte$")
		child.Env = append(os.Environ(), "USAGEDB_FULL="+path, fmt.Sprint("USAGEDB_LIMIT=", n))
		out, err := child.CombinedOutput()
		got := total(t, path)
		if err != nil {
			refused++
		}
		if err == nil && got != 125 || err != nil && (got != 120 || !strings.Contains(string(out), "refused")) {
			t.Fatalf("limit %d: %d sessions, %v\n%s", n, got, err, out)
		}
		if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
			t.Fatalf("limit %d: left behind %v", n, left)
		}
	}
	if refused < 10 {
		t.Errorf("only %d writes were refused", refused)
	}
}

func addFiveWithin(t *testing.T, path string) {
	var n uint64
	fmt.Sscan(os.Getenv("USAGEDB_LIMIT"), &n)
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
		t.Fatal(err)
	}
	d, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if err := d.Add(fact(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal("refused:", err)
	}
}
