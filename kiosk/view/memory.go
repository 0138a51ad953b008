package view

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/kiosk/view/wire"
)

// DefaultMemoryLimitMiB is what a session may use where Config names nothing:
// that of a site.
const DefaultMemoryLimitMiB = 700

// leastMemoryMiB is about what a view with an empty page takes.
const leastMemoryMiB = 100

// Errors with which a view is Gone that took more than a session may.
var (
	// ErrMemory: processes and files in memory together.
	ErrMemory = errors.New("memory")
	// ErrTasks: processes and threads.
	ErrTasks = errors.New("processes")
)

// maxTasks is how many processes and threads one view may have. A session has
// some 60 here, each worker of a page adds one.
const maxTasks = 1024

// lookEvery is how often a view is looked at that was asked for a page, or has
// had fewer than startLooks. The page's own limit is looked at as often by the
// engine. A view that waits for its first page is looked at every waitingEvery.
const (
	lookEvery    = 500 * time.Millisecond
	startLooks   = 8
	waitingEvery = 5 * time.Second
)

// closeLook is how many looks it takes until files are counted too, which costs
// more than all the rest, while processes take less than half of the limit.
const closeLook = 4

// pagePart of a session's memory is what its page's process may take, in
// percent. There are three lines of defence. At this one the engine ends the
// page's process, and the person reads so and goes on; but it looks between two
// scripts only. At the next, lastPart, we do, with the same outcome. What is
// above them is for the bar, the engine's other processes, the files in memory,
// and for what a page can take until somebody looks. At the limit of the
// session the whole view ends, and with it the session.
const pagePart = 70

// pageLimitMiB is the first line.
func (c *Config) pageLimitMiB() int { return c.MemoryLimitMiB * pagePart / 100 }

// use is what the processes of a view take of the machine.
type use struct {
	pids   []int
	engine []int       // those of the engine
	pages  map[int]int // those that run pages, with their threads
	bytes  int64
	tasks  int
}

// watchOver ends pages of a view, and where that is not enough the view, that
// take more than they may, until it has ended. It keeps the engine behind our
// own window too, see engineNice.
func (p *Pool) watchOver(v *running) {
	v.watch(func(closely bool) { p.look(v, closely) }, func() { v.endPages(p.config.MemoryLimitMiB) })
}

// watch says when a view is looked at, and when glanced at, until it has ended.
func (v *running) watch(look func(closely bool), glance func()) {
	if !v.awaitPage(look) {
		return
	}
	ticker := time.NewTicker(glanceEvery)
	defer ticker.Stop()
	const glances = int(lookEvery / glanceEvery) // to a look
	for n := 0; ; n++ {
		switch {
		case n%glances == 0 || v.hasMoved():
			look(n/glances%closeLook == 0)
		case !v.calm || n%calmGlances == 0:
			glance()
		}
		select {
		case <-v.ended:
			return
		case <-ticker.C:
		}
	}
}

// awaitPage watches a view until it is to have a page and says whether it came
// to that. Home surface and spare, which a kiosk shows for most of the day, run
// nothing that is not ours: they are not glanced at, and once they have started
// seldom looked at.
func (v *running) awaitPage(look func(closely bool)) bool {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-v.ended:
			return false
		case <-v.moved:
			return true
		case <-ticker.C:
		}
		look(n%closeLook == 0)
		if n+1 == startLooks {
			ticker.Reset(waitingEvery)
		}
	}
}

// move has the watch look at once: a page is asked for, or another is shown,
// which may run in a process of its own.
func (v *running) move() {
	select {
	case v.moved <- struct{}{}:
	default: // it is about to
	}
}

func (v *running) hasMoved() bool {
	select {
	case <-v.moved:
		return true
	default:
		return false
	}
}

// look judges one view, closely with the files that it holds. A view in a
// cgroup is the kernel's to end.
func (p *Pool) look(v *running, closely bool) {
	u := v.use()
	v.engine, v.pages = u.engine, u.pages
	for _, pid := range u.engine {
		p.order(v, func() error { return standBack(pid) })
	}
	if v.endPages(p.config.MemoryLimitMiB) || v.traces.Cgroup != "" {
		return
	}
	if closely || u.bytes > int64(p.config.MemoryLimitMiB)<<20/2 {
		v.files = u.inFiles()
	}
	u.bytes += v.files
	if err := p.config.judge(u); err != nil {
		v.end(err)
	}
}

