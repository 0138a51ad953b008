package egress

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// chunk is what one copy moves before the deadlines are set anew, in
	// bytes. A pipe of the kernel holds a mebibyte.
	chunk = 1 << 20
	// burst is how long a copy waits for more before it gives its pipe back:
	// an idle tunnel holds two file descriptors, a busy one six.
	burst = time.Second
)

var (
	errIdle  = errors.New("idle for too long")
	errShort = errors.New("ended before its length")
)

// relay moves bytes between the two connections of one exchange and knows
// when anything last moved, in either direction.
type relay struct {
	idle  time.Duration
	start time.Time
	last  atomic.Int64 // nanoseconds after start
}

func newRelay(idle time.Duration) *relay {
	return &relay{idle: idle, start: time.Now()}
}

func (r *relay) touch() { r.last.Store(int64(time.Since(r.start))) }

// expiry is when the exchange is idle for too long unless something moves.
func (r *relay) expiry() time.Time { return r.start.Add(time.Duration(r.last.Load()) + r.idle) }

// both relays until both directions have ended; an end of input is passed on
// as the end of output (half-close). After an error in one direction it calls
// cut, which must end the other.
func (r *relay) both(a, b net.Conn, cut func()) {
	ended := make(chan struct{})
	go func() { // ends with its direction; both waits for it
		defer close(ended)
		if r.untilEnd(a, b) != nil || closeWrite(a) != nil {
			cut()
		}
	}()
	if r.untilEnd(b, a) != nil || closeWrite(b) != nil {
		cut()
	}
	<-ended
}

// untilEnd moves what src sends until it has ended.
func (r *relay) untilEnd(dst, src net.Conn) error {
	for {
		if n, err := r.some(dst, src, chunk); err != nil || n == 0 {
			return err
		}
	}
}

// exactly moves n bytes.
func (r *relay) exactly(dst, src net.Conn, n int64) error {
	for n > 0 {
		moved, err := r.some(dst, src, min(n, chunk))
		if err != nil {
			return err
		}
		if moved == 0 {
			return errShort
		}
		n -= moved
	}
	return nil
}

// some waits for input and moves up to limit bytes of it; 0 means that src
// has ended. Between two TCP connections the kernel moves them (splice).
func (r *relay) some(dst, src net.Conn, limit int64) (int64, error) {
	for {
		if err := r.await(src); err != nil {
			return 0, err
		}
		now := time.Now()
		stuck := now.Add(r.idle)
		if err := src.SetReadDeadline(now.Add(min(burst, r.idle/2))); err != nil {
			return 0, err
		}
		if err := dst.SetWriteDeadline(stuck); err != nil {
			return 0, err
		}
		n, err := io.Copy(dst, &io.LimitedReader{R: src, N: limit})
		if n > 0 {
			r.touch()
		}
		switch {
		case err == nil:
			return n, nil
		case !errors.Is(err, os.ErrDeadlineExceeded) || !time.Now().Before(stuck):
			return 0, err // what a stuck writer left behind is lost
		case n > 0:
			return n, nil
		case !time.Now().Before(r.expiry()):
			return 0, errIdle
		}
	}
}

// await blocks until src has something to read, or has ended, without taking
// it and without holding a pipe of the kernel meanwhile. Traffic in the other
// direction keeps it waiting.
func (r *relay) await(src net.Conn) error {
	s, ok := src.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	for {
		if err := src.SetReadDeadline(r.expiry()); err != nil {
			return err
		}
		err := raw.Read(func(fd uintptr) bool {
			var peeked [1]byte
			_, _, err := syscall.Recvfrom(int(fd), peeked[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			return err != syscall.EAGAIN
		})
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if !time.Now().Before(r.expiry()) {
			return errIdle
		}
	}
}

// closeWrite ends dst's input and leaves its output open.
func closeWrite(dst net.Conn) error {
	if w, ok := dst.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return dst.Close()
}
