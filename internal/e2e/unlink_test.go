package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"guichet.example/internal/residue"
)

// TestUnlinkable serves two people in a row with a site that tries all it can
// to know that they sat at the same kiosk one after the other. An ordinary
// client that comes twice is known by each of its ways; the second person by
// none.
func TestUnlinkable(t *testing.T) {
	needRoot(t)
	watcher := &watcher{reported: make(chan report, 8), asked: map[string][]request{}, tickets: map[[2]int]int{}}
	v := watched(t, watcher)
	watcher.next()
	first := v.sit(watcher)
	v.changeSettings()
	v.post("/api/end", nil)
	v.until("idle with a spare", func(s state) bool { return s.Session.State == "idle" && s.View.Spare })
	watcher.next()
	second := v.sit(watcher)
	t.Logf("first: %+v\nsecond: %+v", first, second)
	for way, linked := range watcher.ways(first, second) {
		t.Run(way, func(t *testing.T) {
			if !linked.within {
				t.Errorf("control: nobody would be known this way: %s", linked.why)
			}
			if linked.across {
				t.Errorf("the second person is known to follow the first: %s", linked.why)
			}
		})
	}
	for name, value := range first.Same {
		if second.Same[name] != value {
			t.Errorf("%s: the first had %s, the second has %s", name, value, second.Same[name])
		}
	}
}

// report is what the page found out in one session: before it left anything,
// and after.
type report struct {
	Before, After map[string]string // what an earlier page left, by way
	Same          map[string]string // what every session of this kiosk shows alike
}

// request is what the server saw of one.
type request struct {
	session             int
	connection          string // remote address: a connection is a visitor, too
	cookie, etag, since string
	agent, languages    string
}

// watcher is the site.
type watcher struct {
	reported chan report

	mu      sync.Mutex
	session int // 0 is the control's
	asked   map[string][]request
	tickets map[[2]int]int // of TLS: session that got it, session that showed it
}

func (w *watcher) next() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.session++
}

func (w *watcher) note(r *http.Request) {
	q := request{w.session, r.RemoteAddr, r.Header.Get("Cookie"), r.Header.Get("If-None-Match"),
		r.Header.Get("If-Modified-Since"), r.UserAgent(), r.Header.Get("Accept-Language")}
	w.mu.Lock()
	defer w.mu.Unlock()
	q.session = w.session
	w.asked[r.URL.Path] = append(w.asked[r.URL.Path], q)
}

func (w *watcher) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.note(r)
	head := rw.Header()
	if origin := r.Header.Get("Origin"); origin != "" {
		head.Set("Access-Control-Allow-Origin", origin)
	}
	switch r.URL.Path {
	case "/":
		page, err := os.ReadFile("testdata/unlink.html")
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
		head.Set("Content-Type", "text/html; charset=utf-8")
		head.Set("Cache-Control", "no-store")
		rw.Write(page)
	case "/worker.js":
		head.Set("Content-Type", "text/javascript")
		io.WriteString(rw, "addEventListener('fetch', () => {})")
	case "/etag":
		head.Set("ETag", `"known"`)
		head.Set("Cache-Control", "no-cache")
		if r.Header.Get("If-None-Match") != "" {
			rw.WriteHeader(http.StatusNotModified)
		}
	case "/modified":
		head.Set("Last-Modified", "Sun, 01 Nov 2026 00:00:00 GMT")
		head.Set("Cache-Control", "no-cache")
		if r.Header.Get("If-Modified-Since") != "" {
			rw.WriteHeader(http.StatusNotModified)
		}
	case "/moved": // for ever, to a place that names the visitor
		head.Set("Cache-Control", "max-age=86400")
		http.Redirect(rw, r, fmt.Sprintf("/visitor/%d", time.Now().UnixNano()), http.StatusMovedPermanently)
	case "/cached", "/favicon.ico":
		head.Set("Cache-Control", "max-age=86400")
		head.Set("Content-Type", "text/plain")
		fmt.Fprint(rw, time.Now().UnixNano())
	case "/cookie":
		http.SetCookie(rw, &http.Cookie{Name: "visitor", Value: "known", MaxAge: 86400, Secure: true, HttpOnly: true})
	case "/strict":
		head.Set("Strict-Transport-Security", "max-age=86400")
	case "/again": // each request on a connection of its own
		head.Set("Connection", "close")
		head.Set("Cache-Control", "no-store")
	case "/report":
		var told report
		if json.NewDecoder(r.Body).Decode(&told) == nil {
			w.reported <- told
		}
	}
}

// watched starts a kiosk in front of the watcher, over TLS, and over plain http
// for the one host below it that is to be upgraded by HSTS.
func watched(t *testing.T, w *watcher) *visitor {
	t.Helper()
	v := &visitor{set: residue.NewSet(), start: time.Now()}
	address, bundle := serveTLS(t, w, w.config)
	w.ordinary(t, address, bundle)
	v.disk = newDisk(t, 48)
	t.Setenv("TMPDIR", v.disk.dir("tmp"))
	v.bench = startBehind(t, trusting(bundle), v.disk.dir("data"), append(showsResidue(t, address), "--compositor", "x11")...)
	return v
}

// sit is one person in front of the watcher's page.
func (v *visitor) sit(w *watcher) report {
	v.t.Helper()
	from := v.mark()
	v.post("/api/procedure", map[string]string{"id": "residu"})
	v.inOrder(from, "session active", "view-shown session")
	select {
	case r := <-w.reported:
		return r
	case <-time.After(time.Minute):
		v.keep("unlink")
		v.t.Fatal("the page has not reported")
		return report{}
	}
}

