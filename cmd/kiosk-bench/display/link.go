package display

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

const authName = "MIT-MAGIC-COOKIE-1"

// newCookie makes a secret for the X server.
func newCookie() []byte {
	cookie := make([]byte, 16)
	_, _ = rand.Read(cookie) // never fails, see crypto/rand
	return cookie
}

// writeAuthority writes a cookie in the format of Xau(3): valid for any host
// name, since a view has a UTS namespace of its own, and for any display
// number, which is not known before the server runs.
func writeAuthority(path string, cookie []byte, uid, gid int) error {
	const familyWild = 0xffff
	entry := binary.BigEndian.AppendUint16(nil, familyWild)
	for _, field := range [][]byte{nil, nil, []byte(authName), cookie} {
		entry = binary.BigEndian.AppendUint16(entry, uint16(len(field)))
		entry = append(entry, field...)
	}
	if err := os.WriteFile(path, entry, 0o600); err != nil {
		return err
	}
	if os.Getuid() == 0 {
		return os.Chown(path, uid, gid)
	}
	return nil
}

// cookieConn shows a cookie to the server. The library knows no other way to
// a cookie than the environment, which is shared by the whole process; so its
// opening request, always its first write, is replaced.
type cookieConn struct {
	net.Conn
	cookie []byte
	once   sync.Once
}

func (c *cookieConn) Write(p []byte) (n int, err error) {
	n = -1
	c.once.Do(func() {
		request := make([]byte, 12+20+16)
		request[0] = 'l' // least significant byte first
		binary.LittleEndian.PutUint16(request[2:], 11)
		binary.LittleEndian.PutUint16(request[6:], uint16(len(authName)))
		binary.LittleEndian.PutUint16(request[8:], uint16(len(c.cookie)))
		copy(request[12:], authName)
		copy(request[32:], c.cookie)
		if _, err = c.Conn.Write(request); err == nil {
			n = len(p)
		}
	})
	if n < 0 && err == nil {
		return c.Conn.Write(p)
	}
	return max(n, 0), err
}

// link is one connection to an X server.
type link struct {
	conn   *xgb.Conn
	screen *xproto.ScreenInfo
	setup  *xproto.SetupInfo
	gone   chan struct{} // closed when the connection has ended
}

// dial connects to the private server. Events are thrown away.
func dial(socket string, cookie []byte) (*link, error) {
	return dialWatching(socket, cookie, func(*link, xgb.Event) {})
}

// dialWatching connects and hands each event to seen.
func dialWatching(socket string, cookie []byte, seen func(*link, xgb.Event)) (*link, error) {
	raw, err := net.DialTimeout("unix", socket, patience)
	if err != nil {
		return nil, err
	}
	_ = raw.SetDeadline(time.Now().Add(patience))
	xgb.Logger.SetOutput(io.Discard) // it would complain of a missing .Xauthority
	conn, err := xgb.NewConnNet(&cookieConn{Conn: raw, cookie: cookie})
	if err != nil {
		_ = raw.Close()
		return nil, fmt.Errorf("connect to X server: %w", err)
	}
	_ = raw.SetDeadline(time.Time{})
	l := newLink(conn)
	go l.watch(func(e xgb.Event) { seen(l, e) })
	if err := xtest.Init(conn); err != nil {
		l.close()
		return nil, fmt.Errorf("use XTEST: %w", err)
	}
	return l, nil
}

func newLink(conn *xgb.Conn) *link {
	setup := xproto.Setup(conn)
	return &link{conn: conn, setup: setup, screen: setup.DefaultScreen(conn), gone: make(chan struct{})}
}

// watch hands events on until the connection ends. The library blocks when
// nobody takes its events, so each link has one goroutine in here, which
// close ends.
func (l *link) watch(each func(xgb.Event)) {
	defer close(l.gone)
	for {
		event, err := l.conn.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		if event != nil {
			each(event)
		}
	}
}

func (l *link) close() {
	l.conn.Close()
	<-l.gone
}

// sync waits until the server has dealt with every request so far.
func (l *link) sync(ctx context.Context) error {
	_, err := await(ctx, func() (*xproto.GetInputFocusReply, error) {
		return xproto.GetInputFocus(l.conn).Reply()
	})
	return err
}

// await runs f, and returns early when ctx ends; f then ends by itself, at
// the latest with the connection.
func await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		v   T
		err error
	}
	if err := ctx.Err(); err != nil {
		var zero T
		return zero, err
	}
	if ctx.Done() == nil {
		return f()
	}
	done := make(chan result, 1)
	go func() { v, err := f(); done <- result{v, err} }()
	select {
	case r := <-done:
		return r.v, r.err
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	}
}
