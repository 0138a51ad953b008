package view

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/kiosk/view/wire"
)

// hogLimitMiB is that of the sessions below: what the test binary takes and
// some more.
const hogLimitMiB = 160

var hoard [][]byte // so that nothing of it is collected

// hog takes more than a session may, in one of the ways there are, slowly
// enough to be seen before the machine suffers, and beats all the while.
func hog(how string, say func(wire.FromView)) {
	const step = 8 << 20
	for i := 0; ; i++ {
		say(wire.Beat{Alive: true})
		block := make([]byte, step)
		for j := range block {
			block[j] = byte(j)
		}
		switch how {
		case "hog":
			hoard = append(hoard, block)
		case "hidden-hog": // memory that no process maps
			fd, err := unix.MemfdCreate("hoard", 0)
			if err != nil {
				panic(err)
			}
			if _, err := unix.Write(fd, block); err != nil {
				panic(err)
			}
		case "file-hog": // half of it in files, until they are full
			for _, dir := range []string{"/tmp", "/var/tmp", "/dev/shm", os.Getenv("HOME")} {
				_ = os.WriteFile(fmt.Sprintf("%s/%d", dir, i), block, 0o600)
			}
			if i > 8 {
				hoard = append(hoard, block)
			}
		case "threads":
			if i >= 2*maxTasks/64 { // more would meet the limit of the user, who has other views too
				break
			}
			for range 64 {
				go func() {
					runtime.LockOSThread()
					_ = unix.Pause()
				}()
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestLimitOfASession(t *testing.T) {
	for how, want := range map[string]struct {
		err   error
		limit wire.Limit
	}{
		"hog":        {ErrMemory, wire.LimitMemory},
		"hidden-hog": {ErrMemory, wire.LimitMemory},
		"file-hog":   {ErrMemory, wire.LimitMemory},
		"threads":    {ErrTasks, wire.LimitProcesses},
	} {
		t.Run(how, func(t *testing.T) {
			both(t, func(t *testing.T, weak bool) {
				if weak && how == "file-hog" {
					t.Skip("with weak isolation files are on the disk")
				}
				c := with(weak, setting(t, how))
				if how != "threads" { // under the race detector those take a lot of memory, too
					c.MemoryLimitMiB = hogLimitMiB
				}
				b := open(t, c)
				n := b.warm()
				b.next() // Hello
				b.next() // Ready
				r := b.next()
				g, ok := r.Msg.(wire.Gone)
				if !ok || !errors.Is(g.Err, want.err) || g.Limit != want.limit {
					t.Errorf("%T %+v", r.Msg, r.Msg)
				}
				waitGone(t, b.Kill(n).Mark)
			})
		})
	}
}

// TestUse compares what is summed up with what a view is known to take.
func TestUse(t *testing.T) {
	b := open(t, setting(t, "good"))
	n := b.warm()
	b.next()
	b.mu.Lock()
	v := b.views[n]
	b.mu.Unlock()
	before := v.use()
	files := before.inFiles()
	if before.tasks < 5 || before.bytes < 1<<20 || before.bytes > leastMemoryMiB<<20 {
		t.Errorf("a view that does nothing takes %+v", before)
	}
	inside := fmt.Sprintf("/proc/%d/root/dev/shm/file", v.traces.PID)
	if err := os.WriteFile(inside, make([]byte, 10<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if grown := v.use().inFiles() - files; grown < 9<<20 || grown > 12<<20 {
		t.Errorf("a file of 10 MiB adds %d bytes", grown)
	}
	time.Sleep(3 * lookEvery) // a view that stays below its limits stays
	if err := b.Send(n, wire.Blank{}); err != nil {
		t.Error(err)
	}
	b.Kill(n)
	b.gone(n)
}

// TestScratchFits: what a view may write is half of what it may use.
func TestScratchFits(t *testing.T) {
	sum := 0
	for _, s := range scratch {
		sum += s.share
	}
	if sum != 50 {
		t.Errorf("shares add up to %d %%", sum)
	}
	c := setting(t, "good")
	c.MemoryLimitMiB = 10
	if _, err := Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), "memory limit of 10 MiB") {
		t.Errorf("Open: %v", err)
	}
}
