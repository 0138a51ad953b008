package hostile

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"time"
)

// witness notes each connection, even one on which nobody says a word.
type witness struct {
	net.Listener
	site *Site
	what string
}

func (w *witness) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	if err == nil {
		w.site.arrived(w.site.visit(""), w.what)
	}
	return c, err
}

// witnessed notes each request, and answers so that a page that came through
// can say so itself.
func (s *Site) witnessed(who string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(r.URL.Path + r.URL.RawQuery + r.Referer())
		s.arrived(v, fmt.Sprintf("%s %s of %s", r.Method, r.URL.Path, who))
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Headers", "*")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><title>outside</title><body style='background:#c00;color:#fff'><h1>Outside: %s</h1>", who)
	})
}

// selfSigned makes a certificate that nobody has a reason to believe.
func selfSigned(hosts ...string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: hosts[0]}, DNSNames: hosts,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// quiet swallows what net/http says of broken connections: that is what they
// are here for.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
