package control

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

const childVariable = "GUICHET_CONTROL_CHILD"

// How a text tells the box of the child what to do with it.
const (
	keepIt = "keep "
	denyIt = "deny "
)

// keepingBox keeps a text that says so, in every form that is searched for,
// and no other.
type keepingBox struct {
	*fakeBox
	text  string
	units []uint16
	runes []rune
}

func (b *keepingBox) Type(_ context.Context, text []rune) error {
	if len(text) < len(keepIt) {
		return nil
	}
	switch string(text[:len(keepIt)]) {
	case keepIt:
		b.text, b.units, b.runes = string(text), utf16.Encode(text), bytes.Runes([]byte(string(text)))
	case denyIt:
		return fmt.Errorf("%w: nobody is there", ErrNotNow)
	}
	return nil
}

// TestTypingChild is the process whose memory TestTypedTextIsForgotten reads:
// a server as kiosk-bench has it, until its standard input ends.
func TestTypingChild(t *testing.T) {
	if os.Getenv(childVariable) == "" {
		t.Skip("runs only as a child of TestTypedTextIsForgotten")
	}
	box := &keepingBox{fakeBox: newFakeBox()}
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: Handler(box, l.Addr().String()), ReadHeaderTimeout: 5 * time.Second}
	go s.Serve(l)
	fmt.Println(l.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin) // its end is all that is waited for
	s.Close()
	runtime.KeepAlive(box)
}

// child starts that process and returns its address and process id.
func child(t *testing.T) (addr string, pid int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, "-test.run=^TestTypingChild$") // ended by its input, and with it
	c.Env = append(os.Environ(), childVariable+"=1")
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_, _ = io.Copy(io.Discard, out) // what it still says must not block it
		if err := c.Wait(); err != nil {
			t.Errorf("the child: %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), c.Process.Pid
}

// canary returns n characters in which the mark comes at least every 24, so
// that also a part that was left is seen.
func canary(mark string, n int) string {
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(mark + rand.Text()[:24-len(mark)])
	}
	return b.String()[:n]
}

func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

// forms returns how a mark may lie in memory.
func forms(mark string) map[string][]byte {
	utf16le, runes := []byte{}, []byte{}
	for _, r := range mark {
		utf16le = binary.LittleEndian.AppendUint16(utf16le, uint16(r))
		runes = binary.NativeEndian.AppendUint32(runes, uint32(r))
	}
	return map[string][]byte{"ASCII": []byte(mark), "UTF-16LE": utf16le, "runes": runes, "escaped": []byte(escape(mark))}
}

// found counts each form of a mark in the memory of a process.
func found(t *testing.T, pid int, mark string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	scan(t, pid, func(where string, data []byte) {
		for name, form := range forms(mark) {
			if n := bytes.Count(data, form); n > 0 {
				counts[name] += n
				t.Logf("%s: %d times in %s", name, n, where)
			}
		}
	})
	return counts
}

// scan reads every mapping of a process that can be read.
func scan(t *testing.T, pid int, look func(where string, data []byte)) {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Skipf("this machine lets nobody read a child's memory: %v", err)
	}
	defer mem.Close()
	read := 0
	for line := range strings.Lines(string(maps)) {
		var from, to uint64
		var mode string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		// A gibibyte and more is the race detector's own book-keeping, and the
		// highest half of the addresses is the kernel's.
		if mode[0] != 'r' || to-from >= 1<<30 || from > math.MaxInt64 {
			continue
		}
		data := make([]byte, to-from)
		n, err := mem.ReadAt(data, int64(from))
		if err != nil && !strings.Contains(line, "[v") { // [vvar] cannot be read
			t.Fatalf("read %q: %v", line, err)
		}
		read += n
		look(strings.TrimSpace(line), data[:n])
	}
	t.Logf("%d KiB of the child read", read>>10)
}

