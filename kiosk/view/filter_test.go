package view

import (
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"guichet.example/internal/confine"
)

// call is what the kernel shows a filter (struct seccomp_data).
type call struct {
	arch, number uint32
	args         [6]uint64
}

func (c call) word(offset uint32) (uint32, error) {
	switch {
	case offset == 0:
		return c.number, nil
	case offset == 4:
		return c.arch, nil
	case offset >= 16 && offset < 64 && offset%4 == 0:
		return uint32(c.args[(offset-16)/8] >> (8 * (offset % 8))), nil
	}
	return 0, fmt.Errorf("load from offset %d", offset)
}

// evaluate is a second reading of what the kernel documents of classic BPF in
// filter.rst, as far as a filter of system calls uses it.
func evaluate(f []unix.SockFilter, c call) (verdict uint32, err error) {
	var a uint32
	for pc := 0; pc >= 0 && pc < len(f); pc++ {
		i, taken := f[pc], false
		switch i.Code {
		case 0x20: // ld [k]
			if a, err = c.word(i.K); err != nil {
				return 0, err
			}
			continue
		case 0x54: // and #k
			a &= i.K
			continue
		case 0x06: // ret #k
			return i.K, nil
		case 0x05: // ja
			pc += int(i.K)
			continue
		case 0x15: // jeq
			taken = a == i.K
		case 0x25: // jgt
			taken = a > i.K
		case 0x35: // jge
			taken = a >= i.K
		default:
			return 0, fmt.Errorf("instruction %d: code %#x", pc, i.Code)
		}
		if taken {
			pc += int(i.Jt)
		} else {
			pc += int(i.Jf)
		}
	}
	return 0, fmt.Errorf("runs out of its end")
}

const (
	allowed = 0x7fff0000
	killed  = 0x80000000
	failed  = 0x00050000 // | errno
)

// verdict must be had: the filter is wrong otherwise.
func verdict(t *testing.T, f []unix.SockFilter, c call) uint32 {
	t.Helper()
	v, err := evaluate(f, c)
	if err != nil {
		t.Fatalf("%+v: %v", c, err)
	}
	return v
}

// TestFilterOfEveryCall asks for every number there is, and for those at the
// edges of the range, with arguments that no restriction minds.
func TestFilterOfEveryCall(t *testing.T) {
	f := assemble()
	t.Logf("%d instructions, newest call %d", len(f), newest)
	want := map[uint32]uint32{}
	for errno, numbers := range map[unix.Errno][]uint32{
		unix.EPERM:  append(privileged(), ownPrivileged()...),
		unix.ENOSYS: append(dispensable(), ownDispensable()...),
	} {
		for _, n := range numbers {
			if _, twice := want[n]; twice || n > newest {
				t.Errorf("call %d is listed twice or too new", n)
			}
			want[n] = failed | uint32(errno)
		}
	}
	numbers := []uint32{1 << 20, 0x3fffffff, 0x40000000, 0x40000001, 0x7fffffff, 0x80000000, ^uint32(0)}
	for n := range uint32(4096) {
		numbers = append(numbers, n)
	}
	for _, n := range numbers {
		c := call{arch: confine.AuditArch, number: n}
		c.args[0], c.args[1] = harmless(n)
		expected, listed := want[n]
		switch {
		case listed:
		case confine.ForeignFrom != 0 && n >= confine.ForeignFrom:
			expected = killed
		case n > newest:
			expected = failed | uint32(unix.ENOSYS)
		default:
			expected = allowed
		}
		if got := verdict(t, f, c); got != expected {
			t.Errorf("call %d: %#x, want %#x", n, got, expected)
		}
		for _, arch := range []uint32{unix.AUDIT_ARCH_I386, unix.AUDIT_ARCH_ARM, unix.AUDIT_ARCH_RISCV64, 0} {
			c.arch = arch
			if got := verdict(t, f, c); got != killed {
				t.Fatalf("call %d of architecture %#x: %#x", n, arch, got)
			}
		}
	}
}

// harmless are the first two arguments with which a restricted call is allowed.
func harmless(number uint32) (first, second uint64) {
	switch number {
	case unix.SYS_SOCKET, unix.SYS_SOCKETPAIR:
		return unix.AF_UNIX, unix.SOCK_STREAM
	}
	return 0, 0
}

