package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// process is one of the processes of this world.
type process struct {
	pid, parent int
	name        string
	zombie      bool
}

// processes lists all, which is easy: what we see is our own pid namespace.
func processes() ([]process, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var all []process
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		p, err := parseStat(string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// parseStat reads the first four fields of proc_pid_stat(5). The name may
// hold anything, parentheses and spaces too.
func parseStat(text string) (process, error) {
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 1 || end < open {
		return process{}, fmt.Errorf("read process: no name in %.40q", text)
	}
	fields := strings.Fields(text[end+1:])
	pid, err := strconv.Atoi(strings.TrimSpace(text[:open]))
	if err != nil || len(fields) < 2 {
		return process{}, fmt.Errorf("read process: cut short: %.40q", text)
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return process{}, fmt.Errorf("read process: %w", err)
	}
	return process{pid, parent, text[open+1 : end], fields[0] == "Z"}, nil
}

// stage are the programs around a browser that are nobody's to compare: the
// screen, and the accessibility bus that the bench's screen has.
func stage() []string {
	return []string{"Xvfb", "cage", "cat", "dbus-daemon", "at-spi2-registr"}
}

// browsers lists the processes of whatever is under comparison: all of this
// world but the first, this one and the stage.
func browsers() ([]int, error) {
	all, err := processes()
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, p := range all {
		if p.pid != 1 && p.pid != os.Getpid() && !p.zombie && !slices.Contains(stage(), p.name) {
			pids = append(pids, p.pid)
		}
	}
	return pids, nil
}

// proportional is the memory of processes in MiB, each page divided by how
// many share it (PSS).
func proportional(pids []int) float64 {
	var kib float64
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			continue // it has ended
		}
		kib += parsePSS(string(text))
	}
	return kib / 1024
}

// parsePSS reads Pss of smaps_rollup, in KiB; 0 if it is not there.
func parsePSS(text string) (kib float64) {
	for line := range strings.Lines(text) {
		if n, _ := fmt.Sscanf(line, "Pss: %f kB", &kib); n == 1 { // else another line
			return kib
		}
	}
	return 0
}
