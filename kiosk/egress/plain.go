package egress

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"
)

// maxInterim bounds the interim responses before a final one.
const maxInterim = 8

// plain serves a request in absolute form, which only a mapped host gets;
// rest is the beginning of its body.
func (x *exchange) plain(r request, rest []byte) *refusal {
	g := x.gate.gates
	p, err := r.plain()
	if err != nil {
		return refuse(reasonMalformed, "")
	}
	if !x.admit(p.host) {
		return refuse(reasonNotAllowed, p.host)
	}
	address, isMapped := g.mapped[p.host]
	if !isMapped {
		return refuse(reasonNotTLS, "")
	}
	site, err := g.dial(x.ctx, []string{address})
	if err != nil {
		return refuse(reasonUnreachable, "")
	}
	if !x.attach(site) {
		return nil
	}
	head := p.appendTo(make([]byte, 0, roomFor(r.size)), r)
	defer clear(head)
	if err := write(site, head, g.config.IdleTimeout); err != nil {
		return refuse(reasonUnreachable, "")
	}
	_ = x.client.SetDeadline(time.Time{}) // the relay sets its own; fails when cut, as the relay will
	if p.webSocket {
		return x.webSocket(site, rest)
	}
	return x.oneRequest(site, p, rest)
}

// oneRequest sends the body and returns the response, both at once: a site
// may answer before it has read everything.
func (x *exchange) oneRequest(site net.Conn, p plainRequest, rest []byte) *refusal {
	move := newRelay(x.gate.gates.config.IdleTimeout)
	sent := make(chan struct{})
	go func() { // ends when the client is closed at the latest; finish waits for it
		defer close(sent)
		err := move.body(site, x.client, p, rest)
		if errors.Is(err, errChunk) {
			x.gate.refuse(reasonMalformed, "")
			x.cutNow()
		}
		if err == nil && !move.clientLeaves(x.client) {
			return
		}
		_ = closeWrite(site) // nothing more will come; fails when the site is done already
	}()
	defer x.finish(sent)
	if _, refused := x.responseHead(site, move); refused != nil {
		x.forbid(refused.why)
		return refused
	}
	if move.untilEnd(x.client, site) != nil {
		x.cutNow()
	}
	return nil
}

// finish ends the exchange after the response: the client has a moment to
// take it in and leave first.
func (x *exchange) finish(sent <-chan struct{}) {
	_ = closeWrite(x.client) // fails when the client left
	moment := time.NewTimer(lingering)
	defer moment.Stop()
	select {
	case <-sent:
		x.linger()
	case <-moment.C:
	}
	x.client.Close()
	<-sent
}

// body moves exactly one request body, of which rest is the beginning. What
// comes behind it is left unread: it would be a second request, which nobody
// checked.
func (r *relay) body(site, client net.Conn, p plainRequest, rest []byte) error {
	if p.chunked {
		w := &window{r: &prefixed{rest, &patient{client, r}}}
		defer w.wipe()
		return copyChunked(&patient{site, r}, w)
	}
	first := rest[:min(int64(len(rest)), p.length)]
	if err := write(site, first, r.idle); err != nil {
		return err
	}
	return r.exactly(site, client, p.length-int64(len(first)))
}

// clientLeaves waits until the client has ended its side, and says whether it
// did: a second request on the connection is nothing to wait any longer for.
func (r *relay) clientLeaves(client net.Conn) bool {
	if err := r.await(client); err != nil {
		return !errors.Is(err, errIdle)
	}
	var next [1]byte
	_, err := client.Read(next[:])
	return errors.Is(err, io.EOF)
}

// responseHead relays interim responses and the head of the final one, with
// what came behind it, and returns its status.
func (x *exchange) responseHead(site net.Conn, move *relay) (int, *refusal) {
	var ahead []byte
	defer func() { clear(ahead) }()
	for range maxInterim {
		src := &prefixed{ahead, &patient{site, move}}
		in, err := receive(src, maxHead)
		if err != nil {
			in.wipe()
			return 0, refuse(reasonUnreachable, "")
		}
		behind := bytes.Join([][]byte{in.rest(), src.ahead}, nil)
		status, interim, refused := x.passHead(in.head(), move)
		in.wipe()
		clear(ahead)
		ahead = behind
		if refused != nil {
			return 0, refused
		}
		if !interim {
			if write(x.client, ahead, move.idle) != nil {
				return 0, refuse(reasonUnreachable, "")
			}
			return status, nil
		}
	}
	return 0, refuse(reasonMalformed, "")
}

func (x *exchange) passHead(head []byte, move *relay) (status int, interim bool, refused *refusal) {
	r, err := parseResponse(head)
	if err != nil {
		return 0, false, refuse(reasonMalformed, "")
	}
	out := r.appendTo(make([]byte, 0, roomFor(len(head))))
	defer clear(out)
	x.answered = true
	if write(x.client, out, move.idle) != nil {
		return 0, false, refuse(reasonUnreachable, "")
	}
	return r.status, r.interim(), nil
}

// webSocket lets the client's bytes through only once the site has agreed to
// speak something else than http: before that they could be a request.
func (x *exchange) webSocket(site net.Conn, rest []byte) *refusal {
	move := newRelay(x.gate.gates.config.IdleTimeout)
	status, refused := x.responseHead(site, move)
	if refused != nil {
		return refused
	}
	if status == 101 {
		if write(site, rest, move.idle) == nil {
			move.both(site, x.client, x.cutNow)
		}
		return nil
	}
	if move.untilEnd(x.client, site) != nil {
		x.cutNow()
	}
	x.linger()
	return nil
}

// roomFor is the capacity in which a head can be written anew without
// growing, which would leave copies of it in memory: a space more a field, of
// at least four bytes, and a few fields of our own.
func roomFor(head int) int { return head + head/4 + 512 }

// prefixed reads ahead before r.
type prefixed struct {
	ahead []byte
	r     io.Reader
}

func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.ahead) > 0 {
		n := copy(b, p.ahead)
		p.ahead = p.ahead[n:]
		return n, nil
	}
	return p.r.Read(b)
}

// patient reads and writes within the idle limit of a relay.
type patient struct {
	c net.Conn
	r *relay
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.r.await(p.c); err != nil {
		return 0, err
	}
	n, err := p.c.Read(b)
	p.r.touch()
	return n, err
}

func (p *patient) Write(b []byte) (int, error) {
	defer p.r.touch()
	return len(b), write(p.c, b, p.r.idle)
}
