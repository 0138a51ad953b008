package control

import (
	"strings"
	"testing"
)

// guarded are requests that a foreign page would like to make.
var guarded = []struct{ method, path, body string }{
	{"GET", "/", ""}, {"GET", "/control.js", ""}, {"GET", "/api/state", ""}, {"GET", "/api/screen.png", ""},
	{"HEAD", "/api/events", ""}, {"POST", "/api/end", ""}, {"POST", "/api/type", `{"text":"a"}`},
	{"DELETE", "/api/badge", ""}, {"OPTIONS", "/api/end", ""},
}

func TestForeignRequests(t *testing.T) {
	box := newFakeBox()
	url := serve(t, box)
	host := strings.TrimPrefix(url, "http://")
	_, port, _ := strings.Cut(host, ":")
	for name, header := range map[string][]string{
		"rebound name":       {"Host", "evil.example"},
		"rebound, our port":  {"Host", "evil.example:" + port},
		"localhost in front": {"Host", "localhost.evil.example:" + port},
		"other port":         {"Host", "127.0.0.1:1"},
		"no port":            {"Host", "127.0.0.1"},
		"other loopback":     {"Host", "127.0.0.2:" + port},
		"other origin":       {"Origin", "https://evil.example"},
		"opaque origin":      {"Origin", "null"},
		"https on our host":  {"Origin", "https://" + host},
		"our other name":     {"Origin", "http://localhost:" + port},
		"cross-site":         {"Sec-Fetch-Site", "cross-site"},
		"other port of ours": {"Sec-Fetch-Site", "same-site"},
		"cross-site image":   {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "image"},
		"cross-site frame":   {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe"},
	} {
		for _, g := range guarded {
			code, _, h := do(t, g.method, url+g.path, g.body, header...)
			if code != 403 || h.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: %s %s gave %d", name, g.method, g.path, code)
			}
		}
	}
	if asked := box.taken(); asked != "" {
		t.Errorf("the box was asked %q", asked)
	}
}

// TestOwnRequests is the positive control: the same requests get through when
// the page, a person or a program makes them.
func TestOwnRequests(t *testing.T) {
	url := serve(t, newFakeBox())
	host := strings.TrimPrefix(url, "http://")
	_, port, _ := strings.Cut(host, ":")
	for name, header := range map[string][]string{
		"a program":  nil,
		"the page":   {"Sec-Fetch-Site", "same-origin", "Origin", url},
		"localhost":  {"Host", "localhost:" + port, "Origin", "http://localhost:" + port},
		"IPv6":       {"Host", "[::1]:" + port, "Origin", "http://[::1]:" + port},
		"no browser": {"Origin", url},
	} {
		for _, g := range guarded {
			if code, answer, _ := do(t, g.method, url+g.path, g.body, header...); code == 403 {
				t.Errorf("%s: %s %s gave %d %s", name, g.method, g.path, code, answer)
			}
		}
	}
	if code, _, _ := do(t, "GET", url+"/", "", "Sec-Fetch-Site", "none"); code != 200 {
		t.Errorf("an address typed in: %d", code)
	}
	if code, _, _ := do(t, "GET", url+"/", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "document"); code != 200 {
		t.Errorf("a link to the page: %d", code)
	}
	if code, _, _ := do(t, "GET", url+"/api/state", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "document"); code != 403 {
		t.Errorf("a link to the API: %d", code)
	}
}

func TestListen(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "evil.example:0", "127.0.0.1", ""} {
		if l, err := Listen(t.Context(), addr); err == nil {
			l.Close()
			t.Errorf("%q was opened", addr)
		}
	}
	for _, addr := range []string{"127.0.0.1:0", "localhost:0"} {
		l, err := Listen(t.Context(), addr)
		if err != nil {
			t.Errorf("%q: %v", addr, err)
			continue
		}
		l.Close()
	}
}
