package upkeep

import (
	"context"
	"crypto/x509"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"guichet.example/kiosk/egress"
	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning"
)

// online is a trial with one site that answers, by real TLS through a real gate.
func online(t testing.TB) Trial {
	t.Helper()
	trial, _ := onlineAt(t)
	return trial
}

func onlineAt(t testing.TB) (Trial, string) {
	t.Helper()
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("something is asked of a site") }))
	site.Config.ErrorLog = log.New(t.Output(), "", 0) // nothing is asked, so each handshake is told
	site.StartTLS()
	t.Cleanup(site.Close)
	roots := x509.NewCertPool()
	roots.AddCert(site.Certificate())
	return Trial{Procedures: starts("https://example.com/a", "https://example.com/b"), Roots: roots,
		Gates: gates(t, egress.Config{MappedTLS: map[string]string{"example.com": site.Listener.Addr().String()}})}, site.Listener.Addr().String()
}

// starts are procedures that start there.
func starts(urls ...string) (list []procedure.Procedure) {
	for _, u := range urls {
		list = append(list, procedure.Procedure{Start: u})
	}
	return list
}

func gates(t testing.TB, c egress.Config) *egress.Gates {
	t.Helper()
	g, err := egress.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := g.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return g
}

// unreachable is a way out to nowhere.
func unreachable(t testing.TB) *egress.Gates {
	return gates(t, egress.Config{MappedTLS: map[string]string{"example.com": "127.0.0.1:1", "other.example.com": "127.0.0.1:1"}})
}

// TestNetwork: what counts as an answer.
func TestNetwork(t *testing.T) {
	b := newBox(t)
	good, at := onlineAt(t)
	plain := httptest.NewServer(http.NotFoundHandler()) // it answers, whatever it says
	t.Cleanup(plain.Close)
	for name, c := range map[string]struct {
		trial Trial
		code  Code
		says  string
	}{
		"one of two answers": {Trial{Procedures: starts("https://example.com/", "https://nowhere.invalid/"), Roots: good.Roots, Gates: good.Gates}, "",
			"No answer for now: nowhere.invalid."},
		"a certificate nobody knows": {Trial{Procedures: good.Procedures, Roots: x509.NewCertPool(), Gates: good.Gates}, NoNetwork, ""},
		"another name's certificate": {Trial{Procedures: starts("https://other.test/"), Roots: good.Roots,
			Gates: gates(t, egress.Config{MappedTLS: map[string]string{"other.test": at}})}, NoNetwork, ""},
		"nothing answers": {Trial{Procedures: good.Procedures, Roots: good.Roots, Gates: unreachable(t)}, NoNetwork, ""},
		"a demo site": {Trial{Procedures: good.Procedures, Gates: gates(t, egress.Config{Mapped: map[string]string{"demo.localhost": plain.Listener.Addr().String()}}),
			Start: func(procedure.Procedure) string { return "http://demo.localhost/start" }}, "", "1 of 1"},
		"a demo site that is not there": {Trial{Procedures: good.Procedures, Gates: gates(t, egress.Config{Mapped: map[string]string{"demo.localhost": "127.0.0.1:1"}}),
			Start: func(procedure.Procedure) string { return "http://demo.localhost/start" }}, NoNetwork, ""},
		"no procedure": {Trial{Gates: good.Gates}, "", "no procedure needs it"},
	} {
		t.Run(name, func(t *testing.T) {
			c.trial.Within = -1 // over at once
			u, _ := b.start(c.trial)
			said, code := u.tryNetwork(t.Context())
			if code != c.code {
				t.Fatalf("%s, %v", code, said)
			}
			w := said.work(wire.StepDone)
			check(t, w, wire.StepDone, "", c.says)
		})
	}
}

// TestBadges: a reader that does not answer fails the release, since nobody
// could come to mend it.
func TestBadges(t *testing.T) {
	b := newBox(t)
	for want, badges := range map[Code]func(context.Context) error{
		"":       func(context.Context) error { return nil },
		NoReader: func(context.Context) error { return context.DeadlineExceeded },
	} {
		u, _ := b.start(Trial{Badges: badges})
		if _, code := u.tryBadges(t.Context()); code != want {
			t.Errorf("%q, want %q", code, want)
		}
	}
}

