package renew

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/provisioning"
	"guichet.example/provisioning/fleet"
)

// others puts so many more kiosks into the site.
func (p *place) others(n int) {
	for i := range n {
		id := provisioning.KioskIDOf(fmt.Sprint("age1", i))
		for _, file := range []string{provisioning.SiteFile, provisioning.MachineFile, provisioning.SecretsFile} {
			p.Files[provisioning.KioskTarget(id, file)] = fmt.Sprint(file, i)
		}
	}
}

// TestTransfer counts the bytes of one kiosk at its socket, both ways, with
// handshake and certificate: docs/fleet.md and the README have them.
//
//	go test -run TestTransfer -v ./cmd/kioskd/renew
func TestTransfer(t *testing.T) {
	for _, c := range []struct {
		kiosks                int
		same, elsewhere, mebi int64 // KB at most
	}{{1, 5, 14, 1100}, {2000, 5, 900, 2000}} {
		t.Run(fmt.Sprint(c.kiosks, " kiosks"), func(t *testing.T) {
			p := newPlace(t)
			p.others(c.kiosks - 1)
			p.put()
			f := p.start(nil)
			p.bring(f)
			count := func(what string, want bool, most int64) {
				t.Helper()
				p.moved.Store(0)
				if p.bring(f) != want {
					t.Error(what, "brings something:", !want)
				}
				moved := p.moved.Load()
				t.Logf("%s: %d bytes in %d requests", what, moved, len(p.asked))
				if moved > most*1000 {
					t.Errorf("more than %d KB", most)
				}
			}
			count("nothing new", false, c.same)
			none := 0
			p.Rollout = &none
			p.put()
			count("news, not yet for this kiosk", false, c.same+6)
			p.Rollout = nil
			p.put()
			count("news, none of them for this kiosk", false, c.elsewhere)
			filler := 1<<20 - p.Pack("essai")
			p.Files["packs/essai/filler.go"] = strings.Repeat("0123456789abcdef", filler/16) // the loader passes over it
			p.Configure(strings.Replace(string(provisioning.NewSiteFile("Mairie")), `# own = ["valbourg"]`, `own = ["essai"]`, 1))
			p.put()
			count("a pack of 1 MiB", true, c.mebi)
		})
	}
}

// TestCrowd lets kiosks that start in the same second wait as the loop has them
// wait: no wave comes of it. provisioning/fleet simulates more, and an outage.
func TestCrowd(t *testing.T) {
	const kiosks, hours = 3000, 6
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), hours*time.Hour)
		defer stop()
		began := time.Now()
		var minutes [hours * 60]atomic.Int64
		for range kiosks {
			f := &Fleet{config: Config{Period: provisioning.DefaultInterval}, chance: rand.Uint32}
			f.due = began.Add(fleet.First(f.config.Period, f.chance()))
			go func() {
				for f.Wait(ctx) == nil {
					minutes[min(int(time.Since(began)/time.Minute), len(minutes)-1)].Add(1)
					f.asked(ctx, nil)
				}
			}()
		}
		<-ctx.Done()
		synctest.Wait()
		all, busiest := int64(0), int64(0)
		for i := range minutes {
			all += minutes[i].Load()
			busiest = max(busiest, minutes[i].Load())
		}
		mean := float64(all) / float64(len(minutes))
		t.Logf("%d kiosks: %.0f requests a minute, %d in the busiest (%.2f times that)", kiosks, mean, busiest, float64(busiest)/mean)
		if want := kiosks / provisioning.DefaultInterval.Minutes(); math.Abs(mean-want) > want/20 || float64(busiest) > want+6*math.Sqrt(want) {
			t.Errorf("it should be %.0f", want)
		}
	})
}
