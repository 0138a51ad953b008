package egress

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// publicIP is what names resolve to unless a test says otherwise; the dialer
// of a world leads it to the world's site.
const publicIP = "93.184.216.34"

// world is a gate for view 1 in front of one site on loopback that counts
// what reaches it.
type world struct {
	t       testing.TB
	gates   *Gates
	proxy   string // address of the gate's listener
	site    *countingListener
	logged  syncBuffer
	lookups atomic.Int64

	mu     sync.Mutex
	names  map[string][]string // addresses by host; publicIP for others
	dialed []string
	told   []string // hosts
}

type countingListener struct {
	net.Listener
	accepted atomic.Int64
}

func (l *countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.accepted.Add(1)
	}
	return c, err
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func listen(t testing.TB) *countingListener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &countingListener{Listener: l}
}

// newWorld opens the gate; the test serves w.site. After the test no
// goroutine of this package may be left.
func newWorld(t testing.TB, adjust func(*world, *Config)) *world {
	t.Helper()
	w := &world{t: t, site: listen(t), names: map[string][]string{}}
	config := Config{
		Resolver: resolverFunc(w.lookup), Dialer: dialerFunc(w.dial), Refused: w.tell,
		Log: slog.New(slog.NewTextHandler(&w.logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if adjust != nil {
		adjust(w, &config)
	}
	gates, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	w.gates = gates
	l := listen(t)
	w.proxy = l.Addr().String()
	gates.Attend(1, l)
	t.Cleanup(func() {
		if err := gates.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		w.site.Close()
		for _, secret := range []string{"secret", "www.example", "hidden.example"} {
			if strings.Contains(w.logged.String(), secret) {
				t.Errorf("%q is in the log:\n%s", secret, w.logged.String())
			}
		}
		noneLeft(t)
	})
	return w
}

// noneLeft fails when a goroutine runs code of this package that is not a
// test's. It is called when a world has ended: a test has one at a time. A
// goroutine that has said that it is done may still be returning.
func noneLeft(t testing.TB) {
	t.Helper()
	left := running()
	for deadline := time.Now().Add(5 * time.Second); left != "" && time.Now().Before(deadline); left = running() {
		runtime.Gosched()
	}
	if left != "" {
		t.Fatalf("still running:\n%s", left)
	}
}

// running returns the stack of a goroutine of a gate, "" when there is none.
func running() string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		for _, owner := range []string{"egress.(*gate)", "egress.(*exchange)", "egress.(*relay)", "egress.(*Gates)"} {
			if strings.Contains(stack, owner) && !strings.Contains(stack, "noneLeft") {
				return stack
			}
		}
	}
	return ""
}

type resolverFunc func(ctx context.Context, host string) ([]netip.Addr, error)

func (f resolverFunc) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	return f(ctx, host)
}

type dialerFunc func(ctx context.Context, address string) (net.Conn, error)

func (f dialerFunc) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	return f(ctx, address)
}

func (w *world) lookup(_ context.Context, host string) ([]netip.Addr, error) {
	w.lookups.Add(1)
	host, dotted := strings.CutSuffix(host, ".")
	if !dotted {
		return nil, errors.New("a name that search domains would be appended to")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	texts, ok := w.names[host]
	if !ok {
		texts = []string{publicIP}
	}
	var out []netip.Addr
	for _, text := range texts {
		out = append(out, netip.MustParseAddr(text))
	}
	return out, nil
}

// dial leads the public address to the site; loopback addresses, and port 443
// of anything else, are dialled as they are, so that a hole would be seen.
func (w *world) dial(ctx context.Context, address string) (net.Conn, error) {
	w.mu.Lock()
	w.dialed = append(w.dialed, address)
	w.mu.Unlock()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if port == "443" || host == publicIP {
		address = w.site.Addr().String()
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", address)
}

func (w *world) tell(view int, host, domain string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if view != 1 {
		w.t.Errorf("told of view %d", view)
	}
	if domain != registrable(host) {
		w.t.Errorf("told %q as of %q", host, domain)
	}
	w.told = append(w.told, host)
}

func (w *world) toldSorted() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(slices.Values(w.told))
}

func (w *world) allow(origins ...string) {
	w.t.Helper()
	if err := w.gates.Allow(1, origins); err != nil {
		w.t.Fatal(err)
	}
}

// connect opens a connection to the gate.
func (w *world) connect() *net.TCPConn {
	w.t.Helper()
	c, err := net.Dial("tcp", w.proxy)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return c.(*net.TCPConn)
}

// ask sends raw bytes and returns everything that comes back until the gate
// closes the connection.
func (w *world) ask(raw string) string {
	w.t.Helper()
	c := w.connect()
	io.WriteString(c, raw) // a gate that refuses early may have closed
	answer, err := io.ReadAll(c)
	if err != nil {
		w.t.Errorf("asked %q, got %q and %v", raw, answer, err)
	}
	return string(answer)
}

// isForbidden says whether an answer is one of the gate's two refusals.
func isForbidden(answer string) bool {
	const end = "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
	switch answer {
	case "HTTP/1.1 403 Forbidden\r\nProxy-Status: guichet; error=http_request_denied" + end,
		"HTTP/1.1 502 Bad Gateway\r\nProxy-Status: guichet; error=destination_unavailable" + end:
		return true
	}
	return false
}

// tunnel sends CONNECT and returns the connection after the answer 200.
func (w *world) tunnel(host string) *net.TCPConn {
	w.t.Helper()
	c := w.connect()
	io.WriteString(c, "CONNECT "+host+":443 HTTP/1.1\r\nHost: "+host+":443\r\n\r\n")
	const want = "HTTP/1.1 200 Connection established\r\n\r\n"
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		w.t.Fatalf("CONNECT %s: %q, %v", host, got, err)
	}
	return c
}

// serveTLS makes the site an https server for example.com and below.
func (w *world) serveTLS(h http.Handler) *x509.CertPool {
	s := httptest.NewUnstartedServer(h)
	s.Listener.Close()
	s.Listener = w.site
	s.StartTLS()
	w.t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

// servePlain makes the site an http server.
func (w *world) servePlain(h http.Handler) {
	s := &http.Server{Handler: h}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Serve(w.site)
	}()
	w.t.Cleanup(func() { s.Close(); <-done })
}

// browser is an http client whose only way is the gate.
func (w *world) browser(pool *x509.CertPool) *http.Client {
	via := &url.URL{Scheme: "http", Host: w.proxy}
	tr := &http.Transport{Proxy: http.ProxyURL(via), TLSClientConfig: &tls.Config{RootCAs: pool}}
	w.t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 60 * time.Second}
}

func (w *world) get(c *http.Client, address string) (int, string) {
	w.t.Helper()
	resp, err := c.Get(address)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// closedSoon fails unless c is at its end, or reset, without another byte.
func closedSoon(t testing.TB, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	var ne net.Error
	n, err := c.Read(make([]byte, 1))
	if n > 0 || err == nil || errors.As(err, &ne) && ne.Timeout() {
		t.Errorf("still open: %d, %v", n, err)
	}
}

// readLine reads up to a line end without buffering what is behind it.
func readLine(t testing.TB, c io.Reader) string {
	t.Helper()
	line, err := bufio.NewReaderSize(oneByte{c}, 16).ReadString('\n')
	if err != nil {
		t.Fatalf("read %q, %v", line, err)
	}
	return line
}

type oneByte struct{ r io.Reader }

func (o oneByte) Read(b []byte) (int, error) { return o.r.Read(b[:1]) }
