package hostile

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// browse is a client that resolves every host as the site maps it.
func browse(t *testing.T, s *Site, follow bool) *http.Client {
	t.Helper()
	maps := s.Maps()
	c := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, _, _ := net.SplitHostPort(address)
			return (&net.Dialer{}).DialContext(ctx, network, maps[host])
		}}}
	if !follow {
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return c
}

func start(t *testing.T) *Site {
	t.Helper()
	s, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func get(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 400 {
		t.Fatalf("%s: %s, %v", url, res.Status, err)
	}
	return string(body)
}

// Every page can be filled in, and is free of what a template left open.
func TestPages(t *testing.T) {
	s := start(t)
	c := browse(t, s, true)
	files, err := pageFiles.ReadDir("pages")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d pages: %v", len(files), err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".html")
		v := s.Arm(name)
		body := get(t, c, "http://"+Attack+"/")
		if !strings.Contains(body, v.Token) || strings.Contains(body, "<no value>") {
			t.Errorf("page %s: %.200s", name, body)
		}
	}
}

// A browser that names a port is sent to ports, another to names alone.
func TestNames(t *testing.T) {
	s := start(t)
	with, without := s.names(Attack+":1", "x"), s.names(Attack, "x")
	if !strings.HasPrefix(with.Evil, "http://"+Evil+":") || without.Evil != "http://"+Evil {
		t.Errorf("%q and %q", with.Evil, without.Evil)
	}
}

func TestReports(t *testing.T) {
	s := start(t)
	c := browse(t, s, true)
	v := s.Arm("keys")
	say := func(list string) {
		res, err := c.Post("http://"+Attack+"/seen?t="+v.Token+"&d=1", "text/plain", strings.NewReader(list))
		if err != nil || res.StatusCode != http.StatusNoContent {
			t.Fatal(res, err)
		}
		res.Body.Close()
	}
	say(`["a", "b"]`)
	say(`["a"]`) // overtaken on the way
	if err := v.Await(t.Context(), "b", 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := v.Await(ctx, "c", 1); err == nil {
		t.Error("it waited for nothing")
	}
	if v.Saw("c", "b") != "b" || v.Count("a") != 1 {
		t.Errorf("said %q", v.Said())
	}
}

// The witness notes a connection on which nothing is said, and whose a
// request is.
func TestWitness(t *testing.T) {
	s := start(t)
	first, last := s.Arm("keys"), s.Arm("keys")
	conn, err := net.Dial("tcp", s.evil.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	get(t, browse(t, s, true), "http://evilattack.localhost/reached/x?"+first.Token)
	if got := first.Reached(); len(got) != 1 || got[0] != "GET /reached/x of evil.localhost" {
		t.Errorf("of the first: %q", got)
	}
	if got := last.Reached(); len(got) != 2 {
		t.Errorf("connections: %q", got)
	}
}

// What is to be wrong with a site is wrong.
func TestBroken(t *testing.T) {
	s := start(t)
	s.Arm("keys")
	c := browse(t, s, false)
	for _, kind := range []string{"empty", "truncated", "nonsense", "encoding"} {
		res, err := c.Get("http://" + Attack + "/broken/" + kind)
		if err == nil {
			_, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		if err == nil {
			t.Errorf("%s is whole", kind)
		}
	}
	if _, err := c.Get("http://" + Dead + "/"); err == nil {
		t.Error("somebody is at " + Dead)
	}
	w := httptest.NewRecorder()
	redirect(w, httptest.NewRequest("GET", "/redirect?code=307&to=http://x/", nil))
	if w.Code != 307 || w.Header().Get("Location") != "http://x/" {
		t.Errorf("redirect %v", w.Result())
	}
}

// A PDF must be one: its table of objects has to tell where they are.
func TestPDF(t *testing.T) {
	s := start(t)
	v := s.Arm("pdf")
	body := get(t, browse(t, s, true), "http://"+Attack+"/pdf/a.pdf?t="+v.Token)
	at := strings.Index(body, "\n3 0 obj") + 1
	if !strings.HasPrefix(body, "%PDF-1.7") || at < 1 {
		t.Fatalf("no PDF: %.80q", body)
	}
	table := body[strings.Index(body, "xref\n"):]
	if entry := strings.Split(table, "\n")[5]; !strings.HasPrefix(entry, fmt.Sprintf("%010d", at)) {
		t.Errorf("object 3 stands at %d, the table says %q", at, entry)
	}
}
