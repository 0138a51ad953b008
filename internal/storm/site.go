package storm

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
)

// Hosts of the site. They end in localhost, which resolvers answer by
// themselves.
const (
	Host   = "storm.localhost"
	Second = "storm2.localhost" // another origin, of the same site
)

// Calm is the page that does nothing.
const Calm = "calm"

//go:embed pages
var pageFiles embed.FS

// Site is the exhausting site, running. Its methods may be called from any
// goroutine.
type Site struct {
	listener net.Listener
	server   *http.Server
	ended    sync.WaitGroup
	picture  func() []byte // made when first asked for

	mu    sync.Mutex
	page  string
	visit int              // counts Arm
	marks map[string]int64 // of this visit
	more  chan struct{}    // closed and replaced when a mark rises
}

// Start serves the site on a loopback address until Close.
func Start(ctx context.Context) (*Site, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start exhausting site: %w", err)
	}
	s := &Site{listener: l, page: Calm, marks: map[string]int64{}, more: make(chan struct{}),
		picture: sync.OnceValue(func() []byte { return png(32000, 32000) })}
	s.server = &http.Server{Handler: s.handler(), ErrorLog: log.New(io.Discard, "", 0)}
	s.ended.Go(func() { _ = s.server.Serve(l) })
	return s, nil
}

// Close ends the site and everything it still sends.
func (s *Site) Close() error {
	err := s.server.Close()
	s.ended.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Maps says at which address each host is.
func (s *Site) Maps() map[string]string {
	return map[string]string{Host: s.listener.Addr().String(), Second: s.listener.Addr().String()}
}

// Arm chooses the page that the site begins with from now on and forgets all
// marks. What earlier pages still tell is not believed.
func (s *Site) Arm(page string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.page = page
	s.visit++
	s.marks = map[string]int64{}
}

func (s *Site) armed() (page string, visit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.page, s.visit
}

// Mark returns the highest number told under a name since Arm.
func (s *Site) Mark(name string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.marks[name]
}

// Marks returns a copy of all marks since Arm.
func (s *Site) Marks() map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]int64, len(s.marks))
	for name, n := range s.marks {
		all[name] = n
	}
	return all
}

// Await waits until a mark is at least n.
func (s *Site) Await(ctx context.Context, name string, n int64) error {
	for {
		s.mu.Lock()
		now, more := s.marks[name], s.more
		s.mu.Unlock()
		if now >= n {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return fmt.Errorf("await %q of %d: it is %d: %w", name, n, now, ctx.Err())
		}
	}
}

// raise sets a mark if it is higher than before.
func (s *Site) raise(visit int, name string, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if visit == s.visit && n > s.marks[name] {
		s.marks[name] = n
		close(s.more)
		s.more = make(chan struct{})
	}
}

// add counts under a name.
func (s *Site) add(visit int, name string, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if visit == s.visit {
		s.marks[name] += n
		close(s.more)
		s.more = make(chan struct{})
	}
}

// marked takes what a page tells: ?v=visit&w=name&n=number.
func (s *Site) marked(w http.ResponseWriter, r *http.Request) {
	visit, err1 := strconv.Atoi(r.FormValue("v"))
	n, err2 := strconv.ParseInt(r.FormValue("n"), 10, 64)
	if errors.Join(err1, err2) != nil {
		http.Error(w, "not a mark", http.StatusBadRequest)
		return
	}
	s.raise(visit, r.FormValue("w"), n)
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.WriteHeader(http.StatusNoContent)
}