func (v *visitor) changeSettings() {
	v.t.Helper()
	for _, x := range []int{651, 757, 553} { // size, contrast, language
		before := v.screen()
		v.post("/api/tap", map[string]int{"x": x, "y": 47})
		v.until("a setting changed", func(state) bool { return far(before, v.screen()) > 0.02 })
	}
}

// link is whether a way knows a visitor again.
type link struct {
	within, across bool // the control, or the same person; the next person
	why            string
}

// ways judges by what the page found and by what the server saw.
func (w *watcher) ways(first, second report) map[string]link {
	w.mu.Lock()
	defer w.mu.Unlock()
	ways := map[string]link{}
	for name := range first.After {
		if first.After[name] == "off" {
			continue // not there to be used
		}
		ways["page/"+name] = link{first.After[name] != "", second.Before[name] != "",
			fmt.Sprintf("before %q, after %q, next %q", first.Before[name], first.After[name], second.Before[name])}
	}
	for name, known := range map[string]func(request) bool{
		"cookie":   func(r request) bool { return r.cookie != "" },
		"etag":     func(r request) bool { return r.etag != "" },
		"modified": func(r request) bool { return r.since != "" },
	} {
		ways["server/"+name] = w.first("/"+name, known)
	}
	for _, path := range []string{"/moved", "/cached"} {
		ways["server"+path] = w.cached(path)
	}
	ways["server/ticket"] = link{w.tickets[[2]int{0, 0}] > 0 && w.tickets[[2]int{1, 1}] > 0, w.tickets[[2]int{1, 2}] > 0,
		fmt.Sprintf("tickets by session that got and showed them: %v", w.tickets)}
	ways["server/connection"] = w.connections()
	ways["server/agent"] = w.agents()
	return ways
}

// first says whether a visitor is known at the first request of the second
// person, and whether the control was at its last.
func (w *watcher) first(path string, known func(request) bool) (l link) {
	counts := map[int]int{}
	for _, r := range w.asked[path] {
		if r.session == 2 && counts[2] == 0 {
			l.across = known(r)
		}
		if r.session == 0 {
			l.within = known(r)
		}
		counts[r.session]++
	}
	l.why = fmt.Sprintf("%s was asked %v times", path, counts)
	return l
}

// cached says whether a path was asked for once by the control, and not at all
// by the second person.
func (w *watcher) cached(path string) link {
	counts := map[int]int{}
	for _, r := range w.asked[path] {
		counts[r.session]++
	}
	return link{counts[0] == 1, counts[2] == 0, fmt.Sprintf("%s was asked %v times", path, counts)}
}

// connections says whether any carried requests of both people.
func (w *watcher) connections() (l link) {
	sessions := map[string]map[int]int{}
	for _, requests := range w.asked {
		for _, r := range requests {
			if sessions[r.connection] == nil {
				sessions[r.connection] = map[int]int{}
			}
			sessions[r.connection][r.session]++
		}
	}
	for _, s := range sessions {
		l.within = l.within || s[1] > 1
		l.across = l.across || len(s) > 1
	}
	l.why = fmt.Sprintf("%d connections", len(sessions))
	return l
}

// agents says whether browser and languages, which the first person changed,
// are the same for everybody.
func (w *watcher) agents() link {
	agents := map[int]map[string]bool{1: {}, 2: {}}
	for _, requests := range w.asked {
		for _, r := range requests {
			if r.session > 0 && r.agent != "" {
				agents[r.session][r.agent+" "+r.languages] = true
			}
		}
	}
	return link{len(agents[1]) == 1, !maps.Equal(agents[1], agents[2]), fmt.Sprint(agents)}
}

// config marks each session ticket with the session that gets it.
func (w *watcher) config(c tls.Certificate) *tls.Config {
	config := &tls.Config{Certificates: []tls.Certificate{c}, NextProtos: []string{"h2", "http/1.1"}}
	plain := &tls.Config{}
	config.WrapSession = func(c tls.ConnectionState, state *tls.SessionState) ([]byte, error) {
		ticket, err := plain.EncryptTicket(c, state)
		w.mu.Lock()
		defer w.mu.Unlock()
		return append([]byte{byte(w.session)}, ticket...), err
	}
	config.UnwrapSession = func(ticket []byte, c tls.ConnectionState) (*tls.SessionState, error) {
		if len(ticket) == 0 {
			return nil, nil // none of ours
		}
		w.mu.Lock()
		w.tickets[[2]int{int(ticket[0]), w.session}]++
		w.mu.Unlock()
		return plain.DecryptTicket(ticket[1:], c)
	}
	return config
}

// ordinary is a client that comes twice and keeps what it is given, as any
// browser does.
func (w *watcher) ordinary(t *testing.T, address, bundle string) {
	t.Helper()
	trusted, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(trusted)
	var d net.Dialer
	client := &http.Client{Transport: &http.Transport{
		DialContext:     func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "tcp", address) },
		TLSClientConfig: &tls.Config{RootCAs: pool, ClientSessionCache: tls.NewLRUClientSessionCache(8)},
	}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	for _, path := range []string{"/again", "/again", "/cookie", "/cookie", "/etag", "/etag", "/modified", "/modified", "/cached", "/moved"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+residueHost+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(w.asked[path]) > 0 {
			r.Header.Set("Cookie", "visitor=known")
			r.Header.Set("If-None-Match", `"known"`)
			r.Header.Set("If-Modified-Since", "Sun, 01 Nov 2026 00:00:00 GMT")
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
}
