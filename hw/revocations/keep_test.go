package revocations

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw/badge"
	"guichet.example/internal/atomicfile"
)

var errFull = errors.New("no space left on device")

// TestPowerCutAtEachWrite: package atomicfile proves that a cut leaves the old
// copy beside any part of the new one, or the new one. From each of these an
// older list stays refused, the newest brought is taken.
func TestPowerCutAtEachWrite(t *testing.T) {
	b := newBench(t)
	b.bring(b.list(5, 5))
	path, next := b.open().Copy(), b.list(6, 6, 7)
	for cut := range len(next) + 1 {
		for _, brought := range []struct {
			data []byte
			want uint64
		}{{b.list(4), 5}, {b.list(5), 5}, {next, 6}} {
			b.must(os.WriteFile(path, b.list(5, 5), 0o600))
			b.must(os.WriteFile(path+".new", next[:cut], 0o600))
			b.bring(brought.data)
			if l := b.open(); l.InForce().Sequence != brought.want {
				t.Fatalf("cut at %d: number %d in force, not %d", cut, l.InForce().Sequence, brought.want)
			}
		}
	}
	b.bring(b.list(5, 5)) // after the rename
	if l := b.open(); l.InForce().Sequence != 6 {
		t.Error("an older list came back", l.InForce().Sequence)
	}
}

// TestCopyFails: at whatever step, the newer list counts at once, copying is
// tried again at each look, and the log says so once.
func TestCopyFails(t *testing.T) {
	for name, step := range map[string]func(path string, data []byte) error{
		"nothing written": func(string, []byte) error { return errFull },
		"torn": func(path string, data []byte) error {
			return errors.Join(errFull, os.WriteFile(path+".new", data[:len(data)/2], 0o600))
		},
		"renamed, directory not flushed": func(path string, data []byte) error {
			return errors.Join(errFull, os.WriteFile(path, data, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.bring(b.list(5, 5))
			l := b.open()
			tries := 0
			l.keep = func(path string, data []byte, _ fs.FileMode) error { tries++; return step(path, data) }
			b.bring(b.list(6, 6))
			for range 3 {
				l.Look()
				l.Keep()
			}
			if l.InForce().Sequence != 6 || tries != 3 || strings.Count(b.log.String(), "is not copied") != 1 {
				t.Errorf("number %d, %d tries, %s", l.InForce().Sequence, tries, &b.log)
			}
			l.keep = atomicfile.WriteFile
			l.Keep()
			b.bring(b.list(5, 5))
			b.force(b.open(), 6)
		})
	}
}

// TestFollow: a newer list counts within one interval, without anybody being
// told anything that did not change.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.bring(b.list(5, 5))
		l, err := Open(b.Config)
		b.must(err)
		ctx, cancel := context.WithCancel(t.Context())
		var told []uint64
		done := make(chan struct{})
		go func() {
			defer close(done)
			l.Follow(ctx, func(r *badge.RevocationList) { told = append(told, r.Sequence) })
		}()
		expect := func(want string) {
			t.Helper()
			time.Sleep(interval)
			synctest.Wait()
			if fmt.Sprint(told) != want {
				t.Errorf("told %v, not %s", told, want)
			}
		}
		expect("[]")
		b.bring(b.list(4, 4))
		expect("[]")
		b.bring(b.list(6, 6))
		expect("[6]")
		expect("[6]")
		b.must(os.Remove(b.File))
		expect("[6]")
		b.bring(b.list(7, 7))
		expect("[6 7]")
		cancel()
		<-done
		b.force(l, 7)
	})
}

// TestEndIsLogged: a week before, and when it has come, once each; a newer list
// ends that.
func TestEndIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		list := func(number uint64, days int) []byte {
			today := badge.DayOf(time.Now())
			data, err := badge.SignRevocations(badge.RevocationHead{Organisation: organisation, Sequence: number, Issued: today,
				Expires: today + badge.Day(days)}, nil, b.private)
			b.must(err)
			return data
		}
		b.bring(list(1, 8))
		l := b.open()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); l.Follow(ctx, func(*badge.RevocationList) {}) }()
		expect := func(days int, warned, ended int) {
			t.Helper()
			time.Sleep(time.Duration(days) * 24 * time.Hour)
			synctest.Wait()
			if w, e := strings.Count(b.log.String(), "ends soon"), strings.Count(b.log.String(), "has ended"); w != warned || e != ended {
				t.Errorf("said %d and %d times, not %d and %d", w, e, warned, ended)
			}
		}
		expect(1, 0, 0)
		expect(1, 1, 0)
		expect(6, 1, 0)
		expect(1, 1, 1)
		expect(1, 1, 1)
		b.bring(list(2, 10))
		expect(1, 1, 1)
		cancel()
		<-done
		if l.Fault() != nil {
			t.Error(l.Fault())
		}
		time.Sleep(30 * 24 * time.Hour)
		if err := b.open().Fault(); err == nil || !strings.Contains(err.Error(), "no helper is let in") {
			t.Error("kioskd check would not say that it has ended:", err)
		}
	})
}

// writerDir makes this test a child that brings and keeps lists until it is
// killed.
const writerDir = "GUICHET_TEST_REVOCATIONS"

// TestKilledWriter kills a process that keeps one list after the other, at any
// moment: what it had acknowledged is in force at the next start.
func TestKilledWriter(t *testing.T) {
	if dir := os.Getenv(writerDir); dir != "" {
		b := benchAt(t, filepath.Join(dir, "revoked"), dir) // nothing of its own: who is killed tidies nothing up
		l := b.open()
		for n := l.InForce().Sequence + 1; ; n++ {
			b.bring(b.list(n, n))
			l.Look()
			if l.Keep(); l.copied {
				fmt.Println("kept", n)
			}
		}
	}
	b := newBench(t)
	b.bring(b.list(1, 1))
	b.must(os.Rename(b.File, filepath.Join(b.Dir, "revoked")))
	b.File = filepath.Join(b.Dir, "revoked")
	last := uint64(1)
	for range 25 {
		last = max(last, killWriter(t, b.Dir))
		b.must(os.RemoveAll(b.File))
		b.bring(b.list(1, 1)) // somebody tries an old one
		l := b.open()
		if l.InForce().Sequence < last {
			t.Fatalf("number %d was kept, %d is in force", last, l.InForce().Sequence)
		}
	}
	if last < 25 {
		t.Error("the child has kept next to nothing:", last)
	}
}

// killWriter runs the child until it has kept some lists, kills it at any
// moment of the next, and returns the last number that it said was kept.
func killWriter(t *testing.T, dir string) (last uint64) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKilledWriter$")
	child.Env = append(os.Environ(), writerDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	some := 1 + rand.N(3)
	for lines := bufio.NewReader(out); ; some-- {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // cut off: it was not said
		}
		if _, err := fmt.Sscanf(line, "kept %d\n", &last); err != nil {
			t.Fatalf("the child said %q", line)
		}
		if some == 0 {
			time.AfterFunc(rand.N(3*time.Millisecond), func() { _ = child.Process.Kill() })
		}
	}
	_ = child.Wait()
	return last
}
