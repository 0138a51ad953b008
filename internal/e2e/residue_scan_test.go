package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"guichet.example/internal/residue"
)

// scan is what one search found, by what may hold something of a session.
type scan struct {
	session residue.Found // the view that shows it: processes, files in memory, nameless files
	screen  residue.Found // display server, compositor, accessibility, selections
	rest    residue.Found // everything else
	owned   []string      // selections that have an owner
	swapped int           // KiB
}

func (s scan) all() residue.Found {
	all := residue.Found{}
	for _, f := range []residue.Found{s.session, s.screen, s.rest} {
		all.Merge(f)
	}
	return all
}

// servers are the processes that draw and read out what a view gives them.
var servers = []string{"Xvfb", "cage", "dbus-daemon", "at-spi2-registr"}

// search looks everywhere. The kiosk's own processes are searched where they
// now are, also those that no longer hang below the daemon.
func (v *visitor) search() scan {
	v.t.Helper()
	s := scan{residue.Found{}, residue.Found{}, residue.Found{}, nil, 0}
	views, screen, rest := v.processes()
	for _, pids := range views {
		found := residue.Found{}
		v.set.Memory(found, pids...)
		v.set.OpenFiles(found, pids...)
		if _, err := v.set.Mounts(found, pids...); err != nil {
			v.t.Error(err)
		}
		if len(found) > 0 && len(s.session) == 0 {
			s.session = found
		} else {
			s.rest.Merge(found) // two views with something of the same person
		}
	}
	v.set.Memory(s.screen, screen...)
	v.set.OpenFiles(s.screen, screen...)
	v.set.Memory(s.rest, rest...)
	v.set.OpenFiles(s.rest, rest...)
	v.outside(&s)
	return s
}

// outside searches what is in no process of ours.
func (v *visitor) outside(s *scan) {
	v.t.Helper()
	if _, err := v.set.Mounts(s.rest, os.Getpid(), v.cmd.Process.Pid); err != nil {
		v.t.Error(err)
	}
	v.set.Search([]byte(v.output.String()), "output of the kiosk", s.rest)
	checks := []error{v.set.Told(s.rest), v.set.KernelLog(s.rest), v.set.Files(s.rest, v.disk.mount), v.disk.blocks(s.rest, v.set)}
	for _, dir := range []string{"/tmp", "/var", "/run", "/root", "/sys/fs/pstore"} {
		if _, err := os.Stat(dir); err == nil {
			checks = append(checks, v.set.FilesSince(s.rest, dir, v.start, "go-build*", "e2e.test"))
		}
	}
	for _, err := range checks {
		if err != nil {
			v.t.Error(err)
		}
	}
	display, authority := v.display()
	v.t.Setenv("XAUTHORITY", authority)
	owned, err := residue.Owned(display)
	if err == nil && len(s.session) == 0 { // else the scanner would carry it into the server itself
		err = v.set.Selections(s.screen, display)
	}
	if err != nil {
		v.t.Error(err)
	}
	s.owned = owned
}

// processes returns those of each view, those of the screen, and the others.
func (v *visitor) processes() (views map[string][]int, screen, rest []int) {
	v.t.Helper()
	views = map[string][]int{}
	for _, pid := range v.below(v.disk.mount) {
		mark, name := markOf(pid), residue.Name(pid)
		name = name[:strings.LastIndexByte(name, ' ')]
		switch {
		case mark != "":
			views[mark] = append(views[mark], pid)
		case slices.Contains(servers, name):
			screen = append(screen, pid)
		default:
			rest = append(rest, pid)
		}
	}
	return views, screen, rest
}

// markOf returns the mark of the view that a process belongs to, "" for none.
func markOf(pid int) string {
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return ""
	}
	for pair := range bytes.SplitSeq(environ, []byte{0}) {
		if bytes.HasPrefix(pair, []byte("GUICHET_VIEW=")) {
			return string(pair)
		}
	}
	return ""
}

// display finds the X server of the bench and the file that opens it.
func (v *visitor) display() (name, authority string) {
	v.t.Helper()
	_, screen, _ := v.processes()
	for _, pid := range screen {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil || !bytes.Contains(line, []byte("Xvfb")) {
			continue
		}
		words := strings.Split(string(line), "\x00")
		for i, word := range words {
			if word == "-auth" {
				authority = words[i+1]
			}
		}
		name = displayOf(v.t, pid)
	}
	if name == "" || authority == "" {
		v.t.Fatal("the X server of the bench is not found")
	}
	return name, authority
}

// displayOf returns the name of the display that a process listens on, by its
// socket.
func displayOf(t *testing.T, pid int) string {
	t.Helper()
	sockets, err1 := os.ReadFile("/proc/net/unix")
	links, err2 := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	mine := map[string]bool{}
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil {
			mine[target] = true
		}
	}
	for line := range strings.Lines(string(sockets)) {
		fields := strings.Fields(line)
		if len(fields) < 8 || !mine["socket:["+fields[6]+"]"] {
			continue
		}
		if _, number, ok := strings.Cut(fields[7], "/tmp/.X11-unix/X"); ok {
			return ":" + number
		}
	}
	return ""
}
