package view

import (
	"golang.org/x/sys/unix"

	"guichet.example/internal/confine"
)

// A filter of system calls (seccomp_filter in the kernel's words) stays on
// every process of a view from before its own program runs until it ends.
//
// It is a list of what is refused, closed at its end: what is newer than the
// newest call that was judged here does not exist for a view. It is not a list
// of what is allowed. That was weighed: a session with a page, a picture and a
// form makes some 115 different calls here, GTK, GLib, Mesa, GStreamer and
// glibc can make twice as many, which ones changes with each release, and one
// that is missing breaks a page months later in a town hall. And such a list
// would be no narrower where it matters, because it must hold mount, unshare,
// pivot_root and clone with namespaces: WebKit's bubblewrap makes the page's
// own sandbox with them. The page's process gets a second, narrower filter and
// namespaces of its own from there.
//
// Calls that need a privilege answer EPERM. Those for which libraries have an
// older way answer ENOSYS, as an older kernel does, so that they take it. A
// program of another architecture, which has other numbers, is killed.

// condition is one that the low half of an argument must meet. The kernel
// takes none of these arguments as more than 32 bits wide, so the upper half
// must not count: it could be set to pass a check.
type condition struct {
	arg    int
	mask   uint32 // which bits are compared
	values []uint32
	inside bool // the argument must be one of the values; else: none of them
	errno  unix.Errno
	family []uint32 // asked only when argument 0 is one of these; nil = always
}

// restriction is on one system call that is allowed otherwise.
type restriction struct {
	number     uint32
	conditions []condition
}

// restrictions are those on the arguments.
func restrictions() []restriction {
	internet := []uint32{unix.AF_INET, unix.AF_INET6}
	devices := []uint32{unix.S_IFCHR, unix.S_IFBLK}
	rs := []restriction{
		{unix.SYS_SOCKET, []condition{
			{0, ^uint32(0), []uint32{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK}, true, unix.EAFNOSUPPORT, nil},
			// bubblewrap brings its loopback up with it; packet filters, kernel
			// events and audit are other protocols of the same family.
			{2, ^uint32(0), []uint32{unix.NETLINK_ROUTE}, true, unix.EPROTONOSUPPORT, []uint32{unix.AF_NETLINK}},
			{1, 0xf, []uint32{unix.SOCK_STREAM, unix.SOCK_DGRAM}, true, unix.EPROTONOSUPPORT, internet},
			{2, ^uint32(0), []uint32{0, unix.IPPROTO_TCP, unix.IPPROTO_UDP}, true, unix.EPROTONOSUPPORT, internet},
		}},
		{unix.SYS_SOCKETPAIR, []condition{{0, ^uint32(0), []uint32{unix.AF_UNIX}, true, unix.EAFNOSUPPORT, nil}}},
		// Typing into a terminal that somebody else reads, or changing what it is.
		{unix.SYS_IOCTL, []condition{{1, ^uint32(0), []uint32{unix.TIOCSTI, tioclinux, unix.TIOCSETD, unix.TIOCCONS}, false, unix.EPERM, nil}}},
		// The ordinary one, or the question which one it is.
		{unix.SYS_PERSONALITY, []condition{{0, ^uint32(0), []uint32{0, ^uint32(0)}, true, unix.EPERM, nil}}},
		{unix.SYS_MKNODAT, []condition{{2, unix.S_IFMT, devices, false, unix.EPERM, nil}}},
		// Time and cgroup namespaces: bubblewrap makes neither for a page.
		{unix.SYS_UNSHARE, []condition{{0, unix.CLONE_NEWTIME | unix.CLONE_NEWCGROUP, []uint32{0}, true, unix.EPERM, nil}}},
	}
	if mknod != 0 {
		rs = append(rs, restriction{mknod, []condition{{1, unix.S_IFMT, devices, false, unix.EPERM, nil}}})
	}
	return rs
}

const tioclinux = 0x541c // ioctl_console(2)

// assemble writes the filter for the architecture this program is built for.
func assemble() []unix.SockFilter {
	f := append(confine.Begin(), confine.Jump(unix.BPF_JGT, newest, 0, 1), confine.Refuse(unix.ENOSYS))
	for _, number := range append(privileged(), ownPrivileged()...) {
		f = append(f, confine.Jump(unix.BPF_JEQ, number, 0, 1), confine.Refuse(unix.EPERM))
	}
	for _, number := range append(dispensable(), ownDispensable()...) {
		f = append(f, confine.Jump(unix.BPF_JEQ, number, 0, 1), confine.Refuse(unix.ENOSYS))
	}
	for _, r := range restrictions() {
		f = append(f, r.assemble()...)
	}
	return append(f, confine.Answer(unix.SECCOMP_RET_ALLOW))
}

// assemble answers for one system call and passes over any other.
func (r restriction) assemble() []unix.SockFilter {
	var body []unix.SockFilter
	for _, c := range r.conditions {
		body = append(body, c.assemble()...)
	}
	body = append(body, confine.Answer(unix.SECCOMP_RET_ALLOW))
	return append([]unix.SockFilter{confine.Jump(unix.BPF_JEQ, r.number, 0, len(body))}, body...)
}

// assemble goes on after its last instruction when the condition is met.
func (c condition) assemble() []unix.SockFilter {
	check := append([]unix.SockFilter{confine.Load(confine.DataArgs + 8*c.arg), confine.Mask(c.mask)}, choose(c.values, c.inside)...)
	check = append(check, confine.Refuse(c.errno))
	if c.family == nil {
		return check
	}
	// A family that is meant passes over the jump that leaves the check out.
	question := append([]unix.SockFilter{confine.Load(confine.DataArgs)}, choose(c.family, true)...)
	return append(append(question, confine.Jump(unix.BPF_JA, uint32(len(check)), 0, 0)), check...)
}

// choose passes over the one instruction after it when the value is one of
// those given, or with inside false when it is none of them.
func choose(values []uint32, inside bool) []unix.SockFilter {
	var f []unix.SockFilter
	for i, v := range values {
		rest := len(values) - 1 - i
		switch {
		case inside:
			f = append(f, confine.Jump(unix.BPF_JEQ, v, rest+1, 0))
		case rest > 0:
			f = append(f, confine.Jump(unix.BPF_JEQ, v, rest, 0))
		default:
			f = append(f, confine.Jump(unix.BPF_JEQ, v, 0, 1))
		}
	}
	return f
}

// filterCalls puts the filter on this thread and on whatever it executes and
// starts. The thread must have no_new_privs set; nothing takes it off again.
func filterCalls() error { return confine.Install(assemble(), 0) }
