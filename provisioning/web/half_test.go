package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// leaving is a connection that is closed only when the last thing said on it,
// over TLS our good-bye, was answered: as on a busy machine.
type leaving struct {
	net.Conn
	mu       sync.Mutex
	answered chan struct{} // closed once something was read since
}

func (l *leaving) Write(p []byte) (int, error) {
	l.mu.Lock()
	l.answered = make(chan struct{})
	l.mu.Unlock()
	return l.Conn.Write(p)
}

func (l *leaving) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.answered:
	default:
		close(l.answered)
	}
	return n, err
}

func (l *leaving) Close() error {
	l.mu.Lock()
	answered := l.answered
	l.mu.Unlock()
	select {
	case <-answered:
	case <-time.After(10 * time.Second):
	}
	return l.Conn.Close()
}

// TestHalfAnAnswerIsNone: a server that is told good-bye in the middle ends in
// good order, and what it has said until then is not all.
func TestHalfAnAnswerIsNone(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("half"))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}, func(c *Config) {
		hasty(c)
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			return &leaving{Conn: conn, answered: make(chan struct{})}, err
		}
	})
	if data, _, err := s.Ask(t.Context(), Validators{}); data != nil || !errors.Is(err, ErrSlow) {
		t.Errorf("%q, %v", data, err)
	}
}
