package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// programs is where TestMain builds what is tested.
var programs string

func TestMain(m *testing.M) {
	code, err := build(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

// build makes the programs from the sources beside the tests, so that a test
// never judges yesterday's build.
func build(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "guichet-e2e-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // views run as another user
		return 1, err
	}
	programs = dir
	root, err := filepath.Abs("../..")
	if err != nil {
		return 1, err
	}
	for _, b := range []struct {
		env  []string
		args []string
	}{
		{[]string{"CGO_ENABLED=0"}, []string{"./cmd/kiosk-bench", "./cmd/kioskctl", "./cmd/kioskd"}},
		{[]string{"CGO_ENABLED=1", "PKG_CONFIG_PATH=" + filepath.Join(root, "internal/pkgconfig")}, []string{"-tags=webkit", "./cmd/kiosk-view"}},
	} {
		cmd := exec.Command("go", append([]string{"build", "-o", dir + "/"}, b.args...)...)
		cmd.Dir, cmd.Env = root, append(os.Environ(), b.env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return 1, fmt.Errorf("build %v: %w\n%s", b.args, err, out)
		}
	}
	return m.Run(), nil
}

// bench is a running kiosk-bench.
type bench struct {
	t       *testing.T
	cmd     *exec.Cmd
	base    string
	data    string
	output  *lockedBuffer
	exited  chan struct{}
	exitErr error

	mu     sync.Mutex
	events []event
	more   chan struct{}
}

type event struct {
	MS    int64  `json:"ms"`
	Event string `json:"event"`
	Value string `json:"value"`
}

type state struct {
	Session struct {
		State, Mode, Procedure string
		HelpCalled             bool `json:"help_called"`
		Pad                    bool
	}
	Film      struct{ Commanded, Sensed string }
	Indicator string
	View      struct {
		Host      string
		Spare     bool
		Isolation string
	}
	Wipe struct {
		Count  int
		Last   string
		Millis int64
	}
	Usage struct{ Pending, Committed int }
	Work  struct{ Step, Code string }
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// readOutput looks for the address of the control page, then waits for the
// end of the process.
func (b *bench) readOutput(out io.Reader, address chan<- string) {
	for s := bufio.NewScanner(out); s.Scan(); {
		fmt.Fprintln(b.output, s.Text())
		if _, rest, ok := strings.Cut(s.Text(), "http://"); ok {
			address <- "http://" + strings.TrimSuffix(rest, "/")
		}
	}
	b.exitErr = b.cmd.Wait()
	close(b.exited)
}

// stop ends the bench as Ctrl+C does and checks that it leaves cleanly.
func (b *bench) stop() {
	select {
	case <-b.exited:
		return
	default:
	}
	b.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-b.exited:
		if b.exitErr != nil {
			b.t.Errorf("kiosk-bench: %v", b.exitErr)
		}
	case <-time.After(20 * time.Second):
		b.cmd.Process.Kill()
		<-b.exited
		b.t.Error("kiosk-bench did not end within 20 s of SIGTERM")
	}
	if b.t.Failed() {
		b.t.Logf("kiosk-bench said:\n%s", b.output)
		b.mu.Lock()
		b.t.Logf("events: %v", b.events)
		b.mu.Unlock()
	}
}

// follow collects the event stream.
func (b *bench) follow() {
	res, err := http.Get(b.base + "/api/events")
	if err != nil {
		return // the bench ended
	}
	defer res.Body.Close()
	for s := bufio.NewScanner(res.Body); s.Scan(); {
		line, ok := strings.CutPrefix(s.Text(), "data: ")
		if !ok {
			continue
		}
		var e event
		if json.Unmarshal([]byte(line), &e) == nil {
			b.mu.Lock()
			b.events = append(b.events, e)
			close(b.more)
			b.more = make(chan struct{})
			b.mu.Unlock()
		}
	}
}

// mark returns where the events are now, as far as they have come: what just
// happened may come behind it.
func (b *bench) mark() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.events)
}

// await waits for an event after mark and returns its index.
func (b *bench) await(mark int, name, value string) int {
	b.t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		b.mu.Lock()
		for i := mark; i < len(b.events); i++ {
			if b.events[i].Event == name && (value == "*" || b.events[i].Value == value) {
				b.mu.Unlock()
				return i
			}
		}
		more := b.more
		b.mu.Unlock()
		select {
		case <-more:
		case <-b.exited:
			b.t.Fatalf("kiosk-bench ended: %v\n%s", b.exitErr, b.output)
		case <-deadline:
			b.t.Fatalf("no event %q %q within 30 s", name, value)
		}
	}
}

// inOrder waits for events in this order after mark; each is "name value".
func (b *bench) inOrder(mark int, events ...string) {
	b.t.Helper()
	for _, e := range events {
		name, value, _ := strings.Cut(e, " ")
		mark = b.await(mark, name, value) + 1
	}
}

// count returns how often an event has come.
func (b *bench) count(name string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.events {
		if e.Event == name {
			n++
		}
	}
	return n
}

func (b *bench) state() state {
	b.t.Helper()
	var s state
	if err := json.Unmarshal(b.get("/api/state"), &s); err != nil {
		b.t.Fatal(err)
	}
	return s
}

// until polls the state, which has no event of its own for everything.
func (b *bench) until(what string, ok func(state) bool) state {
	b.t.Helper()
	deadline := time.Now().Add(40 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		s := b.state()
		if ok(s) {
			return s
		}
		if time.Now().After(deadline) {
			b.keep("failed-" + b.t.Name())
			b.t.Fatalf("not %s: %+v", what, s)
		}
		<-tick.C
	}
}

// caughtUp waits until the kiosk has taken all that was told it before, and the
// state says so: it refuses to continue where no warning is, after that.
func (b *bench) caughtUp() {
	b.t.Helper()
	if status, answer := b.do("POST", "/api/continue", nil); status != http.StatusConflict {
		b.t.Errorf("continue without a warning: %d %s", status, answer)
	}
}

func (b *bench) get(path string) []byte {
	b.t.Helper()
	res, err := http.Get(b.base + path)
	if err != nil {
		b.t.Fatalf("%v\n%s", err, b.output)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		b.t.Fatalf("GET %s: %s %s %v", path, res.Status, body, err)
	}
	return body
}

// do makes a request and returns its status.
func (b *bench) do(method, path string, body any) (int, string) {
	b.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	if body == nil {
		data = nil
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, b.base+path, bytes.NewReader(data))
	if err != nil {
		b.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, string(answer)
}

// post must succeed.
func (b *bench) post(path string, body any) {
	b.t.Helper()
	if status, answer := b.do("POST", path, body); status/100 != 2 {
		b.t.Fatalf("POST %s: %d %s", path, status, answer)
	}
}
