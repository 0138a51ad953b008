package wipe

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"guichet.example/kiosk/view/wire"
)

// seen is what one look found.
type seen struct {
	processes []process
	dying     int      // in the pid namespace, whose first process is dead already
	mounts    []string // in our own mount namespace: mount points, innermost last
	elsewhere int      // mounts seen in other mount namespaces
	unmounted error    // why one of mounts stays
}

func (s *seen) nothing() bool {
	return len(s.processes) == 0 && s.dying == 0 && len(s.mounts) == 0 && s.elsewhere == 0
}

// words says what is left.
func (s *seen) words() (words []string) {
	for _, p := range s.processes {
		words = append(words, fmt.Sprintf("process %q (%s)", p.name, stateWord(p.state)))
	}
	if s.dying > 0 {
		words = append(words, fmt.Sprintf("%d processes of a namespace that is ending", s.dying))
	}
	if n := len(s.mounts); n > 0 {
		why := "unmounted last"
		if s.unmounted != nil {
			why = s.unmounted.Error()
		}
		words = append(words, fmt.Sprintf("%d mounts (%s)", n, why))
	}
	if s.elsewhere > 0 {
		words = append(words, fmt.Sprintf("%d mounts in another mount namespace", s.elsewhere))
	}
	return words
}

func stateWord(state byte) string {
	switch state {
	case 'D':
		return "waits for the kernel and cannot be killed"
	case 'T', 't':
		return "stopped"
	case 'Z':
		return "its other threads still run"
	default:
		return "running"
	}
}

// look reads the whole process table once. Files that cost little come first.
func (s suspect) look() (*seen, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("read process table: %w", err)
	}
	l := lookout{suspect: s, seen: &seen{}, self: os.Getpid(), parents: map[int]int{},
		related: map[uint64]bool{}, mounts: map[uint64]bool{}}
	if l.ownMounts, err = namespaceOf("self", "mnt"); err != nil {
		return nil, fmt.Errorf("read process table: %w", err)
	}
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	if !slices.Contains(pids, l.self) {
		return nil, errors.New("read process table: it does not even show this process")
	}
	for _, pid := range pids {
		if err := l.visit(pid); err != nil {
			return nil, err
		}
	}
	l.descendants(pids)
	l.unrecognised()
	return l.seen, nil
}

// lookout is the state of one look.
type lookout struct {
	suspect
	seen      *seen
	self      int
	ownMounts uint64
	related   map[uint64]bool // pid namespaces: is or is below the suspect's
	mounts    map[uint64]bool // mount namespaces visited: has mounts of the suspect
	parents   map[int]int     // filled when ancestry matters
	inside    []int           // in the pid namespace, without the mark
	first     byte            // of the pid namespace: 0 not seen, 'o' ours, 'f' foreign
}

// visit looks at one process. One that has ended meanwhile, or that we may not
// look at, is passed over.
func (l *lookout) visit(pid int) error {
	name := strconv.Itoa(pid)
	pidns, err := namespaceOf(name, "pid")
	if err != nil {
		return nil
	}
	environ, _ := os.ReadFile("/proc/" + name + "/environ")
	marked := pid != l.self && carries(environ, l.mark)
	member := l.pidns != 0 && l.isRelated(name, pidns)
	if member && pidns == l.pidns && l.first == 0 && isFirst(name) {
		l.first = 'f'
		if marked || pid == l.pid && !carries(environ, wire.MarkName+"=") {
			l.first = 'o'
		}
	}
	mounted, err := l.visitMounts(name)
	if err != nil {
		return err
	}
	switch {
	case marked || mounted && pid != l.self:
		l.add(pid)
	case member:
		l.inside = append(l.inside, pid)
	}
	if l.pid != 0 && l.pidns == 0 {
		if p, ok := statOf(name); ok {
			l.parents[pid] = p.parent
		}
	}
	return nil
}

func (l *lookout) add(pid int) {
	name := strconv.Itoa(pid)
	p, ok := statOf(name)
	if !ok || p.state == 'X' || p.state == 'Z' && threads(name) < 2 {
		return // nothing but an exit status
	}
	l.seen.processes = append(l.seen.processes, p)
}

// unrecognised deals with members of the pid namespace without a mark. They are
// ours when its first process is; when that one is dead the kernel is already
// ending them; when it is another's, only the number is the same.
func (l *lookout) unrecognised() {
	if l.first == 'f' {
		return
	}
	for _, pid := range l.inside {
		before := len(l.seen.processes)
		l.add(pid)
		if l.first == 0 && len(l.seen.processes) > before {
			l.seen.processes = l.seen.processes[:before]
			l.seen.dying++
		}
	}
}

// descendants adds whatever is below the first process of a tree without
// namespaces, provided that it still is that process.
func (l *lookout) descendants(pids []int) {
	known := map[int]bool{}
	for _, p := range l.seen.processes {
		known[p.pid] = true
	}
	if !known[l.pid] {
		return
	}
	for _, pid := range pids {
		for up, steps := l.parents[pid], 0; up > 1 && steps < len(pids); up, steps = l.parents[up], steps+1 {
			if up == l.pid && !known[pid] {
				l.add(pid)
				break
			}
		}
	}
}