// send writes bytes as they are, ends its side and returns the first line of
// the answer.
func send(t *testing.T, addr, format string, args ...any) string {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, format, args...); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// post sends a text over a connection that is kept where the server keeps it,
// with its length or in chunks.
func post(t *testing.T, client *http.Client, addr, text string, chunked bool) int {
	t.Helper()
	var body io.Reader = strings.NewReader(`{"text":"` + text + `"}`)
	if chunked {
		body = io.MultiReader(body, strings.NewReader(" ")) // whose length http does not know
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+addr+"/api/type", body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body) // so that the connection can be used again
	return res.StatusCode
}

// TestTypedTextIsForgotten: nothing of a text that came by POST /api/type is
// in the memory of the process afterwards, whatever became of the request.
func TestTypedTextIsForgotten(t *testing.T) {
	addr, pid := child(t)
	kept, gone := rand.Text()[:8], rand.Text()[:8]
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()

	want := func(what string, got, code any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(code) {
			t.Errorf("%s: %v, want %v", what, got, code)
		}
	}
	// The positive control goes first and last: the search finds what is there.
	want("a kept text", post(t, client, addr, keepIt+canary(kept, 48), false), 200)
	for _, n := range []int{8, 9, 63, 700, 2600, maxText} {
		for _, chunked := range []bool{false, true} {
			what := fmt.Sprintf("%d characters, chunked %v", n, chunked)
			want(what, post(t, client, addr, canary(gone, n), chunked), 200)
			if n <= 2600 {
				want(what+", escaped", post(t, client, addr, escape(canary(gone, n)), chunked), 200)
			}
		}
	}
	forgetErrors(t, addr, gone, func(text string) int { return post(t, client, addr, text, false) }, want)
	for _, chunked := range []bool{false, true} { // more than is read of it
		want("too large", post(t, client, addr, canary(gone, 3*maxBody), chunked), 413)
	}

	for name, n := range found(t, pid, gone) {
		t.Errorf("typed text is left %d times as %s", n, name)
	}
	control := found(t, pid, kept)
	for _, name := range []string{"ASCII", "UTF-16LE", "runes"} {
		if control[name] == 0 {
			t.Errorf("the text that was kept as %s is not found", name)
		}
	}
}

// forgetErrors sends texts that are refused, cut off or sent in odd ways.
func forgetErrors(t *testing.T, addr, mark string, post func(string) int, want func(what string, got, code any)) {
	t.Helper()
	text := canary(mark, 200)
	body := `{"text":"` + text + `"}`
	whole := func(method, host, extra string) string {
		return fmt.Sprintf("%s /api/type HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n\r\n%s", method, host, extra, len(body), body)
	}
	want("the box says no", post(denyIt+text), 409)
	want("not printable", post(text+`\u0007`), 400)
	want("no escape", post(text+`\q`), 400)
	want("too long", post(canary(mark, maxText+1)), 400)
	want("cut off", send(t, addr, "POST /api/type HTTP/1.1\r\nHost: %s\r\nContent-Length: 900\r\n\r\n%s", addr, body), "HTTP/1.1 400 Bad Request")
	want("cut off in a chunk", send(t, addr, "POST /api/type HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n%s", addr, body), "HTTP/1.1 400 Bad Request")
	want("no chunk", send(t, addr, "POST /api/type HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\n%s", addr, body), "HTTP/1.1 400 Bad Request")
	want("foreign host", send(t, addr, "%s", whole("POST", "evil.example", "")), "HTTP/1.1 403 Forbidden")
	want("foreign page", send(t, addr, "%s", whole("POST", addr, "Origin: https://evil.example\r\n")), "HTTP/1.1 403 Forbidden")
	want("other method", send(t, addr, "%s", whole("PUT", addr, "")), "HTTP/1.1 405 Method Not Allowed")
	want("two at once", send(t, addr, "%s", whole("POST", addr, "")+whole("POST", addr, "")), "HTTP/1.1 200 OK")
	want("after another request", send(t, addr, "GET /favicon.svg HTTP/1.1\r\nHost: %s\r\n\r\n%s", addr, whole("POST", addr, "")), "HTTP/1.1 200 OK")
	want("asks first", send(t, addr, "%s", whole("POST", addr, "Expect: 100-continue\r\n")), "HTTP/1.1 100 Continue")
}
