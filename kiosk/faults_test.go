package kiosk

import (
	"errors"
	"strings"
	"testing"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning/report"
)

type faults struct{ *box }

func (f faults) Count(fault report.Fault) { f.add("fault %s", fault) }

// counted lists the faults that were counted, in their order.
func (d *diary) counted() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []string
	for _, line := range d.lines {
		if fault, ok := strings.CutPrefix(line, "fault "); ok {
			all = append(all, fault)
		}
	}
	return strings.Join(all, " ")
}

// TestFaultsAreCountedOnce: each kind, once for each time, and none where all
// goes well.
func TestFaultsAreCountedOnce(t *testing.T) {
	for want, play := range map[string]func(t *testing.T, b *box, k *Kiosk){
		"": func(t *testing.T, _ *box, k *Kiosk) {
			choose(t, k)
			if err := k.Do(t.Context(), session.End{}); err != nil {
				t.Fatal(err)
			}
		},
		"crash": func(t *testing.T, b *box, k *Kiosk) {
			choose(t, k)
			b.reports <- wire.Report{View: 1, Msg: wire.Gone{Err: errors.New("signal: killed")}}
		},
		"wipe": func(t *testing.T, b *box, k *Kiosk) {
			choose(t, k)
			b.mu.Lock()
			b.wipeFail = true
			b.mu.Unlock()
			if err := k.Do(t.Context(), session.End{}); err != nil {
				t.Fatal(err)
			}
		},
		"film": func(_ *testing.T, b *box, _ *Kiosk) { // its contact is lost
			b.film <- hw.FilmUnknown
		},
	} {
		t.Run(want, func(t *testing.T) {
			run(t, func(t *testing.T, b *box, k *Kiosk) {
				play(t, b, k)
				settle(4 * time.Second)
				if got := b.counted(); got != want {
					t.Errorf("%q, want %q", got, want)
				}
			})
		})
	}
}
