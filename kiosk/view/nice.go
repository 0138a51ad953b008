package view

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Who has the processor first: our own window, then everything else, the
// engine last. A page whose hundred workers never rest must not keep our bar
// from being drawn, nor the end of a session; and the daemon, which hands a
// page's answers on as fast as they come, must not either. These are nice
// values, from -20 to 19.
const (
	windowNice = -10
	engineNice = 15
)

// standBack sets the nice value of each thread of a process, since a thread is
// what has one. Those that it starts later begin with the same.
func standBack(pid int) error {
	threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid)) // it may have ended
	for _, t := range threads {
		tid, err := strconv.Atoi(t.Name())
		if err != nil {
			continue
		}
		if err := unix.Setpriority(unix.PRIO_PROCESS, tid, engineNice); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("set nice value %d: %w", engineNice, err)
		}
	}
	return nil
}

// comeForward gives the first thread of our own window, which draws and hears
// the person, its nice value. Processes that it starts begin with 0
// (SCHED_RESET_ON_FORK), or the engine would come forward with it.
func (v *running) comeForward() error {
	for _, pid := range processesOf(v.traces.PID) {
		if strings.HasPrefix(statusOf(pid)["Name"], engineName) {
			continue
		}
		how := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL, Flags: unix.SCHED_FLAG_RESET_ON_FORK, Nice: windowNice}
		if err := unix.SchedSetAttr(pid, &how, 0); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("set nice value %d: %w", windowNice, err)
		}
	}
	return nil
}

// order does either and tells, once for a view, when it may not: a bench
// without root may set back and not bring forward.
func (p *Pool) order(v *running, what func() error) {
	err := what()
	if err == nil || v.disordered.Swap(true) {
		return
	}
	p.config.Log.Warn("a page may hold up the window", "view", v.traces.View, "err", err)
}
