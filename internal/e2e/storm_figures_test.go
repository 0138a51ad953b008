package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// What is aimed at, on a machine that nobody else uses.
const (
	barGoal   = 100 * time.Millisecond
	blankGoal = 50 * time.Millisecond
	calmLimit = 15 * time.Second

	stormLimitMiB = 700 // of a session
)

// The tests run beside others on few cores. So a figure fails a test only
// beyond these: the bar, if in none of several rounds it answered as fast as
// on a calm page and barGoal more; a single press beyond pressBound, less than
// WebKit waits for a page; a single blank beyond blankBound; memory beyond its
// limit and what a page takes until it is looked at.
const (
	pressBound  = 450 * time.Millisecond
	blankBound  = 500 * time.Millisecond
	memoryBound = stormLimitMiB + 75
)

// barFigures are how fast the bar answered: until the button looked pressed,
// and from letting go until it had done what it does.
type barFigures struct{ looks, acts []time.Duration }

func middle(d []time.Duration) time.Duration { return slices.Sorted(slices.Values(d))[len(d)/2] }

// median is the slower of the two medians.
func (b barFigures) median() time.Duration { return max(middle(b.looks), middle(b.acts)) }

func (b barFigures) String() string {
	return fmt.Sprintf("%4d %5d %5d %5d", middle(b.looks).Milliseconds(), slices.Max(b.looks).Milliseconds(),
		middle(b.acts).Milliseconds(), slices.Max(b.acts).Milliseconds())
}

// figures are what was measured of one attack. 0 = not measured.
type figures struct {
	name  string
	bar   []barFigures // rounds; the last one was good, or there were too many
	blank time.Duration
	calm  time.Duration // until our calm page
	fate  string        // of the page
	home  time.Duration // from "Début" until the site's start page ran
	wipe  time.Duration
	peak  size
	marks map[string]int64
}

const heading = "                   bar looks, acts: median and worst  | blank | calm page       | start | wipe | memory (files)"

func (f *figures) String() string {
	ms := func(d time.Duration) string {
		if d == 0 {
			return "-"
		}
		return fmt.Sprint(d.Milliseconds())
	}
	var all barFigures // the rounds that were not good, too
	for _, round := range f.bar {
		all.looks, all.acts = append(all.looks, round.looks...), append(all.acts, round.acts...)
	}
	return fmt.Sprintf("%-18s %v (%d rounds) | %5s | %6s %-8s | %5s | %4s | %4d (%d)", f.name, all, len(f.bar),
		ms(f.blank), ms(f.calm), f.fate, ms(f.home), ms(f.wipe), f.peak.resident>>10, f.peak.files>>10)
}

// judge fails the test for what nobody should have to live with.
func (f *figures) judge(t *testing.T, calm barFigures, a hostilePage) {
	t.Helper()
	last := f.bar[len(f.bar)-1]
	if bound := barGoal + calm.median(); last.median() > bound {
		t.Errorf("the bar answers in %v, not in %v", last.median(), bound)
	}
	for n, round := range f.bar {
		if worst := slices.Max(slices.Concat(round.looks, round.acts)); worst > pressBound {
			t.Errorf("in round %d the bar answered a press after %v", n+1, worst)
		}
	}
	if f.blank > blankBound {
		t.Errorf("blank after %v", f.blank)
	}
	if f.calm > calmLimit {
		t.Errorf("a calm page came after %v", f.calm)
	}
	if a.calm && f.fate == "" {
		t.Error("the page was not lost") // positive control
	}
	if strings.HasPrefix(f.fate, "view") {
		t.Error("the whole view was lost with the page")
	}
	if f.peak.resident>>10 > memoryBound {
		t.Errorf("the session took %d MiB", f.peak.resident>>10)
	}
	if f.peak.swapped > 0 {
		t.Errorf("%d KiB of the session were swapped", f.peak.swapped)
	}
	for mark := range f.marks {
		if what, ok := strings.CutPrefix(mark, "there-"); ok {
			t.Errorf("pages have %s", what)
		}
	}
}

// costs are those of the daemon and the machine.
type costs struct {
	resident int64 // of the daemon, KiB
	files    int   // that it has open
	swapped  int64 // of the machine, KiB
}

func (w *weather) costs() costs {
	pid := w.cmd.Process.Pid
	return costs{field(fmt.Sprintf("/proc/%d/status", pid), "VmRSS:"), openFiles(pid), swaps()}
}

// after compares with what was before all attacks, and sees that the next
// person's procedure, another one, works.
func (w *weather) after(before costs) {
	t := w.t
	t.Helper()
	w.until("idle with a spare", func(s state) bool { return s.Session.State == "idle" && s.View.Spare })
	choose(w.bench)
	w.finish()
	w.until("idle with a spare", func(s state) bool { return s.Session.State == "idle" && s.View.Spare })
	var now costs
	defer func() {
		t.Logf("daemon: %d to %d KiB, %d to %d files", before.resident, now.resident, before.files, now.files)
	}()
	w.until("no larger a daemon than before", func(state) bool { // connections end a moment later
		now = w.costs()
		return now.resident <= before.resident+32<<10 && now.files <= before.files+8
	})
	if now.swapped > before.swapped {
		t.Errorf("the machine swapped %d KiB", now.swapped-before.swapped)
	}
}
