package egress

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Config holds what gates have in common. Zero durations and numbers stand
// for the default named beside them.
type Config struct {
	Resolver Resolver // nil: the system's, by Go's own resolver
	Dialer   Dialer   // nil: a net.Dialer

	// Upstream is the way to all sites; nil: straight.
	Upstream *Upstream

	// Mapped answers a host over plain http from a site on this machine:
	// "www.exemple.fr" -> "127.0.0.1:8481". The address is a loopback one.
	// For the bench alone: nothing else is reached without TLS.
	Mapped map[string]string

	// MappedTLS answers a host's tunnel from a site on this machine, whose
	// certificate is the browser's to judge: "www.exemple.fr", or
	// "*.exemple.fr" for the hosts below it, -> "127.0.0.1:8443". Policy and
	// server name are checked as ever. For the bench alone too.
	MappedTLS map[string]string

	// Refused is told that view was refused a host that none of its origins
	// covers, and the registrable domain of it ("www.exemple.fr",
	// "exemple.fr"), both canonical. That is all a proxy sees: not the page,
	// nor whether it was opened or belongs to another one. Each host is told
	// once a view, at most 8 hosts of a domain and 64 a view; what comes
	// beyond, and what is refused for another reason, is only counted. It is
	// called from the gate's goroutines, must return at once and must not call
	// back: Close waits for it. nil: nobody is told.
	Refused func(view int, host, domain string)

	Log *slog.Logger // nil: nothing is logged

	HeadTimeout    time.Duration // 10 s: to send a request's head, from the first byte to the last
	HelloTimeout   time.Duration // 10 s: to send the ClientHello
	ResolveTimeout time.Duration // 10 s
	DialTimeout    time.Duration // 15 s: over all addresses of a name
	IdleTimeout    time.Duration // 5 min: without a byte in either direction
	MaxConns       int           // 256: open connections a view
}

func (c *Config) setDefaults() {
	if c.Resolver == nil {
		c.Resolver = &net.Resolver{PreferGo: true}
	}
	if c.Dialer == nil {
		c.Dialer = &net.Dialer{}
	}
	if c.Refused == nil {
		c.Refused = func(int, string, string) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		value *time.Duration
		zero  time.Duration
	}{
		{&c.HeadTimeout, 10 * time.Second},
		{&c.HelloTimeout, 10 * time.Second},
		{&c.ResolveTimeout, 10 * time.Second},
		{&c.DialTimeout, 15 * time.Second},
		{&c.IdleTimeout, 5 * time.Minute},
	} {
		if *d.value == 0 {
			*d.value = d.zero
		}
	}
	if c.MaxConns == 0 {
		c.MaxConns = 256
	}
}

// Gates holds the gate of every view. Its methods may be called from several
// goroutines.
type Gates struct {
	config    Config
	mapped    map[string]string // canonical host -> loopback address
	mappedTLS map[string]string // the same, or "*." and a canonical parent
	addresses addresses
	// upstreamSaid is the status of the upstream proxy's last answer: a page that
	// tries again and again fills no log.
	upstreamSaid atomic.Int64

	mu   sync.Mutex
	open map[int]*gate // nil after Shutdown
}

// New checks c and returns Gates without any gate.
func New(c Config) (*Gates, error) {
	c.setDefaults()
	g := &Gates{config: c, mapped: map[string]string{}, mappedTLS: map[string]string{}, addresses: newAddresses(),
		open: map[int]*gate{}}
	for host, address := range c.Mapped {
		if err := mapTo(g.mapped, "", host, address); err != nil {
			return nil, err
		}
	}
	for host, address := range c.MappedTLS {
		name, wildcard := strings.CutPrefix(host, "*.")
		prefix := ""
		if wildcard {
			prefix = "*."
		}
		if err := mapTo(g.mappedTLS, prefix, name, address); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// mapTo adds the canonical form of host, behind prefix, and where it leads.
func mapTo(table map[string]string, prefix, host, address string) error {
	name, err := canonical(host)
	if err != nil {
		return fmt.Errorf("map host %q: is %w; want a host like \"www.exemple.fr\"", prefix+host, err)
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil || !to.Addr().IsLoopback() || to.Port() == 0 {
		return fmt.Errorf("map host %q to %q: want a loopback address and port like \"127.0.0.1:8481\"",
			prefix+host, address)
	}
	table[prefix+name] = to.String()
	return nil
}

// tunnelTo returns where the tunnel to a canonical host leads on this machine,
// "" when it leads to the public site.
func (g *Gates) tunnelTo(host string) string {
	if to, ok := g.mappedTLS[host]; ok {
		return to
	}
	for {
		_, parent, found := strings.Cut(host, ".")
		if !found {
			return ""
		}
		if to, ok := g.mappedTLS["*."+parent]; ok {
			return to
		}
		host = parent
	}
}

// Attend opens the gate of view on l, with nothing allowed, and returns. The
// gate owns l and serves it until Close; when l is closed by somebody else it
// takes no new connections. A view has one gate: a second listener for it is
// closed at once, as is any after Shutdown.
func (g *Gates) Attend(view int, l net.Listener) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == nil || g.open[view] != nil {
		l.Close()
		g.config.Log.Error("egress gate refused", "view", view)
		return
	}
	gt := newGate(g, view, l)
	g.open[view] = gt
	gt.wait.Go(gt.serve)
	g.config.Log.Info("egress gate opened", "view", view)
}

// Allow replaces what view may reach by origins (see Compile) and cuts at
// once what leads to a host that is no longer allowed. After an error nothing
// is allowed and everything is cut.
func (g *Gates) Allow(view int, origins []string) error {
	g.mu.Lock()
	gt := g.open[view]
	g.mu.Unlock()
	if gt == nil {
		return fmt.Errorf("allow origins of view %d: no gate", view)
	}
	policy, err := Compile(origins)
	cut := gt.allow(policy)
	if err != nil {
		g.config.Log.Error("egress policy refused", "view", view, "cut", cut)
		return fmt.Errorf("allow origins of view %d: %w", view, err)
	}
	g.config.Log.Info("egress policy replaced", "view", view, "origins", len(origins), "cut", cut)
	return nil
}

// Close cuts everything that view has open, closes its listener, and returns
// when the gate's goroutines have ended. A view without a gate is not an
// error.
func (g *Gates) Close(view int) {
	g.mu.Lock()
	gt := g.open[view]
	g.mu.Unlock()
	if gt == nil {
		return
	}
	refusals := gt.close()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open[view] == gt {
		delete(g.open, view)
		g.config.Log.Info("egress gate closed", "view", view, "refused", refusals)
	}
}

// Refusals returns how many requests the gate of view has refused since it
// was opened, those told and those only counted; 0 without a gate.
func (g *Gates) Refusals(view int) int {
	g.mu.Lock()
	gt := g.open[view]
	g.mu.Unlock()
	if gt == nil {
		return 0
	}
	gt.mu.Lock()
	defer gt.mu.Unlock()
	return gt.refusals.total()
}

// Shutdown closes every gate and lets none open again. Everything is cut at
// once; ctx bounds only the wait for the goroutines to end.
func (g *Gates) Shutdown(ctx context.Context) error {
	g.mu.Lock()
	gates := g.open
	g.open = nil
	g.mu.Unlock()
	done := make(chan struct{})
	go func() { // ends when every gate has
		defer close(done)
		var wait sync.WaitGroup
		for _, gt := range gates {
			wait.Go(func() { gt.close() })
		}
		wait.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("shut down egress: %w", errors.Join(errors.New("connections still ending"), ctx.Err()))
	}
}
