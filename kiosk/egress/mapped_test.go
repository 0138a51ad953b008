package egress

import (
	"crypto/tls"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// The bench leads tunnels to sites on this machine: no name is looked up, and
// policy and server name are checked as for any other site.
func TestMappedTunnels(t *testing.T) {
	w := newWorld(t, func(w *world, c *Config) {
		c.MappedTLS = map[string]string{"Example.com": w.site.Addr().String(), "*.example.com": w.site.Addr().String()}
		c.Mapped = map[string]string{"demo.example.com": w.site.Addr().String()}
	})
	pool := w.serveTLS(http.HandlerFunc(hello))
	w.allow("example.com", "demo.example.com", "a.b.example.com")
	browser := w.browser(pool)
	for _, host := range []string{"example.com", "demo.example.com"} {
		if status, body := w.get(browser, "https://"+host+"/secret"); status != 200 || body != "hello "+host {
			t.Errorf("%s: %d %q", host, status, body)
		}
	}
	if w.lookups.Load() != 0 || slices.ContainsFunc(w.dialed, func(a string) bool { return a != w.site.Addr().String() }) {
		t.Errorf("%d lookups, dialled %q", w.lookups.Load(), w.dialed)
	}
	// The certificate stays the browser's to judge: it is for one label only.
	if _, err := browser.Get("https://a.b.example.com/"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a.b.example.com: %v", err)
	}
	reached := w.site.accepted.Load()
	for _, host := range []string{"b.example.com", "example.com.evil.com", "evilexample.com"} {
		answer := w.ask("CONNECT " + host + ":443 HTTP/1.1\r\nHost: " + host + ":443\r\n\r\n")
		if !isForbidden(answer) {
			t.Errorf("%s: %q", host, answer)
		}
	}
	c := w.tunnel("demo.example.com")
	c.Write(clientHello(t, &tls.Config{ServerName: "example.com"}))
	closedSoon(t, c)
	c = w.tunnel("demo.example.com")
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: demo.example.com\r\n\r\n")
	closedSoon(t, c)
	if now := w.site.accepted.Load(); now != reached {
		t.Errorf("%d connections too many", now-reached)
	}
}

func TestMappedTunnelsRefuse(t *testing.T) {
	for host, address := range map[string]string{
		"a.example.com": "192.168.0.1:443", "*.example.com": "93.184.216.34:443", "b.example.com": "127.0.0.1:0",
		"*.*.example.com": "127.0.0.1:443", "*": "127.0.0.1:443", "*.": "127.0.0.1:443", "127.0.0.1": "127.0.0.1:443",
	} {
		if _, err := New(Config{MappedTLS: map[string]string{host: address}}); err == nil || !strings.Contains(err.Error(), "want a") {
			t.Errorf("%s -> %s: %v", host, address, err)
		}
	}
}
