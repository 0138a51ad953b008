package residue

import (
	"context"
	"crypto/tls"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
)

//go:embed page
var pageFiles embed.FS

// Mode is what the site's page does when it is opened.
type Mode string

const (
	Plant Mode = "plant" // puts every canary in its place
	Read  Mode = "read"  // asks every place what it remembers
)

// Site is the site that plants the canaries of a set in any browser. It needs a
// secure context: https, or a host below localhost. All its hosts, HOST and
// what stands below it, are served by it.
type Site struct {
	set  *Set
	ids  []string // of the canaries that the page is told
	page *template.Template
	mux  *http.ServeMux

	mu       sync.Mutex
	mode     Mode
	evidence map[string]string
	reached  map[string]bool
	more     chan struct{} // closed and replaced with every report
	asked    map[string]int
	hang     chan struct{} // closed by Hang
}

// NewSite returns the site with its page in Plant.
func NewSite(set *Set) (*Site, error) {
	page, err := template.ParseFS(pageFiles, "page/index.html")
	if err != nil {
		return nil, err
	}
	places, err := Places()
	if err != nil {
		return nil, err
	}
	s := &Site{set: set, ids: ByPage(places), page: page, mux: http.NewServeMux(), asked: map[string]int{}, hang: make(chan struct{})}
	s.Open(Plant)
	s.routes()
	return s, nil
}

// Open says what the page does next and forgets what it has told.
func (s *Site) Open(mode Mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode, s.evidence, s.reached, s.more = mode, map[string]string{}, map[string]bool{}, make(chan struct{})
}

// Evidence returns what the page and the server saw of each place.
func (s *Site) Evidence() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.evidence)
}

// Hang makes the page that has planted its canaries run for ever. It may be
// called once.
func (s *Site) Hang() { close(s.hang) }

// Asked returns how often a path was asked for.
func (s *Site) Asked(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[path]
}

// Await waits until the page has reported a step.
func (s *Site) Await(ctx context.Context, step string) error {
	for {
		s.mu.Lock()
		reached, more := s.reached[step], s.more
		s.mu.Unlock()
		if reached {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return fmt.Errorf("wait for the page to report %q: %w", step, ctx.Err())
		}
	}
}

func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked[r.URL.Path]++
	s.mu.Unlock()
	if origin := r.Header.Get("Origin"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
	}
	s.mux.ServeHTTP(w, r)
}

// routes is all that is served.
func (s *Site) routes() {
	for path, h := range map[string]http.HandlerFunc{
		"/": s.index, "/report": s.report, "/echo": echo, "/ticket": ticket, "/sent": s.sent, "/socket": socket,
		"/common.js": script("common.js"), "/plant.js": script("plant.js"), "/read.js": script("read.js"),
		"/empty": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"/cached": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "max-age=86400")
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = w.Write(s.set.Canary("R01").Binary()) // the browser has gone
		},
		"/worker.js":    s.javascript("const kept = %q; addEventListener('fetch', () => {}); kept", "R03"),
		"/dedicated.js": s.javascript("const kept = %q; postMessage(kept); setInterval(() => kept, 1000)", "R12.worker"),
		"/cookie": func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "http", Value: s.set.Canary("R06.http").Text(), HttpOnly: true, MaxAge: 86400})
		},
		"/strict": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Strict-Transport-Security", "max-age=86400")
		},
		"/secret": s.secret,
		"/hang": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-s.hang:
			case <-r.Context().Done():
			}
		},
		"/attachment": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", s.set.Canary("R19")+".txt"))
			_, _ = io.WriteString(w, s.set.Canary("R19").Text()) // the browser has gone
		},
		"/document.pdf": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/pdf")
			_, _ = w.Write(pdf(string(s.set.Canary("R19.pdf")))) // the browser has gone
		},
		"/popup": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, "<!doctype html><title>Fenêtre</title><p>%s", s.set.Canary("R12.popup").Text())
		},
	} {
		s.mux.HandleFunc(path, h)
	}
}

func (s *Site) index(w http.ResponseWriter, r *http.Request) {
	texts := map[string]map[string]any{}
	for _, id := range s.ids {
		c := s.set.Canary(id)
		texts[id] = map[string]any{"plain": string(c), "text": c.Text(), "wide": c.Wide(), "binary": c.Binary()}
	}
	s.mu.Lock()
	mode := s.mode
	s.mu.Unlock()
	if mode == Read {
		texts = map[string]map[string]any{} // nothing the next person's memory could be searched for in vain
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = s.page.Execute(w, map[string]any{"Canaries": texts, "Mode": string(mode)}) // the browser has gone
}

func script(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		data, err := pageFiles.ReadFile("page/" + name)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(data) // the browser has gone
	}
}

func (s *Site) javascript(format, id string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		fmt.Fprintf(w, format, s.set.Canary(id).Text())
	}
}

// report takes in what the page says of itself.
func (s *Site) report(w http.ResponseWriter, r *http.Request) {
	var said map[string]any
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&said); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, value := range said {
		s.evidence[id] = fmt.Sprint(value)
	}
	s.reached[r.URL.Query().Get("step")] = true
	close(s.more)
	s.more = make(chan struct{})
	w.WriteHeader(http.StatusNoContent)
}

// secret asks for a password once.
func (s *Site) secret(w http.ResponseWriter, r *http.Request) {
	if _, password, ok := r.BasicAuth(); !ok || !strings.HasPrefix(password, string(s.set.Canary("R08"))) {
		w.Header().Set("WWW-Authenticate", `Basic realm="secret"`)
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// sent takes in what is posted, and forgets it.
func (s *Site) sent(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20)) // a page that leaves is its own business
	w.WriteHeader(http.StatusNoContent)
}

// TLS returns how the site is to be served over TLS: its session tickets hold a
// canary, which the browser keeps.
func (s *Site) TLS(certificate tls.Certificate) *tls.Config {
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "http/1.1"}}
	head := s.set.Canary("R09").Binary()
	plain := &tls.Config{}
	config.WrapSession = func(c tls.ConnectionState, state *tls.SessionState) ([]byte, error) {
		ticket, err := plain.EncryptTicket(c, state)
		return append(append([]byte{}, head...), ticket...), err
	}
	config.UnwrapSession = func(ticket []byte, c tls.ConnectionState) (*tls.SessionState, error) {
		if len(ticket) < len(head) {
			return nil, nil // not ours
		}
		return plain.DecryptTicket(ticket[len(head):], c)
	}
	return config
}
