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
// quotient ("ratio", through the gate / direct). "gigabit" has a site that
// sends at the rate of the fastest link a kiosk has, with TLS at both ends as
// a browser does; "https" has one that sends all it can; "bytes" leaves the
// encryption out as well, so that nothing hides the cost of the gate. In the
// latter two site, gate and client contend for the cores, and a gate that cost
// nothing would still share them.
func BenchmarkThroughput(b *testing.B) {
	b.Run("gigabit", func(b *testing.B) { throughput(b, true, 125e6) })
	b.Run("https", func(b *testing.B) { throughput(b, true, 0) })
	b.Run("bytes", func(b *testing.B) { throughput(b, false, 0) })
}

// throughput measures at limit bytes a second of the site; 0 is no limit.
func throughput(b *testing.B, encrypted bool, limit float64) {
	w := newWorld(b, nil)
	first := clientHello(b, &tls.Config{ServerName: "www.example.com"})
	skip := len(first)
	if encrypted {
		skip = 0
	}
	wrap := w.source(skip, limit)
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
func (w *world) source(skip int, limit float64) func(net.Conn) net.Conn {
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
				if send(s, limit) == nil {
					io.Copy(io.Discard, s)
				}
			}()
		}
	}()
	w.t.Cleanup(func() { w.site.Close(); <-done })
	return client
}

// send writes benchBytes, at most limit bytes a second.
func send(s net.Conn, limit float64) error {
	block := make([]byte, 256<<10)
	start := time.Now()
	for sent := 0; sent < benchBytes; sent += len(block) {
		if limit > 0 {
			time.Sleep(time.Until(start.Add(time.Duration(float64(sent) / limit * 1e9))))
		}
		if _, err := s.Write(block); err != nil {
			return err
		}
	}
	return nil
}
