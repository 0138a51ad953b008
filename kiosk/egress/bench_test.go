package egress

import (
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"
)

// benchBytes is moved per iteration and way.
const benchBytes = 256 << 20

// BenchmarkThroughput downloads the same bytes from a site on loopback
// directly and through a gate, in turns, and reports both rates and their
// quotient ("ratio", through the gate / direct). "https" is what a browser
// does, with TLS at both ends; "bytes" leaves the encryption out, so that
// nothing hides the cost of the gate.
func BenchmarkThroughput(b *testing.B) {
	b.Run("https", func(b *testing.B) { throughput(b, true) })
	b.Run("bytes", func(b *testing.B) { throughput(b, false) })
}

func throughput(b *testing.B, encrypted bool) {
	w := newWorld(b, nil)
	first := clientHello(b, &tls.Config{ServerName: "www.example.com"})
	var wrap func(net.Conn) net.Conn
	if encrypted {
		wrap = w.source(0)
	} else {
		wrap = w.source(len(first))
	}
	w.allow("www.example.com")
	run := func(c net.Conn) time.Duration {
		defer c.Close()
		if !encrypted {
			c.Write(first)
		}
		c = wrap(c)
		start := time.Now()
		c.Write([]byte{1})
		if n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, io.LimitReader(c, benchBytes), make([]byte, 256<<10)); err != nil || n != benchBytes {
			b.Fatalf("%d bytes, %v", n, err)
		}
		return time.Since(start)
	}
	direct := func() net.Conn {
		c, err := net.Dial("tcp", w.site.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		return c
	}
	run(direct()) // the first one warms up
	var straight, through time.Duration
	for b.Loop() {
		straight += run(direct())
		through += run(w.tunnel("www.example.com"))
	}
	rate := func(d time.Duration) float64 { return float64(b.N) * benchBytes / 1e6 / d.Seconds() }
	b.ReportMetric(rate(straight), "direct-MB/s")
	b.ReportMetric(rate(through), "gate-MB/s")
	b.ReportMetric(straight.Seconds()/through.Seconds(), "ratio")
}

// source makes the site send benchBytes on every connection: over TLS when
// skip is 0, else after skip bytes of greeting. It returns what a client puts
// around its connection.
func (w *world) source(skip int) func(net.Conn) net.Conn {
	plain := func(c net.Conn) net.Conn { return c }
	client, server := plain, plain
	if skip == 0 {
		pool, config := certificate(w.t)
		client = func(c net.Conn) net.Conn { return tlsClient(c, pool) }
		server = func(c net.Conn) net.Conn { return tls.Server(c, config) }
	}
	done := make(chan struct{})
	go func() { // ends when the site is closed
		defer close(done)
		for {
			c, err := w.site.Accept()
			if err != nil {
				return
			}
			go func() { // ends with the connection
				defer c.Close()
				s := server(c)
				if _, err := io.CopyN(io.Discard, s, int64(skip)+1); err != nil {
					return
				}
				block := make([]byte, 256<<10)
				for range benchBytes / len(block) {
					if _, err := s.Write(block); err != nil {
						return
					}
				}
				io.Copy(io.Discard, s)
			}()
		}
	}()
	w.t.Cleanup(func() { w.site.Close(); <-done })
	return client
}
