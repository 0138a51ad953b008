package apply

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// life is everything that happens to a site: set up, replaced, taken back on
// trial, taken back by itself after too many starts, gone back from.
var life = []string{
	"boot", "stage 1", "try 1", "takeback", // the very first, and it does not work
	"stage 2", "try 2", "boot", "confirm",
	"stage 3", "try 3", "putoff", "stage 3", "try 3", "boot", "boot", "confirm",
	"stage 4", "stage 5", "try 5", "boot", "boot", "boot", "boot",
	"stage 6", "try 6", "confirm", "takeback", "boot",
	"stage 7", "try 7", "confirm", "boot",
}

// live goes through life until the power goes; the number is that of the step
// it goes in, len(life) if it does not.
func live(m *memory) (*run, int, error) {
	r := &run{m: m}
	for i, step := range life {
		if err := r.do(step); err != nil {
			return r, i, err
		}
		if m.cut { // while cleaning, which tells nobody
			return r, i, errCut
		}
	}
	return r, len(life), nil
}

func TestLifeWithoutACut(t *testing.T) {
	r, _, err := live(newMemory())
	if err != nil {
		t.Fatal(err)
	}
	if want := (world{current: "7", previous: "5", trusted: "7"}); r.now.current != want.current || r.now.trusted != want.trusted {
		t.Errorf("ends as %+v", r.now)
	}
	if err := judge(r.site, r.now); err != nil {
		t.Error(err)
	}
	if err := tidy(r.site); err != nil {
		t.Error(err)
	}
}

// cutEverywhere cuts life before each of its changes but the first few, loses what was not
// flushed in each of the ways, and returns the first thing that is wrong then.
func cutEverywhere(first int, skip string, ways []loss) (cuts int, wrong error) {
	for cut := first; ; cut++ {
		m := newMemory()
		m.cutAt, m.skip = cut, skip
		r, at, err := live(m)
		if at == len(life) {
			return cut, nil
		}
		if !errors.Is(err, errCut) {
			return cut, fmt.Errorf("%s: %w", life[at], err)
		}
		for _, way := range ways {
			if err := recovered(m.afterCut(way), r.now.boot(), r.next.boot()); err != nil {
				return cut, fmt.Errorf("cut before %q in %q, losing %s: %w", m.log[len(m.log)-1], life[at], way.name, err)
			}
		}
	}
}

func TestCutBeforeEveryChange(t *testing.T) {
	ways := losses(12)
	cuts, err := cutEverywhere(0, "", ways)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d cuts, each with %d ways to lose what was not flushed", cuts, len(ways))
}

// TestEveryFlushIsNeeded lets each flush of life lie in turn: that the test
// above sees every one of them shows that it can fail, and that none is waste.
func TestEveryFlushIsNeeded(t *testing.T) {
	r, _, err := live(newMemory())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for at, step := range r.m.log {
		if !strings.HasPrefix(step, "sync") || seen[step] || strings.HasSuffix(step, emptyFile) || strings.HasSuffix(step, "/fr/4") {
			continue // an empty file has nothing to flush; version 4 is staged and never tried
		}
		seen[step] = true
		if _, err := cutEverywhere(at, step, losses(0)); err == nil {
			t.Errorf("without %q nothing goes wrong", step)
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d flushes: %v", len(seen), seen)
	}
	t.Logf("%d flushes", len(seen))
}

// TestCutWhileRecovering cuts a second time, before every change of the start
// that follows a first cut.
func TestCutWhileRecovering(t *testing.T) {
	seconds := 0
	for cut := 0; ; cut += 5 {
		m := newMemory()
		m.cutAt = cut
		r, at, _ := live(m)
		if at == len(life) {
			break
		}
		for _, way := range append(losses(0)[:3], randomLoss(uint64(cut))) {
			for second := 0; ; second++ {
				again := m.afterCut(way)
				again.cutAt = second
				start := &run{m: again}
				if err := start.do("boot"); err != nil && !errors.Is(err, errCut) {
					t.Fatal(err)
				} else if !again.cut {
					break
				}
				seconds++
				was, would := r.now.boot(), r.next.boot() // the start that was cut may have counted
				if err := recovered(again.afterCut(way), was, would, was.boot(), would.boot()); err != nil {
					t.Fatalf("cut before %q, losing %s, and again before %q: %v", m.log[len(m.log)-1], way.name, again.log[len(again.log)-1], err)
				}
			}
		}
	}
	t.Logf("%d second cuts", seconds)
}

// TestFailureOfEveryChange lets each change of life fail once, with the power
// on: the step says so or does without, and the site can still be opened.
func TestFailureOfEveryChange(t *testing.T) {
	for _, failure := range []error{syscall.EIO, syscall.ENOSPC} {
		for at := 0; ; at++ {
			m := newMemory()
			m.failAt, m.failure = at, failure
			r, step, err := live(m)
			if step == len(life) {
				if m.n <= at {
					break
				}
				continue // in cleaning, which the next start does again
			}
			if !errors.Is(err, failure) || errors.Is(failure, syscall.ENOSPC) && !errors.Is(err, ErrFull) && !strings.HasPrefix(m.log[at], "syncdir") {
				t.Fatalf("%q fails in %q: %v", m.log[at], life[step], err)
			}
			again, err := New(m)
			if err != nil {
				t.Fatalf("open after %q failed in %q: %v", m.log[at], life[step], err)
			}
			if err := judge(again, r.now, r.next); err != nil {
				t.Fatalf("after %q failed in %q: %v", m.log[at], life[step], err)
			}
			if err := recovered(m, r.now.boot(), r.next.boot()); err != nil {
				t.Fatalf("start after %q failed in %q: %v", m.log[at], life[step], err)
			}
		}
	}
}
