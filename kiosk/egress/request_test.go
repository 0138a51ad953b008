package egress

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestConnectTarget(t *testing.T) {
	yes := map[string]string{
		"allowed.fr:443": "allowed.fr", "ALLOWED.FR:443": "allowed.fr", "allowed.fr.:443": "allowed.fr",
		"xn--t-9fab.fr:443": "xn--t-9fab.fr",
	}
	no := []string{
		"allowed.fr", "allowed.fr:", "allowed.fr:80", "allowed.fr:8443", "allowed.fr:0443", "allowed.fr:+443",
		"allowed.fr:443:443", "allowed.fr:443/", "allowed.fr:443?x", ":443", ".:443", "u@allowed.fr:443",
		"u:p@allowed.fr:443", "https://allowed.fr:443", "https://allowed.fr", "/", "*", "[::1]:443", "::1:443",
		"[fe80::1%25lo]:443", "127.0.0.1:443", "2130706433:443", "0x7f.0.0.1:443", "0177.1:443", "allowed.fr..:443",
		"a..fr:443", "allowed.fr%00:443", "allowed.fr\x00:443", "été.fr:443", "fr:443", "localhost:443",
		strings.Repeat("a", 64) + ".fr:443", "allowed.fr:443\t", "allowed.fr:４４３",
	}
	connect := func(target string) (string, error) {
		host := strings.TrimSuffix(target, ":443")
		r, err := parseRequest([]byte("CONNECT " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"))
		if err != nil {
			return "", err
		}
		return r.connectHost()
	}
	for target, want := range yes {
		if got, err := connect(target); err != nil || got != want {
			t.Errorf("%q: %q, %v", target, got, err)
		}
	}
	for _, target := range no {
		if got, err := connect(target); err == nil {
			t.Errorf("%q is taken for %q", target, got)
		}
	}
}

func TestRequestRefuses(t *testing.T) {
	const ok = "GET http://a.fr/x HTTP/1.1\r\nHost: a.fr\r\n"
	cases := map[string]string{
		"bare LF":              "GET http://a.fr/x HTTP/1.1\nHost: a.fr\r\n\r\n",
		"bare LF in a value":   ok + "X: a\nHost: b.fr\r\n\r\n",
		"bare CR":              ok + "X: a\rY: b\r\n\r\n",
		"NUL":                  ok + "X: a\x00b\r\n\r\n",
		"folded line":          ok + "X: a\r\n b\r\n\r\n",
		"space before colon":   ok + "X : a\r\n\r\n",
		"no colon":             ok + "X\r\n\r\n",
		"empty name":           ok + ": a\r\n\r\n",
		"empty line first":     "\r\n" + ok + "\r\n",
		"two spaces":           "GET  http://a.fr/x HTTP/1.1\r\nHost: a.fr\r\n\r\n",
		"four words":           "GET http://a.fr/x y HTTP/1.1\r\nHost: a.fr\r\n\r\n",
		"HTTP/1.0":             "GET http://a.fr/x HTTP/1.0\r\nHost: a.fr\r\n\r\n",
		"HTTP/2":               "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"no version":           "GET http://a.fr/x\r\nHost: a.fr\r\n\r\n",
		"no host":              "GET http://a.fr/x HTTP/1.1\r\n\r\n",
		"two hosts":            ok + "Host: a.fr\r\n\r\n",
		"two hosts, cases":     ok + "hOST: b.fr\r\n\r\n",
		"other host":           "GET http://a.fr/x HTTP/1.1\r\nHost: b.fr\r\n\r\n",
		"host with other port": "GET http://a.fr/x HTTP/1.1\r\nHost: a.fr:81\r\n\r\n",
		"host list":            "GET http://a.fr/x HTTP/1.1\r\nHost: a.fr, b.fr\r\n\r\n",
		"empty host":           "GET http://a.fr/x HTTP/1.1\r\nHost:\r\n\r\n",
		"origin form":          "GET /x HTTP/1.1\r\nHost: a.fr\r\n\r\n",
		"asterisk form":        "OPTIONS * HTTP/1.1\r\nHost: a.fr\r\n\r\n",
		"https":                "GET https://a.fr/x HTTP/1.1\r\nHost: a.fr\r\n\r\n",
		"ftp":                  "GET ftp://a.fr/x HTTP/1.1\r\nHost: a.fr\r\n\r\n",
		"other port":           "GET http://a.fr:81/x HTTP/1.1\r\nHost: a.fr:81\r\n\r\n",
		"user information":     "GET http://u:p@a.fr/x HTTP/1.1\r\nHost: a.fr\r\n\r\n",
		"fragment":             "GET http://a.fr/x#y HTTP/1.1\r\nHost: a.fr\r\n\r\n",
		"backslash":            `GET http://a.fr\@b.fr/x HTTP/1.1` + "\r\nHost: a.fr\r\n\r\n",
		"UTF-8":                "GET http://a.fr/é HTTP/1.1\r\nHost: a.fr\r\n\r\n",
		"address":              "GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
		"both lengths":         ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
		"two lengths":          ok + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
		"list of lengths":      ok + "Content-Length: 3, 3\r\n\r\n",
		"signed length":        ok + "Content-Length: +3\r\n\r\n",
		"negative length":      ok + "Content-Length: -3\r\n\r\n",
		"empty length":         ok + "Content-Length:\r\n\r\n",
		"huge length":          ok + "Content-Length: 99999999999999999999\r\n\r\n",
		"hexadecimal length":   ok + "Content-Length: 0x3\r\n\r\n",
		"gzip, chunked":        ok + "Transfer-Encoding: gzip, chunked\r\n\r\n",
		"identity":             ok + "Transfer-Encoding: identity\r\n\r\n",
		"two codings":          ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
		"disguised coding":     ok + "Transfer-Encoding: \x0bchunked\r\n\r\n",
		"ws without upgrade":   "GET ws://a.fr/x HTTP/1.1\r\nHost: a.fr\r\n\r\n",
		"upgrade with a body":  ok + "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\n",
		"CONNECT with a body":  "CONNECT a.fr:443 HTTP/1.1\r\nHost: a.fr\r\nContent-Length: 3\r\n\r\n",
		"CONNECT chunked":      "CONNECT a.fr:443 HTTP/1.1\r\nHost: a.fr\r\nTransfer-Encoding: chunked\r\n\r\n",
		"CONNECT, other host":  "CONNECT a.fr:443 HTTP/1.1\r\nHost: b.fr\r\n\r\n",
		"CONNECT, no host":     "CONNECT a.fr:443 HTTP/1.1\r\n\r\n",
		"CONNECT, two hosts":   "CONNECT a.fr:443 HTTP/1.1\r\nHost: a.fr\r\nHost: a.fr\r\n\r\n",
		"connect":              "connect http://a.fr/ HTTP/1.1 \r\nHost: a.fr\r\n\r\n",
	}
	if _, err := understand(ok + "\r\n"); err != nil {
		t.Fatal(err)
	}
	for name, head := range cases {
		if p, err := understand(head); err == nil {
			t.Errorf("%s is let through: %+v", name, p)
		}
	}
}

// understand parses what a client sent the way an exchange does.
func understand(head string) (plainRequest, error) {
	r, err := parseRequest([]byte(head))
	if err != nil {
		return plainRequest{}, err
	}
	if string(r.method) == "CONNECT" {
		host, err := r.connectHost()
		return plainRequest{host: host}, err
	}
	return r.plain()
}

func TestForwardedHead(t *testing.T) {
	r, err := parseRequest([]byte("POST http://A.fr:80?q=1 HTTP/1.1\r\nhost:  a.fr:80 \r\nProxy-Authorization: Basic x\r\n" +
		"Proxy-Connection: keep-alive\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n" +
		"Trailer: X\r\nUpgrade: h2c\r\nCookie: a=b\r\ncontent-length: 003\r\nX-Empty:\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.plain()
	if err != nil {
		t.Fatal(err)
	}
	want := "POST /?q=1 HTTP/1.1\r\nHost: a.fr\r\nCookie: a=b\r\nX-Empty: \r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
	if got := string(p.appendTo(nil, r)); got != want {
		t.Errorf("forwarded:\n%s\nwant:\n%s", got, want)
	}
}

func TestReceive(t *testing.T) {
	const head, rest = "A: b\r\n\r\n", "behind"
	for name, r := range map[string]io.Reader{
		"at once":      strings.NewReader(head + rest),
		"byte by byte": io.MultiReader(iotest.OneByteReader(strings.NewReader(head)), strings.NewReader("")),
	} {
		in, err := receive(r, 100)
		if err != nil || string(in.head()) != head || !strings.HasPrefix(rest, string(in.rest())) {
			t.Errorf("%s: %q, %q, %v", name, in.head(), in.rest(), err)
		}
		in.wipe()
		if len(bytes.Trim(in.buf[:cap(in.buf)], "\x00")) > 0 {
			t.Errorf("%s: not wiped", name)
		}
	}
	if _, err := receive(strings.NewReader(strings.Repeat("x", maxHead+1)), maxHead); !errors.Is(err, errHeadTooLong) {
		t.Errorf("endless head: %v", err)
	}
	in, err := receive(strings.NewReader(strings.Repeat("x", maxHead-4)+"\r\n\r\n"), maxHead)
	if err != nil || len(in.head()) != maxHead {
		t.Errorf("longest head: %d, %v", len(in.head()), err)
	}
}

// Whatever is let through, the next server reads exactly one request in what
// is forwarded, for the same host.
func FuzzRequest(f *testing.F) {
	for _, s := range []string{
		"GET http://a.fr/x HTTP/1.1\r\nHost: a.fr\r\n\r\n",
		"POST http://a.fr/ HTTP/1.1\r\nHost: a.fr\r\nContent-Length: 3\r\n\r\n",
		"POST http://a.fr/ HTTP/1.1\r\nHost: a.fr\r\nTransfer-Encoding: chunked\r\nConnection: x\r\n\r\n",
		"GET ws://a.fr?x HTTP/1.1\r\nHost: a.fr:80\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\n",
		"CONNECT a.fr:443 HTTP/1.1\r\nHost: a.fr:443\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := receive(bytes.NewReader(data), maxHead)
		if err != nil {
			return
		}
		r, err := parseRequest(in.head())
		if err != nil {
			return
		}
		if host, err := r.connectHost(); err == nil && !isLDH(host) {
			t.Fatalf("CONNECT to %q", host)
		}
		p, err := r.plain()
		if err != nil {
			return
		}
		out := p.appendTo(make([]byte, 0, roomFor(r.size)), r)
		if cap(out) != roomFor(r.size) {
			t.Fatalf("a head of %d bytes outgrew its room: %d", r.size, len(out))
		}
		if got := bytes.Count(out, headEnd); got != 1 || !bytes.HasSuffix(out, headEnd) {
			t.Fatalf("forwarded %q", out)
		}
		read, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(out)))
		if err != nil {
			if strings.Contains(err.Error(), "parse") || strings.Contains(err.Error(), "malformed") {
				return // net/url and net/http check more of the path and the names than framing
			}
			t.Fatalf("forwarded %q: %v", out, err)
		}
		if read.Host != p.host || read.URL.Host != "" || p.chunked != (len(read.TransferEncoding) == 1) ||
			!p.chunked && read.ContentLength != p.length {
			t.Fatalf("forwarded %q, read as host %q, %d bytes, %q", out, read.Host, read.ContentLength, read.TransferEncoding)
		}
	})
}

func FuzzResponse(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"))
	f.Add([]byte("HTTP/1.0 103\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parseResponse(data)
		if err != nil {
			return
		}
		out := r.appendTo(make([]byte, 0, roomFor(len(data))))
		if cap(out) != roomFor(len(data)) || r.status < 0 || r.status > 999 || bytes.Count(out, headEnd) != 1 {
			t.Fatalf("%q became %q", data, out)
		}
	})
}

func TestChunkedBody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chunks := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 1, 9000), 0, 5).Draw(t, "chunks")
		var in, want, out bytes.Buffer
		for _, c := range chunks {
			size := []string{"%x", "%X", "000%x"}[rapid.IntRange(0, 2).Draw(t, "style")]
			fmt.Fprintf(&in, size+"\r\n", len(c))
			in.Write(c)
			in.WriteString("\r\n")
			want.Write(c)
		}
		in.WriteString("0\r\n\r\nGET http://second.fr/")
		w := &window{r: &in}
		if err := copyChunked(&out, w); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "second.fr") && len(chunks) == 0 {
			t.Fatal("what is behind the body was moved")
		}
		resp, err := http.ReadResponse(bufio.NewReader(io.MultiReader(
			strings.NewReader("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), &out)), nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		if err != nil || !bytes.Equal(got, want.Bytes()) || out.Len() > 0 {
			t.Fatalf("moved %d bytes for %d, %v, %d left over", len(got), want.Len(), err, out.Len())
		}
	})
}

func TestChunkedBodyRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"extension":      "3;x=y\r\nabc\r\n0\r\n\r\n",
		"trailer":        "3\r\nabc\r\n0\r\nX: y\r\n\r\n",
		"bare LF":        "3\nabc\r\n0\r\n\r\n",
		"bare LF behind": "3\r\nabc\n0\r\n\r\n",
		"too long":       "2\r\nabc\r\n0\r\n\r\n",
		"sign":           "+3\r\nabc\r\n0\r\n\r\n",
		"prefix":         "0x3\r\nabc\r\n0\r\n\r\n",
		"space":          "3 \r\nabc\r\n0\r\n\r\n",
		"empty size":     "\r\nabc\r\n0\r\n\r\n",
		"overflow":       "ffffffffffffffff1\r\nabc\r\n0\r\n\r\n",
		"endless line":   strings.Repeat("0", 5000),
		"cut":            "3\r\nab",
		"unended":        "3\r\nabc\r\n",
	} {
		if err := copyChunked(io.Discard, &window{r: strings.NewReader(body)}); err == nil {
			t.Errorf("%s is moved", name)
		}
	}
}

func FuzzChunkedBody(f *testing.F) {
	f.Add([]byte("3\r\nabc\r\n0\r\n\r\n"))
	f.Add([]byte("A\r\n0123456789\r\n00\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var out bytes.Buffer
		if err := copyChunked(&out, &window{r: bytes.NewReader(data)}); err != nil {
			return
		}
		resp, err := http.ReadResponse(bufio.NewReader(io.MultiReader(
			strings.NewReader("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), &out)), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(resp.Body); err != nil || out.Len() > 0 {
			t.Fatalf("%q is read back with %v, %d bytes left over", data, err, out.Len())
		}
	})
}
