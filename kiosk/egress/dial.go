package egress

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"
)

// Resolver finds the addresses of a name; *net.Resolver is one. It returns
// soon after ctx is done.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Dialer connects to an address and never resolves a name: it is given none.
// *net.Dialer is one. It returns soon after ctx is done.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

const (
	maxAddresses = 8                      // tried of one name
	stagger      = 250 * time.Millisecond // between two attempts (RFC 8305 section 5)
)

var errPrivate = errors.New("not a public address")

// resolve returns where to dial for a canonical host. One address that is not
// public spoils the answer: an honest site has none.
func (g *Gates) resolve(ctx context.Context, host string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, g.config.ResolveTimeout)
	defer cancel()
	// The dot keeps the resolver from appending its search domains.
	found, err := g.config.Resolver.LookupNetIP(ctx, "ip", host+".")
	if err != nil {
		return nil, err
	}
	var v4, v6 []string
	for _, a := range found {
		a, ok := g.addresses.public(a)
		if !ok {
			return nil, errPrivate
		}
		target := netip.AddrPortFrom(a, 443).String()
		if a.Is4() {
			v4 = append(v4, target)
		} else {
			v6 = append(v6, target)
		}
	}
	if len(v4)+len(v6) == 0 {
		return nil, errors.New("no address")
	}
	return interleave(v6, v4), nil
}

// interleave alternates between the families, IPv6 first (RFC 8305 section 4).
func interleave(v6, v4 []string) []string {
	var out []string
	for len(out) < maxAddresses && len(v6)+len(v4) > 0 {
		if len(v6) > 0 {
			out, v6 = append(out, v6[0]), v6[1:]
		}
		if len(v4) > 0 {
			out, v4 = append(out, v4[0]), v4[1:]
		}
	}
	return out
}

type attempt struct {
	conn net.Conn
	err  error
}

// way returns how to connect to a canonical host: to a site of this machine's own
// where to is one, by way of the upstream proxy where there is one, or straight.
func (g *Gates) way(ctx context.Context, host, to string) (func(context.Context) (net.Conn, error), error) {
	targets := []string{to}
	switch up := g.config.Upstream; {
	case to != "":
	case up != nil:
		return func(ctx context.Context) (net.Conn, error) { return g.through(ctx, *up, host) }, nil
	default:
		var err error
		if targets, err = g.resolve(ctx, host); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) (net.Conn, error) { return g.dial(ctx, targets) }, nil
}

// dial connects to the first target that answers, starting the next attempt
// when one failed or stagger has passed. It returns when every attempt has
// ended.
func (g *Gates) dial(ctx context.Context, targets []string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, g.config.DialTimeout)
	defer cancel()
	results := make(chan attempt)
	running := 0
	start := func() {
		target := targets[0]
		targets = targets[1:]
		running++
		go func() { // ends with DialContext; dial receives from every one
			conn, err := g.config.Dialer.DialContext(ctx, "tcp", target)
			results <- attempt{conn, err}
		}()
	}
	next := time.NewTicker(stagger)
	defer next.Stop()
	var won attempt
	for start(); running > 0; {
		select {
		case r := <-results:
			running--
			switch {
			case r.err != nil:
				won.err = r.err
			case won.conn != nil:
				r.conn.Close() // a second one in the same instant
			default:
				won.conn = r.conn
				cancel()
			}
			if r.err != nil && won.conn == nil && len(targets) > 0 {
				start()
				next.Reset(stagger)
			}
		case <-next.C:
			if won.conn == nil && len(targets) > 0 {
				start()
			}
		}
	}
	if won.conn != nil {
		return won.conn, nil
	}
	return nil, won.err
}