// TestFilterOfArguments: upper halves do not count, and neighbours of a value
// that is meant are not meant.
func TestFilterOfArguments(t *testing.T) {
	f := assemble()
	refused := func(e unix.Errno) uint32 { return failed | uint32(e) }
	const nonblock = unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC
	for _, c := range []struct {
		number uint32
		args   [3]uint32
		want   uint32
	}{
		{unix.SYS_SOCKET, [3]uint32{unix.AF_UNIX, unix.SOCK_SEQPACKET | nonblock, 0}, allowed},
		{unix.SYS_SOCKET, [3]uint32{unix.AF_INET, unix.SOCK_STREAM | nonblock, unix.IPPROTO_TCP}, allowed},
		{unix.SYS_SOCKET, [3]uint32{unix.AF_INET6, unix.SOCK_DGRAM, 0}, allowed},
		{unix.SYS_SOCKET, [3]uint32{unix.AF_INET6, unix.SOCK_DGRAM, unix.IPPROTO_UDP}, allowed},
		{unix.SYS_SOCKET, [3]uint32{unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_TCP}, refused(unix.EPROTONOSUPPORT)},
		{unix.SYS_SOCKET, [3]uint32{unix.AF_INET6, unix.SOCK_RAW | nonblock, 0}, refused(unix.EPROTONOSUPPORT)},
		{unix.SYS_SOCKET, [3]uint32{unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_SCTP}, refused(unix.EPROTONOSUPPORT)},
		{unix.SYS_SOCKET, [3]uint32{unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP}, refused(unix.EPROTONOSUPPORT)},
		{unix.SYS_SOCKET, [3]uint32{unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE}, allowed},
		{unix.SYS_SOCKET, [3]uint32{unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_NETFILTER}, refused(unix.EPROTONOSUPPORT)},
		{unix.SYS_SOCKET, [3]uint32{unix.AF_NETLINK, unix.SOCK_DGRAM, unix.NETLINK_KOBJECT_UEVENT}, refused(unix.EPROTONOSUPPORT)},
		{unix.SYS_SOCKETPAIR, [3]uint32{unix.AF_UNIX, 1, 0}, allowed},
		{unix.SYS_SOCKETPAIR, [3]uint32{unix.AF_TIPC, 1, 0}, refused(unix.EAFNOSUPPORT)},
		{unix.SYS_IOCTL, [3]uint32{0, unix.TIOCSTI, 0}, refused(unix.EPERM)},
		{unix.SYS_IOCTL, [3]uint32{0, tioclinux, 0}, refused(unix.EPERM)},
		{unix.SYS_IOCTL, [3]uint32{0, unix.TIOCSETD, 0}, refused(unix.EPERM)},
		{unix.SYS_IOCTL, [3]uint32{0, unix.TIOCCONS, 0}, refused(unix.EPERM)},
		{unix.SYS_IOCTL, [3]uint32{unix.TIOCSTI, unix.TCGETS, 0}, allowed},
		{unix.SYS_IOCTL, [3]uint32{0, unix.TIOCSTI + 1, 0}, allowed},
		{unix.SYS_PERSONALITY, [3]uint32{0}, allowed},
		{unix.SYS_PERSONALITY, [3]uint32{^uint32(0)}, allowed},
		{unix.SYS_PERSONALITY, [3]uint32{0x40000}, refused(unix.EPERM)}, // ADDR_NO_RANDOMIZE
		{unix.SYS_PERSONALITY, [3]uint32{8}, refused(unix.EPERM)},       // PER_LINUX32
		{unix.SYS_MKNODAT, [3]uint32{0, 0, unix.S_IFREG | 0o600}, allowed},
		{unix.SYS_MKNODAT, [3]uint32{0, 0, unix.S_IFIFO}, allowed},
		{unix.SYS_MKNODAT, [3]uint32{0, 0, unix.S_IFCHR | 0o666}, refused(unix.EPERM)},
		{unix.SYS_MKNODAT, [3]uint32{0, 0, unix.S_IFBLK}, refused(unix.EPERM)},
		{unix.SYS_UNSHARE, [3]uint32{unix.CLONE_NEWUSER | unix.CLONE_NEWNS}, allowed},
		{unix.SYS_UNSHARE, [3]uint32{unix.CLONE_NEWUSER | unix.CLONE_NEWTIME}, refused(unix.EPERM)},
		{unix.SYS_UNSHARE, [3]uint32{unix.CLONE_NEWCGROUP}, refused(unix.EPERM)},
	} {
		for _, upper := range []uint64{0, 1 << 32, 0xffffffff << 32} {
			asked := call{arch: confine.AuditArch, number: c.number}
			for i, a := range c.args {
				asked.args[i] = upper | uint64(a)
			}
			if got := verdict(t, f, asked); got != c.want {
				t.Errorf("call %d %#x: %#x, want %#x", c.number, asked.args, got, c.want)
			}
		}
	}
	for family := range uint64(64) {
		want := uint32(allowed)
		if !slices.Contains([]uint64{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK}, family) {
			want = refused(unix.EAFNOSUPPORT)
		}
		asked := call{arch: confine.AuditArch, number: unix.SYS_SOCKET, args: [6]uint64{family, unix.SOCK_DGRAM}}
		if got := verdict(t, f, asked); got != want {
			t.Errorf("socket of family %d: %#x, want %#x", family, got, want)
		}
	}
}

// TestFilterIsWellFormed: the kernel takes 4096 instructions at most, and no
// jump may leave them.
func TestFilterIsWellFormed(t *testing.T) {
	f := assemble()
	if len(f) > 4096 {
		t.Errorf("%d instructions", len(f))
	}
	for pc, i := range f {
		switch i.Code & 7 {
		case 5:
			far := max(int(i.Jt), int(i.Jf))
			if i.Code == 0x05 {
				far = int(i.K)
			}
			if pc+1+far >= len(f) {
				t.Errorf("instruction %d jumps out", pc)
			}
		}
	}
}
