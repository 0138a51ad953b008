package view

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestWatchRests counts how often the watch looks in a minute: seldom at a view
// that waits, from the first page on as often as a calm page and one that grows
// need, and never after the end.
func TestWatchRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &running{ended: make(chan struct{}), moved: make(chan struct{}, 1)}
		var looks, closeLooks, glances atomic.Int64
		var grows atomic.Bool
		judged := func() { v.calm = !grows.Load() }
		go v.watch(func(closely bool) {
			looks.Add(1)
			if closely {
				closeLooks.Add(1)
			}
			judged()
		}, func() { glances.Add(1); judged() })
		const started = startLooks*lookEvery + time.Millisecond // so that each later tick falls into one phase
		for _, phase := range []struct {
			name                       string
			before                     func()
			lasts                      time.Duration
			looks, closeLooks, glances int64
		}{
			{"starts", func() {}, started, 8, 2, 0},
			{"waits", func() {}, time.Minute, 12, 3, 0},
			{"is asked for a page", v.move, time.Millisecond, 1, 1, 0},
			{"has a calm page", func() {}, time.Minute, 120, 30, 480},
			{"shows another, which grows", func() { grows.Store(true); v.move() }, glanceEvery, 1, 1, 0},
			{"has a page that grows", func() {}, time.Minute, 120, 30, 2280},
			{"has ended", func() { close(v.ended) }, time.Minute, 0, 0, 0},
		} {
			looks.Store(0)
			closeLooks.Store(0)
			glances.Store(0)
			phase.before()
			time.Sleep(phase.lasts)
			synctest.Wait()
			got := [...]int64{looks.Load(), closeLooks.Load(), glances.Load()}
			if want := [...]int64{phase.looks, phase.closeLooks, phase.glances}; got != want {
				t.Errorf("a view that %s, for %v: %d looks, close ones and glances, want %d", phase.name, phase.lasts, got, want)
			}
		}
	})
}
