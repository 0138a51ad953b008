package egress

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"
)

// Bounds of the hosts that are told of one view, and of those of one domain: a
// page that asks for names without end does not hide the others.
const (
	maxTold   = 64
	maxToldOf = 8
)

// reason is why something was refused.
type reason int

const (
	reasonNotAllowed  reason = iota // the host is no origin of the procedure
	reasonNotTLS                    // plain http to a real site, or no TLS in a tunnel
	reasonName                      // the ClientHello names another host, or none
	reasonAddress                   // the host resolves to an address that is not public
	reasonMalformed                 // not a request that is understood
	reasonTooMany                   // over the limit of connections
	reasonUnreachable               // the name or the site does not answer
	reasons                         // their number
)

type refusals [reasons]int

func (r refusals) total() (n int) {
	for i := range r {
		n += r[i]
	}
	return n
}

// LogValue is the only thing that is logged of refusals: how many and why.
func (r refusals) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Int("not_allowed", r[reasonNotAllowed]), slog.Int("not_tls", r[reasonNotTLS]),
		slog.Int("name", r[reasonName]), slog.Int("address", r[reasonAddress]),
		slog.Int("malformed", r[reasonMalformed]), slog.Int("too_many", r[reasonTooMany]),
		slog.Int("unreachable", r[reasonUnreachable]))
}

// gate is the way out of one view.
type gate struct {
	gates    *Gates
	view     int
	listener net.Listener
	ctx      context.Context // done when the gate closes
	cancel   context.CancelFunc
	wait     sync.WaitGroup // serve and every exchange

	mu       sync.Mutex
	closed   bool
	policy   Policy
	open     map[*exchange]bool
	told     map[string]bool // hosts
	toldOf   map[string]int  // hosts told of a domain
	refusals refusals
}

func newGate(g *Gates, view int, l net.Listener) *gate {
	ctx, cancel := context.WithCancel(context.Background())
	return &gate{gates: g, view: view, listener: l, ctx: ctx, cancel: cancel,
		open: map[*exchange]bool{}, told: map[string]bool{}, toldOf: map[string]int{}}
}

// serve accepts until the listener is closed.
func (gt *gate) serve() {
	for {
		client, err := gt.listener.Accept()
		switch {
		case err == nil:
			gt.enter(client)
		case isPassing(err):
			// Connections that end free what is lacking.
			select {
			case <-time.After(50 * time.Millisecond):
			case <-gt.ctx.Done():
				return
			}
		case errors.Is(err, net.ErrClosed):
			return
		default:
			gt.gates.config.Log.Error("egress gate takes no more connections", "view", gt.view, "error", err)
			return
		}
	}
}

// isPassing tells the errors of accept(2) that are gone on a later call.
func isPassing(err error) bool {
	for _, e := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
		syscall.ECONNABORTED, syscall.EINTR} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (gt *gate) enter(client net.Conn) {
	gt.mu.Lock()
	defer gt.mu.Unlock()
	if gt.closed || len(gt.open) >= gt.gates.config.MaxConns {
		gt.refusals[reasonTooMany]++
		abort(client)
		return
	}
	ctx, cancel := context.WithCancel(gt.ctx)
	x := &exchange{gate: gt, client: client, ctx: ctx, cancel: cancel}
	gt.open[x] = true
	gt.wait.Go(x.run)
}

// allow replaces the policy and returns how many exchanges it cut. An
// exchange that passed the former policy and is still dialling is among them.
func (gt *gate) allow(p Policy) (cut int) {
	gt.mu.Lock()
	defer gt.mu.Unlock()
	if gt.closed {
		return 0
	}
	gt.policy = p
	for x := range gt.open {
		if x.host != "" && !p.allows(x.host) {
			x.cutLocked()
			cut++
		}
	}
	return cut
}

// close returns when everything has ended, with what was refused meanwhile.
func (gt *gate) close() refusals {
	gt.mu.Lock()
	gt.closed = true
	gt.policy = Policy{}
	for x := range gt.open {
		x.cutLocked()
	}
	gt.mu.Unlock()
	gt.cancel()
	gt.listener.Close()
	gt.wait.Wait()
	gt.mu.Lock()
	defer gt.mu.Unlock()
	return gt.refusals
}

// refuse counts, and tells host and its domain; host is canonical or "".
func (gt *gate) refuse(why reason, host string) {
	domain := registrable(host)
	gt.mu.Lock()
	gt.refusals[why]++
	tell := domain != "" && !gt.closed && !gt.told[host] && len(gt.told) < maxTold && gt.toldOf[domain] < maxToldOf
	if tell {
		gt.told[host] = true
		gt.toldOf[domain]++
	}
	gt.mu.Unlock()
	if tell {
		gt.gates.config.Refused(gt.view, host, domain)
	}
}

// abort closes a connection without sending what is still queued.
func abort(c net.Conn) {
	if l, ok := c.(interface{ SetLinger(sec int) error }); ok {
		_ = l.SetLinger(0) // fails on a connection that is already gone
	}
	c.Close()
}
