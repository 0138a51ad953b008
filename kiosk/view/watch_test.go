package view

import (
	"bufio"
	"errors"
	"net"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/kiosk/view/wire"
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

// TestRunawayThatWaits: a view that was never asked for a page, and takes more
// than a session may long after its start, is ended at the next look.
func TestRunawayThatWaits(t *testing.T) {
	process := exec.Command("/bin/sh", "-c", "read start; (head -c 96M /dev/zero; echo taken >&2; exec sleep 1000) | tail -c 96M")
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	start, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		killBelow(process.Process.Pid)
		_ = process.Process.Kill() // it ends with what it waits for
		_ = process.Wait()         // not in order
	})
	synctest.Test(t, func(t *testing.T) {
		link, other := net.Pipe()
		control, first, err := pair(unix.SOCK_SEQPACKET)
		if err != nil {
			t.Fatal(err)
		}
		defer closeAll(other, first)
		v := &running{traces: wire.Traces{PID: process.Process.Pid}, link: link, control: control,
			ended: make(chan struct{}), exited: make(chan struct{}), moved: make(chan struct{}, 1)}
		defer v.end(nil)
		p := &Pool{config: Config{MemoryLimitMiB: 64}}
		go p.watchOver(v) // until v has ended
		isEnded := func() bool {
			synctest.Wait()
			select {
			case <-v.ended:
				return true
			default:
				return false
			}
		}
		time.Sleep(time.Minute)
		if isEnded() {
			t.Fatal("ended before it took anything:", v.why)
		}
		if _, err := start.Write([]byte("\n")); err != nil {
			t.Fatal(err)
		}
		if _, err := bufio.NewReader(said).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		time.Sleep(waitingEvery)
		if !isEnded() || !errors.Is(v.why, ErrMemory) {
			t.Errorf("ended: %v, %v", isEnded(), v.why)
		}
	})
}
