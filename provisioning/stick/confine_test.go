package stick

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/provisioning/stick/fat"
)

// What a child of the tests does besides reading and writing.
const (
	attempt = "test: attempt"
	hold    = "test: hold"
	eat     = "test: eat"
	feast   = "test: feast" // eats too, and tells of each mouthful
	spin    = "test: spin"
	lie     = "test: lie"
	control = "guichet-stick-unconfined" // attempts, without any confinement
	asUser  = "guichet-stick-as-user"    // reads a stick as a program without root does
)

func work(o order) error {
	switch o.name {
	case attempt:
		return tryAll(descriptor(fdPipe))
	case hold:
		_, err := descriptor(fdPipe).Write([]byte("held\n"))
		time.Sleep(time.Minute)
		return err
	case eat, feast:
		var all [][]byte
		for range 1 << 20 {
			b := make([]byte, mib)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			all = append(all, b)
			if o.name == feast {
				if _, err := descriptor(fdPipe).Write([]byte(".")); err != nil {
					return err
				}
			}
		}
		return fmt.Errorf("ate %d MiB", len(all))
	case spin:
		for n := uint(1); n != 0; n += 2 { // even after the end of the numbers
		}
	case lie:
		return newSender(descriptor(fdPipe)).file("../../escaped", 1, strings.NewReader("x"))
	}
	return o.work()
}

// attempts are what somebody would do who has taken a child over.
func attempts() map[string]func() error {
	raw := func(number uintptr, args ...uintptr) func() error {
		return func() error {
			a := append(args, 0, 0, 0, 0, 0, 0)
			r, _, e := unix.RawSyscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
			if e != 0 {
				return e
			}
			if number == unix.SYS_CLONE && r == 0 {
				unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
			}
			return nil
		}
	}
	open := func(path string, flags int) func() error {
		return func() error { _, err := unix.Open(path, flags, 0o600); return err }
	}
	socket := func(family int) func() error {
		return func() error { _, err := unix.Socket(family, unix.SOCK_DGRAM, 0); return err }
	}
	return map[string]func() error{
		"open a file":            open("/etc/passwd", os.O_RDONLY),
		"open its own memory":    open("/proc/self/mem", os.O_RDWR),
		"make a file":            open("/tmp/guichet-stick-test", os.O_RDWR|os.O_CREATE),
		"a socket of the net":    socket(unix.AF_INET),
		"a socket of unix":       socket(unix.AF_UNIX),
		"a socket of the kernel": socket(unix.AF_NETLINK),
		"fork":                   raw(unix.SYS_CLONE, uintptr(unix.SIGCHLD)),
		"a user namespace":       raw(unix.SYS_UNSHARE, unix.CLONE_NEWUSER|unix.CLONE_NEWNS),
		"execute":                func() error { _, err := syscall.ForkExec("/bin/true", []string{"true"}, nil); return err },
		"memory to execute": func() error {
			_, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_ANON|unix.MAP_PRIVATE)
			return err
		},
		"trace":         raw(unix.SYS_PTRACE, unix.PTRACE_ATTACH, 1<<30),
		"signal":        raw(unix.SYS_KILL, 0, 0),
		"its user":      raw(unix.SYS_SETUID, 0),
		"its limits":    raw(unix.SYS_PRLIMIT64, 0, unix.RLIMIT_NOFILE),
		"one more file": func() error { _, err := unix.Dup(1); return err },
		"ask the device": func() error {
			_, err := unix.IoctlGetInt(1, unix.TIOCGPGRP)
			if errors.Is(err, unix.ENOTTY) {
				return nil
			}
			return err
		},
		"the clock": func() error { _, err := unix.Adjtimex(&unix.Timex{}); return err },
	}
}

// tryAll writes a line for each attempt that is not refused with EPERM.
func tryAll(w io.Writer) error {
	var lines strings.Builder
	for name, try := range attempts() {
		if err := try(); !errors.Is(err, unix.EPERM) {
			fmt.Fprintf(&lines, "%s: %v\n", name, err)
		}
	}
	_, err := fmt.Fprintf(w, "%send\n", lines.String())
	return err
}

// begin starts a child of the tests and returns what it says.
func begin(t *testing.T, name string, device string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	d, size, err := reader(t).open(device)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	// The second descriptor stands for the one to write with, which a name asks for.
	c := call{order: order{size: size, name: name, limits: Limits()}, reader: reader(t), files: []*os.File{d, d}}
	cmd := c.command(context.Background(), w)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	})
	said := bufio.NewReader(r)
	if line, err := said.ReadString('\n'); err != nil || line != confined {
		t.Fatal(line, err)
	}
	return cmd, said
}

