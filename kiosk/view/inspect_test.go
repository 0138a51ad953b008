package view

import (
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"guichet.example/kiosk/view/wire"
)

// ordinary starts a process that has nothing of what a view is promised.
func ordinary(t *testing.T, cloneflags uintptr) *running {
	t.Helper()
	cmd := exec.Command("sleep", "1000")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: cloneflags, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return &running{traces: wire.Traces{PID: cmd.Process.Pid, PIDNamespace: 1, Mark: "GUICHET_VIEW=none"}}
}

// TestInspectionSeesWhatIsMissing is the positive control of every check: an
// ordinary process has none of it.
func TestInspectionSeesWhatIsMissing(t *testing.T) {
	if unix.Getuid() != 0 {
		t.Skip("without root an ordinary process has no capabilities either")
	}
	b := open(t, setting(t, "good"))
	checks, err := b.inspect(ordinary(t, 0))
	if err == nil {
		t.Error("an ordinary process is taken for a view")
	}
	for _, c := range checks {
		if c.Needed && (c.Holds || c.Why == "" || !strings.Contains(err.Error(), c.Name)) {
			t.Errorf("%q holds of an ordinary process (%q)", c.Name, c.Why)
		}
	}
	// One more control: what is there is seen, one by one.
	checks, _ = b.inspect(ordinary(t, unix.CLONE_NEWNS|unix.CLONE_NEWPID|unix.CLONE_NEWNET|unix.CLONE_NEWIPC|unix.CLONE_NEWUTS))
	at := slices.IndexFunc(checks, func(c Check) bool { return c.Name == "namespaces of its own" })
	if !checks[at].Holds {
		t.Errorf("%+v", checks[at])
	}
}

func TestPromisesHold(t *testing.T) {
	b := open(t, setting(t, "good"))
	for _, when := range []string{"at start", "of a view"} {
		for _, c := range b.Isolation().Checks {
			if c.Needed && !c.Holds {
				t.Errorf("%s: %q does not hold: %s", when, c.Name, c.Why)
			}
			t.Logf("%s: %+v", when, c)
		}
		b.warm()
		b.next() // Hello: it was looked at
	}
}

// TestSecondListenerIsRefused: what a view adds to its network is seen when it
// says that it is there.
func TestSecondListenerIsRefused(t *testing.T) {
	b := open(t, setting(t, "listen"))
	n := b.warm()
	for {
		r := b.next()
		if _, ok := r.Msg.(wire.Ready); ok {
			t.Fatal("it is ready")
		}
		if g, ok := r.Msg.(wire.Gone); ok {
			if !strings.Contains(g.Err.Error(), "no network but the daemon's listener") || !strings.Contains(g.Err.Error(), "0100007F:0C39") {
				t.Errorf("gone with %v", g.Err)
			}
			break
		}
	}
	b.Kill(n)
}
