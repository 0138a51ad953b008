package egress

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// lingering is how long an answered client may take to leave.
const lingering = 500 * time.Millisecond

// exchange is one connection of a view: one tunnel, or one plain request.
type exchange struct {
	gate   *gate
	client net.Conn
	ctx    context.Context // done when the exchange is cut
	cancel context.CancelFunc

	answered bool // something was sent to the client: too late for a 403

	// Guarded by gate.mu.
	host string   // canonical; set once the policy let it pass
	site net.Conn // nil until connected
	cut  bool
}

// refusal is a reason and, when no origin covers it, the host to tell. It is no
// error: it is the ordinary outcome of many requests.
type refusal struct {
	why  reason
	host string
}

func refuse(why reason, host string) *refusal { return &refusal{why, host} }

// run is the goroutine of the exchange.
func (x *exchange) run() {
	defer x.leave()
	if r := x.serve(); r != nil {
		if x.ctx.Err() == nil {
			x.gate.refuse(r.why, r.host)
		}
		if x.forbid(r.why) {
			x.linger()
		}
	}
}

func (x *exchange) serve() *refusal {
	config := &x.gate.gates.config
	if x.client.SetDeadline(time.Now().Add(config.HeadTimeout)) != nil {
		return nil
	}
	in, err := receive(x.client, maxHead)
	defer in.wipe()
	if err != nil {
		if len(in.buf) == 0 {
			return nil // opened ahead of need and left
		}
		return refuse(reasonMalformed, "")
	}
	r, err := parseRequest(in.head())
	switch {
	case err != nil:
		return refuse(reasonMalformed, "")
	case string(r.method) == "CONNECT":
		return x.tunnel(r, in)
	default:
		return x.plain(r, in.rest())
	}
}

// tunnel serves a CONNECT request. Its head, to which the engine adds the
// site's cookies, and what the client sent ahead are overwritten at once.
func (x *exchange) tunnel(r request, in received) *refusal {
	g := x.gate.gates
	host, err := r.connectHost()
	rest := bytes.Clone(in.rest())
	in.wipe()
	if err != nil {
		return refuse(reasonMalformed, "")
	}
	if !x.admit(host) {
		return refuse(reasonNotAllowed, host)
	}
	to := g.tunnelTo(host)
	if _, isMapped := g.mapped[host]; isMapped && to == "" {
		return refuse(reasonNotAllowed, "") // over plain http it is
	}
	open, err := g.way(x.ctx, host, to)
	if errors.Is(err, errPrivate) {
		return refuse(reasonAddress, "")
	} else if err != nil {
		return refuse(reasonUnreachable, "")
	}
	hello, refused := x.hello(host, rest)
	if refused != nil || hello == nil {
		return refused
	}
	site, err := open(x.ctx)
	if err != nil {
		return refuse(reasonUnreachable, "")
	}
	if !x.attach(site) {
		return nil
	}
	err = write(site, hello, g.config.IdleTimeout)
	clear(hello) // it holds the site's session ticket
	if err != nil {
		return nil
	}
	_ = x.client.SetDeadline(time.Time{}) // the relay sets its own; fails when cut, as the relay will
	newRelay(g.config.IdleTimeout).both(site, x.client, x.cutNow)
	return nil
}

// hello says yes to the client and reads what it sends first. nil and no
// refusal: the client went away.
func (x *exchange) hello(host string, rest []byte) ([]byte, *refusal) {
	_ = x.client.SetDeadline(time.Now().Add(x.gate.gates.config.HelloTimeout)) // what follows fails then
	x.answered = true
	if _, err := io.WriteString(x.client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return nil, nil
	}
	name, hello, err := readHello(x.ctx, io.MultiReader(bytes.NewReader(rest), x.client))
	switch {
	case err != nil && len(hello) > 0, errors.Is(err, os.ErrDeadlineExceeded):
		return nil, refuse(reasonNotTLS, "")
	case err != nil:
		return nil, nil // opened ahead of need and left
	case strings.ToLower(name) != host:
		return nil, refuse(reasonName, "")
	}
	return hello, nil
}

// admit asks the policy and, in the same breath, makes the exchange one that
// a later policy cuts.
func (x *exchange) admit(host string) bool {
	x.gate.mu.Lock()
	defer x.gate.mu.Unlock()
	if x.cut || !x.gate.policy.allows(host) {
		return false
	}
	x.host = host
	return true
}

// attach hands the connection to the site over to the exchange; false when it
// was cut meanwhile.
func (x *exchange) attach(site net.Conn) bool {
	x.gate.mu.Lock()
	defer x.gate.mu.Unlock()
	if x.cut {
		abort(site)
		return false
	}
	x.site = site
	return true
}

func (x *exchange) cutNow() {
	x.gate.mu.Lock()
	defer x.gate.mu.Unlock()
	x.cutLocked()
}

func (x *exchange) cutLocked() {
	x.cut = true
	x.cancel()
	abort(x.client)
	if x.site != nil {
		abort(x.site)
	}
}

func (x *exchange) leave() {
	x.gate.mu.Lock()
	defer x.gate.mu.Unlock()
	x.cancel()
	x.client.Close()
	if x.site != nil {
		x.site.Close()
	}
	delete(x.gate.open, x)
}

// forbid says no unless something else was answered, and says whether the
// client got it: 403 when the kiosk refuses, 502 when the site does not answer,
// so that the view's own panel can tell one from the other. Of a refused tunnel
// the engine passes on the status alone, of a plain request Proxy-Status
// (RFC 9209) too, which no site's own answer is taken for.
func (x *exchange) forbid(why reason) bool {
	if x.answered {
		return false
	}
	x.answered = true
	answer := "HTTP/1.1 403 Forbidden\r\nProxy-Status: guichet; error=http_request_denied"
	if why == reasonUnreachable || why == reasonTooMany {
		answer = "HTTP/1.1 502 Bad Gateway\r\nProxy-Status: guichet; error=destination_unavailable"
	}
	answer += "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
	return write(x.client, []byte(answer), time.Second) == nil
}

// linger ends our side and takes in for a moment what the client still sends:
// closing with input unread would destroy an answer on its way to it. Nobody
// else may be reading from the client.
func (x *exchange) linger() {
	if closeWrite(x.client) != nil || x.client.SetReadDeadline(time.Now().Add(lingering)) != nil {
		return
	}
	var sink [512]byte
	defer clear(sink[:])
	for range 128 {
		if _, err := x.client.Read(sink[:]); err != nil {
			return
		}
	}
}

func write(c net.Conn, b []byte, limit time.Duration) error {
	if err := c.SetWriteDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	_, err := c.Write(b)
	return err
}
