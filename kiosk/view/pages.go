package view

import (
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Names of the engine's processes, as the kernel cuts them (TASK_COMM_LEN, 15
// characters).
const (
	engineName = "WebKit"
	pageName   = "WebKitWebProces"
)

// glanceEvery is how often the memory of an engine is looked at that takes more
// than calmPart of its session's, in percent, and every calmGlances-th time
// that of the others: a script can take two gibibytes in a second, and nothing
// within the engine stops it before the script comes to its end.
const (
	glanceEvery = 25 * time.Millisecond
	calmGlances = 4
	calmPart    = 40
)

// lastPart of a session's memory is where a page is ended from outside, in
// percent: above pagePart, where the engine does it and knows why. As there,
// the session goes on. It is judged for all of the engine together, because
// what a page asks for lies in the process that fetches it, too: of an endless
// answer more than half. A page that has less than blamePart itself is not
// ended for the others: that would free little, and the next page would find
// the same. tasksPart is of maxTasks.
const (
	lastPart  = 75
	blamePart = 20
	tasksPart = 75
)

// endPages ends the pages that take too much and says whether there were any.
// Of several that take too much memory together it ends the largest. It notes
// whether the engine is calm. Only the watch may call it.
func (v *running) endPages(limitMiB int) bool {
	limit := int64(limitMiB) << 20
	var total, most int64
	largest, ended := 0, false
	for _, pid := range v.engine {
		own := ownMemory(pid)
		total += own
		threads, page := v.pages[pid]
		switch {
		case page && threads >= maxTasks*tasksPart/100:
			ended = v.endPage(pid) || ended
		case page && own > most:
			most, largest = own, pid
		}
	}
	v.calm = total < limit*calmPart/100
	if total >= limit*lastPart/100 && most >= limit*blamePart/100 {
		ended = v.endPage(largest) || ended
	}
	return ended
}

// endPage ends a process of the view if it still is one.
func (v *running) endPage(pid int) bool {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	if !slices.Contains(processesOf(v.traces.PID), pid) {
		return false // the number is another's by now
	}
	return unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) == nil
}

// ownMemory is what a process has in memory and shares with nobody, in bytes
// (proc_pid_statm(5)).
func ownMemory(pid int) int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var size, resident, shared int64
	if _, err := fmt.Sscan(string(data), &size, &resident, &shared); err != nil {
		return 0
	}
	return (resident - shared) * int64(os.Getpagesize())
}
