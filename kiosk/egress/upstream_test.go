package egress

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// office is a proxy of an organisation's in front of a world's site.
type office struct {
	l      *countingListener
	answer string // instead of connecting; "" connects
	conns  sync.WaitGroup
	mu     sync.Mutex
	asked  []string // targets
	auth   []string
	after  int // bytes that came after an answer other than yes
}

func (o *office) serve(t *testing.T, w *world) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := o.l.Accept()
			if err != nil {
				return
			}
			o.conns.Go(func() { o.tunnel(c, w) })
		}
	}()
	t.Cleanup(func() { o.l.Close(); <-done; o.conns.Wait() })
}

func (o *office) tunnel(c net.Conn, w *world) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	o.mu.Lock()
	o.asked, o.auth = append(o.asked, r.Method+" "+r.RequestURI+" "+r.Host), append(o.auth, r.Header.Get("Proxy-Authorization"))
	o.mu.Unlock()
	if o.answer != "" {
		io.WriteString(c, o.answer)
		n, _ := io.Copy(io.Discard, c) // until the gate closes it
		o.mu.Lock()
		o.after += int(n)
		o.mu.Unlock()
		return
	}
	site, err := net.Dial("tcp", w.site.Addr().String())
	if err != nil {
		return
	}
	defer site.Close()
	io.WriteString(c, "HTTP/1.1 200 OK\r\nVia: office\r\n\r\n")
	back := make(chan struct{})
	go func() {
		defer close(back)
		io.Copy(c, site)
		c.Close()
	}()
	io.Copy(site, c)
	site.Close()
	<-back
}

// silence is what a proxy answers that never comes to its end.
const silence = " "

// behind opens a gate behind a proxy, by its address or by a name.
func behind(t *testing.T, answer, host string) (*world, *office) {
	o := &office{l: listen(t), answer: answer}
	port := o.l.Addr().(*net.TCPAddr).Port
	w := newWorld(t, func(_ *world, c *Config) {
		if answer == silence {
			c.DialTimeout = 200 * time.Millisecond
		}
		c.Upstream = &Upstream{Host: host, Port: port, User: "borne", Password: "secret:ouvre"}
	})
	o.serve(t, w)
	w.names["proxy.mairie.example"] = []string{"127.0.0.1"}
	w.allow("www.example.com")
	return w, o
}

// TestThroughAProxy: nothing but the proxy is dialled or looked up, and policy
// and server name count as ever.
func TestThroughAProxy(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "proxy.mairie.example."} {
		t.Run(host, func(t *testing.T) { throughAProxy(t, host) })
	}
}

func throughAProxy(t *testing.T, host string) {
	t.Helper()
	w, o := behind(t, "", host)
	pool := w.serveTLS(http.HandlerFunc(hello))
	if status, body := w.get(w.browser(pool), "https://www.example.com/"); status != 200 || body != "hello www.example.com" {
		t.Errorf("%d %q", status, body)
	}
	if !slices.Equal(w.dialed, []string{o.l.Addr().String()}) {
		t.Errorf("dialled %q", w.dialed)
	}
	o.mu.Lock()
	if !slices.Equal(o.asked, []string{"CONNECT www.example.com:443 www.example.com:443"}) || !slices.Equal(o.auth, []string{"Basic Ym9ybmU6c2VjcmV0Om91dnJl"}) {
		t.Errorf("asked %q as %q", o.asked, o.auth)
	}
	o.mu.Unlock()
	if got := w.ask("CONNECT hidden.example.org:443 HTTP/1.1\r\nHost: hidden.example.org:443\r\n\r\n"); !isForbidden(got) {
		t.Errorf("a site that is not allowed: %q", got)
	}
	c := w.tunnel("www.example.com")
	c.Write(clientHello(t, &tls.Config{ServerName: "hidden.example.org"}))
	closedSoon(t, c)
	if n := o.l.accepted.Load(); n != 1 {
		t.Errorf("the proxy was asked %d times", n)
	}
}

// TestProxiesThatDoNotConnect: whatever a proxy answers instead, the tunnel
// closes, nothing waits for ever, and the log has the status and no more.
func TestProxiesThatDoNotConnect(t *testing.T) {
	for name, c := range map[string]struct{ answer, log string }{
		"wants another user": {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "status=407"},
		"refuses":            {"HTTP/1.1 403 Forbidden\r\n\r\n", "status=403"},
		"leads elsewhere":    {"HTTP/1.1 302 Found\r\nLocation: http://login/\r\n\r\n", "status=302"},
		"is none":            {"SSH-2.0-OpenSSH\r\n\r\n", ""},
		"says nothing":       {silence, ""},
		"never ends":         {"HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", maxUpstreamHead), ""},
		"says 100":           {"HTTP/1.1 100 Continue\r\n\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w, o := behind(t, c.answer, "127.0.0.1")
			for range 2 {
				conn := w.tunnel("www.example.com")
				conn.Write(clientHello(t, &tls.Config{ServerName: "www.example.com"}))
				closedSoon(t, conn)
			}
			for deadline := time.Now().Add(10 * time.Second); o.l.accepted.Load() < 2 && time.Now().Before(deadline); {
				runtime.Gosched() // a gate that gives up does not wait for the proxy
			}
			if n := o.l.accepted.Load(); n != 2 {
				t.Errorf("asked %d times", n)
			}
			o.l.Close()
			o.conns.Wait()
			if o.after != 0 {
				t.Errorf("%d bytes of the session were sent all the same", o.after)
			}
			said := w.logged.String()
			if strings.Contains(said, "ouvre") || c.log != "" && strings.Count(said, c.log) != 1 {
				t.Errorf("logged %q", said)
			}
		})
	}
}

func TestUpstreamPrintsNowhere(t *testing.T) {
	u := Upstream{Password: "secret"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if said := fmt.Sprintf(verb, u) + fmt.Sprintf(verb, &u) + fmt.Sprintf(verb, Config{Upstream: &u}); strings.Contains(said, "secret") {
			t.Errorf("%s: %s", verb, said)
		}
	}
}