func (c *Config) judge(u use) error {
	limit := int64(c.MemoryLimitMiB) << 20
	switch {
	case u.bytes > limit:
		return fmt.Errorf("%w: the session took %d MiB, its limit is %d", ErrMemory, u.bytes>>20, c.MemoryLimitMiB)
	case u.tasks > maxTasks:
		return fmt.Errorf("%w: the session had %d, its limit is %d", ErrTasks, u.tasks, maxTasks)
	}
	return nil
}

// use sums up the processes, each with memory of its own and what it maps of
// files in memory. What two processes map of one file is counted twice, which
// here is next to nothing. What lies in the kernel for them, in sockets and
// pipes, only a cgroup counts.
func (v *running) use() use {
	u := use{pages: map[int]int{}}
	for _, pid := range processesOf(v.traces.PID) {
		s := statusOf(pid)
		if s == nil {
			continue
		}
		threads := int(s.number("Threads"))
		u.pids = append(u.pids, pid)
		u.tasks += threads
		if strings.HasPrefix(s["Name"], engineName) {
			u.engine = append(u.engine, pid)
		}
		if s["Name"] == pageName {
			u.pages[pid] = threads
		}
		u.bytes += (s.number("RssAnon") + s.number("RssShmem") + s.number("VmSwap")) << 10
	}
	return u
}

// inFiles sums up files in memory: those that the processes have open, and
// their file systems.
func (u use) inFiles() (bytes int64) {
	spaces := map[string]int{} // mount namespaces, each with a process in it
	files := map[uint64]bool{}
	for _, pid := range u.pids {
		bytes += filesInMemory(pid, files)
		if space := namespace(strconv.Itoa(pid), "mnt"); space != "" && spaces[space] == 0 {
			spaces[space] = pid
		}
	}
	return bytes + inTmpfs(spaces)
}

// filesInMemory sums up the nameless files (memfd_create) that a process has
// open: without being mapped they count in no process.
func filesInMemory(pid int, known map[uint64]bool) (bytes int64) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, _ := os.ReadDir(dir) // it may have ended
	for _, e := range entries {
		path := dir + "/" + e.Name()
		if target, err := os.Readlink(path); err != nil || !strings.HasPrefix(target, "/memfd:") {
			continue
		}
		var st unix.Stat_t
		if unix.Stat(path, &st) == nil && !known[st.Ino] {
			known[st.Ino] = true
			bytes += st.Blocks * 512
		}
	}
	return bytes
}

// inTmpfs sums up the tmpfs that are mounted in these namespaces and not in
// ours: a socket that is shown to a view may lie on a tmpfs of the machine.
func inTmpfs(spaces map[string]int) (bytes int64) {
	known := map[string]bool{}
	for _, m := range mountsOf("self") {
		known[m.device] = true
	}
	for _, pid := range spaces {
		process := strconv.Itoa(pid)
		for _, m := range mountsOf(process) {
			if m.kind != "tmpfs" || known[m.device] {
				continue
			}
			known[m.device] = true
			var st unix.Statfs_t
			if unix.Statfs(filepath.Join("/proc", process, "root", m.point), &st) == nil {
				bytes += int64(st.Blocks-st.Bfree) * st.Bsize
			}
		}
	}
	return bytes
}

// limitOf names the limit that an end was for.
func limitOf(err error) wire.Limit {
	switch {
	case errors.Is(err, ErrMemory):
		return wire.LimitMemory
	case errors.Is(err, ErrTasks):
		return wire.LimitProcesses
	default:
		return ""
	}
}

// tooMuch says whether the kernel ended a view because of its memory.
func (v *running) tooMuch() bool {
	if v.traces.Cgroup == "" {
		return false
	}
	data, err := os.ReadFile(v.traces.Cgroup + "/memory.events")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(data)) {
		key, count, _ := strings.Cut(strings.TrimSpace(line), " ")
		if key == "oom_kill" && count != "0" {
			return true
		}
	}
	return false
}
