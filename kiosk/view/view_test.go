package view

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
)

// bench is a pool with a display that nobody looks at and a way out that
// answers each line.
type bench struct {
	*Pool
	t      *testing.T
	output *output
	dir    string
}

// output collects what views print.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// setting returns a Config for views that behave as said.
func setting(t *testing.T, behaviour ...string) Config {
	t.Helper()
	dir := publicDir(t)
	socket := filepath.Join(dir, "x")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return Config{
		Command: append([]string{testBinary(t), childArg}, behaviour...),
		Dir:     filepath.Join(dir, "views"),
		Display: Display{X11: ":77", X11Socket: socket},
		Start:   wire.Start{Place: "Mairie"},
		Attend:  func(_ int, l net.Listener) { go echo(l) },
	}
}

func echo(l net.Listener) {
	defer l.Close()
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			line, _ := bufio.NewReader(conn).ReadString('\n')
			fmt.Fprint(conn, "through the daemon: "+line)
		}()
	}
}

// publicDir is a directory that the view's user can reach.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "guichet-view-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// testBinary is this program.
func testBinary(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, c Config) *bench {
	t.Helper()
	before := runtime.NumGoroutine()
	out := &output{}
	c.Stderr = out
	p, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		settle(t, before)
	})
	return &bench{Pool: p, t: t, output: out, dir: c.Dir}
}

// settle waits until the goroutines of a pool are gone.
func settle(t *testing.T, before int) {
	t.Helper()
	for range 200 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	buf := make([]byte, 1<<20)
	t.Errorf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
}

func (b *bench) warm() int {
	b.t.Helper()
	n, err := b.Warm(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// next returns the next report that is not a Beat.
func (b *bench) next() wire.Report {
	b.t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case r := <-b.Reports():
			if _, ok := r.Msg.(wire.Beat); !ok {
				return r
			}
		case <-limit:
			b.t.Fatal("no report in 20 s")
		}
	}
}

// gone skips reports up to Gone and returns its error.
func (b *bench) gone(view int) error {
	b.t.Helper()
	for {
		r := b.next()
		if g, ok := r.Msg.(wire.Gone); ok && r.View == view {
			return g.Err
		}
	}
}

// both runs a test with and without namespaces.
func both(t *testing.T, test func(t *testing.T, weak bool)) {
	t.Run("full", func(t *testing.T) { test(t, false) })
	t.Run("weak", func(t *testing.T) { test(t, true) })
}

func with(weak bool, c Config) Config {
	if weak {
		c.WeakIsolation, c.refuse = true, errors.New("kernel says no")
	}
	return c
}

func TestStory(t *testing.T) {
	both(t, func(t *testing.T, weak bool) {
		b := open(t, with(weak, setting(t, "good")))
		for want := 1; want <= 3; want++ {
			n := b.warm()
			if n != want {
				t.Fatalf("view %d, want %d", n, want)
			}
			if err := b.Send(n, wire.Blank{}); err != nil {
				t.Fatal(err)
			}
			var got []string
			for range 4 {
				r := b.next()
				if r.View != n {
					t.Fatalf("report of view %d", r.View)
				}
				got = append(got, fmt.Sprintf("%T", r.Msg))
			}
			if want := "wire.Hello wire.Ready wire.At wire.Blanked"; strings.Join(got, " ") != want {
				t.Errorf("got %q, want %q", got, want)
			}
			traces := b.Kill(n)
			if traces.PID == 0 || traces.Mark == "" || traces.Dir != filepath.Join(b.dir, strconv.Itoa(n)) || (traces.PIDNamespace == 0) != weak {
				t.Errorf("traces %+v", traces)
			}
			if err := b.gone(n); !errors.Is(err, ErrKilled) {
				t.Errorf("gone with %v", err)
			}
			if left := marked(t, traces.Mark); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
			if err := b.Send(n, wire.Blank{}); !errors.Is(err, ErrUnknown) {
				t.Errorf("send after the end: %v", err)
			}
		}
	})
}

// marked lists living processes that carry the mark.
func marked(t *testing.T, mark string) (names []string) {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		env, err := os.ReadFile(dir + "/environ")
		if err == nil && slices.Contains(strings.Split(string(env), "\x00"), mark) {
			comm, _ := os.ReadFile(dir + "/comm")
			names = append(names, filepath.Base(dir)+" "+strings.TrimSpace(string(comm)))
		}
	}
	return names
}

