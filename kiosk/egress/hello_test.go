package egress

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"testing/iotest"
)

// clientHello returns what a real client sends first.
func clientHello(t testing.TB, config *tls.Config) []byte {
	t.Helper()
	ours, theirs := net.Pipe()
	defer ours.Close()
	go func() { // ends when ours is closed
		tls.Client(theirs, config).Handshake()
		theirs.Close()
	}()
	head := make([]byte, 5)
	if _, err := io.ReadFull(ours, head); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, binary.BigEndian.Uint16(head[3:]))
	if _, err := io.ReadFull(ours, body); err != nil {
		t.Fatal(err)
	}
	return append(head, body...)
}

func TestReadHello(t *testing.T) {
	ctx := context.Background()
	for name, version := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		hello := clientHello(t, &tls.Config{ServerName: "www.caf.fr", MaxVersion: version, NextProtos: []string{"h2"}})
		behind := append(bytes.Clone(hello), "early data"...)
		got, taken, err := readHello(ctx, iotest.OneByteReader(bytes.NewReader(behind)))
		if err != nil || got != "www.caf.fr" || !bytes.HasPrefix(behind, taken) || len(taken) < len(hello) {
			t.Errorf("TLS %s: %q, %d of %d bytes, %v", name, got, len(taken), len(hello), err)
		}
		for cut := range hello {
			if got, taken, err := readHello(ctx, bytes.NewReader(hello[:cut])); err == nil || got != "" || len(taken) != cut {
				t.Fatalf("TLS %s: the first %d bytes are taken for a hello of %q", name, cut, got)
			}
		}
	}
}

func TestReadHelloWithoutName(t *testing.T) {
	hello := clientHello(t, &tls.Config{InsecureSkipVerify: true})
	if name, _, err := readHello(context.Background(), bytes.NewReader(hello)); err != nil || name != "" {
		t.Errorf("%q, %v", name, err)
	}
}

func TestReadHelloInPieces(t *testing.T) {
	hello := clientHello(t, &tls.Config{ServerName: "www.caf.fr"})
	var pieces []byte // the same handshake message in records of 7 bytes
	for body := hello[5:]; len(body) > 0; {
		n := min(7, len(body))
		pieces = append(append(pieces, hello[0], hello[1], hello[2], 0, byte(n)), body[:n]...)
		body = body[n:]
	}
	if name, taken, err := readHello(context.Background(), bytes.NewReader(pieces)); err != nil ||
		name != "www.caf.fr" || !bytes.Equal(taken, pieces) {
		t.Errorf("%q, %v", name, err)
	}
}

func TestReadHelloRefuses(t *testing.T) {
	hello := clientHello(t, &tls.Config{ServerName: "www.caf.fr"})
	alert := []byte{21, 3, 1, 0, 2, 2, 40}
	doubled := bytes.Replace(hello, []byte("www.caf.fr"), []byte("www.caf.f."), 1)
	for name, data := range map[string][]byte{
		"http":            []byte("GET / HTTP/1.1\r\nHost: www.caf.fr\r\n\r\n"),
		"ssh":             []byte("SSH-2.0-OpenSSH_9.2\r\n"),
		"an alert":        alert,
		"endless records": bytes.Repeat([]byte{22, 3, 1, 0, 1, 1}, maxHello),
		"huge record":     append([]byte{22, 3, 1, 0xff, 0xff}, make([]byte, 0xffff)...),
		"trailing dot":    doubled,
		"zeros":           make([]byte, 100),
	} {
		got, taken, err := readHello(context.Background(), bytes.NewReader(data))
		if !errors.Is(err, errHello) || got != "" || len(taken) == 0 || len(taken) > maxHello {
			t.Errorf("%s: %q, %d bytes, %v", name, got, len(taken), err)
		}
	}
}

// readSNI is a second, independent reading of a whole ClientHello, RFC 8446
// section 4.1.2 and RFC 6066 section 3; it stops at the first name.
func readSNI(hello []byte) string {
	var message []byte
	for len(hello) >= 5 && hello[0] == 22 {
		n := int(binary.BigEndian.Uint16(hello[3:]))
		message = append(message, hello[5:min(len(hello), 5+n)]...)
		hello = hello[min(len(hello), 5+n):]
	}
	if len(message) < 38 {
		return ""
	}
	rest := message[38:]
	skip := func(width int) []byte {
		if len(rest) < width {
			return nil
		}
		n := 0
		for _, b := range rest[:width] {
			n = n<<8 | int(b)
		}
		if len(rest) < width+n {
			return nil
		}
		field := rest[width : width+n]
		rest = rest[width+n:]
		return field
	}
	skip(1) // session
	skip(2) // cipher suites
	skip(1) // compression methods
	rest = skip(2)
	for len(rest) >= 4 {
		kind := binary.BigEndian.Uint16(rest)
		rest = rest[2:]
		if data := skip(2); kind == 0 && len(data) >= 5 && data[2] == 0 {
			return string(data[5:])
		}
	}
	return ""
}

func FuzzHello(f *testing.F) {
	f.Add(clientHello(f, &tls.Config{ServerName: "www.caf.fr"}))
	f.Add(clientHello(f, &tls.Config{ServerName: "www.caf.fr", MaxVersion: tls.VersionTLS12}))
	f.Add(clientHello(f, &tls.Config{InsecureSkipVerify: true}))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		name, taken, err := readHello(context.Background(), bytes.NewReader(data))
		if !bytes.HasPrefix(data, taken) || len(taken) > maxHello {
			t.Fatalf("took %d bytes of %d", len(taken), len(data))
		}
		if err != nil && name != "" {
			t.Fatalf("%q and %v", name, err)
		}
		if err == nil && name != "" && readSNI(taken) != name {
			t.Fatalf("%q, and another reader sees %q", name, readSNI(taken))
		}
	})
}
