package upkeep

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/stick/fattest"
)

// TestHostileSticks puts damaged and hostile sticks into a kiosk, the whole way
// from the child to the screen, some of them new and some in use.
func TestHostileSticks(t *testing.T) { hostile(t, func(n int) bool { return n < 120 }) }

// BenchmarkHostileStick is the same for as many as it is asked for.
func BenchmarkHostileStick(b *testing.B) {
	times := hostile(b, func(int) bool { return b.Loop() })
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "ms-p99")
	b.ReportMetric(float64(times[len(times)-1].Microseconds())/1000, "ms-most")
}

// hostile reads mutated sticks as long as there are more to read. Whatever they
// are, each ends in words: a plan, nothing to do, an enrolment, or a refusal with its code.
// Nothing of a refused one stays, and what is in force stays as it is.
func hostile(t testing.TB, more func(n int) bool) (times []time.Duration) {
	t.Helper()
	kiosks := [2]*reading{readingAs(t, false), readingAs(t, true)}
	path := filepath.Join(t.TempDir(), "stick.img")
	seen, codes := map[wire.Step]int{}, map[string]int{}
	for n := 0; more(n); n++ {
		k := kiosks[n%2]
		if err := fattest.Mutate(k.good, int64(n)).WriteFile(path); err != nil {
			t.Fatal(err)
		}
		k.plug(path)
		began := time.Now()
		w := k.work.Read(t.Context(), ignore)
		times = append(times, time.Since(began))
		seen[w.Step]++
		codes[w.Code]++
		ends(t, n, w)
		if w.Step != wire.StepPlan {
			k.cleared()
		}
	}
	for _, k := range kiosks {
		if k.state() != k.before {
			t.Errorf("%+v is in force", k.state())
		}
		k.plug(write(t, k.good)) // the control
		check(t, k.work.Read(t.Context(), ignore), wire.StepPlan, "", "")
	}
	if seen[wire.StepRefused] == 0 || len(codes) < 4 {
		t.Errorf("%v, %v: the sticks are not hostile enough", seen, codes)
	}
	slices.Sort(times)
	t.Log(len(times), "sticks:", seen, codes)
	return times
}

// reading is a kiosk, and a stick that it would take.
type reading struct {
	*box
	work   *Upkeep
	good   fattest.Memory
	before apply.State
}

// readingAs makes a kiosk that has a site, or none.
func readingAs(t testing.TB, used bool) *reading {
	t.Helper()
	b, table := newBox(t), "mbr"
	u, _ := b.start(Trial{})
	if used {
		table = ""
		b.plug(image(t, b.Publish()))
		check(t, u.Read(t.Context(), ignore), wire.StepPlan, "", "")
		check(t, u.Install(t.Context(), ignore), wire.StepInstalled, "", "")
		b.confirm()
		b.Configure(string(provisioning.NewSiteFile("Médiathèque")))
	}
	m, err := fattest.Make(2*mebi, 12, table, b.Publish())
	if err != nil {
		t.Fatal(err)
	}
	return &reading{b, u, m, b.state()}
}

// ends holds what a technician sees in the end.
func ends(t testing.TB, n int, w wire.Work) {
	t.Helper()
	said := true
	for _, lang := range []string{"fr", "en"} {
		said = said && (w.Says[lang] != "" || len(w.Lines[lang]) > 0 && w.Lines[lang][0] != "")
	}
	switch {
	case !said:
		t.Fatalf("seed %d: no words: %+v", n, w)
	case w.Step == wire.StepPlan || w.Step == wire.StepNothing || w.Step == wire.StepEnrolled:
	case w.Step != wire.StepRefused || w.Code == "" || w.Code == string(Machine):
		t.Fatalf("seed %d: %+v", n, w)
	case w.Code == "G-STICK-EXHAUSTED" || w.Code == "G-STICK-TOO-SLOW":
		t.Fatalf("seed %d met a limit: %+v", n, w)
	}
}
