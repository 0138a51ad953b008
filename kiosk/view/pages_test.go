package view

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/kiosk/view/wire"
)

// withPage is a view with one process that runs pages: it tells when that has
// ended, as the engine does, and lives on.
func withPage(behaviour string, say func(wire.FromView)) {
	cmd := exec.Command("/proc/self/exe", childArg, "as-"+behaviour)
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	go func() {
		_ = cmd.Wait() // it was killed
		say(wire.Page{Event: wire.PageCrashed})
	}()
}

// page is a process that the watch takes for one that runs pages.
func page(kind string) int {
	callItself(pageName)
	switch kind {
	case "idle":
		select {}
	case "fetch": // what it asks for lies in another process, too
		fetcher := exec.Command("/proc/self/exe", childArg, "as-fetcher")
		fetcher.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		runtime.LockOSThread() // which the fetcher must not outlive
		if err := fetcher.Start(); err != nil {
			panic(err)
		}
		kind = "hog"
	}
	hog(kind, func(wire.FromView) {})
	return 1
}

// fetcher is a process of the engine that runs no pages.
func fetcher() int {
	callItself(engineName + "NetworkPr")
	hog("hog", func(wire.FromView) {})
	return 1
}

func callItself(name string) {
	if err := os.WriteFile("/proc/self/comm", []byte(name), 0); err != nil {
		panic(err)
	}
}

// TestPageTakesTooMuch: the page ends, and the view does not.
func TestPageTakesTooMuch(t *testing.T) {
	for _, how := range []string{"page-hog", "page-threads", "page-fetch"} {
		t.Run(how, func(t *testing.T) {
			both(t, func(t *testing.T, weak bool) {
				c := with(weak, setting(t, how))
				c.MemoryLimitMiB = 2 * hogLimitMiB // its first line stands above what two of the test binary take
				b := open(t, c)
				n := b.warm()
				b.next() // Hello
				b.next() // Ready
				b.next() // At
				if r := b.next(); r.Msg != (wire.Page{Event: wire.PageCrashed}) {
					t.Errorf("%T %+v", r.Msg, r.Msg)
				}
				time.Sleep(2 * lookEvery)
				if b.running(n) == nil {
					t.Error("the view ended with its page")
				}
				b.Kill(n)
				b.gone(n)
			})
		})
	}
}

// TestPagesStandBack: our own window comes first for the processor, pages last.
func TestPagesStandBack(t *testing.T) {
	first := windowNice
	if os.Getuid() != 0 {
		first = 0 // which takes CAP_SYS_NICE
	}
	both(t, func(t *testing.T, weak bool) {
		b := open(t, with(weak, setting(t, "page-idle")))
		n := b.warm()
		b.next() // Hello
		b.next() // Ready
		deadline := time.Now().Add(10 * time.Second)
		for {
			found := niceness(t, b.running(n).traces.PID)
			if found[pageName] == engineNice {
				if len(found) < 2 {
					t.Errorf("only %v was found", found)
				}
				delete(found, pageName)
				for name, nice := range found {
					if nice != first {
						t.Errorf("%s has the nice value %d, want %d", name, nice, first)
					}
				}
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("nice values %v", found)
			}
			time.Sleep(20 * time.Millisecond)
		}
		b.Kill(n)
		b.gone(n)
	})
}

// niceness returns by process name the lowest nice value of any thread.
func niceness(t *testing.T, first int) map[string]int {
	t.Helper()
	found := map[string]int{}
	for _, pid := range processesOf(first) {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid)) // the pattern is well-formed
		name := statusOf(pid)["Name"]
		for _, task := range tasks {
			var tid int
			fmt.Sscan(filepath.Base(task), &tid)
			raw, err := unix.Getpriority(unix.PRIO_PROCESS, tid) // the system call says 20 minus the nice value
			if err != nil {
				continue // it has ended
			}
			nice := 20 - raw
			if least, ok := found[name]; !ok || nice < least {
				found[name] = nice
			}
		}
	}
	return found
}
