package firmware

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestLogindKeys: every key and lid that logind acts on is ignored. A later
// logind that acts on one more fails here.
func TestLogindKeys(t *testing.T) {
	program, err := os.ReadFile("/usr/lib/systemd/systemd-logind")
	if err != nil {
		t.Skipf("%v: build/need.sh test installs it", err)
	}
	set := settings(t, "system/logind.conf")
	known := regexp.MustCompile(`Login\.(Handle\w+)`).FindAllSubmatch(program, -1)
	if len(known) < 8 {
		t.Fatalf("logind seems to know %d keys only", len(known))
	}
	for _, k := range known {
		// The secure attention key of systemd 257 only sends a signal over the bus.
		if name := string(k[1]); name != "HandleSecureAttentionKey" && !slices.Contains(set, name+"=ignore") {
			t.Errorf("logind.conf does not ignore %s", name)
		}
	}
	for _, line := range []string{"NAutoVTs=0", "ReserveVT=0"} {
		if !slices.Contains(set, line) {
			t.Errorf("logind.conf lacks %s: a login waits behind another console", line)
		}
	}
}

// TestCtrlAltDel: the target that the kernel's chord starts, a reboot on any
// other Debian, is masked.
func TestCtrlAltDel(t *testing.T) {
	root := machine(t)
	state := func() string {
		out, _ := output(t, "systemctl", "--root="+root, "is-enabled", "ctrl-alt-del.target")
		return strings.TrimSpace(out)
	}
	if got := state(); got != "masked" {
		t.Errorf("ctrl-alt-del.target is %q", got)
	}
	if err := os.Remove(filepath.Join(root, "etc/systemd/system/ctrl-alt-del.target")); err != nil {
		t.Fatal(err)
	}
	if got := state(); got == "masked" {
		t.Error("control: it is masked without our file, too")
	}
	if !slices.Contains(settings(t, "system/manager.conf"), "CtrlAltDelBurstAction=none") {
		t.Error("manager.conf: seven times Ctrl+Alt+Del reboots")
	}
}

// TestConsoles: no login on any console of the screen, whichever a chord leads
// to. systemd-analyze looks for the program on this machine, which is no
// kiosk: one that it has stands in.
func TestConsoles(t *testing.T) {
	root := machine(t)
	const drop = "usr/lib/systemd/system/getty@.service.d/50-guichet.conf"
	starts := func(tty string) bool {
		out, _ := output(t, "systemd-analyze", "condition", "--root="+root, "--unit=getty@"+tty+".service")
		switch {
		case strings.Contains(out, "Conditions succeeded."):
			return true
		case strings.Contains(out, "Conditions failed."):
			return false
		}
		t.Fatalf("condition of %s: %s", tty, out)
		return false
	}
	text := read(t, root, drop)
	write(t, root, drop, []byte(strings.ReplaceAll(text, "/usr/lib/guichet/kioskd", "/usr/lib/systemd/systemd")), 0o644)
	for _, tty := range []string{"tty1", "tty2", "tty12"} {
		if starts(tty) {
			t.Errorf("a login starts on %s", tty)
		}
	}
	write(t, root, drop, []byte(text), 0o644)
	if !starts("tty2") {
		t.Error("control: no login starts where kioskd is not installed")
	}
	if !slices.Contains(settings(t, "system/sysctl.conf"), "kernel.sysrq = 0") {
		t.Error("sysctl.conf: the kernel takes orders from the keyboard")
	}
}

// TestScreenTakesNoChord: cage changes consoles by keys when started with -s.
func TestScreenTakesNoChord(t *testing.T) {
	start := regexp.MustCompile(`(?m)^ExecStart=/usr/bin/cage (.*?)--`).FindStringSubmatch(read(t, ".", "units/guichet-screen.service"))
	if start == nil {
		t.Fatal("guichet-screen.service starts no cage")
	}
	for _, option := range strings.Fields(start[1]) {
		if strings.HasPrefix(option, "-") && strings.Contains(option, "s") {
			t.Errorf("cage is started with %s", option)
		}
	}
}
