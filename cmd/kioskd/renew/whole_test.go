package renew

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk"
	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning"
	"guichet.example/provisioning/web"
)

// parts are those of a kiosk that do what they are told at once.
type parts struct {
	film    chan hw.Film
	reports chan wire.Report
	mu      sync.Mutex
	views   int
}

func (p *parts) Set(_ context.Context, f hw.Film) error { p.film <- f; return nil }
func (p *parts) Close() error                           { return nil }

func (p *parts) Next(ctx context.Context) (hw.Film, error) {
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case f := <-p.film:
		return f, nil
	}
}

func (p *parts) Reports() <-chan wire.Report { return p.reports }

func (p *parts) Warm(context.Context) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.views++
	p.reports <- wire.Report{View: p.views, Msg: wire.Ready{}}
	return p.views, nil
}

func (p *parts) Send(view int, m wire.ToView) error {
	switch m := m.(type) {
	case wire.Blank:
		p.reports <- wire.Report{View: view, Msg: wire.Blanked{}}
	case wire.Show:
		p.reports <- wire.Report{View: view, Msg: wire.Shown{Surface: m.Surface}}
	}
	return nil
}

func (p *parts) Kill(view int) wire.Traces { return wire.Traces{View: view} }

// idle is what happens to nobody here.
type idle struct{}

func (idle) Allow(int, []string) error               { return nil }
func (idle) Close(int)                               {}
func (idle) Wipe(context.Context, wire.Traces) error { return nil }
func (idle) Clean(context.Context) error             { return nil }
func (idle) Add(usage.Session) error                 { return nil }
func (idle) Switched()                               {}
func (idle) Counts() (pending, committed int)        { return 0, 0 }

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

func (l *pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.accept <- theirs:
		return ours, nil
	case <-l.ended:
		return nil, net.ErrClosed
	}
}

// TestWholeKiosk runs the kiosk's own loop with a real server and a real site in
// virtual time: the drawn time comes, somebody is there, the release waits for
// them, and then it is fetched, stored, and on trial when the daemon ends.
func TestWholeKiosk(t *testing.T) {
	p := newPlace(t)
	p.rename("Médiathèque")
	synctest.Test(t, func(t *testing.T) {
		l := &pipes{accept: make(chan net.Conn), ended: make(chan struct{})}
		server := &http.Server{Handler: http.HandlerFunc(p.answer), ErrorLog: log.New(io.Discard, "", 0)}
		go func() { _ = server.Serve(tls.NewListener(l, p.server.TLS)) }() // until it is closed
		roots := x509.NewCertPool()
		roots.AddCert(p.server.Certificate())
		remote, err := web.New(web.Config{URL: "https://example.com/borne", Roots: roots, Dial: l.dial})
		if err != nil {
			t.Fatal(err)
		}
		f, err := New(Config{Data: p.data, Server: remote, Period: provisioning.DefaultInterval, Firmware: "test", Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		fakes := &parts{film: make(chan hw.Film, 16), reports: make(chan wire.Report, 64)}
		k, err := kiosk.New(kiosk.Parts{
			Relay: fakes, Film: fakes, View: fakes, Gates: idle{}, Wiper: idle{}, Usage: idle{}, Fleet: f, Languages: []string{"fr"},
			Procedures: []procedure.Procedure{{ID: "demo", Start: "https://a.fr/"}}, Limits: session.DefaultLimits(), Log: slog.New(slog.DiscardHandler),
			Release: session.ReleaseInForce,
		})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- k.Run(t.Context()) }()
		time.Sleep(5 * time.Second)
		visitor(t, k, f.due) // the time at which the server is to be asked falls into it
		p.mu.Lock()
		if len(p.asked) != 0 {
			t.Errorf("asked while somebody was there: %v", p.asked)
		}
		p.mu.Unlock()
		if err := <-ended; !errors.Is(err, kiosk.ErrRestart) {
			t.Error(err)
		}
		if err := errors.Join(f.Close(), server.Close()); err != nil {
			t.Error(err)
		}
	})
	if s := p.state(); !s.Trial || s.Current.Version != "2" || s.Previous.Version != "1" {
		t.Errorf("%+v", s)
	}
}

// visitor uses the kiosk until five minutes after at.
func visitor(t *testing.T, k *kiosk.Kiosk, at time.Time) {
	t.Helper()
	if err := k.Choose(t.Context(), "demo"); err != nil {
		t.Fatal(err)
	}
	for time.Until(at) > -5*time.Minute {
		time.Sleep(30 * time.Second)
		if err := k.Do(t.Context(), session.Touched{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Do(t.Context(), session.End{}); err != nil {
		t.Fatal(err)
	}
}
