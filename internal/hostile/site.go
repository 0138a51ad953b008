package hostile

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Hosts of the site. All end in localhost, which resolvers answer by
// themselves, so that a browser without a proxy gets there too.
const (
	Attack = "attack.localhost" // allowed: the pages
	Login  = "login.localhost"  // allowed: a second origin
	Dead   = "dead.localhost"   // allowed, and nobody is there
	Evil   = "evil.localhost"   // never allowed: the witness
)

// lookalikes are hosts that a careless list takes for Attack. All lead to the
// witness.
func lookalikes() []string {
	return []string{
		"attack.localhost.evil.localhost", "evilattack.localhost", "attack-localhost.localhost",
		"xn--ttack-3ve.localhost", // а of Cyrillic
		"attack.localhost.localhost", "www.attack.localhost",
	}
}

// Site is the hostile site, running. Its methods may be called from any
// goroutine.
type Site struct {
	attack, evil, local, tls, dead net.Listener

	mu     sync.Mutex
	visits map[string]*Visit
	armed  *Visit
	count  int
	more   chan struct{} // closed and replaced at each report
	ended  sync.WaitGroup
	server []*http.Server
}

// Start serves the site on loopback addresses until Close.
func Start(ctx context.Context) (*Site, error) {
	s := &Site{visits: map[string]*Visit{}, more: make(chan struct{})}
	for _, l := range []*net.Listener{&s.attack, &s.evil, &s.local, &s.tls, &s.dead} {
		var err error
		if *l, err = (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0"); err != nil {
			return nil, errors.Join(fmt.Errorf("start hostile site: %w", err), s.Close())
		}
	}
	s.dead.Close() // its port stays nobody's for long enough
	certificate, err := selfSigned(Login, Evil)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start hostile site: %w", err), s.Close())
	}
	asks := &tls.Config{Certificates: []tls.Certificate{certificate}, ClientAuth: tls.RequestClientCert}
	s.serve(s.attack, s.pages())
	s.serve(&witness{s.evil, s, "connection"}, s.witnessed(Evil))
	s.serve(&witness{s.local, s, "local connection"}, s.witnessed("local service"))
	s.serve(tls.NewListener(s.tls, asks), s.witnessed("site with a bad certificate"))
	return s, nil
}

// serve serves until Close, which ends its goroutine.
func (s *Site) serve(l net.Listener, h http.Handler) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: quiet()}
	s.server = append(s.server, server)
	s.ended.Go(func() { _ = server.Serve(l) })
}

// Close ends the site.
func (s *Site) Close() error {
	var errs []error
	for _, server := range s.server {
		errs = append(errs, server.Close())
	}
	for _, l := range []net.Listener{s.attack, s.evil, s.local, s.tls} {
		if l != nil {
			l.Close()
		}
	}
	s.ended.Wait()
	return errors.Join(errs...)
}

// Maps says at which address each host is, for a kiosk that reaches sites of
// this machine by such a list.
func (s *Site) Maps() map[string]string {
	m := map[string]string{Attack: s.attack.Addr().String(), Login: s.attack.Addr().String(),
		Dead: s.dead.Addr().String(), Evil: s.evil.Addr().String()}
	for _, host := range lookalikes() {
		m[host] = s.evil.Addr().String()
	}
	return m
}

// MapsTLS does the same for what is reached over TLS. Its certificate is one
// that nobody vouches for.
func (s *Site) MapsTLS() map[string]string { return map[string]string{Login: s.tls.Addr().String()} }

// URL is where the site begins, for a browser that goes there itself.
func (s *Site) URL() string { return "http://" + Attack + portOf(s.attack) + "/" }

// Outside is an address that no kiosk may ever reach.
func (s *Site) Outside() string { return "http://" + Evil + portOf(s.evil) + "/reached/outside" }

func portOf(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return ":" + port
}

// names are what a page has to know. A browser that names a port goes to the
// servers itself; one that names none is taken there, by names alone.
type names struct {
	Token                      string
	Attack, Login, Evil, Dead  string // origins
	Secure                     string // origin whose certificate nobody vouches for
	Port, AttackPort           string // ":1234" or ""
	Local, LocalPort, EvilPort string // "127.0.0.1:1234", ":1234"
	Page                       string
}

func (s *Site) names(host, token string) names {
	n := names{Token: token, Local: s.local.Addr().String(), LocalPort: portOf(s.local), EvilPort: portOf(s.evil)}
	secure := ""
	dead := ""
	if strings.Contains(host, ":") {
		n.AttackPort, n.Port, secure, dead = portOf(s.attack), portOf(s.evil), portOf(s.tls), portOf(s.dead)
	}
	n.Attack, n.Login = "http://"+Attack+n.AttackPort, "http://"+Login+n.AttackPort
	n.Evil, n.Secure, n.Dead = "http://"+Evil+n.Port, "https://"+Login+secure, "http://"+Dead+dead
	return n
}
