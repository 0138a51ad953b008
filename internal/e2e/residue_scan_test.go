package e2e

import (
	"bytes"
	"errors"
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
	s := scan{residue.Found{}, residue.Found{}, residue.Found{}, nil}
	views, screen, rest := v.processes()
	inside := func(others residue.Found) error {
		var errs []error
		for _, pids := range views {
			found := residue.Found{}
			errs = append(errs, v.inside(found, pids))
			if len(found) > 0 && len(s.session) == 0 {
				s.session = found
			} else {
				others.Merge(found) // two views with something of the same person
			}
		}
		v.set.Memory(s.screen, screen...)
		v.set.OpenFiles(s.screen, screen...)
		v.set.Memory(others, rest...)
		v.set.OpenFiles(others, rest...)
		return errors.Join(errs...)
	}
	if err := residue.Together(s.rest, v.outside, inside); err != nil {
		v.t.Error(err)
	}
	v.selections(&s)
	return s
}

// inside searches what the processes of a view have in memory.
func (v *visitor) inside(found residue.Found, pids []int) error {
	v.set.Memory(found, pids...)
	v.set.OpenFiles(found, pids...)
	_, err := v.set.Mounts(found, pids...)
	return err
}

// outside searches what is in no process of ours.
func (v *visitor) outside(found residue.Found) error {
	_, err := v.set.Mounts(found, os.Getpid(), v.cmd.Process.Pid)
	v.set.Search([]byte(v.output.String()), "output of the kiosk", found)
	checks := []error{err, v.set.Told(found), v.set.KernelLog(found), v.set.Files(found, v.disk.mount), v.disk.blocks(found, v.set)}
	for _, dir := range []string{"/tmp", "/var", "/run", "/root", "/sys/fs/pstore"} {
		if _, err := os.Stat(dir); err == nil {
			checks = append(checks, v.set.FilesSince(found, dir, v.start, "go-build*", "e2e.test"))
		}
	}
	return errors.Join(checks...)
}

// selections asks the display who owns any, and in the end what they hold.
func (v *visitor) selections(s *scan) {
	v.t.Helper()
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
