package view

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Check is one thing that holds of every view, or does not, as a look from
// outside found it.
type Check struct {
	Name   string // in plain words
	Holds  bool
	Needed bool   // a view for which it does not hold is ended
	Why    string // why it does not hold
}

// inspection is a look at all processes of one view, from outside.
type inspection struct {
	config *Config
	view   *running
	root   bool // the daemon is root
	weak   bool
	seen   []member
}

// member is a process of the view.
type member struct {
	pid    int
	name   string // /proc/name
	status status
}

func (m member) String() string { return fmt.Sprintf("process %d (%s)", m.pid, m.status["Name"]) }

// errWeak is why some things do not hold with weak isolation.
var errWeak = errors.New("isolation is weak")

// inspect looks at a view and returns what holds of it, and an error that names
// what is needed and does not.
func (p *Pool) inspect(v *running) ([]Check, error) {
	i := inspection{config: &p.config, view: v, root: os.Getuid() == 0, weak: v.traces.PIDNamespace == 0}
	for _, pid := range processesOf(v.traces.PID) {
		if s := statusOf(pid); s != nil {
			i.seen = append(i.seen, member{pid, strconv.Itoa(pid), s})
		}
	}
	var checks []Check
	var missing []string
	for _, c := range []struct {
		name   string
		needed bool
		look   func() error
	}{
		{"a user of its own, in no group", i.root, i.user},
		{"no capabilities", true, i.capabilities},
		{"no new privileges", true, i.privileges},
		{"system calls filtered", true, i.filter},
		{"namespaces of its own", !i.weak, i.namespaces},
		{"a root directory of its own, in memory", !i.weak, i.rootDirectory},
		{"no network but the daemon's listener", !i.weak, i.network},
		{"limits on each process", true, i.limits},
		{"memory of a session limited by the kernel", p.cgroups != "", func() error { return i.cgroup(p.noCgroups) }},
		{"no swap", false, noSwap},
	} {
		check := Check{Name: c.name, Holds: true, Needed: c.needed}
		if err := c.look(); err != nil {
			check.Holds, check.Why = false, err.Error()
			if c.needed {
				missing = append(missing, fmt.Sprintf("%s: %v", c.name, err))
			}
		}
		checks = append(checks, check)
	}
	if len(missing) > 0 {
		return checks, fmt.Errorf("is not isolated: %s", strings.Join(missing, "; "))
	}
	return checks, nil
}

func (i inspection) user() error {
	if !i.root {
		return errors.New("the daemon is not root: views run as its own user")
	}
	same := func(id int) string { return strings.TrimSpace(strings.Repeat(strconv.Itoa(id)+" ", 4)) }
	for _, m := range i.seen {
		if m.status["Uid"] != same(i.config.UID) || m.status["Gid"] != same(i.config.GID) || m.status["Groups"] != "" {
			return fmt.Errorf("%v: users %s, groups %s and %q", m, m.status["Uid"], m.status["Gid"], m.status["Groups"])
		}
	}
	return nil
}

// capabilities of a process in a user namespace below the view's, which
// bubblewrap makes for a page, are over that namespace only.
func (i inspection) capabilities() error {
	kinds := []string{"CapInh", "CapPrm", "CapEff", "CapAmb", "CapBnd"}
	if i.weak && !i.root { // only root may shrink the set that bounds others
		kinds = kinds[:4]
	}
	first := namespace(strconv.Itoa(i.view.traces.PID), "user")
	for _, m := range i.seen {
		if user := namespace(m.name, "user"); user != first {
			continue
		}
		for _, kind := range kinds {
			if strings.Trim(m.status[kind], "0") != "" {
				return fmt.Errorf("%v: %s %s", m, kind, m.status[kind])
			}
		}
	}
	return nil
}

func (i inspection) privileges() error { return i.every("NoNewPrivs", "1") }

func (i inspection) filter() error { return i.every("Seccomp", "2") } // 2 is a filter

func (i inspection) every(key, want string) error {
	for _, m := range i.seen {
		if m.status[key] != want {
			return fmt.Errorf("%v: %s is %q", m, key, m.status[key])
		}
	}
	return nil
}

func (i inspection) namespaces() error {
	if i.weak {
		return errWeak
	}
	kinds := []string{"mnt", "pid", "net", "ipc", "uts"}
	if !i.root {
		kinds = append(kinds, "user")
	}
	for _, m := range i.seen {
		for _, kind := range kinds {
			if its := namespace(m.name, kind); its == namespace("self", kind) {
				return fmt.Errorf("%v: shares the namespace %q with the daemon", m, its)
			}
		}
	}
	return nil
}

func (i inspection) rootDirectory() error {
	if i.weak {
		return errWeak
	}
	for _, m := range mountsOf(strconv.Itoa(i.view.traces.PID)) {
		if m.point == "/" && m.kind == "tmpfs" && m.source == i.view.traces.Mark && strings.HasPrefix(m.options, "ro,") {
			return nil
		}
	}
	return errors.New("its root directory is not the one that was made for it")
}

func (i inspection) limits() error {
	for _, m := range i.seen {
		data, err := os.ReadFile("/proc/" + m.name + "/limits")
		if err != nil {
			continue // it has ended
		}
		for _, c := range ceilings {
			_, rest, _ := strings.Cut(string(data), c.name)
			fields := strings.Fields(rest) // soft, hard
			if len(fields) < 2 {
				return fmt.Errorf("%v: no %q", m, c.name)
			}
			if hard, err := strconv.ParseUint(fields[1], 10, 64); err != nil || hard > c.most {
				return fmt.Errorf("%v: %q is %s", m, c.name, fields[1])
			}
		}
	}
	return nil
}

// cgroup holds that every process is in the view's, and that its limits are
// what was set.
func (i inspection) cgroup(why error) error {
	dir := i.view.traces.Cgroup
	if dir == "" {
		return fmt.Errorf("%w; the daemon looks every %v instead", why, lookEvery)
	}
	for _, m := range i.seen {
		path, err := cgroupOf(m.name)
		if err == nil && filepath.Base(path) != filepath.Base(dir) {
			return fmt.Errorf("%v: is in cgroup %q", m, path)
		}
	}
	for _, s := range i.config.settings() {
		data, err := os.ReadFile(filepath.Join(dir, s.file))
		if errors.Is(err, os.ErrNotExist) && s.file == "memory.swap.max" {
			continue
		}
		if err != nil {
			return err
		}
		if got := strings.TrimSpace(string(data)); got != s.value {
			return fmt.Errorf("%s is %q", s.file, got)
		}
	}
	return nil
}

// noSwap: what is swapped out outlives a session, on a disk for years. With
// zram it stays in memory, compressed, but no wipe can look at it there.
func noSwap() error {
	data, err := os.ReadFile("/proc/swaps")
	if errors.Is(err, os.ErrNotExist) {
		return nil // the kernel cannot swap
	}
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	var used []string
	for _, line := range lines[1:] {
		if name, _, _ := strings.Cut(line, " "); !slices.Contains(used, name) {
			used = append(used, name)
		}
	}
	if len(used) > 0 {
		return fmt.Errorf("%s in use", strings.Join(used, ", "))
	}
	return nil
}
