package egress

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func tlsClient(c net.Conn, pool *x509.CertPool) *tls.Conn {
	return tls.Client(c, &tls.Config{RootCAs: pool, ServerName: "www.example.com"})
}

// numbers is an endless stream that is the same each time.
func numbers() io.Reader { return rand.NewChaCha8([32]byte{1}) }

func digest(t testing.TB, r io.Reader) (string, int64) {
	t.Helper()
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err != nil {
		t.Error(err)
	}
	return string(h.Sum(nil)), n
}

// peak samples the heap until stop is called, which returns the highest.
func peak() (stop func() uint64) {
	var highest uint64
	quit, done := make(chan struct{}), make(chan struct{})
	go func() { // ends at stop
		defer close(done)
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			highest = max(highest, m.HeapInuse)
			select {
			case <-quit:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() uint64 { close(quit); <-done; return highest }
}

const large = 200 << 20

// Bodies of 200 MB pass in both directions, over TLS and in the clear, and
// the heap of gate, browser and site together stays small.
func TestLargeBodies(t *testing.T) {
	want, _ := digest(t, io.LimitReader(numbers(), large))
	site := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == "GET" {
			rw.Header().Set("Content-Length", strconv.Itoa(large))
			io.Copy(rw, io.LimitReader(numbers(), large))
			return
		}
		got, n := digest(t, r.Body)
		if got != want || n != large {
			t.Errorf("the site got %d bytes", n)
		}
	})
	t.Run("plain", func(t *testing.T) {
		w := newBench(t)
		w.servePlain(site)
		passLarge(t, w.browser(nil), "http://demo.example.com/", want)
	})
	t.Run("TLS", func(t *testing.T) {
		w := newWorld(t, nil)
		pool := w.serveTLS(site)
		w.allow("www.example.com")
		passLarge(t, w.browser(pool), "https://www.example.com/", want)
	})
}

// passLarge downloads and uploads large bytes while it watches the heap.
func passLarge(t *testing.T, browser *http.Client, address, want string) {
	runtime.GC()
	stop := peak()
	resp, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	got, n := digest(t, resp.Body)
	resp.Body.Close()
	if got != want || n != large {
		t.Errorf("the browser got %d bytes", n)
	}
	for _, length := range []int64{large, -1} { // -1: in chunks
		req, err := http.NewRequest("POST", address, io.NopCloser(io.LimitReader(numbers(), large)))
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = length
		if resp, err = browser.Do(req); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	if got := stop(); got > 24<<20 {
		t.Errorf("the heap grew to %d MiB", got>>20)
	}
}

// The end of one direction leaves the other open.
func TestHalfClose(t *testing.T) {
	w := newWorld(t, nil)
	w.allow("www.example.com")
	first := clientHello(t, &tls.Config{ServerName: "www.example.com"})
	c := w.tunnel("www.example.com")
	c.Write(append(first, "last words"...))
	c.CloseWrite()
	conn, err := w.site.Listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	site := conn.(*net.TCPConn)
	defer site.Close()
	if got, err := io.ReadAll(site); err != nil || !bytes.Equal(got[len(first):], []byte("last words")) {
		t.Errorf("the site got %q, %v", got, err)
	}
	io.WriteString(site, "answer")
	site.CloseWrite()
	if got, err := io.ReadAll(c); err != nil || string(got) != "answer" {
		t.Errorf("the client got %q, %v", got, err)
	}
}

// relayed runs a relay between two pipes with the idle limit and returns the
// far ends and, once it has ended, whether it was cut.
func relayed(idle time.Duration) (client, site net.Conn, ended <-chan bool) {
	client, a := net.Pipe()
	site, b := net.Pipe()
	end := make(chan bool, 1)
	go func() { // ends with the relay
		var cut atomic.Bool
		newRelay(idle).both(b, a, func() { cut.Store(true); a.Close(); b.Close() })
		end <- cut.Load()
	}()
	return client, site, end
}

func TestRelayIdle(t *testing.T) {
	const idle = time.Minute
	// within allows for how often a relay without a kernel's help looks.
	within := func(t *testing.T, start time.Time, want time.Duration) {
		if d := time.Since(start); d < want || d > want+2*burst {
			t.Errorf("ended after %v, want %v", d, want)
		}
	}
	t.Run("nothing moves", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			_, _, ended := relayed(idle)
			if !<-ended {
				t.Error("not cut")
			}
			within(t, start, idle)
		})
	})
	t.Run("one direction is busy", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			client, site, ended := relayed(idle)
			go io.Copy(io.Discard, site) // ends with the relay
			for range 10 {
				time.Sleep(idle / 2)
				if _, err := client.Write([]byte("busy")); err != nil {
					t.Fatal(err)
				}
			}
			<-ended
			within(t, start, 6*idle)
		})
	})
	t.Run("nobody reads", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			client, _, ended := relayed(idle)
			go io.Copy(client, numbers()) // ends with the relay
			if !<-ended {
				t.Error("not cut")
			}
			within(t, start, idle)
		})
	})
}

