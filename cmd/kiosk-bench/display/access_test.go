package display

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A user who is neither root nor the bus's own finds the registry on the bus.
func TestAccessBus(t *testing.T) {
	t.Parallel()
	need(t, "dbus-daemon", "dbus-send")
	if _, err := findRegistry(); err != nil {
		t.Skipf("not run: %v", err)
	}
	if _, err := user.LookupId(strconv.Itoa(os.Getuid())); err != nil {
		t.Skipf("not run: %v, and the bus refuses users it does not know", err)
	}
	s := open(t, Options{Compositor: X11})
	socket := s.Client().AccessBus
	if socket == "" {
		t.Fatal("no accessibility bus")
	}
	// A view is handed the socket alone; here the directory has to let it pass.
	if err := os.Chmod(filepath.Dir(socket), 0o711); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for {
		out, err := hasRegistry(socket)
		if err == nil && strings.Contains(out, "boolean true") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("registry not on the bus: %v: %s", err, out)
		}
	}
}

func hasRegistry(socket string) (string, error) {
	cmd := exec.Command("dbus-send", "--bus=unix:path="+socket, "--print-reply", "--dest=org.freedesktop.DBus",
		"/org/freedesktop/DBus", "org.freedesktop.DBus.NameHasOwner", "string:org.a11y.atspi.Registry")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	if os.Getuid() == 0 { // inside a user namespace nobody can say who they are outside
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 1000, HostID: 0, Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 1000, HostID: 0, Size: 1}}}
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}
