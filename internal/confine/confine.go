// Package confine has a process give up what it has, for good: its user, its
// groups, its capabilities and the system calls it does not need. kiosk/view
// does that before a browser runs, provisioning/stick before a stick is read.
//
// What is given up is given up by one thread: the caller locks it, and executes
// a program on it or, for system calls, says that all threads are meant.
package confine

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Privileges is what Drop leaves of a thread's.
type Privileges struct {
	UID, GID int  // become this user and group, in no other group
	SetUser  bool // false without root: the user and the groups stay
	Bounding bool // also empty the set that bounds what is executed; needs CAP_SETPCAP
}

// Drop gives up user, groups, capabilities and the way back to them on this
// thread.
func Drop(p Privileges) error {
	if p.Bounding {
		for c := 0; ; c++ {
			if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0); err == unix.EINVAL {
				break // past the last one this kernel knows
			} else if err != nil {
				return fmt.Errorf("drop capability %d: %w", c, err)
			}
		}
	}
	if p.SetUser {
		if err := setUser(p.UID, p.GID); err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("drop ambient capabilities: %w", err)
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&header, &none[0]); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("forbid new privileges: %w", err)
	}
	return nil
}

// setUser changes this thread alone; package syscall would change all threads,
// which it cannot do in every kind of binary.
func setUser(uid, gid int) error {
	if _, _, e := unix.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0); e != 0 {
		return fmt.Errorf("leave groups: %w", e)
	}
	if _, _, e := unix.RawSyscall(unix.SYS_SETRESGID, uintptr(gid), uintptr(gid), uintptr(gid)); e != 0 {
		return fmt.Errorf("become group %d: %w", gid, e)
	}
	if _, _, e := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(uid), uintptr(uid), uintptr(uid)); e != 0 {
		return fmt.Errorf("become user %d: %w", uid, e)
	}
	return nil
}

// Install puts a filter of system calls on this thread, or with
// unix.SECCOMP_FILTER_FLAG_TSYNC on all, and on whatever they execute and
// start. The thread must have no_new_privs set; nothing takes it off again.
func Install(f []unix.SockFilter, flags uintptr) error {
	program := unix.SockFprog{Len: uint16(len(f)), Filter: &f[0]}
	// With TSYNC a positive answer is the thread that could not be changed.
	thread, _, e := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(f)
	if e != 0 {
		return fmt.Errorf("filter system calls: %w", e)
	}
	if thread != 0 {
		return fmt.Errorf("filter system calls: thread %d stays without", thread)
	}
	return nil
}
