package egress

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

func hello(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello "+r.Host) }

func TestAllowedSitePasses(t *testing.T) {
	w := newWorld(t, nil)
	pool := w.serveTLS(http.HandlerFunc(hello))
	w.allow("www.example.com")
	status, body := w.get(w.browser(pool), "https://www.example.com/secret?secret=1")
	if status != 200 || body != "hello www.example.com" {
		t.Errorf("%d %q", status, body)
	}
	if w.site.accepted.Load() != 1 || !slices.Equal(w.dialed, []string{publicIP + ":443"}) {
		t.Errorf("%d connections, dialled %q", w.site.accepted.Load(), w.dialed)
	}
	if n := w.gates.Refusals(1); n != 0 || len(w.told) != 0 {
		t.Errorf("%d refusals, told %q", n, w.told)
	}
}

// Everything that is refused is answered with an empty refusal and reaches
// neither a name server nor a site.
func TestRefused(t *testing.T) {
	w := newWorld(t, func(w *world, c *Config) {
		c.Mapped = map[string]string{"demo.example.com": w.site.Addr().String(), "b.example.com": w.site.Addr().String()}
	})
	w.servePlain(http.HandlerFunc(hello))
	w.allow("www.example.com", "demo.example.com")
	connect := func(target, host string) string {
		return "CONNECT " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
	}
	get := func(target, host string) string { return "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n" }
	port := w.site.Addr().(*net.TCPAddr).Port
	cases := []string{
		connect("hidden.example.org:443", "hidden.example.org:443"),
		connect("example.com:443", "example.com"), connect("evilwww.example.com:443", "evilwww.example.com"),
		connect("www.example.com.evil.com:443", "www.example.com.evil.com"),
		connect("www.example.com:80", "www.example.com:80"), connect("www.example.com:443", "other.example.com"),
		connect("u@www.example.com:443", "www.example.com"), connect("www.example.com..:443", "www.example.com"),
		connect("127.0.0.1:443", "127.0.0.1:443"), connect(fmt.Sprintf("127.0.0.1:%d", port), "127.0.0.1"),
		connect("[::1]:443", "[::1]:443"), connect("localhost:443", "localhost:443"), connect("0x7f.1:443", "0x7f.1"),
		connect("demo.example.com:443", "demo.example.com:443"),
		get("http://www.example.com/secret", "www.example.com"), // allowed, but not in the clear
		get("http://b.example.com/", "b.example.com"),           // mapped, but not allowed
		get("http://hidden.example.org/secret", "hidden.example.org"), get("http://127.0.0.1/", "127.0.0.1"),
		get(fmt.Sprintf("http://127.0.0.1:%d/", port), fmt.Sprintf("127.0.0.1:%d", port)),
		get("http://demo.example.com:8080/", "demo.example.com:8080"), get("/secret", "demo.example.com"),
		get("https://www.example.com/secret", "www.example.com"), get("http://demo.example.com/", "b.example.com"),
		"GET http://demo.example.com/ HTTP/1.1\nHost: demo.example.com\n\r\n\r\n",
		"POST http://demo.example.com/ HTTP/1.1\r\nHost: demo.example.com\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET http://demo.example.com/ HTTP/1.1\r\nHost: demo.example.com\r\nHost: demo.example.com\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: demo.example.com\r\n\r\n", "\x16\x03\x01 not for a proxy\r\n\r\n",
		"GET http://demo.example.com/ HTTP/1.1\r\nHost: demo.example.com\r\nX: " + strings.Repeat("x", maxHead) + "\r\n\r\n",
	}
	for _, raw := range cases {
		if got := w.ask(raw); !isForbidden(got) {
			t.Errorf("asked %.80q, got %q", raw, got)
		}
	}
	if n := w.site.accepted.Load(); n != 0 {
		t.Errorf("the site was reached %d times", n)
	}
	if n := w.lookups.Load(); n != 0 {
		t.Errorf("the name server was asked %d times", n)
	}
	if n := w.gates.Refusals(1); n != len(cases) {
		t.Errorf("%d refusals counted for %d", n, len(cases))
	}
	want := []string{"b.example.com", "evilwww.example.com", "example.com", "hidden.example.org", "www.example.com.evil.com"}
	if got := w.toldSorted(); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	// The same gate still lets through what it should.
	if got := w.ask(get("http://demo.example.com/", "demo.example.com")); !strings.HasSuffix(got, "hello demo.example.com") {
		t.Errorf("the mapped site: %q", got)
	}
}

func TestNothingIsAllowedAtFirst(t *testing.T) {
	w := newWorld(t, nil)
	w.serveTLS(http.HandlerFunc(hello))
	raw := "CONNECT www.example.com:443 HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
	if got := w.ask(raw); !isForbidden(got) {
		t.Errorf("before any policy: %q", got)
	}
	w.allow("www.example.com")
	w.tunnel("www.example.com")
	if err := w.gates.Allow(1, []string{"www.example.com", "*"}); err == nil {
		t.Error("a malformed policy is accepted")
	}
	if got := w.ask(raw); !isForbidden(got) {
		t.Errorf("after a malformed policy: %q", got)
	}
	if err := w.gates.Allow(2, nil); err == nil {
		t.Error("a policy without a gate is accepted")
	}
}

func TestFirstBytesOfTunnel(t *testing.T) {
	named := func(name string) []byte { return clientHello(t, &tls.Config{ServerName: name}) }
	cases := map[string]struct {
		first  []byte
		passes bool
	}{
		"same name":    {named("www.example.com"), true},
		"upper case":   {named("WWW.Example.COM"), true},
		"other name":   {named("hidden.example.org"), false},
		"name below":   {named("x.www.example.com"), false},
		"no name":      {clientHello(t, &tls.Config{InsecureSkipVerify: true}), false},
		"outer name":   {clientHello(t, echConfig(t, "www.example.com", "hidden.example.org")), false},
		"outer agrees": {clientHello(t, echConfig(t, "hidden.example.org", "www.example.com")), true},
		"http":         {[]byte("GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"), false},
		"ssh":          {[]byte("SSH-2.0-x\r\n"), false},
		"too long":     {append([]byte{22, 3, 1, 0x40, 0}, append([]byte{1, 0, 0xff, 0xff}, make([]byte, 20000)...)...), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.allow("www.example.com")
			conn := w.tunnel("www.example.com")
			if _, err := conn.Write(c.first); err != nil {
				t.Fatal(err)
			}
			if !c.passes {
				closedSoon(t, conn)
				w.gates.Close(1)
				if n := len(w.dialed); n != 0 {
					t.Errorf("dialled %d times", n)
				}
				if w.gates.Refusals(1) > 1 || len(w.told) != 0 { // no longer list of origins would mend it
					t.Errorf("told %q", w.told)
				}
				return
			}
			site, err := w.site.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer site.Close()
			got := make([]byte, len(c.first))
			if _, err := io.ReadFull(site, got); err != nil || string(got) != string(c.first) {
				t.Errorf("the site got other bytes than were sent: %v", err)
			}
		})
	}
}