func waitGone(t *testing.T, mark string) {
	t.Helper()
	var left []string
	for range 400 {
		if left = marked(t, mark); len(left) == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("left after 2 s: %q", left)
}

func TestMisbehaviour(t *testing.T) {
	short := limits{hello: 400 * time.Millisecond, beat: 600 * time.Millisecond, write: 300 * time.Millisecond, rate: 200, queue: 64}
	for behaviour, want := range map[string]string{
		"exit":        "ended by itself: exit status 7",
		"crash":       "ended by itself: exit status 137",
		"mute":        "said no hello in time",
		"hang":        "main loop hangs",
		"flood":       "sends too many messages",
		"proto":       "speaks protocol 99, want 1",
		"persistent":  "keeps what it is shown",
		"unsandboxed": "has no sandbox for pages",
		"rude":        "did not say hello first",
		"long":        "line too long",
		"garbage":     "decode line: not one JSON object",
	} {
		t.Run(behaviour, func(t *testing.T) {
			both(t, func(t *testing.T, weak bool) {
				c := with(weak, setting(t, behaviour))
				c.limits = short
				b := open(t, c)
				n := b.warm()
				err := b.gone(n)
				if err == nil || err.Error() != want {
					t.Errorf("gone with %q, want %q", err, want)
				}
				waitGone(t, b.Kill(n).Mark)
			})
		})
	}
}

func TestDeafViewIsEnded(t *testing.T) {
	both(t, func(t *testing.T, weak bool) {
		b := open(t, with(weak, setting(t, "deaf")))
		n := b.warm()
		b.next()
		big := wire.Open{Procedure: "x", URL: strings.Repeat("x", 500<<10)}
		var err error
		for range 100 {
			started := time.Now()
			if err = b.Send(n, big); err != nil {
				break
			}
			if took := time.Since(started); took > time.Second {
				t.Fatalf("Send took %v", took)
			}
		}
		if !errors.Is(err, errSlow) {
			t.Errorf("Send: %v", err)
		}
		if err := b.gone(n); !errors.Is(err, errSlow) {
			t.Errorf("gone with %v", err)
		}
	})
}

func TestNothingIsLeftBehind(t *testing.T) {
	for _, behaviour := range []string{"litter", "litter-and-leave", "stubborn"} {
		t.Run(behaviour, func(t *testing.T) {
			both(t, func(t *testing.T, weak bool) {
				b := open(t, with(weak, setting(t, behaviour)))
				n := b.warm()
				if behaviour == "litter-and-leave" {
					if err := b.gone(n); err == nil || !strings.HasPrefix(err.Error(), "ended by itself") {
						t.Errorf("gone with %v", err)
					}
					waitGone(t, b.Kill(n).Mark)
					return
				}
				b.next() // Hello
				b.next() // Ready
				mark := b.mark(n)
				if seen := marked(t, mark); behaviour == "litter" && len(seen) < 5 {
					t.Fatalf("the test sees only %q", seen) // positive control
				}
				b.Kill(n)
				waitGone(t, mark)
				b.gone(n)
			})
		})
	}
}

func (b *bench) mark(view int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.views[view].traces.Mark
}

func TestSurroundings(t *testing.T) {
	host, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go echo(host)
	defer host.Close()
	if got := ask(host.Addr().String()); got != "through the daemon: hello" {
		t.Fatalf("positive control: %q", got)
	}
	secret := filepath.Join(publicDir(t), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	c := setting(t, "probe", host.Addr().String(), secret)
	c.Display.Xauthority = secret
	b := open(t, c)
	if b.Isolation().Level != Full {
		t.Fatalf("isolation %+v", b.Isolation())
	}
	n := b.warm()
	b.next()
	b.next()
	for range 200 {
		if strings.HasSuffix(b.output.String(), "\n") {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	var f found
	if err := json.Unmarshal([]byte(b.output.String()), &f); err != nil {
		t.Fatalf("%v in %q", err, b.output.String())
	}
	f.check(t)
	b.mu.Lock()
	inside := fmt.Sprintf("/proc/%d/root", b.views[n].traces.PID)
	b.mu.Unlock()
	for _, dir := range []string{"/tmp", "/var/tmp", "/dev/shm", "/home/view"} {
		const name = "/guichet-test-canary"
		if _, err := os.Stat(inside + dir + name); err != nil {
			t.Errorf("positive control: %v", err)
		}
		if _, err := os.Stat(dir + name); err == nil {
			t.Errorf("what the view wrote in %s is seen outside", dir)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(c.Dir, "1")); err != nil || len(entries) > 0 {
		t.Errorf("in the view's directory outside: %v, %v", entries, err)
	}
	b.Kill(n)
	b.gone(n)
}

func (f found) check(t *testing.T) {
	t.Helper()
	uid := os.Getuid()
	if uid == 0 {
		uid = Nobody
		if len(f.Groups) > 0 && !slices.Equal(f.Groups, []int{Nobody}) {
			t.Errorf("groups %v", f.Groups)
		}
	}
	if f.UID != uid {
		t.Errorf("uid %d, want %d", f.UID, uid)
	}
	if !slices.Equal(f.PIDs, []string{"1", f.PIDs[len(f.PIDs)-1]}) {
		t.Errorf("sees processes %q", f.PIDs)
	}
	if f.Host != "localhost" || !slices.Equal(f.Interfaces, []string{"lo"}) {
		t.Errorf("host %q, interfaces %q", f.Host, f.Interfaces)
	}
	if len(f.Listening) != 1 || !strings.HasPrefix(f.Listening[0], "tcp ") || !strings.Contains(f.Listening[0], "0100007F:0C38 00000000:0000 0A") {
		t.Errorf("sockets %q", f.Listening)
	}
	if f.Direct == "" || f.Proxied != "through the daemon: hello" {
		t.Errorf("direct: %q, proxied: %q", f.Direct, f.Proxied)
	}
	if f.Secret == "" {
		t.Error("a file of the host can be read")
	}
	want := map[string]string{"CapEff": "0000000000000000", "CapPrm": "0000000000000000", "CapBnd": "0000000000000000",
		"CapAmb": "0000000000000000", "NoNewPrivs": "1", "Max core file size": "0 0 bytes", "Max open files": "4096 4096 files"}
	for key, value := range want {
		if f.Status[key] != value {
			t.Errorf("%s is %q, want %q", key, f.Status[key], value)
		}
	}
	if !slices.Equal(f.Writable, []string{"/tmp", "/var/tmp", "/dev/shm", "/home/view", "/run/view", "/tmp"}) {
		t.Errorf("writable: %q, not: %q", f.Writable, f.ReadOnly)
	}
	t.Logf("root: %q\netc: %q\nenvironment: %q", f.Roots, f.Etc, f.Environ)
}

func TestFilesOfTheDaemon(t *testing.T) {
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	both(t, func(t *testing.T, weak bool) {
		b := open(t, with(weak, setting(t, "good")))
		for i := range 6 {
			n := b.warm()
			b.next()
			b.Kill(n)
			b.gone(n)
			if i == 0 {
				continue
			}
			if i == 1 {
				t.Logf("%d files open", count())
			}
		}
		before := count()
		for range 4 {
			n := b.warm()
			b.next()
			b.Kill(n)
			b.gone(n)
		}
		if after := count(); after > before {
			t.Errorf("%d files open before, %d after four more views", before, after)
		}
	})
}

// daemonArg makes the test binary a daemon with one view.
const daemonArg = "view-daemon"

func daemon(args []string) int {
	exe, _ := os.Executable()
	p, err := Open(context.Background(), with(args[2] == "weak", Config{
		Command: []string{exe, childArg, "litter"}, Dir: args[0], Display: Display{X11: ":77", X11Socket: args[1]},
		Attend: func(_ int, l net.Listener) { go echo(l) },
	}))
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	if _, err := p.Warm(context.Background()); err != nil {
		fmt.Println("error", err)
		return 1
	}
	for r := range p.Reports() {
		if _, ok := r.Msg.(wire.Ready); ok {
			p.mu.Lock()
			fmt.Println(p.views[1].traces.Mark)
			p.mu.Unlock()
		}
	}
	return 0
}

func TestTreeDiesWithTheDaemon(t *testing.T) {
	both(t, func(t *testing.T, weak bool) {
		c := setting(t)
		level := "full"
		if weak {
			level = "weak"
		}
		cmd := exec.Command(testBinary(t), daemonArg, c.Dir, c.Display.X11Socket, level)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line, _ := bufio.NewReader(out).ReadString('\n')
		mark := strings.TrimSpace(line)
		if seen := marked(t, mark); len(seen) < 5 {
			t.Errorf("the test sees only %q (%s)", seen, mark) // positive control
		}
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
		waitGone(t, mark)
	})
}
