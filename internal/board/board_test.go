package board

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// limit is how long the board may take; it was 73 s on two busy cores.
const limit = 5 * time.Minute

// TestBoard runs package guest on an emulated board.
func TestBoard(t *testing.T) {
	kernel := os.Getenv("GUICHET_BOARD_KERNEL")
	if kernel == "" {
		t.Skip("no kernel for the emulated board: make board fetches one and runs this")
	}
	if _, err := exec.LookPath("qemu-system-aarch64"); err != nil {
		t.Skipf("%v: make board installs it", err)
	}
	e := boot(t, kernel, pack(t))
	go e.serve(t) // ends with the emulator
	overdue := time.AfterFunc(limit, func() { _ = e.cmd.Process.Kill() })
	defer overdue.Stop()

	passed, ended := map[string]bool{}, ""
	for s := bufio.NewScanner(e.said); s.Scan(); {
		t.Log(s.Text())
		var name string
		if scanned(strings.TrimSpace(s.Text()), "--- PASS: %s", &name) {
			passed[name] = true
		}
		if strings.HasPrefix(s.Text(), "board: ") {
			ended = strings.TrimSpace(s.Text())
		}
	}
	if ended != "board: exit 0" {
		t.Errorf("the board ended with %q", ended)
	}
	for _, name := range []string{"TestRelay", "TestPulsedRelay", "TestFilmContact", "TestIndicator", "TestHelpButton",
		"TestHardwareCheck", "TestKilled", "TestKilledPulsing", "TestStopped", "TestKilledServing"} {
		if !passed[name] {
			t.Errorf("%s did not pass", name)
		}
	}
}

// pack builds the guest's programs and puts them into an initial file system:
// the tests as /init and in the place of kiosk-view, kioskd, and its unit.
func pack(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	initrd, err := os.Create(filepath.Join(dir, "initrd"))
	if err != nil {
		t.Fatal(err)
	}
	defer initrd.Close()
	for _, name := range []string{"usr", "usr/lib", "usr/lib/guichet", "etc", "etc/guichet", "var", "var/lib", "var/lib/guichet"} {
		entry(t, initrd, name, 0o040755, nil)
	}
	for name, command := range map[string][]string{
		"init": {"test", "-c"}, "kioskd": {"build"},
	} {
		from := map[string]string{"init": "./guest", "kioskd": "../../cmd/kioskd"}[name]
		cmd := exec.Command("go", append(command, "-ldflags=-s -w", "-o", filepath.Join(dir, name), from)...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "init" {
			entry(t, initrd, name, 0o100755, content)
			name = "kiosk-view"
		}
		entry(t, initrd, "usr/lib/guichet/"+name, 0o100755, content)
	}
	unit, err := os.ReadFile("../../firmware/units/kioskd.service")
	if err != nil {
		t.Fatal(err)
	}
	entry(t, initrd, "kioskd.service", 0o100644, unit)
	for _, name := range []string{"dev", "tmp", "root"} {
		entry(t, initrd, name, 0o040777, nil)
	}
	entry(t, initrd, "TRAILER!!!", 0, nil)
	return initrd.Name()
}

// entry writes one file of a cpio archive in the form "newc" (Linux,
// Documentation/driver-api/early-userspace/buffer-format.rst).
func entry(t *testing.T, w io.Writer, name string, mode int, content []byte) {
	t.Helper()
	head := fmt.Sprintf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\x00",
		len(name), mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name)+1, 0, name)
	pad := func(n int) string { return strings.Repeat("\x00", -n&3) }
	for _, part := range []string{head, pad(len(head)), string(content), pad(len(content))} {
		if _, err := io.WriteString(w, part); err != nil {
			t.Fatal(err)
		}
	}
}
