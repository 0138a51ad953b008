package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"guichet.example/cmd/kiosk-bench/control"
)

// pageProcess is the name of the engine's process that runs pages, as the
// kernel cuts it (TASK_COMM_LEN, 15 characters).
const pageProcess = "WebKitWebProces"

// breakPage does to the page on screen what a bad site does: its process
// crashes, or no longer answers.
func (b *box) breakPage(kind string) error {
	signal := map[string]syscall.Signal{"crash": syscall.SIGKILL, "hang": syscall.SIGSTOP, "none": syscall.SIGCONT}[kind]
	k := b.kiosk.Load()
	if k == nil || k.State().View == 0 {
		return fmt.Errorf("%w: no view is on screen", control.ErrNotNow)
	}
	traces, err := b.views.Traces(k.State().View)
	if err != nil {
		return fmt.Errorf("%w: %w", control.ErrNotNow, err)
	}
	pids := marked(traces.Mark)
	if len(pids) == 0 {
		return fmt.Errorf("%w: no page is running", control.ErrNotNow)
	}
	var errs []error
	for _, pid := range pids {
		errs = append(errs, syscall.Kill(pid, signal))
	}
	return errors.Join(errs...)
}

// marked returns the page processes with that variable in their environment.
func marked(mark string) []int {
	var pids []int
	for _, p := range processes() {
		if p.name != pageProcess {
			continue
		}
		environ, err := os.ReadFile(p.dir + "/environ")
		if err == nil && bytes.Contains(environ, []byte(mark)) {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

// process is one of the machine's.
type process struct {
	pid  int
	name string
	dir  string // below /proc
}

// processes lists them; one that ends meanwhile is left out.
func processes() []process {
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	var all []process
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		comm, err := os.ReadFile(dir + "/comm")
		if err == nil {
			all = append(all, process{pid, string(bytes.TrimSpace(comm)), dir})
		}
	}
	return all
}
