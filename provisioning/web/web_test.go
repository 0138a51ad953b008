package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"guichet.example/provisioning"
)

// proxy is a real CONNECT proxy that wants a password.
func proxy(t *testing.T, tunnels *atomic.Int32) *url.URL {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth()
		if r.Method != http.MethodConnect || user != "borne" || password != "mot de passe" {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		to, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		from, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		tunnels.Add(1)
		fmt.Fprint(from, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			_, _ = io.Copy(to, from) // until either end has enough
			_ = to.Close()
		}()
		_, _ = io.Copy(from, to)
		_ = from.Close()
	}))
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	at.User = url.UserPassword("borne", "mot de passe")
	return at
}

// serve starts an https server with a certificate of its own, and the client
// that knows it.
func serve(t *testing.T, handle http.HandlerFunc, change func(*Config)) *Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handle)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that fail on purpose
	server.StartTLS()
	t.Cleanup(server.Close)
	server.Config.ErrorLog = nil
	c := Config{URL: server.URL + "/borne/", Roots: x509.NewCertPool(), Patience: 10 * time.Second}
	c.Roots.AddCert(server.Certificate())
	if change != nil {
		change(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func openStore(t *testing.T) (*os.Root, string) {
	t.Helper()
	dir := t.TempDir()
	store, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store, dir
}

// stored is the path of a target with this content.
func stored(content string) string {
	return "targets/" + provisioning.StoredTarget("packs/nord/pack.toml", sha256.Sum256([]byte(content)))
}

// TestLook reads a repository through a proxy: what can change is asked for with
// what is known of it, and nothing is fetched twice.
func TestLook(t *testing.T) {
	var asked []string
	var tunnels atomic.Int32
	files := map[string]string{"metadata/timestamp.json": "time", "metadata/2.root.json": "root", stored("pack"): "pack"}
	handle := func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		content, ok := files[strings.TrimPrefix(r.URL.Path, "/borne/")]
		if !ok {
			w.WriteHeader(http.StatusForbidden) // as stores of files say it
			return
		}
		if r.Header.Get("Accept-Encoding") != "identity" || r.Header.Get("Proxy-Authorization") != "" {
			t.Error(r.Header)
		}
		w.Header().Set("ETag", fmt.Sprintf("%q", content))
		http.ServeContent(w, r, "", time.Unix(1e9, 0), strings.NewReader(content))
	}
	s := serve(t, handle, func(c *Config) { c.Proxy = proxy(t, &tunnels) })
	data, v, err := s.Ask(t.Context(), Validators{})
	if err != nil || string(data) != "time" || v.ETag != `"time"` || v.LastModified == "" {
		t.Fatal(string(data), v, err)
	}
	for _, known := range []Validators{v, {ETag: v.ETag}, {LastModified: v.LastModified}} {
		if _, _, err := s.Ask(t.Context(), known); !errors.Is(err, ErrSame) {
			t.Errorf("%+v: %v", known, err)
		}
	}
	store, dir := openStore(t)
	asked = nil
	for range 2 {
		r := s.Look(t.Context(), data, store)
		for range 2 {
			for name, want := range map[string]string{"metadata/timestamp.json": "time", "metadata/2.root.json": "root", stored("pack"): "pack"} {
				if got, err := fs.ReadFile(r, name); err != nil || string(got) != want {
					t.Fatal(name, string(got), err)
				}
			}
			for _, name := range []string{"metadata/3.root.json", stored("other"), "targets/pack.toml", "elsewhere", "metadata/a/b"} {
				if _, err := r.Open(name); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
	count := map[string]int{}
	for _, name := range asked {
		count[strings.TrimPrefix(name, "/borne/")]++
	}
	want := map[string]int{"metadata/2.root.json": 2, "metadata/3.root.json": 2, stored("pack"): 1, stored("other"): 4} // two looks
	if fmt.Sprint(count) != fmt.Sprint(want) {
		t.Errorf("asked for %v, want %v", count, want)
	}
	if n := tunnels.Load(); n != 1 {
		t.Errorf("%d tunnels", n)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v %v", left, err)
	}
	held := s.Look(t.Context(), data, store)
	held.Held = fstest.MapFS{stored("only here"): {Data: []byte("only here")}}
	if got, err := fs.ReadFile(held, stored("only here")); err != nil || string(got) != "only here" {
		t.Error(string(got), err)
	}
}

// TestFaults has a server do what servers do, and worse.
func TestFaults(t *testing.T) {
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		}
	}
	trickle := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte("x")); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush() // whoever has gone reads nothing
			time.Sleep(time.Millisecond)
		}
	}
	cut := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write(make([]byte, 500))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	endless := func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 4096)); err != nil {
				return
			}
		}
	}
	for _, c := range []struct {
		name   string
		handle http.HandlerFunc
		change func(*Config)
		want   error
		status int
	}{
		{"redirect", status(302, "Location", "https://other.example/"), nil, nil, 302},
		{"redirect to itself", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, 301) }, nil, nil, 301},
		{"not found", status(404), nil, fs.ErrNotExist, 404},
		{"server error", status(500), nil, nil, 500},
		{"busy", status(429, "Retry-After", "120"), nil, nil, 429},
		{"an answer in part", status(206), nil, nil, 206},
		{"same, although nobody knows it", status(304), nil, nil, 304},
		{"packed", status(200, "Content-Encoding", "gzip"), nil, ErrEncoded, 0},
		{"longer, and says so", status(200, "Content-Length", "100000"), nil, ErrLonger, 0},
		{"longer, and does not", endless, nil, ErrLonger, 0},
		{"cut", cut, nil, io.ErrUnexpectedEOF, 0},
		{"cut at once", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil, io.EOF, 0},
		{"silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, hasty, ErrSlow, 0},
		{"silent in the middle", func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("x"))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, hasty, ErrSlow, 0},
		{"a byte at a time", trickle, hasty, ErrSlow, 0},
		{"a header without end", status(200, "X", strings.Repeat("x", 2*maxHeader)), nil, errors.ErrUnsupported, 0},
		{"another's certificate", status(200), func(c *Config) { c.Roots = x509.NewCertPool() }, errors.ErrUnsupported, 0},
		{"a proxy without password", status(200), func(c *Config) {
			c.Proxy = proxy(t, new(atomic.Int32))
			c.Proxy.User = nil
		}, errors.ErrUnsupported, 0},
		{"a proxy with another password", status(200), func(c *Config) {
			c.Proxy = proxy(t, new(atomic.Int32))
			c.Proxy.User = url.UserPassword("borne", "mot de passe d’avant")
		}, errors.ErrUnsupported, 0},
		{"a proxy that is gone", status(200), func(c *Config) {
			c.Proxy = &url.URL{Scheme: "http", Host: "127.0.0.1:1", User: url.UserPassword("borne", "mot de passe")}
		}, errors.ErrUnsupported, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.handle, c.change)
			began := time.Now()
			data, v, err := s.Ask(t.Context(), Validators{})
			var told *StatusError
			switch {
			case err == nil || data != nil || v != Validators{}:
				t.Fatalf("%q, %v, %v", data, v, err)
			case c.status != 0 && (!errors.As(err, &told) || told.Status != c.status),
				c.want != nil && !errors.Is(c.want, errors.ErrUnsupported) && !errors.Is(err, c.want): // that: any error
				t.Error(err)
			case strings.Contains(err.Error(), "passe"):
				t.Error("a password is told:", err)
			}
			if c.status == 429 && told.RetryAfter != 2*time.Minute {
				t.Error(told.RetryAfter)
			}
			if c.change != nil && time.Since(began) > 20*time.Second {
				t.Error("it took", time.Since(began))
			}
		})
	}
}

