package egress

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestHostsAreToldOnceAndBounded(t *testing.T) {
	w := newWorld(t, nil)
	ask := func(host string) { w.ask("CONNECT " + host + ":443 HTTP/1.1\r\nHost: " + host + "\r\n\r\n") }
	for i := range 2 * maxToldOf {
		ask(fmt.Sprintf("typed%03d.example.com", i))
	}
	for i := range maxTold {
		for range 2 {
			ask(fmt.Sprintf("www.example%03d.org", i))
		}
	}
	if n := w.gates.Refusals(1); n != 2*maxToldOf+2*maxTold {
		t.Errorf("%d counted", n)
	}
	told := w.toldSorted()
	if len(told) != maxTold || len(slices.Compact(told)) != maxTold || told[maxToldOf-1] != "typed007.example.com" ||
		told[maxToldOf] != "www.example000.org" {
		t.Errorf("told %d: %q", len(told), told)
	}
	w.gates.Close(1)
	if !strings.Contains(w.logged.String(), fmt.Sprintf("refused.not_allowed=%d", 2*maxToldOf+2*maxTold)) {
		t.Errorf("log:\n%s", w.logged.String())
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	w := newWorld(t, func(_ *world, c *Config) { c.MaxConns = 2 })
	first := clientHello(t, &tls.Config{ServerName: "www.example.com"})
	w.echo(len(first))
	w.allow("www.example.com")
	a := w.openEcho("www.example.com", first)
	w.openEcho("www.example.com", first)
	if w.answers() {
		t.Error("a third connection is served")
	}
	a.Close()
	for deadline := time.Now().Add(10 * time.Second); !w.answers(); { // the gate learns of it when the kernel says so
		if time.Now().After(deadline) {
			t.Fatal("the place of a connection that ended stays taken")
		}
	}
}

// answers says whether a new connection is served: one over the limit is
// reset, be it while it is opened or after.
func (w *world) answers() bool {
	c, err := net.Dial("tcp", w.proxy)
	if err != nil {
		return false
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(c, "CONNECT www.example.com:443 HTTP/1.1\r\nHost: www.example.com\r\n\r\n")
	n, _ := c.Read(make([]byte, 64))
	return n > 0
}

func TestTimeouts(t *testing.T) {
	const short = 100 * time.Millisecond
	first := clientHello(t, &tls.Config{ServerName: "www.example.com"})
	t.Run("hello", func(t *testing.T) {
		w := newWorld(t, func(_ *world, c *Config) { c.HelloTimeout = short })
		w.allow("www.example.com")
		closedSoon(t, w.tunnel("www.example.com"))
		half := w.tunnel("www.example.com")
		half.Write(first[:20])
		closedSoon(t, half)
	})
	t.Run("idle", func(t *testing.T) {
		const idle = time.Second
		w := newWorld(t, func(_ *world, c *Config) { c.IdleTimeout = idle })
		w.echo(len(first))
		w.allow("www.example.com")
		start := time.Now()
		closedSoon(t, w.openEcho("www.example.com", first))
		if d := time.Since(start); d < idle {
			t.Errorf("an idle tunnel ended after %v", d)
		}
	})
}

// pipes is a listener whose connections are in this process, so that time is
// virtual in a bubble.
type pipes struct {
	accept chan net.Conn
	ended  chan struct{}
}

func (l *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.ended:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error {
	close(l.ended)
	return nil
}

// TestHeadTimeout: who says nothing is left alone, half a head is refused.
func TestHeadTimeout(t *testing.T) {
	for said, answered := range map[string]bool{"": false, "CONNECT www.exam": true} {
		synctest.Test(t, func(t *testing.T) {
			gates, err := New(Config{})
			if err != nil {
				t.Fatal(err)
			}
			l := &pipes{accept: make(chan net.Conn), ended: make(chan struct{})}
			gates.Attend(1, l)
			ours, theirs := net.Pipe()
			began := time.Now()
			l.accept <- theirs
			if said != "" {
				io.WriteString(ours, said)
			}
			got, err := io.ReadAll(ours)
			if took := time.Since(began); err != nil || isForbidden(string(got)) != answered || len(got) > 0 && !answered || took != 10*time.Second {
				t.Errorf("%q: %q after %v, %v", said, got, took, err)
			}
			if err := gates.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAttendTwice(t *testing.T) {
	w := newWorld(t, nil)
	second := listen(t)
	w.gates.Attend(1, second)
	if _, err := second.Accept(); err == nil {
		t.Error("a second listener for a view is served")
	}
	w.gates.Close(1)
	w.gates.Close(1)
	w.gates.Attend(1, listen(t))
	if err := w.gates.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	late := listen(t)
	w.gates.Attend(2, late)
	if _, err := late.Accept(); err == nil {
		t.Error("a gate opens after Shutdown")
	}
}

func TestNewRefuses(t *testing.T) {
	for host, address := range map[string]string{
		"a.example.com": "192.168.0.1:80", "b.example.com": "127.0.0.1:0", "c.example.com": "127.0.0.1",
		"d.example.com": "localhost:80", "127.0.0.1": "127.0.0.1:80", "localhost": "127.0.0.1:80", "e.com:80": "127.0.0.1:80",
	} {
		if _, err := New(Config{Mapped: map[string]string{host: address}}); err == nil || !strings.Contains(err.Error(), "want a") {
			t.Errorf("%s -> %s: %v", host, address, err)
		}
	}
}
