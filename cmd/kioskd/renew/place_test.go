package renew

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"guichet.example/cmd/kioskd/testoffice"
	"guichet.example/cmd/kioskd/upkeep"
	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/identity"
	"guichet.example/provisioning/web"
)

const badgeKey = "000102030405060708090a0b0c0d0e0f"

// place is a kiosk with a site, the office of that site, and its server.
type place struct {
	*testoffice.Office
	t     testing.TB
	data  string
	id    *identity.Identity
	files map[string][]byte // on the server
	asked []string
	mu    sync.Mutex // of asked, where the server runs while the test looks
	// instead answers a request in place of the server; false: it does.
	instead func(w http.ResponseWriter, name string) bool
	server  *httptest.Server
	moved   atomic.Int64 // bytes at the kiosk's socket, both ways
}

// newPlace sets a kiosk up with the first release, which the server has too.
func newPlace(t testing.TB) *place {
	t.Helper()
	p := &place{t: t, data: t.TempDir()}
	var err error
	if p.id, err = identity.Open(filepath.Join(p.data, upkeep.KeyFile)); err != nil {
		t.Fatal(err)
	}
	p.Office = testoffice.New(t, p.id.Enrolment(identity.Facts{}, "test"))
	p.Own(provisioning.SecretsFile, testoffice.Seal(t, p.Enrolment.Recipient, badgeKey))
	p.Configure(string(provisioning.NewSiteFile("Mairie")))
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(p.answer))
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that are cut on purpose
	p.server.StartTLS()
	t.Cleanup(p.server.Close)
	p.put()
	p.stick()
	return p
}

// put puts the next release on the server.
func (p *place) put() { p.files = p.Publish() }

// stick brings what the server has, and confirms it.
func (p *place) stick() {
	p.t.Helper()
	all := fstest.MapFS{}
	for name, data := range p.files {
		all[name] = &fstest.MapFile{Data: data}
	}
	p.site(func(site *apply.Site) error {
		checked, err := upkeep.Check(p.t.Context(), all, site, p.id, time.Time{}, nil)
		if err == nil {
			err = checked.Bring(p.t.Context(), site, nil)
		}
		return errors.Join(err, site.Confirm())
	})
}

func (p *place) site(act func(*apply.Site) error) (state apply.State) {
	p.t.Helper()
	site, err := upkeep.OpenSite(p.t.Context(), filepath.Join(p.data, upkeep.SiteDir))
	if err == nil {
		err = act(site)
		state = site.State()
		err = errors.Join(err, site.Close())
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return state
}

func (p *place) state() apply.State { return p.site(func(*apply.Site) error { return nil }) }

func (p *place) answer(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/borne/")
	p.mu.Lock()
	p.asked = append(p.asked, name)
	p.mu.Unlock()
	if p.instead != nil && p.instead(w, name) {
		return
	}
	data, ok := p.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if name == "metadata/timestamp.json" {
		w.Header().Set("ETag", `"`+provisioningSum(data)+`"`)
	}
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(data)))
}

// start is what kioskd does when it starts. The first question is due.
func (p *place) start(change func(*Config)) *Fleet {
	p.t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(p.server.Certificate())
	server, err := web.New(web.Config{URL: p.server.URL + "/borne", Roots: roots, Patience: 10 * time.Second,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			return &counted{c, &p.moved}, err
		}})
	if err != nil {
		p.t.Fatal(err)
	}
	c := Config{Data: p.data, Server: server, Period: provisioning.DefaultInterval, Firmware: "test",
		Log: slog.New(slog.NewTextHandler(p.t.Output(), nil))}
	state := p.state()
	c.Running, c.TakenBack = state.Current, state.TakenBack
	if change != nil {
		change(&c)
	}
	f, err := New(c)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = f.Close() }) // closed by the test already, mostly
	f.due = time.Now()
	return f
}

// bring asks at once.
func (p *place) bring(f *Fleet) bool {
	p.asked = nil
	f.due = time.Now()
	return f.Bring(p.t.Context())
}

// counted counts what goes through a connection, both ways.
type counted struct {
	net.Conn
	moved *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.moved.Add(int64(n))
	return n, err
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.moved.Add(int64(n))
	return n, err
}
