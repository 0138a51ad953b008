package stick

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"guichet.example/internal/confine"
)

// allowed are the system calls of a child: files that are open already, memory,
// Go's threads and its clock. Everything else is refused with EPERM.
func allowed(write bool) []uint32 {
	all := []uint32{
		unix.SYS_READ, unix.SYS_WRITE, unix.SYS_PREAD64,
		unix.SYS_MUNMAP, unix.SYS_MADVISE,
		unix.SYS_FUTEX, unix.SYS_SCHED_YIELD, unix.SYS_NANOSLEEP, unix.SYS_EPOLL_PWAIT, unix.SYS_CLOCK_GETTIME,
		unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK, unix.SYS_RESTART_SYSCALL,
		unix.SYS_GETPID, unix.SYS_GETTID, unix.SYS_TGKILL, unix.SYS_GETRANDOM,
		unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
	}
	if write {
		all = append(all, unix.SYS_PWRITE64, unix.SYS_FSYNC, unix.SYS_FADVISE64)
	}
	return all
}

// assemble writes the filter. Memory is never made executable, and what clone
// makes is a thread of this process.
func assemble(write bool) []unix.SockFilter {
	f := confine.Begin()
	f = append(f, demand(unix.SYS_CLONE, 0, unix.CLONE_THREAD|unix.CLONE_VM|newNamespaces, unix.CLONE_THREAD|unix.CLONE_VM)...)
	f = append(f, demand(unix.SYS_MMAP, 2, unix.PROT_EXEC, 0)...)
	f = append(f, confine.Jump(unix.BPF_JEQ, unix.SYS_CLONE3, 0, 1), confine.Refuse(unix.ENOSYS)) // Go has the older one
	for _, number := range allowed(write) {
		f = append(f, confine.Jump(unix.BPF_JEQ, number, 0, 1), confine.Answer(unix.SECCOMP_RET_ALLOW))
	}
	return append(f, confine.Refuse(unix.EPERM))
}

// demand allows one system call when some bits of an argument are as wanted.
func demand(number uint32, arg int, bits, want uint32) []unix.SockFilter {
	return []unix.SockFilter{
		confine.Jump(unix.BPF_JEQ, number, 0, 5),
		confine.Load(confine.DataArgs + 8*arg), confine.Mask(bits), confine.Jump(unix.BPF_JEQ, want, 1, 0),
		confine.Refuse(unix.EPERM), confine.Answer(unix.SECCOMP_RET_ALLOW),
	}
}

const newNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC |
	unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP

// statusOf returns one figure of a process's status, in bytes.
func statusOf(path, key string) (uint64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), key); ok {
			kib, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("%s has no %s", path, key)
}
