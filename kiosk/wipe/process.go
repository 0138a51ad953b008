package wipe

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// suspect is what to look for.
type suspect struct {
	mark  string // of one view, or the beginning of the marks of all of them
	pid   int    // first process; 0 = not known
	pidns uint64 // 0 = not known
	dir   string // no mount may be there, "" = it may
	below string // nor anywhere whose path begins so
}

// process is one that belongs to the suspect.
type process struct {
	pid, parent int
	name        string
	state       byte   // of proc_pid_stat(5)
	start       uint64 // in clock ticks since boot: with pid it names a process for good
}

// isRelated says whether a pid namespace is the suspect's or below it.
func (l *lookout) isRelated(name string, pidns uint64) bool {
	if pidns == l.pidns {
		return true
	}
	related, ok := l.related[pidns]
	if !ok {
		related = isBelow(name, l.pidns)
		l.related[pidns] = related
	}
	return related
}

// isBelow climbs the pid namespaces of a process, as ioctl_nsfs(2) allows, up to
// our own, above which the kernel shows nothing.
func isBelow(name string, pidns uint64) bool {
	ns, err := os.Open("/proc/" + name + "/ns/pid")
	for err == nil {
		var parent int
		parent, err = unix.IoctlRetInt(int(ns.Fd()), unix.NS_GET_PARENT)
		ns.Close()
		if err != nil {
			return false
		}
		ns = os.NewFile(uintptr(parent), "namespace")
		var st unix.Stat_t
		if unix.Fstat(parent, &st) == nil && st.Ino == pidns {
			ns.Close()
			return true
		}
	}
	return false
}

// kill sends SIGKILL to a process unless its number is another's by now.
func (p process) kill() {
	handle := openProcess(p.pid)
	if handle == nil {
		return
	}
	defer handle.Close()
	if now, ok := statOf(strconv.Itoa(p.pid)); ok && now.start == p.start {
		sendKill(handle)
	}
}

// openProcess returns a pidfd, nil when the process has ended.
func openProcess(pid int) *os.File {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(fd), "process")
}

func sendKill(handle *os.File) {
	_ = unix.PidfdSendSignal(int(handle.Fd()), unix.SIGKILL, nil, 0) // what it did is what the next look sees
}

// await waits for the first process of a pid namespace to end, which takes the
// others with it.
func (s suspect) await(ctx context.Context) {
	if s.pid == 0 || s.pidns == 0 {
		return
	}
	handle := openProcess(s.pid)
	if handle == nil {
		return
	}
	defer handle.Close()
	environ, err := os.ReadFile("/proc/" + strconv.Itoa(s.pid) + "/environ")
	switch {
	case err == nil && carries(environ, s.mark):
		sendKill(handle)
	case err == nil && len(environ) == 0: // it is ending, or it is a thread of the kernel by now
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
	default:
		return // another process by now
	}
	for ctx.Err() == nil {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(handle.Fd()), Events: unix.POLLIN}}, 20)
		if n > 0 || err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// carries says whether an environment holds a variable that begins so.
func carries(environ []byte, mark string) bool {
	return bytes.HasPrefix(environ, []byte(mark)) || bytes.Contains(environ, []byte("\x00"+mark))
}

// namespaceOf returns the inode of a process's namespace.
func namespaceOf(name, kind string) (uint64, error) {
	target, err := os.Readlink("/proc/" + name + "/ns/" + kind)
	if err != nil {
		return 0, err
	}
	digits := strings.TrimSuffix(strings.TrimPrefix(target, kind+":["), "]")
	return strconv.ParseUint(digits, 10, 64)
}

// isFirst says whether a process is number 1 of its pid namespace.
func isFirst(name string) bool {
	status, err := os.ReadFile("/proc/" + name + "/status")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "NSpid:"); ok {
			fields := strings.Fields(rest)
			return len(fields) > 0 && fields[len(fields)-1] == "1"
		}
	}
	return false
}

// statOf reads proc_pid_stat(5). The name is in parentheses and may itself hold
// any character.
func statOf(name string) (p process, ok bool) {
	stat, err := os.ReadFile("/proc/" + name + "/stat")
	if err != nil {
		return process{}, false
	}
	from, to := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if from < 0 || to < from {
		return process{}, false
	}
	fields := bytes.Fields(stat[to+1:]) // from field 3 on
	if len(fields) < 20 || len(fields[0]) != 1 {
		return process{}, false
	}
	p = process{name: string(stat[from+1 : to]), state: fields[0][0]}
	var wrong [3]error
	p.pid, wrong[0] = strconv.Atoi(name)
	p.parent, wrong[1] = strconv.Atoi(string(fields[1]))
	p.start, wrong[2] = strconv.ParseUint(string(fields[19]), 10, 64)
	return p, wrong == [3]error{}
}

func threads(name string) int {
	tasks, _ := os.ReadDir("/proc/" + name + "/task")
	return len(tasks)
}