func hasty(c *Config) { c.Patience = 200 * time.Millisecond }

// TestTargets: of a target nothing stays that is not what its name says.
func TestTargets(t *testing.T) {
	content := strings.Repeat("pack", 10_000)
	name := stored(content)
	for _, c := range []struct {
		name   string
		handle http.HandlerFunc
		good   bool
	}{
		{"good", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, content) }, true},
		{"changed under the same name", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, content[1:]+"x") }, false},
		{"longer", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, content+"x") }, false},
		{"cut", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			_, _ = io.WriteString(w, content[:100])
		}, false},
		{"captive portal", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, dir := openStore(t)
			r := serve(t, c.handle, nil).Look(t.Context(), nil, store)
			f, err := r.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
				t.Error(info, err)
			}
			got, err := io.ReadAll(io.LimitReader(f, int64(len(content))+1))
			if bad := f.Close(); bad != nil && c.good {
				t.Error(bad)
			}
			if cut := c.name == "cut"; cut != (r.Failed() != nil) {
				t.Error("failed:", r.Failed())
			}
			if c.good != (err == nil && string(got) == content) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			kept, err := os.ReadDir(dir)
			sum := sha256.Sum256([]byte(content))
			if err != nil || c.good != (len(kept) == 1 && kept[0].Name() == hex.EncodeToString(sum[:])) || !c.good && len(kept) > 0 {
				t.Errorf("kept: %v %v", kept, err)
			}
		})
	}
}

