package view

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// killBelow kills every descendant of a process until two looks in a row at the
// whole process table find none, a few times at most: a tree that forks faster
// than it is killed is left to the wipe. One look is not enough, because a
// process is missed when its parent ends between the reading of the two.
func killBelow(root int) {
	for quiet, looks := 0, 0; quiet < 2 && looks < 20; looks++ {
		quiet++
		if killOnce(root) {
			quiet = 0
		}
		time.Sleep(time.Millisecond) // for those killed to hand over their children
	}
}

// killOnce kills the descendants there are now and says whether there were any.
func killOnce(root int) bool {
	below := descendants(root)
	for _, pid := range below {
		_ = unix.Kill(pid, unix.SIGKILL) // it may have ended meanwhile
	}
	return len(below) > 0
}

// descendants returns the living processes below root.
func descendants(root int) []int {
	children := map[int][]int{}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if parent, alive := parentOf(pid); alive {
			children[parent] = append(children[parent], pid)
		}
	}
	var below []int
	for next := []int{root}; len(next) > 0; {
		var found []int
		for _, pid := range next {
			found = append(found, children[pid]...)
		}
		below = append(below, found...)
		next = found
	}
	return below
}

// parentOf reads /proc/PID/stat: the state and the parent follow the name,
// which is in parentheses and may hold any character.
func parentOf(pid int) (parent int, alive bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 || fields[0][0] == 'Z' {
		return 0, false
	}
	parent, err = strconv.Atoi(string(fields[1]))
	return parent, err == nil
}
