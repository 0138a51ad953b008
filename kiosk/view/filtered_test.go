package view

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"guichet.example/internal/confine"
)

// filteredArg makes the test binary try system calls, with or without the
// filter; what each answered goes to standard output.
const filteredArg = "view-filtered"

// attempts are calls that do no harm where nothing refuses them: their
// arguments are wrong.
func attempts() map[string][4]uintptr {
	wrong := ^uintptr(0)
	all := map[string][4]uintptr{}
	for _, n := range slices.Concat(privileged(), ownPrivileged(), dispensable(), ownDispensable()) {
		all[fmt.Sprintf("call %d", n)] = [4]uintptr{uintptr(n), wrong, wrong, wrong}
	}
	all["packet socket"] = [4]uintptr{unix.SYS_SOCKET, unix.AF_PACKET, unix.SOCK_DGRAM, 0}
	all["raw socket"] = [4]uintptr{unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_TCP}
	all["socket for the kernel's events"] = [4]uintptr{unix.SYS_SOCKET, unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_KOBJECT_UEVENT}
	all["typing into a terminal"] = [4]uintptr{unix.SYS_IOCTL, wrong, unix.TIOCSTI, 0}
	all["typing into a terminal, upper half set"] = [4]uintptr{unix.SYS_IOCTL, wrong, 1<<32 | unix.TIOCSTI, 0}
	all["other personality"] = [4]uintptr{unix.SYS_PERSONALITY, 0x40000, 0, 0}
	all["device node"] = [4]uintptr{unix.SYS_MKNODAT, wrong, wrong, unix.S_IFCHR}
	all["time namespace"] = [4]uintptr{unix.SYS_UNSHARE, unix.CLONE_NEWTIME, 0, 0}
	return all
}

// stays are calls that the engine and bubblewrap cannot do without.
func stays() map[string][4]uintptr {
	return map[string][4]uintptr{
		"unix socket":     {unix.SYS_SOCKET, unix.AF_UNIX, unix.SOCK_STREAM, 0},
		"internet socket": {unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_TCP},
		"route socket":    {unix.SYS_SOCKET, unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE},
		"personality":     {unix.SYS_PERSONALITY, ^uintptr(0), 0, 0},
	}
}

func filtered(how string) int {
	runtime.LockOSThread()
	if how == "with" {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			panic(err)
		}
		if err := filterCalls(); err != nil {
			panic(err)
		}
	}
	answers := map[string]syscall.Errno{}
	calls := attempts()
	maps.Copy(calls, stays())
	if how == "foreign" {
		if err := errors.Join(unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), filterCalls()); err != nil {
			panic(err)
		}
		unix.RawSyscall(confine.ForeignFrom+39, 0, 0, 0) // getpid of x32
		return 0
	}
	for name, c := range calls {
		_, _, answers[name] = unix.RawSyscall6(c[0], c[1], c[2], c[3], ^uintptr(0), ^uintptr(0), ^uintptr(0))
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		return 1
	}
	return 0
}

// try runs the attempts in a process of their own, which may leave things
// behind in its own namespaces only.
func try(t *testing.T, how string) map[string]syscall.Errno {
	t.Helper()
	cmd := exec.Command(testBinary(t), filteredArg, how)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Cloneflags = unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWNS
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s the filter: %v", how, err)
	}
	var answers map[string]syscall.Errno
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	return answers
}

// TestFilterInTheKernel tries every refused call, and shows that the kernel
// itself would have answered otherwise.
func TestFilterInTheKernel(t *testing.T) {
	with, without := try(t, "with"), try(t, "without")
	f, alike := assemble(), 0
	for name, c := range attempts() {
		v := verdict(t, f, call{arch: confine.AuditArch, number: uint32(c[0]),
			args: [6]uint64{uint64(c[1]), uint64(c[2]), uint64(c[3]), ^uint64(0), ^uint64(0), ^uint64(0)}})
		if v&^0xffff != failed || with[name] != syscall.Errno(v&0xffff) {
			t.Errorf("%s: %v, want %v", name, with[name], syscall.Errno(v&0xffff))
		}
		if with[name] == without[name] {
			alike++
			t.Logf("%s: this kernel answers %v by itself", name, without[name])
		}
	}
	t.Logf("%d calls refused; the kernel refuses %d of them alike without the filter", len(attempts()), alike)
	if os.Getuid() == 0 && alike > len(attempts())/3 {
		t.Error("too many to tell the filter from the kernel")
	}
	for name := range stays() {
		if with[name] != without[name] || with[name] != 0 {
			t.Errorf("%s: %v with the filter, %v without", name, with[name], without[name])
		}
	}
}

func TestFilterKillsForeignCalls(t *testing.T) {
	if confine.ForeignFrom == 0 {
		t.Skip("this architecture has no second set of numbers")
	}
	err := exec.Command(testBinary(t), filteredArg, "foreign").Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGSYS {
		t.Errorf("a call of x32: %v, want SIGSYS", err)
	}
}