// A client may send its hello along with CONNECT.
func TestHelloSentAhead(t *testing.T) {
	w := newWorld(t, nil)
	w.allow("www.example.com")
	first := clientHello(t, &tls.Config{ServerName: "www.example.com"})
	c := w.connect()
	io.WriteString(c, "CONNECT www.example.com:443 HTTP/1.1\r\nHost: www.example.com\r\n\r\n"+string(first))
	site, err := w.site.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	got := make([]byte, len(first))
	if _, err := io.ReadFull(site, got); err != nil || string(got) != string(first) {
		t.Errorf("the site got other bytes than were sent: %v", err)
	}
}

func TestPrivateAddressesAreRefused(t *testing.T) {
	w := newWorld(t, nil)
	w.serveTLS(http.HandlerFunc(hello))
	w.allow("*.example.com")
	for i, addresses := range [][]string{
		{"127.0.0.1"}, {"10.1.2.3"}, {"192.168.0.1"}, {"169.254.169.254"}, {"100.64.0.1"}, {"::1"}, {"fe80::1"},
		{"fd00::1"}, {"::ffff:127.0.0.1"}, {"64:ff9b::7f00:1"}, {"2002:7f00:1::1"}, {"0.0.0.0"}, {"224.0.0.1"},
		{publicIP, "127.0.0.1"}, {"10.0.0.1", publicIP}, {},
	} {
		host := fmt.Sprintf("n%d.example.com", i)
		w.mu.Lock()
		w.names[host] = addresses
		w.mu.Unlock()
		if got := w.ask("CONNECT " + host + ":443 HTTP/1.1\r\nHost: " + host + "\r\n\r\n"); !isForbidden(got) {
			t.Errorf("%v: %q", addresses, got)
		}
	}
	if w.site.accepted.Load() != 0 || len(w.dialed) != 0 {
		t.Errorf("dialled %q", w.dialed)
	}
}