// An idle tunnel costs two descriptors, not the pipes it was relayed with.
func TestIdleTunnelsHoldNoPipes(t *testing.T) {
	w := newWorld(t, nil)
	first := clientHello(t, &tls.Config{ServerName: "www.example.com"})
	w.echo(len(first))
	w.allow("www.example.com")
	const tunnels = 32
	for range tunnels {
		w.openEcho("www.example.com", first)
	}
	deadline := time.Now().Add(10 * burst)
	for {
		runtime.GC() // pipes that were given back are closed by the collector
		runtime.GC()
		n := countPipes(t)
		if n <= 8 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d ends of pipes are open for %d idle tunnels", n, tunnels)
		}
		time.Sleep(burst / 10)
	}
}

func countPipes(t testing.TB) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, "pipe:") {
			n++
		}
	}
	return n
}

func TestInterleave(t *testing.T) {
	got := interleave([]string{"6a", "6b", "6c"}, []string{"4a"})
	if !slices.Equal(got, []string{"6a", "4a", "6b", "6c"}) {
		t.Errorf("%q", got)
	}
	if got := interleave(nil, make([]string, 100)); len(got) != maxAddresses {
		t.Errorf("%d addresses", len(got))
	}
}

// dialScript makes a dialer that fails or answers each target after a delay.
func dialScript(after map[string]time.Duration, dialed *[]string) *Gates {
	var mu sync.Mutex
	g, _ := New(Config{Dialer: dialerFunc(func(ctx context.Context, address string) (net.Conn, error) {
		mu.Lock()
		*dialed = append(*dialed, address)
		mu.Unlock()
		delay := after[address]
		select {
		case <-time.After(max(delay, -delay)):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if delay < 0 {
			return nil, errors.New("refused")
		}
		c, _ := net.Pipe()
		return c, nil
	})})
	return g
}

func TestDialRace(t *testing.T) {
	const ms = time.Millisecond
	cases := map[string]struct {
		after   map[string]time.Duration // negative: fails then
		targets []string
		took    time.Duration // 0: fails
		dialed  int
	}{
		"first at once":      {map[string]time.Duration{"a": 10 * ms, "b": 1 * ms}, []string{"a", "b"}, 10 * ms, 1},
		"first is slow":      {map[string]time.Duration{"a": 900 * ms, "b": 10 * ms}, []string{"a", "b"}, 260 * ms, 2},
		"first fails":        {map[string]time.Duration{"a": -5 * ms, "b": 10 * ms}, []string{"a", "b"}, 15 * ms, 2},
		"slow one wins":      {map[string]time.Duration{"a": 400 * ms, "b": time.Hour}, []string{"a", "b"}, 400 * ms, 2},
		"all fail":           {map[string]time.Duration{"a": -5 * ms, "b": -5 * ms}, []string{"a", "b"}, 0, 2},
		"none answers":       {map[string]time.Duration{"a": time.Hour, "b": time.Hour}, []string{"a", "b"}, 0, 2},
		"same instant":       {map[string]time.Duration{"a": 260 * ms, "b": 10 * ms}, []string{"a", "b"}, 260 * ms, 2},
		"third after second": {map[string]time.Duration{"a": time.Hour, "b": -100 * ms, "c": 1 * ms}, []string{"a", "b", "c"}, 351 * ms, 3},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var dialed []string
				g := dialScript(c.after, &dialed)
				start := time.Now()
				conn, err := g.dial(t.Context(), c.targets)
				if (err == nil) != (c.took > 0) || len(dialed) != c.dialed {
					t.Fatalf("%v, dialled %q", err, dialed)
				}
				if took := time.Since(start); c.took > 0 && took != c.took {
					t.Errorf("took %v, want %v", took, c.took)
				}
				if conn != nil {
					conn.Close()
				}
			})
		})
	}
}

func TestResolveKeepsOrderAndBounds(t *testing.T) {
	g, err := New(Config{Resolver: resolverFunc(func(context.Context, string) ([]netip.Addr, error) {
		out := []netip.Addr{netip.MustParseAddr("::ffff:8.8.8.8"), netip.MustParseAddr("2a00:1450::1")}
		for range 100 {
			out = append(out, netip.MustParseAddr("8.8.4.4"))
		}
		return out, nil
	})})
	if err != nil {
		t.Fatal(err)
	}
	got, err := g.resolve(t.Context(), "www.example.com")
	if err != nil || len(got) != maxAddresses || got[0] != "[2a00:1450::1]:443" || got[1] != "8.8.8.8:443" {
		t.Errorf("%q, %v", got, err)
	}
}
