package egress

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// newBench is a world whose site is mapped to demo.example.com and allowed.
func newBench(t testing.TB) *world {
	w := newWorld(t, func(w *world, c *Config) {
		c.Mapped = map[string]string{"demo.example.com": w.site.Addr().String()}
	})
	w.allow("demo.example.com")
	return w
}

// serveScript answers every connection by the bytes of answer after the head
// of a request, then sends on all that still comes. It closes only when the
// client does.
func (w *world) serveScript(answer string) <-chan string {
	behind := make(chan string, 8)
	done := make(chan struct{})
	go func() { // ends when the site is closed
		defer close(done)
		for {
			c, err := w.site.Accept()
			if err != nil {
				return
			}
			r := bufio.NewReader(c)
			if _, err := http.ReadRequest(r); err == nil {
				io.WriteString(c, answer)
				rest, _ := io.ReadAll(r) // ends with the client, by a reset or not
				behind <- string(rest)
			}
			c.Close()
		}
	}()
	w.t.Cleanup(func() { w.site.Close(); <-done })
	return behind
}

func TestPlainRequests(t *testing.T) {
	w := newBench(t)
	w.servePlain(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Proxy-Authorization", "Proxy-Connection", "X-Hop"} {
			if r.Header.Get(name) != "" {
				t.Errorf("%s reached the site", name)
			}
		}
		rw.Header().Set("Set-Cookie", "a=b")
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(rw, "%s %s %s %d %q %v %s", r.Method, r.Host, r.RequestURI, r.ContentLength, r.TransferEncoding,
			err, body)
	}))
	head := " HTTP/1.1\r\nHost: demo.example.com\r\nProxy-Authorization: Basic secret\r\nProxy-Connection: x\r\n" +
		"Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\n"
	for raw, want := range map[string]string{
		"GET http://demo.example.com/a?b=c" + head + "\r\n":                                                "GET demo.example.com /a?b=c 0 [] <nil> ",
		"GET http://demo.example.com" + head + "\r\n":                                                      "GET demo.example.com / 0 [] <nil> ",
		"GET http://Demo.Example.com:80?b" + head + "\r\n":                                                 "GET demo.example.com /?b 0 [] <nil> ",
		"POST http://demo.example.com/" + head + "Content-Length: 5\r\n\r\nsecret":                         "POST demo.example.com / 5 [] <nil> secre",
		"POST http://demo.example.com/" + head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n": `POST demo.example.com / -1 ["chunked"] <nil> abc`,
	} {
		got := w.ask(raw)
		if !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") || !strings.HasSuffix(got, "\r\n\r\n"+want) ||
			strings.Count(got, "Connection: close\r\n") != 1 || !strings.Contains(got, "Set-Cookie: a=b\r\n") {
			t.Errorf("asked %q, got %q", raw, got)
		}
	}
}

// A second request behind the first never reaches the site: it might be for
// another host.
func TestSmuggledRequest(t *testing.T) {
	const second = "GET http://hidden.example.org/ HTTP/1.1\r\nHost: hidden.example.org\r\n\r\n"
	for name, first := range map[string]string{
		"behind GET":     "GET http://demo.example.com/ HTTP/1.1\r\nHost: demo.example.com\r\n\r\n",
		"behind a body":  "POST http://demo.example.com/ HTTP/1.1\r\nHost: demo.example.com\r\nContent-Length: 3\r\n\r\nabc",
		"behind chunks":  "POST http://demo.example.com/ HTTP/1.1\r\nHost: demo.example.com\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"behind upgrade": "GET http://demo.example.com/ HTTP/1.1\r\nHost: demo.example.com\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := newBench(t)
			behind := w.serveScript("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			c := w.connect()
			io.WriteString(c, first+second)
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "ok" || !resp.Close {
				t.Errorf("%q, %v", body, err)
			}
			c.Close()
			w.gates.Close(1)
			if got := <-behind; strings.Contains(got, "hidden") {
				t.Errorf("the site got %q", got)
			}
		})
	}
}

func TestMalformedChunksAreCut(t *testing.T) {
	w := newBench(t)
	behind := w.serveScript("")
	c := w.connect()
	io.WriteString(c, "POST http://demo.example.com/ HTTP/1.1\r\nHost: demo.example.com\r\nTransfer-Encoding: chunked\r\n\r\n0;x\r\n\r\nGET /")
	closedSoon(t, c)
	if got := <-behind; got != "" {
		t.Errorf("the site got %q", got)
	}
	if n := w.gates.Refusals(1); n != 1 {
		t.Errorf("%d refusals", n)
	}
}

