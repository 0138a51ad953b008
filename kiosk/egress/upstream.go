package egress

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Upstream is a proxy of the organisation's that every connection has to go
// through. It finds the addresses of sites itself, so that here none can be
// checked to be a public one: which site is opened, policy and server name say
// as ever.
type Upstream struct {
	Host           string // a name, or an address
	Port           int
	User, Password string // "" without
}

// Format keeps the password out of logs and errors, whatever the verb.
func (u Upstream) Format(f fmt.State, _ rune) { fmt.Fprint(f, "upstream proxy") }

// maxUpstreamHead is the length of an answer's head, in bytes.
const maxUpstreamHead = 8 << 10

// errUpstream is a proxy's answer other than yes.
var errUpstream = errors.New("the organisation's proxy does not connect")

// through connects to a canonical host by way of the upstream proxy.
func (g *Gates) through(ctx context.Context, u Upstream, host string) (net.Conn, error) {
	targets, err := g.findUpstream(ctx, u)
	if err != nil {
		return nil, err
	}
	conn, err := g.dial(ctx, targets)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, g.config.DialTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // it may be closed
	status, err := u.connect(conn, host)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("%w: it answers %d", errUpstream, status)
	}
	if g.upstreamSaid.Swap(int64(status)) != int64(status) && status/100 != 2 {
		g.config.Log.Warn("the organisation's proxy", "status", status) // 0: no answer of HTTP
	}
	if err != nil {
		_ = conn.Close() // nothing was sent through it
		return nil, err
	}
	return conn, nil
}

// findUpstream returns where to dial for the proxy, which may stand anywhere.
func (g *Gates) findUpstream(ctx context.Context, u Upstream) ([]string, error) {
	port := strconv.Itoa(u.Port)
	if _, err := netip.ParseAddr(u.Host); err == nil {
		return []string{net.JoinHostPort(u.Host, port)}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, g.config.ResolveTimeout)
	defer cancel()
	found, err := g.config.Resolver.LookupNetIP(ctx, "ip", u.Host)
	if err != nil {
		return nil, err
	}
	var targets []string
	for _, a := range found[:min(len(found), maxAddresses)] {
		targets = append(targets, net.JoinHostPort(a.Unmap().String(), port))
	}
	if len(targets) == 0 {
		return nil, errors.New("no address")
	}
	return targets, nil
}

// connect asks for a tunnel and returns the answer's status, 0 for none.
func (u Upstream) connect(conn net.Conn, host string) (int, error) {
	target := net.JoinHostPort(host, "443")
	var b strings.Builder
	fmt.Fprintf(&b, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", target, target)
	if u.User != "" {
		fmt.Fprintf(&b, "Proxy-Authorization: Basic %s\r\n", base64.StdEncoding.EncodeToString([]byte(u.User+":"+u.Password)))
	}
	b.WriteString("\r\n")
	if _, err := conn.Write([]byte(b.String())); err != nil {
		return 0, err
	}
	// Byte by byte: what follows the head belongs to the tunnel.
	var head []byte
	for one := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); head = append(head, one[0]) {
		if len(head) == maxUpstreamHead {
			return 0, fmt.Errorf("%w: its answer has no end", errUpstream)
		}
		if _, err := conn.Read(one); err != nil {
			return 0, err
		}
	}
	return statusOf(head)
}

// statusOf reads "HTTP/1.1 200 …".
func statusOf(head []byte) (int, error) {
	line, _, _ := bytes.Cut(head, []byte("\r\n"))
	version, rest, _ := bytes.Cut(line, []byte(" "))
	code, _, _ := bytes.Cut(rest, []byte(" "))
	status, err := strconv.Atoi(string(code))
	if err != nil || !bytes.HasPrefix(version, []byte("HTTP/1.")) || len(code) != 3 || status < 200 {
		return 0, fmt.Errorf("%w: it does not answer as one", errUpstream)
	}
	return status, nil
}
