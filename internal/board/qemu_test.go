package board

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Registers of the PL061 (ARM DDI 0190B) on QEMU's machine "virt".
const (
	gpioData = 0x9030000 + 0x3fc // all eight lines at once
	gpioDir  = 0x9030000 + 0x400 // 1: output
)

// emulator is a QEMU with its three wires: qtest sees and moves the lines, the
// monitor starts it and plugs things in, hands is a serial line of the guest.
type emulator struct {
	cmd     *exec.Cmd
	said    io.Reader
	hands   net.Conn
	monitor *monitor
	office  *office
	pl061   string // the chip's path in the emulator

	mu      sync.Mutex // one command at a time
	qtest   net.Conn
	replies chan string
	changes [8]atomic.Int64 // of each output
}

// boot starts the emulator, halts it before the first instruction until the
// chip's outputs are watched, and lets it go.
func boot(t *testing.T, kernel, initrd, parameters string) *emulator {
	t.Helper()
	dir := t.TempDir()
	wires := map[string]net.Listener{}
	for _, name := range []string{"qtest", "qmp", "hands"} {
		l, err := net.Listen("unix", filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		wires[name] = l
	}
	e := &emulator{replies: make(chan string), office: newOffice(t)}
	e.cmd = exec.CommandContext(t.Context(), "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a53", "-m", "1024",
		"-nodefaults", "-display", "none", "-no-reboot", "-S", "-serial", "stdio",
		"-qtest", "unix:"+filepath.Join(dir, "qtest"), "-qtest-log", "none",
		"-qmp", "unix:"+filepath.Join(dir, "qmp"),
		"-chardev", "socket,id=hands,path="+filepath.Join(dir, "hands"), "-device", "pci-serial,chardev=hands",
		"-device", "qemu-xhci,id=usb",
		"-kernel", kernel, "-initrd", initrd, "-append", "console=ttyAMA0 "+parameters)
	var err error
	if e.said, err = e.cmd.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	var complaints strings.Builder
	e.cmd.Stderr = &complaints
	if err := e.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = e.cmd.Process.Kill()
		_ = e.cmd.Wait()
		if t.Failed() {
			t.Log(complaints.String())
		}
	})
	e.hands, e.qtest = accept(t, wires["hands"]), accept(t, wires["qtest"])
	go e.listen() // ends with the emulator
	if e.monitor, err = openMonitor(accept(t, wires["qmp"])); err != nil {
		t.Fatal(err)
	}
	e.begin(t)
	return e
}

func accept(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// begin finds the chip, watches it and starts the processor.
func (e *emulator) begin(t *testing.T) {
	t.Helper()
	var parts []struct{ Name, Type string }
	err := e.monitor.ask("qom-list", object{"path": "/machine/unattached"}, &parts)
	for _, p := range parts {
		if p.Type == "child<pl061>" {
			e.pl061 = "/machine/unattached/" + p.Name
		}
	}
	if e.pl061 == "" {
		t.Fatal("this emulator has no PL061: ", err)
	}
	e.tell(t, "irq_intercept_out "+e.pl061)
	if err := e.monitor.ask("cont", nil, nil); err != nil {
		t.Fatal(err)
	}
}

// listen sorts qtest's words: replies, and what the lines did.
func (e *emulator) listen() {
	defer close(e.replies)
	for s := bufio.NewScanner(e.qtest); s.Scan(); {
		var what string
		var line int
		if n, _ := fmt.Sscanf(s.Text(), "IRQ %s %d", &what, &line); n == 2 {
			if line >= 0 && line < len(e.changes) {
				e.changes[line].Add(1) // before the reply to what is asked later
			}
			continue
		}
		e.replies <- s.Text()
	}
}

// tell gives qtest a command and returns the value of its reply.
func (e *emulator) tell(t testing.TB, command string) (value uint64) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, err := io.WriteString(e.qtest, command+"\n"); err != nil {
		t.Fatal(err)
	}
	reply := <-e.replies
	if !strings.HasPrefix(reply, "OK") {
		t.Fatalf("%s: %q", command, reply)
	}
	_, _ = fmt.Sscanf(reply, "OK 0x%x", &value) // most have none
	return value
}

// serve answers the guest's questions about the lines until it is gone.
func (e *emulator) serve(t testing.TB) {
	for s := bufio.NewScanner(e.hands); s.Scan(); {
		var line, level int
		var name string
		reply := fmt.Sprintf("what is %q?", s.Text())
		switch {
		case scanned(s.Text(), "out %d", &line):
			driven := e.tell(t, fmt.Sprintf("readl %#x", gpioDir)) & e.tell(t, fmt.Sprintf("readl %#x", gpioData))
			reply = fmt.Sprint(driven>>line&1, e.changes[line].Load())
		case scanned(s.Text(), "in %d %d", &line, &level):
			e.tell(t, fmt.Sprintf("set_irq_in %s unnamed-gpio-in %d %d", e.pl061, line, level))
			reply = "ok"
		case scanned(s.Text(), "plug %s", &name):
			reply = said(e.plug(name))
		case scanned(s.Text(), "read %d", &level):
			reply = said(e.monitor.awaitRead(int64(level)))
		case s.Text() == "pull":
			reply = said(e.pull())
		case s.Text() == "enrol":
			reply = said(e.office.enrol())
		}
		if _, err := io.WriteString(e.hands, reply+"\n"); err != nil {
			return
		}
	}
}

// said is the reply to what was asked for.
func said(err error) string {
	if err != nil {
		return strings.Join(strings.Fields(err.Error()), "_") // one word
	}
	return "ok"
}

func scanned(text, format string, into ...any) bool {
	n, err := fmt.Sscanf(text, format, into...)
	return err == nil && n == len(into)
}
