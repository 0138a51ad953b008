package board

import (
	"bufio"
	"debug/elf"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// limit is how long a board may run; one took 106 s and one 23 s on two cores, 196 and 142 on busy ones.
const limit = 5 * time.Minute

// fetched is where build/board.sh has put what boots.
func fetched(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("GUICHET_BOARD")
	if dir == "" {
		t.Skip("no kernel for the emulated board: make board fetches one and runs this")
	}
	if _, err := exec.LookPath("qemu-system-aarch64"); err != nil {
		t.Skipf("%v: make board installs it", err)
	}
	return dir
}

// TestBoard runs package guest on an emulated board.
func TestBoard(t *testing.T) {
	dir := fetched(t)
	e := boot(t, filepath.Join(dir, "vmlinuz"), pack(t, filepath.Join(dir, "modules")), "loglevel=3 panic=-1 -- -test.v")
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
		"TestHardwareCheck", "TestKilled", "TestKilledPulsing", "TestStopped", "TestKilledServing", "TestSticks"} {
		if !passed[name] {
			t.Errorf("%s did not pass", name)
		}
	}
}

// pack builds the guest's programs and puts them into an initial file system:
// the tests as /init and in the place of kiosk-view, kioskd, its unit, and the
// kernel's modules for USB.
func pack(t *testing.T, modules string) string {
	t.Helper()
	dir := t.TempDir()
	initrd, err := os.Create(filepath.Join(dir, "initrd"))
	if err != nil {
		t.Fatal(err)
	}
	defer initrd.Close()
	for _, name := range []string{"usr", "usr/lib", "usr/lib/guichet", "etc", "etc/guichet", "etc/ssl", "etc/ssl/certs", "usr/share", "usr/share/guichet", "modules", "var", "var/lib", "var/lib/guichet"} {
		entry(t, initrd, name, 0o040755, nil)
	}
	guest, kioskd := programs(t)
	entry(t, initrd, "init", 0o100755, guest)
	entry(t, initrd, "usr/lib/guichet/kiosk-view", 0o100755, guest)
	entry(t, initrd, "usr/lib/guichet/kioskd", 0o100755, kioskd)
	unit, err := os.ReadFile("../../firmware/units/kioskd.service")
	if err != nil {
		t.Fatal(err)
	}
	entry(t, initrd, "kioskd.service", 0o100644, unit)
	for i, name := range needed(t, modules) {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		entry(t, initrd, fmt.Sprintf("modules/%02d-%s", i, filepath.Base(name)), 0o100644, content)
	}
	for _, name := range []string{"dev", "tmp", "root"} {
		entry(t, initrd, name, 0o040777, nil)
	}
	entry(t, initrd, "TRAILER!!!", 0, nil)
	return initrd.Name()
}

// programs builds the guest's programs for the board: package guest's tests, which
// are a view without a browser too, and kioskd.
func programs(t *testing.T) (guest, kioskd []byte) {
	t.Helper()
	made := func(from string, command ...string) []byte {
		to := filepath.Join(t.TempDir(), "program")
		cmd := exec.Command("go", append(command, "-ldflags=-s -w", "-o", to, from)...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		content, err := os.ReadFile(to)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	return made("./guest", "test", "-c"), made("../../cmd/kioskd", "build")
}

// needed returns the modules that an xHCI controller with sticks and a keyboard
// wants, and a device made by the kernel itself, each after those that it depends
// on.
func needed(t *testing.T, dir string) (inOrder []string) {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		files[strings.ReplaceAll(strings.TrimSuffix(filepath.Base(path), ".ko"), "-", "_")] = path
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var add func(name string)
	add = func(name string) {
		path := files[strings.ReplaceAll(name, "-", "_")]
		if slices.Contains(inOrder, path) {
			return
		}
		module, err := elf.Open(path)
		if err != nil {
			t.Fatalf("module %q: %v", name, err)
		}
		defer module.Close()
		info, err := module.Section(".modinfo").Data()
		if err != nil {
			t.Fatal(err)
		}
		for fact := range strings.SplitSeq(string(info), "\x00") {
			if list, ok := strings.CutPrefix(fact, "depends="); ok && list != "" {
				for other := range strings.SplitSeq(list, ",") {
					add(other)
				}
			}
		}
		inOrder = append(inOrder, path)
	}
	for _, name := range []string{"xhci-pci", "sd_mod", "sr_mod", "usb-storage", "uas", "usbhid", "hid-generic",
		"dummy_hcd", "usb_f_mass_storage", "usb_f_hid"} {
		add(name)
	}
	return inOrder
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
