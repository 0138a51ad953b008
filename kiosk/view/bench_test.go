package view

import (
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
)

// BenchmarkView measures what the pool adds to a browser's own time, with a
// view that does nothing.
func BenchmarkView(b *testing.B) {
	both := func(name string, weak bool) {
		b.Run(name, func(b *testing.B) {
			c := with(weak, setting(b, "good"))
			p, err := Open(b.Context(), c)
			if err != nil {
				b.Fatal(err)
			}
			defer p.Close()
			var hello, gone time.Duration
			for b.Loop() {
				began := time.Now()
				n, err := p.Warm(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				for r := range p.Reports() {
					if _, ok := r.Msg.(wire.Hello); ok {
						break
					}
				}
				hello += time.Since(began)
				began = time.Now()
				p.Kill(n)
				for r := range p.Reports() {
					if _, ok := r.Msg.(wire.Gone); ok {
						break
					}
				}
				gone += time.Since(began)
			}
			b.ReportMetric(float64(hello.Microseconds())/1e3/float64(b.N), "ms-to-hello")
			b.ReportMetric(float64(gone.Microseconds())/1e3/float64(b.N), "ms-kill-to-gone")
		})
	}
	both("full", false)
	both("weak", true)
}
