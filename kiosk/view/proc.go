package view

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// processesOf returns the living processes of a view, the first one first. The kernel
// lists the children of each thread, if it was built to.
func processesOf(first int) []int {
	if _, err := os.Stat("/proc/thread-self/children"); err != nil {
		return append([]int{first}, descendants(first)...)
	}
	pids := []int{first}
	for i := 0; i < len(pids); i++ {
		tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pids[i]))
		if err != nil { // it has ended
			continue
		}
		for _, task := range tasks {
			children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pids[i], task.Name()))
			for _, child := range strings.Fields(string(children)) {
				if pid, err := strconv.Atoi(child); err == nil && !slices.Contains(pids, pid) {
					pids = append(pids, pid)
				}
			}
		}
	}
	return pids
}

// status is what /proc/PID/status says, by key, with single blanks.
type status map[string]string

// statusOf returns nil for a process that has ended or is about to.
func statusOf(pid int) status {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return nil
	}
	s := status{}
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(line, ":")
		s[key] = strings.Join(strings.Fields(value), " ")
	}
	if state := s["State"]; state == "" || state[0] == 'Z' || state[0] == 'X' {
		return nil
	}
	return s
}

// number reads a decimal value, with or without "kB" after it.
func (s status) number(key string) int64 {
	n, _ := strconv.ParseInt(strings.TrimSuffix(s[key], " kB"), 10, 64) // absent = 0
	return n
}

// mount is one line of mountinfo, see proc_pid_mountinfo(5).
type mount struct {
	device, root, point, options, kind, source string
}

func mountsOf(process string) []mount {
	data, err := os.ReadFile("/proc/" + process + "/mountinfo")
	if err != nil {
		return nil
	}
	var all []mount
	for line := range strings.Lines(string(data)) {
		before, after, _ := strings.Cut(line, " - ")
		b, a := strings.Fields(before), strings.Fields(after)
		if len(b) < 6 || len(a) < 2 {
			continue
		}
		all = append(all, mount{b[2], unescape(b[3]), unescape(b[4]), b[5], a[0], unescape(a[1])})
	}
	return all
}

// unescape undoes the octal numbers that stand for blanks and the like. Hardly
// a word has any, and a view's mounts are read at every close look.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// namespace names one of a process's namespaces, "" when it has ended.
func namespace(process, kind string) string {
	name, err := os.Readlink("/proc/" + process + "/ns/" + kind)
	if err != nil {
		return ""
	}
	return name
}