func TestAChildCanDoNothingElse(t *testing.T) {
	_, said := begin(t, attempt, image(t, make([]byte, mib)))
	all, err := io.ReadAll(said)
	if err != nil || string(all) != "end\n" {
		t.Errorf("not refused, %v:\n%s", err, all)
	}
}

// TestTheAttemptsCanSucceed is the control: without confinement they are let through.
func TestTheAttemptsCanSucceed(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("the attempts need root to succeed")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/proc/self/exe", control).CombinedOutput()
	defer os.Remove("/tmp/guichet-stick-test")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name := range attempts() { // some fail, but not because they are refused
		if !strings.Contains("\n"+string(out), "\n"+name+": ") {
			t.Errorf("%s is refused anyway: it proves nothing\n%s", name, out)
		}
	}
}

// TestAChildSeenFromOutside looks at what the kernel says of a child.
func TestAChildSeenFromOutside(t *testing.T) {
	cmd, said := begin(t, hold, image(t, make([]byte, mib)))
	if line, err := said.ReadString('\n'); err != nil || line != "held\n" {
		t.Fatal(line, err)
	}
	proc := fmt.Sprintf("/proc/%d", cmd.Process.Pid)
	tasks, err := os.ReadDir(proc + "/task")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"NoNewPrivs": "1", "Seccomp": "2", "CapInh": "0000000000000000", "CapPrm": "0000000000000000",
		"CapEff": "0000000000000000", "CapBnd": "0000000000000000", "CapAmb": "0000000000000000"}
	if os.Getuid() == 0 {
		want["Uid"], want["Gid"], want["Groups"] = "65533 65533 65533 65533", "65533 65533 65533 65533", ""
	}
	for _, task := range tasks { // each thread: none was started before the filter
		status := fields(t, proc+"/task/"+task.Name()+"/status")
		for key, value := range want {
			if status[key] != value {
				t.Errorf("thread %s: %s is %q", task.Name(), key, status[key])
			}
		}
	}
	for _, kind := range []string{"mnt", "pid", "net", "ipc", "uts"} {
		its, err := os.Readlink(proc + "/ns/" + kind)
		ours, err2 := os.Readlink("/proc/self/ns/" + kind)
		if err != nil || err2 != nil || its == ours {
			t.Errorf("namespace %s: %q and %q, %v, %v", kind, its, ours, err, err2)
		}
	}
	var files []string
	entries, err := os.ReadDir(proc + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		target, _ := os.Readlink(proc + "/fd/" + e.Name())
		if !strings.HasPrefix(target, "anon_inode:[event") { // Go's timers
			files = append(files, e.Name()+" "+strings.TrimRight(filepath.Base(target), "[]:0123456789"))
		}
	}
	slices.Sort(files)
	if want := []string{"0 null", "1 null", "2 null", "3 pipe", "4 stick.img", "5 stick.img"}; !slices.Equal(files, want) {
		t.Errorf("open files: %q", files)
	}
	limits, err := os.ReadFile(proc + "/limits")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"Max cpu time 20 20", "Max core file size 0 0", "Max open files 0 0", "Max locked memory 0 0", "Max processes 32 32", "Max file size 1048576 1048576"} {
		if !strings.Contains(strings.Join(strings.Fields(string(limits)), " "), line) {
			t.Errorf("no %q in\n%s", line, limits)
		}
	}
}

func fields(t *testing.T, path string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(line, ":")
		all[key] = strings.Join(strings.Fields(value), " ")
	}
	return all
}

// errand runs a child of the tests as a reader would.
func errand(t *testing.T, name string, within time.Duration) (Used, error) {
	t.Helper()
	d, size, err := reader(t).open(image(t, made(t, mib, 12, "", site())))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	r := reader(t)
	r.Stderr = nil
	c := call{order: order{size: size, name: name, limits: Limits()}, reader: r, files: []*os.File{d, d}, sink: directory{root}, within: within}
	_, used, err := c.run(context.Background())
	return used, err
}