// TestServer: a site's server that is silent fails what it has brought itself,
// and nothing else.
func TestServer(t *testing.T) {
	b := newBox(t)
	silent := func(context.Context) error { return context.DeadlineExceeded }
	for _, c := range []struct {
		trial Trial
		code  Code
		says  string
	}{
		{Trial{}, "", ""},
		{Trial{Server: func(context.Context) error { return nil }, Brought: true}, "", "it answers"},
		{Trial{Server: silent}, "", "no answer for now"},
		{Trial{Server: silent, Brought: true}, NoServer, ""},
	} {
		c.trial.Within = -1 // over at once
		u, _ := b.start(c.trial)
		said, code := u.tryServer(t.Context())
		if code != c.code {
			t.Errorf("%+v: %s", c.trial, code)
		}
		check(t, said.work(wire.StepDone), wire.StepDone, "", c.says)
	}
}

// TestPutOff: what the server has brought and nothing answers may come again;
// what fails otherwise, or as often as it may, is taken back.
func TestPutOff(t *testing.T) {
	silent := func(context.Context) error { return context.DeadlineExceeded }
	ended, end := context.WithCancel(t.Context())
	end()
	nowhere := Trial{Brought: true, Again: true, Procedures: starts("https://example.com/"), Gates: unreachable(t)}
	for name, c := range map[string]struct {
		trial     Trial
		ctx       context.Context
		code      Code
		takenBack string
	}{
		"the server is silent":        {Trial{Server: silent, Brought: true, Again: true}, t.Context(), NoServer, ""},
		"the network is":              {nowhere, t.Context(), NoNetwork, ""},
		"once more than it may":       {Trial{Server: silent, Brought: true}, t.Context(), NoServer, "2"},
		"the reader is":               {Trial{Server: silent, Brought: true, Again: true, Badges: silent}, t.Context(), NoReader, "2"},
		"something else has ended it": {Trial{Server: silent, Brought: true, Again: true}, ended, NoServer, "2"},
		"a stick has brought it":      {Trial{Again: true, Procedures: nowhere.Procedures, Gates: nowhere.Gates}, t.Context(), NoNetwork, "2"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBox(t)
			for _, name := range []string{"Mairie", "Médiathèque"} {
				b.Configure(string(provisioning.NewSiteFile(name)))
				b.plug(image(t, b.Publish()))
				u, _ := b.start(Trial{})
				check(t, u.Read(t.Context(), ignore), wire.StepPlan, "", "")
				check(t, u.Install(t.Context(), ignore), wire.StepInstalled, "", "")
				if name == "Mairie" {
					b.confirm()
				}
			}
			c.trial.Within = -1 // over at once
			u, _ := b.start(c.trial)
			check(t, u.Test(c.ctx, ignore), wire.StepFailed, string(c.code), "")
			if err := u.TakeBack(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s := b.state(); s.Trial || s.Current.Version != "1" || s.TakenBack != c.takenBack {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestProxyIsTold: only a kiosk whose gates go through it says that it works.
func TestProxyIsTold(t *testing.T) {
	b := newBox(t)
	b.Configure(settings(t, "[network.proxy]", "host = ", "port = "))
	u, _ := b.start(Trial{})
	b.plug(image(t, b.Publish()))
	check(t, u.Read(t.Context(), ignore), wire.StepPlan, "", "Proxy")
	check(t, u.Install(t.Context(), ignore), wire.StepInstalled, "", "")
	for want, trial := range map[string]Trial{
		"Proxy: it lets the kiosk through.": {Proxy: true, Procedures: starts("https://example.com/")},
		"Proxy: it is not tried.":           {Procedures: starts("https://example.com/")},
	} {
		u, _ := b.start(trial)
		said, code := u.tryRest(t.Context())
		if code != "" {
			t.Fatal(code)
		}
		check(t, said.work(wire.StepDone), wire.StepDone, "", want)
	}
}
