package upkeep

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// siteAnswers bounds the try at one site.
const siteAnswers = 15 * time.Second

// gate is a way out like a session's, for the length of a try.
type gate struct {
	gates   Gates
	address string
	roots   *x509.CertPool
}

// openGate opens one that leads to these sites and nowhere else.
func openGate(ctx context.Context, t Trial, sites []*url.URL) (*gate, error) {
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open gate: %w", err)
	}
	t.Gates.Attend(trialView, l)
	hosts := make([]string, len(sites))
	for i, s := range sites {
		hosts[i] = s.Hostname()
	}
	if err := t.Gates.Allow(trialView, hosts); err != nil {
		t.Gates.Close(trialView)
		return nil, fmt.Errorf("open gate: %w", err)
	}
	return &gate{t.Gates, l.Addr().String(), t.Roots}, nil
}

func (g *gate) close() { g.gates.Close(trialView) }

// reach says whether a site answers: its name, an address and its certificate.
// Nothing is asked of it.
func (g *gate) reach(ctx context.Context, site *url.URL) error {
	ctx, cancel := context.WithTimeout(ctx, siteAnswers)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", g.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // it may be closed
	defer stop()
	if site.Scheme == "http" { // the bench's demo sites
		return ask(conn, http.MethodHead, site.String()+"/", site.Host)
	}
	target := net.JoinHostPort(site.Hostname(), "443")
	if err := ask(conn, http.MethodConnect, target, target); err != nil {
		return err
	}
	return tls.Client(conn, &tls.Config{ServerName: site.Hostname(), RootCAs: g.roots, MinVersion: tls.VersionTLS12}).HandshakeContext(ctx)
}

var errRefused = errors.New("no answer through the gate")

// ask sends a request that has no body.
func ask(conn net.Conn, method, target, host string) error {
	if _, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\n\r\n", method, target, host); err != nil {
		return err
	}
	// In a tunnel nobody speaks before us, so nothing is read too early.
	answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 0)) // neither has one
	err = errors.Join(err, answer.Body.Close())
	switch answer.StatusCode { // the gate's own
	case http.StatusForbidden, http.StatusBadGateway:
		return errors.Join(err, errRefused)
	}
	return err
}