func TestAChildThatEatsMemoryEnds(t *testing.T) {
	cmd, said := begin(t, feast, image(t, make([]byte, mib)))
	var most, eaten int64
	told := make(chan int64, 1)
	go func() { n, _ := io.Copy(io.Discard, said); told <- n * mib }() // ends with the child
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for deadline := time.After(time.Minute); ; {
		select {
		case err := <-ended:
			// What the kernel says of a child is seen only while there is one.
			if eaten = <-told; err == nil || eaten < 30*mib || max(eaten, most) > 64*mib {
				t.Errorf("%v with %d KiB, of which it ate %d", err, most>>10, eaten>>10)
			}
			t.Logf("ended with %d KiB, of which it ate %d", most>>10, eaten>>10)
			return
		case <-deadline:
			t.Fatal("it goes on")
		default:
			most = max(most, mostMemory(cmd.Process.Pid))
		}
	}
}

func TestChildrenThatGoWrongAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		within time.Duration
		want   fat.Code
	}{eat: {time.Minute, fat.Exhausted}, spin: {300 * time.Millisecond, fat.TooSlow}, lie: {time.Minute, fat.BadName}} {
		if _, err := errand(t, name, c.within); codeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(os.TempDir(), "escaped")); err == nil {
		t.Error("a file escaped")
	}
}

func TestAChildThatIsNotConfinedIsNotHeard(t *testing.T) {
	for _, said := range []string{"", "conf", "E\x00\x00\x00\x05FAT32"} {
		if _, err := (call{}).listen(strings.NewReader(said)); err == nil || codeOf(err) != "" {
			t.Errorf("%q: %v", said, err)
		}
	}
}

func TestRootNeedsAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("without root the user stays")
	}
	for _, r := range []Reader{{}, {UID: 1}, {UID: -1, GID: 1}, {UID: 1 << 32, GID: 1}, {UID: 1, GID: 1<<32 - 1}} {
		_, _, err := r.Read(context.Background(), image(t, made(t, mib, 12, "", site())), filepath.Join(t.TempDir(), "copy"))
		if err == nil || codeOf(err) != "" {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func TestACallThatIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err := reader(t).Read(ctx, image(t, made(t, mib, 12, "", site())), filepath.Join(t.TempDir(), "copy"))
	if !errors.Is(err, context.Canceled) || codeOf(err) != "" {
		t.Error(err)
	}
}

// TestKilledWhileItWrites kills children that replace a file, and make one.
func TestKilledWhileItWrites(t *testing.T) {
	files := site()
	path := image(t, made(t, 40*mib, 32, "", files))
	content := files["enrolment/k.toml"]
	killed := 0
	for n := range 40 {
		data := random(int64(n), 300_000)
		d, size, err := reader(t).open(path)
		if err != nil {
			t.Fatal(err)
		}
		w, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		c := call{order: order{size: size, name: "enrolment/k.toml", when: 1_800_000_000}, reader: reader(t), files: []*os.File{d, w},
			stdin: bytes.NewReader(data), sink: nowhere{}, within: time.Duration(n) * time.Millisecond}
		_, _, err = c.run(context.Background())
		d.Close()
		w.Close()
		to := filepath.Join(t.TempDir(), "copy")
		if _, _, err := reader(t).Read(context.Background(), path, to); err != nil {
			t.Fatal(err)
		}
		got := tree(t, to)
		now := got["enrolment/k.toml"]
		if !bytes.Equal(now, data) && (err == nil || !bytes.Equal(now, content)) {
			t.Fatalf("after %d ms, %v: neither the old file nor the new one", n, err)
		}
		if err != nil {
			killed++
		}
		content, files["enrolment/k.toml"] = now, now
		if err := same(files, got); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of 40 were killed", killed)
	if killed == 0 {
		t.Error("none was killed")
	}
}

func TestWithoutRoot(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("the other tests run without root already")
	}
	_ = reader(t) // or skip
	dir, err := os.MkdirTemp("", "stick")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "program")
	self, err := os.ReadFile("/proc/self/exe")
	if err := errors.Join(err, os.WriteFile(program, self, 0o755), os.Chmod(dir, 0o777),
		os.WriteFile(dir+"/stick.img", made(t, mib, 12, "", site()), 0o666), os.Chmod(dir+"/stick.img", 0o666)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, asUser, dir+"/stick.img", dir+"/copy")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "operation not permitted") || strings.Contains(string(out), "no space left") {
		t.Skipf("this kernel gives users no namespaces: %s", out)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := same(site(), tree(t, dir+"/copy")); err != nil {
		t.Error(err)
	}
}

// asUserMain is the program of TestWithoutRoot.
func asUserMain(args []string) int {
	_, _, err := Reader{Stderr: os.Stderr}.Read(context.Background(), args[0], args[1])
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// controlMain is the program of TestTheAttemptsCanSucceed.
func controlMain() int {
	if err := tryAll(os.Stdout); err != nil {
		return 1
	}
	return 0
}