func TestInterimResponses(t *testing.T) {
	w := newBench(t)
	behind := w.serveScript("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\nConnection: y\r\n\r\n" +
		"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nKeep-Alive: 5\r\n\r\n" + strings.Repeat("x", 5000))
	c := w.connect()
	io.WriteString(c, "GET http://demo.example.com/ HTTP/1.1\r\nHost: demo.example.com\r\n\r\n")
	want := "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
		"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n" + strings.Repeat("x", 5000)
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Errorf("%v, %q", err, got[:n])
	}
	c.Close()
	<-behind
}

func TestMalformedResponses(t *testing.T) {
	for _, answer := range []string{
		"SSH-2.0-x\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\nX: y\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX : y\r\n\r\n", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", maxHead/6+1) + "\r\n",
	} {
		t.Run("", func(t *testing.T) {
			w := newBench(t)
			behind := w.serveScript(answer)
			if got := w.ask("GET http://demo.example.com/ HTTP/1.1\r\nHost: demo.example.com\r\n\r\n"); !isForbidden(got) {
				t.Errorf("site said %.40q, gate said %q", answer, got)
			}
			<-behind
		})
	}
}

// A site may answer before it has read the body.
func TestEarlyAnswer(t *testing.T) {
	w := newBench(t)
	w.servePlain(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(http.StatusRequestEntityTooLarge)
	}))
	c := w.connect()
	io.WriteString(c, "POST http://demo.example.com/ HTTP/1.1\r\nHost: demo.example.com\r\nContent-Length: 9999999\r\n\r\nabc")
	if got := readLine(t, c); !strings.Contains(got, "413") {
		t.Errorf("%q", got)
	}
}

// A site that never answers learns that its client has left.
func TestClientLeaves(t *testing.T) {
	w := newBench(t)
	asked, left := make(chan struct{}), make(chan struct{})
	w.servePlain(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
		close(left)
	}))
	c := w.connect()
	io.WriteString(c, "GET http://demo.example.com/ HTTP/1.1\r\nHost: demo.example.com\r\n\r\n")
	<-asked
	c.Close()
	select {
	case <-left:
	case <-time.After(10 * time.Second):
		t.Error("the site was not told")
	}
}

// webSocketHead is a request to become a web socket.
func webSocketHead(scheme string) string {
	return "GET " + scheme + "://demo.example.com/chat HTTP/1.1\r\nHost: demo.example.com\r\nConnection: keep-alive, Upgrade\r\n" +
		"Upgrade: websocket\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n"
}

// serveWebSocket agrees to become a web socket and then sends back what comes.
func serveWebSocket(rw http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") || r.Header.Get("Sec-WebSocket-Key") == "" {
		http.Error(rw, "no", http.StatusBadRequest)
		return
	}
	c, buffered, err := http.NewResponseController(rw).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	c.SetDeadline(time.Time{})
	io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: y\r\n\r\n")
	io.Copy(c, buffered)
}

func talk(t *testing.T, c net.Conn) {
	t.Helper()
	r := bufio.NewReader(c)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 101 || resp.Header.Get("Upgrade") != "websocket" || resp.Header.Get("Connection") != "Upgrade" ||
		resp.Header.Get("Sec-WebSocket-Accept") != "y" {
		t.Fatalf("%+v", resp)
	}
	for _, frame := range []string{"\x81\x85abcdefghi", "\x82\x00", "\r\n\r\n"} {
		got := make([]byte, len(frame))
		if _, err := io.WriteString(c, frame); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(r, got); err != nil || string(got) != frame {
			t.Fatalf("%q, %v", got, err)
		}
	}
}

func TestWebSocket(t *testing.T) {
	for _, scheme := range []string{"ws", "http", "WS"} {
		t.Run(scheme, func(t *testing.T) {
			w := newBench(t)
			w.servePlain(http.HandlerFunc(serveWebSocket))
			c := w.connect()
			io.WriteString(c, webSocketHead(scheme))
			talk(t, c)
			w.allow()
			closedSoon(t, c)
		})
	}
}

func TestWebSocketOverTLS(t *testing.T) {
	w := newWorld(t, nil)
	pool := w.serveTLS(http.HandlerFunc(serveWebSocket))
	w.allow("www.example.com")
	c := tlsClient(w.tunnel("www.example.com"), pool)
	io.WriteString(c, strings.Replace(webSocketHead("http"), "http://demo.example.com", "", 1))
	talk(t, c)
}

// What was read of a request must not stay in memory: heads hold cookies and
// what was typed.
func TestReceivedIsWiped(t *testing.T) {
	raw := []byte("GET http://demo.example.com/?secret HTTP/1.1\r\nHost: demo.example.com\r\n\r\n")
	in, err := receive(bytes.NewReader(raw), maxHead)
	if err != nil {
		t.Fatal(err)
	}
	whole := in.buf[:cap(in.buf)]
	if !bytes.Contains(whole, []byte("secret")) {
		t.Fatal("nothing to wipe")
	}
	in.wipe()
	if bytes.Contains(whole, []byte("secret")) {
		t.Error("still there")
	}
}
