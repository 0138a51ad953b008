package e2e

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// size is what a tree of processes takes, in KiB.
type size struct{ resident, files, swapped int64 }

// scale weighs the trees of a bench's views every 50 ms until it is stopped, as
// the daemon does: what processes have in memory of their own or share in files
// in memory, and what lies in those. The kernel keeps these sums. It would have to
// walk the pages for a better one (smaps_rollup), which holds up the very process
// whose answers are timed.
type scale struct {
	t     *testing.T
	mark  []byte
	known map[int]string // the view of a process, "" = none
	stop  chan struct{}
	done  sync.WaitGroup

	mu   sync.Mutex
	peak size // of the largest tree, each figure for itself
}

func weigh(b *bench) *scale {
	s := &scale{t: b.t, mark: []byte(viewsOf(b.data)), stop: make(chan struct{}), known: map[int]string{}}
	s.done.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			s.once()
			select {
			case <-tick.C:
			case <-s.stop:
				return
			}
		}
	})
	return s
}

func (s *scale) end() {
	close(s.stop)
	s.done.Wait()
}

// take returns the peak since the last call.
func (s *scale) take() size {
	s.mu.Lock()
	defer s.mu.Unlock()
	peak := s.peak
	s.peak = size{}
	return peak
}

func (s *scale) once() {
	trees, living := map[string]size{}, map[int]string{}
	for _, pid := range pids() {
		mark, known := s.known[pid]
		if !known || mark == "" { // a program has another environment than what it was started from
			mark = s.view(pid)
		}
		living[pid] = mark
		if mark == "" {
			continue
		}
		dir := fmt.Sprintf("/proc/%d", pid)
		z := trees[mark]
		z.resident += field(dir+"/status", "RssAnon:") + field(dir+"/status", "RssShmem:")
		z.swapped += field(dir+"/status", "VmSwap:")
		z.files = max(z.files, written(dir+"/root"))
		trees[mark] = z
	}
	s.known = living
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, z := range trees {
		s.peak.resident = max(s.peak.resident, z.resident+z.files)
		s.peak.files = max(s.peak.files, z.files)
		s.peak.swapped = max(s.peak.swapped, z.swapped)
	}
}

// view names the view that a process belongs to by what its environment says
// of its directory.
func (s *scale) view(pid int) string {
	environ, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid)) // it may have ended
	at := bytes.Index(environ, s.mark)
	if at < 0 {
		return ""
	}
	mark, _, _ := strings.Cut(string(environ[at:]), "\x00")
	return mark
}

// field reads a line of kibibytes of a file of /proc; 0 without it.
func field(path, name string) int64 {
	data, _ := os.ReadFile(path) // the process may have ended
	for line := range strings.Lines(string(data)) {
		var kib int64
		if rest, ok := strings.CutPrefix(line, name); ok {
			fmt.Sscan(rest, &kib)
			return kib
		}
	}
	return 0
}

// written is what lies in the memory file systems of a private root, in KiB.
func written(root string) int64 {
	const tmpfs = 0x01021994 // statfs(2)
	var sum int64
	for _, dir := range []string{"/tmp", "/var/tmp", "/dev/shm", "/home", "/run"} {
		var fs syscall.Statfs_t
		if syscall.Statfs(root+dir, &fs) == nil && fs.Type == tmpfs && fs.Blocks < 1<<20 {
			sum += int64(fs.Blocks-fs.Bfree) * fs.Bsize >> 10
		}
	}
	return sum
}

// pids lists the processes of the machine.
func pids() []int {
	names, _ := os.ReadDir("/proc") // it is always there
	var all []int
	for _, n := range names {
		var pid int
		if _, err := fmt.Sscan(n.Name(), &pid); err == nil {
			all = append(all, pid)
		}
	}
	return all
}

// files counts the open files of a process.
func openFiles(pid int) int {
	names, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid)) // none when it has ended
	return len(names)
}

// swaps is what of the machine's memory lies in swap, in KiB.
func swaps() int64 { return field("/proc/meminfo", "SwapTotal:") - field("/proc/meminfo", "SwapFree:") }
