package guest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// capabilities are those that kioskd.service may name.
var capabilities = map[string]uintptr{
	"CAP_CHOWN": unix.CAP_CHOWN, "CAP_DAC_OVERRIDE": unix.CAP_DAC_OVERRIDE, "CAP_FOWNER": unix.CAP_FOWNER, "CAP_KILL": unix.CAP_KILL,
	"CAP_SETGID": unix.CAP_SETGID, "CAP_SETUID": unix.CAP_SETUID, "CAP_SETPCAP": unix.CAP_SETPCAP, "CAP_NET_ADMIN": unix.CAP_NET_ADMIN,
	"CAP_SYS_ADMIN": unix.CAP_SYS_ADMIN, "CAP_SYS_NICE": unix.CAP_SYS_NICE, "CAP_SYS_PTRACE": unix.CAP_SYS_PTRACE,
}

// asUnit executes a command with the capabilities that come first, as systemd
// would; the rest of its sandbox is not made here.
func asUnit(args []string) error {
	runtime.LockOSThread()
	var keep []uintptr
	for name := range strings.SplitSeq(args[0], ",") {
		c, ok := capabilities[name]
		if !ok {
			return fmt.Errorf("there is no %q", name)
		}
		keep = append(keep, c)
	}
	for c := range uintptr(unix.CAP_LAST_CAP + 1) {
		if slices.Contains(keep, c) {
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil && !errors.Is(err, unix.EINVAL) { // a kernel that knows fewer
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	unix.Umask(0o077)
	return syscall.Exec(args[1], args[1:], os.Environ())
}

// box is kioskd as systemd keeps it: with the rights of its unit, and started
// again each time that it ends.
type box struct {
	said    screen
	command []string
	running *exec.Cmd
	ended   chan error
	starts  int
	port    thing // what is plugged in
}

func newBox(t *testing.T) *box {
	t.Helper()
	b := &box{command: append([]string{strings.Join(unit(t, "CapabilityBoundingSet"), ",")}, unit(t, "ExecStart")...)}
	b.start(t)
	t.Cleanup(func() {
		_ = b.running.Process.Kill()
		<-b.ended
	})
	return b
}

func (b *box) start(t *testing.T) {
	t.Helper()
	b.running = exec.Command("/proc/self/exe", b.command...)
	b.running.Args[0] = "unit"
	b.running.Stdout, b.running.Stderr = &b.said, &b.said
	if err := b.running.Start(); err != nil {
		t.Fatal(err)
	}
	b.starts++
	ended := make(chan error, 1)
	b.ended = ended
	cmd := b.running
	go func() { ended <- cmd.Wait() }()
}

// mark is where the log ends now.
func (b *box) mark() int { return len(b.said.String()) }

// until returns once the log says this, after a mark. Meanwhile the film follows
// the relay, and kioskd is started again when it has ended in order.
func (b *box) until(t *testing.T, h *hands, from int, says string) {
	t.Helper()
	for began := time.Now(); !strings.Contains(b.said.String()[from:], says); time.Sleep(20 * time.Millisecond) {
		if high, _ := h.output(t, relayLine); high != h.film {
			h.film = high
			h.input(t, privateLine, !high)
			h.input(t, clearLine, high)
		}
		select {
		case err := <-b.ended:
			if err != nil {
				b.ended <- err // for Cleanup
				t.Fatalf("kioskd ended: %v\n%s", err, b.said.String())
			}
			b.start(t)
		default:
		}
		if time.Since(began) > 2*time.Minute {
			t.Fatalf("kioskd does not say %q:\n%s", says, b.said.String())
		}
	}
}
