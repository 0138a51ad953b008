package board

import (
	"bufio"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestUnit boots Debian's systemd with our units and settings as make install
// copies them, and has a stick read: in kioskd.service's sandbox, whose device
// groups, system calls and capabilities nothing else here applies.
func TestUnit(t *testing.T) {
	dir := fetched(t)
	e := boot(t, filepath.Join(dir, "vmlinuz"), system(t, filepath.Join(dir, "system.cpio")),
		"loglevel=3 panic=-1 systemd.show_status=no systemd.mask=serial-getty@ttyAMA0.service systemd.mask=getty-static.service")
	go e.serve(t) // ends with the emulator
	overdue := time.AfterFunc(limit, func() { _ = e.cmd.Process.Kill() })
	defer overdue.Stop()
	move := func(line, level string) { e.tell(t, "set_irq_in "+e.pl061+" unnamed-gpio-in "+line+" "+level) }
	move("4", "1") // film private
	for s := bufio.NewScanner(e.said); s.Scan(); {
		t.Log(s.Text())
		var err error
		switch {
		case strings.Contains(s.Text(), "to=unprovisioned"):
			if err = e.plug("blank"); err == nil {
				err = e.monitor.awaitRead(1) // the kernel has found the disk
			}
			move("6", "1") // the switch
		case strings.Contains(s.Text(), "a stick is refused"), strings.Contains(s.Text(), "kioskd.service: Failed"):
			t.Fatal("see the last line")
		case strings.Contains(s.Text(), "the enrolment is on the stick"):
			if err = e.pull(); err == nil {
				err = e.office.run("", "mdir", "-i", e.office.image("blank"), "::guichet/enrolment")
			}
			if err != nil {
				t.Error(err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Error("the board ended without an enrolment")
}

// archive is an initial file system that is being written.
type archive struct {
	t *testing.T
	*os.File
}

// add writes a file with the folders above it.
func (a archive) add(name string, mode int, content string) {
	a.t.Helper()
	for i, c := range name {
		if c == '/' {
			entry(a.t, a, name[:i], 0o040755, nil)
		}
	}
	entry(a.t, a, name, mode, []byte(content))
}

// Kinds of files.
const (
	plain   = 0o100644
	program = 0o100755
	link    = 0o120777
)

// system adds to a Debian what make install does, and what stands in for a screen
// and for kiosk-view. The kernel unpacks one archive after the other.
func system(t *testing.T, debian string) string {
	t.Helper()
	initrd, err := os.Create(filepath.Join(t.TempDir(), "initrd"))
	if err != nil {
		t.Fatal(err)
	}
	defer initrd.Close()
	base, err := os.Open(debian)
	if err == nil {
		defer base.Close()
		_, err = io.Copy(initrd, base)
	}
	if err != nil {
		t.Fatal(err)
	}
	a := archive{t, initrd}
	a.install()
	guest, kioskd := programs(t)
	a.add("usr/lib/guichet/kiosk-view", program, string(guest))
	a.add("usr/lib/guichet/kioskd", program, string(kioskd))
	a.setUp()
	entry(t, a, "TRAILER!!!", 0, nil)
	return initrd.Name()
}

// install adds what firmware/files.txt lists, but for programs and the compositor.
func (a archive) install() {
	a.t.Helper()
	table, err := os.ReadFile("../../firmware/files.txt")
	if err != nil {
		a.t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if strings.HasPrefix(line, "#") || strings.HasPrefix(f[1], "bin/") || path.Base(f[2]) == "guichet-screen.service" {
			continue
		}
		content, err := os.ReadFile("../../" + f[1])
		if err != nil {
			a.t.Fatal(err)
		}
		a.add(f[2][1:], map[string]int{"0644": plain, "0755": program}[f[0]], string(content))
	}
}

// setUp adds what an image for this board has, and what the emulator lacks.
func (a archive) setUp() {
	a.t.Helper()
	a.add("usr/share/guichet/factory.toml", plain, strings.Join([]string{"format = 1", "[site]", `id = "new"`, `place = "Guichet"`,
		`languages = ["fr"]`, "[film]", `follow_within = "5s"`, wire("relay", 0), wire("contact", 4), wire("inverse_contact", 5),
		"[service_switch]", `chip = "9030000.pl061"`, "line = 6", `active = "high"`, ""}, "\n"))
	const units = "etc/systemd/system/"
	a.add(units+"guichet-screen.socket", plain, "[Socket]\nListenStream=/run/guichet-screen/display\nDirectoryMode=0755\n")
	a.add(units+"guichet-screen.service", plain, "[Service]\nExecStart=/bin/sleep infinity\n")
	a.add(units+"sockets.target.wants/guichet-screen.socket", link, "/etc/systemd/system/guichet-screen.socket")
	a.add(units+"multi-user.target.wants/kioskd.service", link, "/usr/lib/systemd/system/kioskd.service")
	a.add(units+"default.target", link, "/lib/systemd/system/multi-user.target")
	a.add("etc/systemd/journald.conf.d/99-console.conf", plain, "[Journal]\nForwardToConsole=yes\nTTYPath=/dev/ttyAMA0\n")
	a.add("etc/machine-id", plain, "")
	a.add("init", program, `#!/bin/bash
# What the kernel has unpacked cannot be changed for another root, as views do.
PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t tmpfs -o size=80%,mode=755 none /root
cp -a /bin /sbin /lib /etc /usr /var /root/
mkdir -p /root/{dev,proc,sys,run,root,home}
mkdir -m 1777 /root/tmp
cd /root && mount --move . / && exec chroot . /lib/systemd/systemd
`)
}