// TestRoom: where a file has no room, what is left of other releases makes some;
// what this look has asked for stays.
func TestRoom(t *testing.T) {
	store, dir := openStore(t)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, map[string]string{"/borne/" + stored("one"): "one", "/borne/" + stored("two"): "two"}[r.URL.Path])
	}, nil)
	if err := os.WriteFile(dir+"/left", []byte("of another release"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := s.Look(t.Context(), nil, store)
	if free, err := r.free(); err != nil || free <= 0 {
		t.Fatal(free, err)
	}
	if got, err := fs.ReadFile(r, stored("one")); err != nil || string(got) != "one" {
		t.Fatal(string(got), err)
	}
	r.free = func() (int64, error) {
		if _, err := os.Stat(dir + "/left"); err == nil {
			return 0, nil
		}
		return 1 << 40, nil
	}
	if got, err := fs.ReadFile(r, stored("two")); err != nil || string(got) != "two" {
		t.Error("no room:", err)
	}
	if kept, err := os.ReadDir(dir); err != nil || len(kept) != 2 {
		t.Errorf("kept: %v %v", kept, err)
	}
	r.free = func() (int64, error) { return reserve, nil }
	if _, err := r.Open(stored("three")); !errors.Is(err, ErrFull) || !errors.Is(r.Failed(), ErrFull) {
		t.Error(err)
	}
}

// TestEnds: whoever needs the kiosk ends a transfer at once.
func TestEnds(t *testing.T) {
	arrived := make(chan struct{})
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	if _, _, err := s.Ask(ctx, Validators{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestRetryAfter(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-5": 0, "90": 90 * time.Second, "99999999999": maxRetryAfter, "Sun, 22 Nov 2026 10:01:00 GMT": time.Minute,
		"Sun, 22 Nov 2026 09:00:00 GMT": 0, "Sun, 22 Nov 2099 09:00:00 GMT": maxRetryAfter,
	} {
		h := http.Header{"Retry-After": {text}, "Date": {"Sun, 22 Nov 2026 10:00:00 GMT"}}
		if got := retryAfter(h); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	bad := http.Header{}
	bad.Set("ETag", strings.Repeat("x", maxValidator+1))
	bad.Set("Last-Modified", "a\nb")
	if v := validators(bad); v != (Validators{}) {
		t.Error(v)
	}
}

func TestNew(t *testing.T) {
	for _, address := range []string{"", "http://site.example", "https://", "https://a:b@site.example", "https://site.example?x", "https://site.example#x", ":"} {
		if _, err := New(Config{URL: address}); err == nil {
			t.Errorf("%q is accepted", address)
		}
	}
	var b bytes.Buffer
	fmt.Fprint(&b, &StatusError{Status: 302}, &StatusError{Status: 500})
	if b.String() != "status 302: a redirect, which is not followed status 500" {
		t.Error(b.String())
	}
}
