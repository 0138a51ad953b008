package egress

import (
	"bytes"
	"errors"
	"io"
	"strconv"
)

var errChunk = errors.New("malformed chunk")

// window reads from r through a small buffer of its own, which wipe clears.
type window struct {
	r      io.Reader
	buf    [4096]byte
	lo, hi int
}

// fill reads more; the buffer must not be full.
func (w *window) fill() error {
	if w.lo == w.hi {
		w.lo, w.hi = 0, 0
	} else if w.hi == len(w.buf) {
		w.hi = copy(w.buf[:], w.buf[w.lo:w.hi])
		w.lo = 0
	}
	if w.hi == len(w.buf) {
		return errChunk
	}
	n, err := w.r.Read(w.buf[w.hi:])
	w.hi += n
	if n > 0 {
		return nil
	}
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// line returns the next line without its CR LF; it is valid until the next
// call. No line of a chunked body is longer than 16 hexadecimal digits here.
func (w *window) line() ([]byte, error) {
	for {
		if i := bytes.IndexByte(w.buf[w.lo:w.hi], '\n'); i >= 0 {
			line, ok := bytes.CutSuffix(w.buf[w.lo:w.lo+i], []byte("\r"))
			w.lo += i + 1
			if !ok {
				return nil, errChunk
			}
			return line, nil
		}
		if w.hi-w.lo > 18 {
			return nil, errChunk
		}
		if err := w.fill(); err != nil {
			return nil, err
		}
	}
}

// some returns up to n bytes, at least one; valid until the next call.
func (w *window) some(n int64) ([]byte, error) {
	if w.lo == w.hi {
		if err := w.fill(); err != nil {
			return nil, err
		}
	}
	b := w.buf[w.lo:min(w.hi, w.lo+int(min(n, int64(len(w.buf)))))]
	w.lo += len(b)
	return b, nil
}

func (w *window) wipe() { clear(w.buf[:]) }

// copyChunked moves one chunked body (RFC 9112 section 7.1) and nothing
// behind it. It writes the framing anew, so that both ends agree on it, and
// refuses extensions and trailers, which nobody uses and readers differ about.
func copyChunked(dst io.Writer, w *window) error {
	for {
		line, err := w.line()
		if err != nil {
			return err
		}
		size, err := chunkSize(line)
		if err != nil {
			return err
		}
		if size == 0 {
			break
		}
		if _, err := dst.Write(append(strconv.AppendInt(nil, size, 16), "\r\n"...)); err != nil {
			return err
		}
		for size > 0 {
			b, err := w.some(size)
			if err != nil {
				return err
			}
			if _, err := dst.Write(b); err != nil {
				return err
			}
			size -= int64(len(b))
		}
		if line, err := w.line(); err != nil || len(line) > 0 {
			return errors.Join(errChunk, err)
		}
		if _, err := io.WriteString(dst, "\r\n"); err != nil {
			return err
		}
	}
	if line, err := w.line(); err != nil || len(line) > 0 {
		return errors.Join(errChunk, err)
	}
	_, err := io.WriteString(dst, "0\r\n\r\n")
	return err
}

func chunkSize(line []byte) (int64, error) {
	if len(line) == 0 || len(line) > 15 {
		return 0, errChunk
	}
	var n int64
	for _, c := range line {
		switch c = lower(c); {
		case '0' <= c && c <= '9':
			n = n<<4 | int64(c-'0')
		case 'a' <= c && c <= 'f':
			n = n<<4 | int64(c-'a'+10)
		default:
			return 0, errChunk
		}
	}
	return n, nil
}
