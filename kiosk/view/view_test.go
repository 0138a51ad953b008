package view

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
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
func setting(t testing.TB, behaviour ...string) Config {
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
func publicDir(t testing.TB) string {
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
func testBinary(t testing.TB) string {
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
		for n := range p.last + 1 { // no wipe is in these tests
			if p.cgroups != "" {
				removeCgroup(filepath.Join(p.cgroups, cgroupOfView+strconv.Itoa(n)))
			}
		}
		settle(t, before)
	})
	return &bench{Pool: p, t: t, output: out, dir: c.Dir}
}

// patience is what a test has with what must come to be, and of which nothing
// says how fast.
const patience = 20 * time.Second

// await says whether that came.
func await(there func() bool) bool {
	for deadline := time.Now().Add(patience); !there(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// settle waits until the goroutines of a pool are gone.
func settle(t *testing.T, before int) {
	t.Helper()
	if await(func() bool { return runtime.NumGoroutine() <= before }) {
		return
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
	limit := time.After(patience)
	for {
		select {
		case r := <-b.Reports():
			if _, ok := r.Msg.(wire.Beat); !ok {
				return r
			}
		case <-limit:
			b.t.Fatalf("no report in %v", patience)
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
			if left := marked(t, traces.Mark); len(left) > 0 && !weak {
				t.Errorf("left: %q", left)
			}
			waitGone(t, traces.Mark)
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
	if !await(func() bool { left = marked(t, mark); return len(left) == 0 }) {
		t.Errorf("left after %v: %q", patience, left)
	}
}

// waitLitter is the positive control of waitGone: it waits until all that a
// view which litters starts is seen.
func waitLitter(t *testing.T, mark string) {
	t.Helper()
	var seen []string
	if !await(func() bool { seen = marked(t, mark); return len(seen) >= 5 }) {
		t.Errorf("the test sees only %q (%s)", seen, mark)
	}
}

func TestMisbehaviour(t *testing.T) {
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
				c.limits = standardLimits
				c.limits.end = patience // why it ended is told by its status, whenever that comes
				switch behaviour {
				case "mute":
					c.limits.hello = 400 * time.Millisecond
				case "hang":
					c.limits.beat = 600 * time.Millisecond
				}
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
				c := with(weak, setting(t, behaviour))
				c.limits = standardLimits
				c.limits.end = patience
				b := open(t, c)
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
				if behaviour == "litter" {
					waitLitter(t, mark)
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

func TestFilesOfTheDaemon(t *testing.T) {
	count := func() int { // at a moment when the pool looks at no process
		least := 1 << 20
		for range 20 {
			entries, err := os.ReadDir("/proc/self/fd")
			if err != nil {
				t.Fatal(err)
			}
			least = min(least, len(entries))
			time.Sleep(10 * time.Millisecond)
		}
		return least
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
		var after int
		if !await(func() bool { after = count(); return after <= before }) { // Gone does not wait for the last pipe
			t.Errorf("%d files open before, %d after four more views", before, after)
		}
	})
}
