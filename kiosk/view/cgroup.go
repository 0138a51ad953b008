package view

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Each view gets a cgroup (version 2) where the daemon has one to itself with
// the controllers for memory and processes, as systemd gives a unit with
// Delegate=. The daemon moves into a leaf of it first, because the kernel lets
// a cgroup either hold processes or share out its resources.
//
//	<the unit's>/daemon   kioskd
//	<the unit's>/view-1   everything of view 1
const (
	cgroupOfDaemon = "daemon"
	cgroupOfView   = "view-"
)

// openCgroups returns the directory of the cgroup to make those of views in.
func openCgroups() (string, error) {
	dir, err := ownCgroup()
	if err != nil {
		return "", err
	}
	if filepath.Base(dir) == cgroupOfDaemon { // another pool of this process has moved it
		if shared, _ := os.ReadFile(filepath.Dir(dir) + "/cgroup.subtree_control"); hasControllers(shared) {
			return filepath.Dir(dir), nil
		}
	}
	available, err := os.ReadFile(dir + "/cgroup.controllers")
	if err != nil {
		return "", err
	}
	if !hasControllers(available) {
		return "", errors.New("no cgroup (version 2) with controllers for memory and processes was given to this program")
	}
	self := strconv.Itoa(os.Getpid())
	members, err := os.ReadFile(dir + "/cgroup.procs")
	if err != nil {
		return "", err
	}
	if others := strings.Fields(string(members)); len(others) != 1 || others[0] != self {
		return "", errors.New("this program shares its cgroup with others")
	}
	leaf := filepath.Join(dir, cgroupOfDaemon)
	if err := os.Mkdir(leaf, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	if err := set(leaf, "cgroup.procs", self); err != nil {
		return "", errors.Join(err, os.Remove(leaf))
	}
	if err := set(dir, "cgroup.subtree_control", "+memory +pids"); err != nil {
		return "", errors.Join(err, set(dir, "cgroup.procs", self), os.Remove(leaf))
	}
	return dir, nil
}

func hasControllers(list []byte) bool {
	words := " " + strings.Join(strings.Fields(string(list)), " ") + " "
	return strings.Contains(words, " memory ") && strings.Contains(words, " pids ")
}

// ownCgroup finds this process's cgroup in the file system.
func ownCgroup() (string, error) {
	path, err := cgroupOf("self")
	if err != nil {
		return "", err
	}
	for _, m := range mountsOf("self") {
		if m.kind != "cgroup2" {
			continue
		}
		below, inside := strings.CutPrefix(path, strings.TrimSuffix(m.root, "/"))
		if inside {
			return filepath.Join(m.point, below), nil
		}
	}
	return "", errors.New("no cgroup file system (version 2) is mounted")
}

// cgroupOf returns the path of a process's cgroup as the kernel names it.
func cgroupOf(process string) (string, error) {
	data, err := os.ReadFile("/proc/" + process + "/cgroup")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(data)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			return path, nil
		}
	}
	return "", errors.New("this kernel has no cgroups of version 2")
}

// cgroupFile is a file of a cgroup and what is written to it.
type cgroupFile struct{ file, value string }

// settings are those of a view's cgroup. When memory ends, all of it ends: a
// view without one of its processes would be half a view.
func (c *Config) settings() []cgroupFile {
	return []cgroupFile{
		{"memory.max", strconv.FormatInt(int64(c.MemoryLimitMiB)<<20, 10)},
		{"memory.swap.max", "0"},
		{"memory.oom.group", "1"},
		{"pids.max", strconv.Itoa(maxTasks)},
	}
}

// makeCgroup makes that of a view, with its limits. Files that a kernel without
// swap does not have are passed over.
func (p *Pool) makeCgroup(view int) (string, error) {
	dir := filepath.Join(p.cgroups, cgroupOfView+strconv.Itoa(view))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	for _, s := range p.config.settings() {
		err := set(dir, s.file, s.value)
		if errors.Is(err, fs.ErrNotExist) && s.file == "memory.swap.max" {
			continue
		}
		if err != nil {
			return "", errors.Join(err, os.Remove(dir))
		}
	}
	return dir, nil
}

// set writes to a file of a cgroup, which must be there already.
func set(dir, file, value string) error {
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(value)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("set %s to %q: %w", file, value, err)
	}
	return nil
}

// removeCgroup ends what is in a cgroup and removes it, as far as that takes no
// longer than an ordinary end; the wipe proves it.
func removeCgroup(dir string) {
	_ = set(dir, "cgroup.kill", "1") // Linux before 5.14 has no such file
	for range 20 {
		if err := os.Remove(dir); err == nil || errors.Is(err, fs.ErrNotExist) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Cgroups is the directory in which the cgroups of views are made, "" where
// there are none: wipe.Wiper needs it.
func (p *Pool) Cgroups() string { return p.cgroups }
