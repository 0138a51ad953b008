package egress

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

// maxHello bounds a ClientHello with all that a client sends along, in bytes.
// With post-quantum key shares and a resumption ticket one takes 2 to 4 KiB.
const maxHello = 16 << 10

var (
	errHello     = errors.New("not a TLS ClientHello")
	errHelloRead = errors.New("stop after the ClientHello")
)

// readHello reads the ClientHello that begins what r holds. It returns the
// server name in it ("" when there is none) and every byte it took from r, the
// latter also with an error.
func readHello(ctx context.Context, r io.Reader) (name string, taken []byte, err error) {
	rec := &recorder{r: io.LimitReader(r, maxHello)}
	var hello bool
	config := &tls.Config{
		GetConfigForClient: func(info *tls.ClientHelloInfo) (*tls.Config, error) {
			hello, name = true, info.ServerName
			return nil, errHelloRead
		},
	}
	err = tls.Server(rec, config).HandshakeContext(ctx)
	if !hello || !errors.Is(err, errHelloRead) {
		if rec.err != nil && !errors.Is(rec.err, io.EOF) {
			return "", rec.taken.Bytes(), rec.err
		}
		return "", rec.taken.Bytes(), errHello
	}
	return name, rec.taken.Bytes(), nil
}

// recorder is the connection that crypto/tls sees: it keeps what is read, and
// lets nothing be written, since the server's part is not ours to play.
type recorder struct {
	r     io.Reader
	taken bytes.Buffer
	err   error
}

func (c *recorder) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.taken.Write(b[:n])
	if err != nil {
		c.err = err
	}
	return n, err
}

func (c *recorder) Write(b []byte) (int, error)      { return len(b), nil }
func (c *recorder) Close() error                     { return nil }
func (c *recorder) LocalAddr() net.Addr              { return nil }
func (c *recorder) RemoteAddr() net.Addr             { return nil }
func (c *recorder) SetDeadline(time.Time) error      { return nil }
func (c *recorder) SetReadDeadline(time.Time) error  { return nil }
func (c *recorder) SetWriteDeadline(time.Time) error { return nil }
