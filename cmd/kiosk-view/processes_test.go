//go:build webkit

package main_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// descendants returns the processes below pid whose name starts with name.
func descendants(pid int, name string) (found []int) {
	dirs, _ := filepath.Glob("/proc/[0-9]*/stat")
	parent, names := map[int]int{}, map[int]string{}
	for _, d := range dirs {
		data, err := os.ReadFile(d)
		if err != nil {
			continue
		}
		open, shut := strings.IndexByte(string(data), '('), strings.LastIndexByte(string(data), ')')
		id, _ := strconv.Atoi(strings.TrimSpace(string(data[:open])))
		fields := strings.Fields(string(data[shut+1:]))
		parent[id], _ = strconv.Atoi(fields[1])
		names[id] = string(data[open+1 : shut])
	}
	for id := range parent {
		for p := id; p > 1; p = parent[p] {
			if p == pid && strings.HasPrefix(names[id], name) {
				found = append(found, id)
			}
		}
	}
	return found
}

// kill sends a signal to the processes of pages. One that has just ended by
// itself is none of them any more.
func (v *view) kill(t *testing.T, signal syscall.Signal) {
	t.Helper()
	for _, pid := range descendants(v.cmd.Process.Pid, "WebKitWebProc") {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
}
