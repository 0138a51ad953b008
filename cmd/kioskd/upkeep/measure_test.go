package upkeep

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning"
	"guichet.example/provisioning/stick/fattest"
)

const mebi = 1 << 20

// withPacks puts so many MiB of packs on the next stick: packs of twenty copies
// of a shipped procedure, and for what is still missing files that the loader of
// packs passes over. Ten thousand files of procedures, the most that a stick may
// hold, come to half of 200 MiB.
func (b *box) withPacks(mib int) {
	b.t.Helper()
	var names []string
	for size := 0; size < mib*mebi; {
		name := fmt.Sprintf("essai-%02d", len(names))
		names = append(names, name)
		size += b.Pack(name)
		for n := 0; n < 15 && size < mib*mebi; n++ {
			filler := strings.Repeat(fmt.Sprintf("// %s, %02d\n", name, n), min(mebi, mib*mebi-size)/16+1)
			b.Files[fmt.Sprintf("%s/filler-%d.go", provisioning.PackFolder(name), n)] = filler
			size += len(filler)
		}
	}
	b.Configure(strings.Replace(string(provisioning.NewSiteFile("Mairie")), `# own = ["valbourg"]`, `own = ["`+strings.Join(names, `", "`)+`"]`, 1))
}

// newborn gives the kiosk a data directory without a site, with the same key.
func (b *box) newborn() {
	b.t.Helper()
	key, err := os.ReadFile(filepath.Join(b.data, KeyFile))
	if err == nil {
		b.data = b.t.TempDir()
		err = os.WriteFile(filepath.Join(b.data, KeyFile), key, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// BenchmarkStick sets a new kiosk up with a stick of so many MiB of packs, from
// the stick in the port to the plan, to the release on trial, and to the release
// confirmed: all that this package does, on the disk of the temporary directory.
// Neither the technician's reading nor the restart of kioskd is in it. The stick
// is a file that the machine has in memory: what a real one takes to be read
// comes on top, and its child has 20 s for all of it.
func BenchmarkStick(b *testing.B) {
	for _, mib := range []int{1, 200} {
		b.Run(fmt.Sprint(mib, "MiB"), func(b *testing.B) {
			k := newBox(b)
			k.withPacks(mib)
			m, err := fattest.Make(int64(mib+64)*mebi, 32, "mbr", k.Publish())
			if err != nil {
				b.Fatal(err)
			}
			stick, trial := write(b, m), online(b)
			_, used, err := childUser().Read(b.Context(), stick, filepath.Join(b.TempDir(), "copy"))
			if err != nil {
				b.Fatal(err)
			}
			total := figures{memory: used.Memory}
			for b.Loop() {
				k.newborn()
				total.add(k.setUp(b, stick, trial))
			}
			total.report(b)
		})
	}
}

// figures are times since the stick was in the port, and the child's memory.
type figures struct {
	planned, stored, confirmed time.Duration
	memory                     int64
	n                          int
}

func (f *figures) add(one figures) {
	f.planned, f.stored, f.confirmed, f.n = f.planned+one.planned, f.stored+one.stored, f.confirmed+one.confirmed, f.n+1
}

func (f *figures) report(b *testing.B) {
	ms := func(d time.Duration) float64 { return float64(d.Milliseconds()) / float64(f.n) }
	b.ReportMetric(ms(f.planned), "ms-to-plan")
	b.ReportMetric(ms(f.stored), "ms-to-trial")
	b.ReportMetric(ms(f.confirmed), "ms-to-confirmed")
	b.ReportMetric(float64(f.memory>>10), "KiB-child")
	b.ReportMetric(0, "ns/op") // left out: it counts making a new kiosk, too
}

func (k *box) setUp(b *testing.B, stick string, trial Trial) (f figures) {
	b.Helper()
	u, _ := k.start(trial)
	began := time.Now()
	k.plug(stick)
	check(b, u.Read(b.Context(), ignore), wire.StepPlan, "", "Première installation")
	f.planned = time.Since(began)
	check(b, u.Install(b.Context(), ignore), wire.StepInstalled, "", "")
	f.stored = time.Since(began)
	u, _ = k.start(trial)
	check(b, u.Test(b.Context(), ignore), wire.StepDone, "", "")
	f.confirmed = time.Since(began)
	return f
}
