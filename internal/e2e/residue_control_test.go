package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"guichet.example/internal/residue"
)

// specimen shows the scanner of a place that never holds anything a canary in
// such a place.
func (v *visitor) specimen(t *testing.T, id string, planted map[string]string) {
	set, found := residue.NewSet(), residue.Found{}
	canary := string(set.Canary(id))
	var err error
	switch id {
	case "R24":
		set.Search([]byte("a line with "+canary), "a log", found)
	case "R25":
		err = coreOf(t, set, found, id)
	case "R29":
		err = commandLine(set, found, canary)
	case "R31":
		set.Memory(found, os.Getpid())
	case "R32":
		err = removedFile(t, set, found, canary)
	case "R36":
		if planted["settings"] == "" || v.site.Evidence()["changed"] == planted["settings"] {
			t.Errorf("the settings did not change: %s", planted["settings"])
		}
		return
	default:
		return
	}
	if err != nil || found.Has(id) == 0 {
		t.Errorf("the scanner does not see its specimen: %v", err)
	}
}

func commandLine(set *residue.Set, found residue.Found, canary string) error {
	cmd := exec.Command("sh", "-c", "read end", canary)
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = set.Told(found)
	in.Close()
	cmd.Wait() // it says that nothing came
	return err
}

// coreOf lets a process crash where core files are allowed.
func coreOf(t *testing.T, set *residue.Set, found residue.Found, id string) error {
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil || string(pattern) != "core\n" {
		t.Logf("core files of this machine go to %q: not tried", pattern)
		set.Search([]byte(set.Canary(id)), "nothing", found)
		return err
	}
	dir := t.TempDir()
	cmd := exec.Command("sh", "-c", `kept=$(cat); ulimit -c unlimited; kill -SEGV $$`)
	cmd.Dir = dir
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	fmt.Fprintln(in, set.Canary(id))
	in.Close()
	cmd.Wait() // it says that it crashed
	return set.Files(found, dir)
}

// removedFile writes a file on a disk and removes it again.
func removedFile(t *testing.T, set *residue.Set, found residue.Found, canary string) error {
	d := newDisk(t, 4)
	path := filepath.Join(d.mount, "file")
	if err := os.WriteFile(path, []byte(canary), 0o600); err != nil {
		return err
	}
	if err := d.blocks(residue.Found{}, set); err != nil { // it is on the disk now
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return d.blocks(found, set)
}

// guards looks for what does not exist here today: devices, printers, sticks,
// swap.
func (v *visitor) guards() {
	v.t.Helper()
	pids := v.sessionPIDs()
	root := fmt.Sprintf("/proc/%d/root", pids[0])
	entries, err := os.ReadDir(root + "/dev")
	if err != nil {
		v.t.Fatal(err)
	}
	known := []string{"fd", "full", "null", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero"}
	for _, e := range entries {
		if !slices.Contains(known, e.Name()) {
			v.t.Errorf("R23: a view has the device %q", e.Name())
		}
	}
	for _, path := range []string{"/run/cups", "/var/spool", "/media", "/mnt", "/run/media"} {
		if _, err := os.Stat(root + path); err == nil {
			v.t.Errorf("R21, R34: a view has %s", path)
		}
	}
	views, screen, rest := v.processes()
	for _, pids := range views {
		rest = append(rest, pids...)
	}
	if n := residue.Swapped(append(rest, screen...)...); n > 0 {
		v.t.Errorf("R26: %d KiB are in swap", n)
	}
}
