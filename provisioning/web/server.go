// Package web reads a site's repository from a static https server: the same
// files as on a stick, as an fs.FS for provisioning/trust, which judges them.
// What comes from a server is believed no more than what comes from a stick.
//
// Programs may import it. It talks to one server, over https and nothing else,
// by the proxy that it is given; the environment is not asked. A connection is
// kept for one look and then closed.
//
// # Bounds
//
// A redirect is not followed: an https server that was bought by somebody else,
// or a captive portal, leads nowhere. An answer has no encoding, so that nothing
// unpacks. It is cut off where it is longer than what it is for may be, when
// nothing comes for Config.Patience, and when it takes longer than that and a
// second for each 16 KiB that it may have.
package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// slowest is how many bytes of an answer must come in a second, on average.
	slowest = 16 << 10
	// maxHeader is the length of an answer's header, a proxy's included.
	maxHeader = 16 << 10
	// maxValidator is the length of what a server calls a version.
	maxValidator = 200
	// patience is that of a Config without any.
	patience = 30 * time.Second
	// maxRetryAfter bounds what a server can ask for.
	maxRetryAfter = 24 * time.Hour
)

var (
	// ErrSame is returned by Ask when nothing has changed.
	ErrSame = errors.New("nothing has changed on the server")
	// ErrLonger is returned for an answer that is longer than it may be.
	ErrLonger = errors.New("the answer is longer than it may be")
	// ErrSlow is returned when a server takes too long.
	ErrSlow = errors.New("the server is too slow")
	// ErrEncoded is returned for an answer that was packed although nobody asked.
	ErrEncoded = errors.New("the answer is packed")
)

// StatusError is an answer that is no file.
type StatusError struct {
	Status     int
	RetryAfter time.Duration // as the server asks; 0 when it asks for nothing, at most a day
}

func (e *StatusError) Error() string {
	if e.Status >= 300 && e.Status < 400 && e.Status != http.StatusNotModified {
		return fmt.Sprintf("status %d: a redirect, which is not followed", e.Status)
	}
	return fmt.Sprintf("status %d", e.Status)
}

// Is makes a file that a server does not have fs.ErrNotExist. Stores of files
// say 403 where nobody may list them.
func (e *StatusError) Is(target error) bool {
	switch e.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		return target == fs.ErrNotExist
	}
	return false
}

// Config is where a repository is, and the way there.
type Config struct {
	URL      string         // https, of the folder with metadata and targets
	Proxy    *url.URL       // "http://[USER:PASSWORD@]HOST:PORT"; nil: none
	Roots    *x509.CertPool // nil: the system's
	Patience time.Duration  // with a server that says nothing; 0: 30 s
	// Dial is for tests that count bytes; nil: TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Server is a static https server.
type Server struct {
	base     string
	patience time.Duration
	client   *http.Client
}

// New checks the address. It does not connect.
func New(c Config) (*Server, error) {
	u, err := url.Parse(c.URL)
	if err == nil && (u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "") {
		err = errors.New("expected https://HOST/PATH")
	}
	if err != nil {
		return nil, fmt.Errorf("address of a repository %q: %w", c.URL, err)
	}
	if c.Patience == 0 {
		c.Patience = patience
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{Timeout: c.Patience}).DialContext
	}
	t := &http.Transport{
		DialContext: c.Dial, TLSClientConfig: &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: c.Patience, ResponseHeaderTimeout: c.Patience, IdleConnTimeout: c.Patience,
		MaxResponseHeaderBytes: maxHeader, DisableCompression: true,
	}
	if c.Proxy != nil {
		t.Proxy = http.ProxyURL(c.Proxy)
	}
	return &Server{strings.TrimRight(u.String(), "/"), c.Patience, &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// URL is the address of the repository.
func (s *Server) URL() string { return s.base }

// Close ends the connection to the server. The next request makes another.
func (s *Server) Close() { s.client.CloseIdleConnections() }

// Validators say which version of a file somebody has, in the server's words.
type Validators struct{ ETag, LastModified string }

// get asks for a file of at most limit bytes. A zero v asks in any case.
func (s *Server) get(ctx context.Context, name string, limit int64, v Validators) (*answer, error) {
	within := 2*s.patience + time.Duration(limit/slowest)*time.Second // once of it to get there
	ctx, giveUp := context.WithCancelCause(ctx)
	ctx, cancel := context.WithTimeoutCause(ctx, within, ErrSlow)
	a, err := s.send(ctx, name, limit, v)
	if err != nil {
		err = fmt.Errorf("get %q: %w", name, because(ctx, err))
		cancel()
		giveUp(nil)
		return nil, err
	}
	a.ctx = ctx
	a.end = func() {
		cancel()
		giveUp(nil)
	}
	a.silence = time.AfterFunc(s.patience, func() { giveUp(ErrSlow) })
	return a, nil
}

func (s *Server) send(ctx context.Context, name string, limit int64, v Validators) (*answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/"+name, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept-Encoding", "identity")
	request.Header.Set("User-Agent", "guichet")
	switch { // the date alone where there is nothing better: files can go back in time
	case v.ETag != "":
		request.Header.Set("If-None-Match", v.ETag)
	case v.LastModified != "":
		request.Header.Set("If-Modified-Since", v.LastModified)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	if err = accept(response, limit); err != nil {
		_ = response.Body.Close() // there is an error already
		return nil, err
	}
	return &answer{body: response.Body, left: limit, patience: s.patience, header: response.Header}, nil
}

// accept looks at what comes before the content.
func accept(r *http.Response, limit int64) error {
	switch {
	case r.StatusCode == http.StatusNotModified:
		return ErrSame
	case r.StatusCode != http.StatusOK:
		return &StatusError{r.StatusCode, retryAfter(r.Header)}
	case r.Header.Get("Content-Encoding") != "" && r.Header.Get("Content-Encoding") != "identity":
		return ErrEncoded
	case r.ContentLength > limit:
		return fmt.Errorf("%d bytes: %w", r.ContentLength, ErrLonger)
	}
	return nil
}

// retryAfter is how long a server wants to be left alone. A date counts from
// the server's own, so that the kiosk's clock does not matter.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(max(0, min(n, int64(maxRetryAfter/time.Second)))) * time.Second
	}
	until, err := http.ParseTime(text)
	now, bad := http.ParseTime(h.Get("Date"))
	if err != nil || bad != nil {
		return 0
	}
	return max(0, min(until.Sub(now), maxRetryAfter))
}

// validators are those of an answer; what could not be sent back is left out.
func validators(h http.Header) Validators {
	plain := func(s string) string {
		if len(s) > maxValidator || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
			return ""
		}
		return s
	}
	return Validators{plain(h.Get("ETag")), plain(h.Get("Last-Modified"))}
}

// because names the reason for which we ended a request ourselves.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Errorf("%w: %w", ErrSlow, err)
	}
	return err
}

// answer is the content of an answer, which is bounded in length and in time.
type answer struct {
	body     io.ReadCloser
	left     int64 // bytes that may come
	header   http.Header
	patience time.Duration
	ctx      context.Context
	end      func()
	silence  *time.Timer
}

// Read implements io.Reader. An end that comes after we have given up is none:
// a server that sees us leave may end in good order what it has said half of.
func (a *answer) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	if n > 0 {
		a.silence.Reset(a.patience)
	}
	if a.left -= int64(n); a.left < 0 {
		return 0, ErrLonger
	}
	if err != nil {
		err = because(a.ctx, err)
	}
	return n, err
}

// Close implements io.Closer.
func (a *answer) Close() error {
	a.silence.Stop()
	a.end()
	return a.body.Close()
}