// The address that was checked is the one that is dialled: a name server that
// answers differently the second time is not asked a second time.
func TestRebinding(t *testing.T) {
	answers := make(chan string, 3)
	answers <- publicIP
	answers <- "127.0.0.1"
	answers <- "127.0.0.1"
	w := newWorld(t, func(w *world, c *Config) {
		c.Resolver = resolverFunc(func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr(<-answers)}, nil
		})
	})
	pool := w.serveTLS(http.HandlerFunc(hello))
	w.allow("www.example.com")
	if status, _ := w.get(w.browser(pool), "https://www.example.com/"); status != 200 {
		t.Errorf("first: %d", status)
	}
	if !slices.Equal(w.dialed, []string{publicIP + ":443"}) || len(answers) != 2 {
		t.Errorf("dialled %q, %d answers left", w.dialed, len(answers))
	}
	if got := w.ask("CONNECT www.example.com:443 HTTP/1.1\r\nHost: www.example.com\r\n\r\n"); !isForbidden(got) {
		t.Errorf("second: %q", got)
	}
	if n := w.site.accepted.Load(); n != 1 {
		t.Errorf("%d connections to the site", n)
	}
}

// echo serves the site's connections by sending back what comes, after
// having taken the hello.
func (w *world) echo(first int) {
	done := make(chan struct{})
	go func() { // ends when the site is closed
		defer close(done)
		for {
			c, err := w.site.Accept()
			if err != nil {
				return
			}
			go func() { // ends with the connection
				defer c.Close()
				if _, err := io.CopyN(io.Discard, c, int64(first)); err == nil {
					io.Copy(struct{ io.Writer }{c}, c) // not by splice: tests count pipes
				}
			}()
		}
	}()
	w.t.Cleanup(func() { w.site.Close(); <-done })
}

// openEcho opens a tunnel to an echoing site and proves it open.
func (w *world) openEcho(host string, first []byte) *net.TCPConn {
	w.t.Helper()
	c := w.tunnel(host)
	if _, err := c.Write(append(first[:len(first):len(first)], "open\n"...)); err != nil {
		w.t.Fatal(err)
	}
	if got := readLine(w.t, c); got != "open\n" {
		w.t.Fatalf("echo: %q", got)
	}
	return c
}

func TestReplacedPolicyCutsTunnels(t *testing.T) {
	w := newWorld(t, nil)
	a := clientHello(t, &tls.Config{ServerName: "a.example.com"})
	w.echo(len(a))
	w.allow("a.example.com", "b.example.com")
	goes := w.openEcho("a.example.com", a)
	stays := w.openEcho("b.example.com", clientHello(t, &tls.Config{ServerName: "b.example.com"}))
	w.allow("b.example.com")
	closedSoon(t, goes)
	io.WriteString(stays, "still\n")
	if got := readLine(t, stays); got != "still\n" {
		t.Errorf("the tunnel that is still allowed: %q", got)
	}
	w.gates.Close(1)
	closedSoon(t, stays)
	if _, err := net.DialTimeout("tcp", w.proxy, time.Second); err == nil {
		t.Error("the gate still listens after Close")
	}
}

// A policy that is replaced while a site is being dialled lets nothing
// through: what was sent by then is not forwarded.
func TestReplacedPolicyCutsDialling(t *testing.T) {
	dialling, proceed := make(chan struct{}), make(chan struct{})
	w := newWorld(t, func(w *world, c *Config) {
		c.Dialer = dialerFunc(func(ctx context.Context, address string) (net.Conn, error) {
			close(dialling)
			<-proceed // deaf to ctx, as a connection that was just made
			return w.dial(context.Background(), address)
		})
	})
	w.allow("www.example.com")
	c := w.tunnel("www.example.com")
	c.Write(clientHello(t, &tls.Config{ServerName: "www.example.com"}))
	<-dialling
	w.allow()
	close(proceed)
	closedSoon(t, c)
	site, err := w.site.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	if got, _ := io.ReadAll(site); len(got) != 0 {
		t.Errorf("%d bytes were forwarded", len(got))
	}
}
