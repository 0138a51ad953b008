package egress

import (
	"bytes"
	"errors"
	"io"
)

// maxHead bounds the head of a request or response, in bytes: four times what
// common servers take.
const maxHead = 32 << 10

var (
	errHeadTooLong = errors.New("head too long")
	errHead        = errors.New("malformed head")
	headEnd        = []byte("\r\n\r\n")
)

// received is what was read of a connection up to the end of a head, and what
// happened to come with it.
type received struct {
	buf []byte
	end int // length of the head, its empty line included
}

func (r received) head() []byte { return r.buf[:r.end] }
func (r received) rest() []byte { return r.buf[r.end:] }

// wipe overwrites what was read: heads and bodies of plain http stand in it.
func (r received) wipe() { clear(r.buf[:cap(r.buf)]) }

// receive reads from r until the first empty line. On an error it returns
// what was read, for wipe.
func receive(r io.Reader, limit int) (received, error) {
	buf := make([]byte, 0, min(2048, limit))
	for {
		if len(buf) == limit {
			return received{buf: buf}, errHeadTooLong
		}
		if len(buf) == cap(buf) {
			bigger := make([]byte, len(buf), min(2*cap(buf), limit))
			copy(bigger, buf)
			clear(buf)
			buf = bigger
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		from := max(0, len(buf)-len(headEnd)+1)
		buf = buf[:len(buf)+n]
		if i := bytes.Index(buf[from:], headEnd); i >= 0 {
			return received{buf: buf, end: from + i + len(headEnd)}, nil
		}
		if err != nil {
			return received{buf: buf}, err
		}
	}
}

// field is one header field. Both slices lie in the head they were read from.
type field struct{ name, value []byte }

func (f field) is(name string) bool { return equalFold(f.name, name) }

// equalFold compares ASCII without regard to case and without copying b,
// which may hold what must not be copied.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range b {
		if lower(b[i]) != lower(s[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// parseHead cuts a head into its first line and its fields (RFC 9112 sections
// 2 and 5). It is strict where leniency makes two readers disagree: lines end
// in CR LF, neither stands alone, no line is folded, no space stands before a
// colon, and no control character in a value.
func parseHead(head []byte) (first []byte, fields []field, err error) {
	lines, ok := bytes.CutSuffix(head, headEnd)
	if !ok {
		return nil, nil, errHead
	}
	first, lines, more := bytes.Cut(lines, headEnd[:2])
	if !isText(first) {
		return nil, nil, errHead
	}
	for more {
		var line []byte
		line, lines, more = bytes.Cut(lines, headEnd[:2])
		name, value, colon := bytes.Cut(line, []byte(":"))
		if !colon || !isToken(name) || !isText(value) {
			return nil, nil, errHead
		}
		fields = append(fields, field{name, bytes.Trim(value, " \t")})
	}
	return first, fields, nil
}

// isToken is RFC 9110 section 5.6.2.
func isToken(b []byte) bool {
	for _, c := range b {
		alnum := 'a' <= lower(c) && lower(c) <= 'z' || '0' <= c && c <= '9'
		if !alnum && bytes.IndexByte([]byte("!#$%&'*+-.^_`|~"), c) < 0 {
			return false
		}
	}
	return len(b) > 0
}

// isText says that b holds no control character but tabs.
func isText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// one returns the value of the field called name; n is how often it occurs.
func one(fields []field, name string) (value []byte, n int) {
	for _, f := range fields {
		if f.is(name) {
			value = f.value
			n++
		}
	}
	return value, n
}

// lists says whether a comma-separated field called name holds token.
func lists(fields []field, name, token string) bool {
	for _, f := range fields {
		if !f.is(name) {
			continue
		}
		for part := range bytes.SplitSeq(f.value, []byte(",")) {
			if equalFold(bytes.Trim(part, " \t"), token) {
				return true
			}
		}
	}
	return false
}

// isHop says whether a field concerns one connection only and is not passed
// on (RFC 9110 section 7.6.1): those it names, those the Connection field
// names, and whatever is meant for a proxy.
func isHop(f field, fields []field) bool {
	for _, name := range []string{"Connection", "Keep-Alive", "TE", "Trailer", "Upgrade"} {
		if f.is(name) {
			return true
		}
	}
	if len(f.name) >= 6 && equalFold(f.name[:6], "Proxy-") {
		return true
	}
	for _, c := range fields {
		if !c.is("Connection") {
			continue
		}
		for part := range bytes.SplitSeq(c.value, []byte(",")) {
			if bytes.EqualFold(bytes.Trim(part, " \t"), f.name) {
				return true
			}
		}
	}
	return false
}
