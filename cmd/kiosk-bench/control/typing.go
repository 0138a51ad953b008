package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	typePath = "/api/type"
	maxText  = 4000             // characters that one POST /api/type takes
	typeTime = time.Minute      // bounds how long typing them may take
	spill    = 1 << 20          // bytes read of a body that is refused, so that its sender hears why
	spillFor = 10 * time.Second // and for how long
)

// typeText is POST /api/type. This process also runs the kiosk's loop, and
// what a person types must not stay in its memory: no Go string is made of the
// text, and every buffer that held it is overwritten, net/http's own included
// (see forget).
func (s *server) typeText(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), typeTime)
	defer cancel()
	body := make([]byte, maxBody+1)
	runes := make([]rune, 0, maxText)
	n, err := fill(body, r.Body)
	if err == nil {
		if runes, err = parseText(body[:n], runes); err == nil {
			err = s.box.Type(ctx, runes)
		}
	}
	clear(body)
	clear(runes[:cap(runes)])
	if err != nil {
		forget(w, r, status(err), errorBody(err.Error()))
		return
	}
	forget(w, r, http.StatusOK, []byte("{}\n"))
}

// fill reads all of r into a buffer that is larger than what is allowed.
func fill(buffer []byte, r io.Reader) (int, error) {
	n := 0
	for n < len(buffer) {
		got, err := r.Read(buffer[n:])
		n += got
		switch {
		case err == io.EOF && n < len(buffer):
			return n, nil
		case err != nil && err != io.EOF: // io.ReadFull would take a body that was cut off for a short one
			return n, badRequest("body was cut off")
		}
	}
	return n, errTooLarge
}

// forget answers a request whose body may hold typed text, and overwrites what
// is left of it in this process. net/http's buffer can only be had by taking
// the connection over, so the answer is written by hand and the connection
// closed. The rest of the body is read first: closing a connection with unread
// bytes resets it, and the client would not see the answer.
func forget(w http.ResponseWriter, r *http.Request, code int, answer []byte) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(spillFor)) // without one the client decides how long
	scratch := make([]byte, 4<<10)
	for left := spill; left > 0; {
		n, err := r.Body.Read(scratch)
		if left -= n; err != nil {
			break // the end, or nobody there: either way nothing comes any more
		}
	}
	clear(scratch)
	conn, buffered, err := control.Hijack()
	if err != nil {
		refuse(w, http.StatusInternalServerError, "this server cannot forget what it reads")
		return
	}
	defer conn.Close()
	overwrite(buffered.Reader)
	writeAnswer(buffered.Writer, w.Header(), code, answer)
}

// overwrite fills a reader's whole buffer with zeros.
func overwrite(r *bufio.Reader) {
	r.Reset(zeros{})
	_, _ = r.Peek(r.Size()) // zeros never end
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// writeAnswer writes an answer with the header that was set until now.
func writeAnswer(w *bufio.Writer, header http.Header, code int, body []byte) {
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	res := http.Response{StatusCode: code, ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body)), Close: true,
		Header: header, Body: io.NopCloser(bytes.NewReader(body))}
	if res.Write(w) == nil {
		_ = w.Flush() // the client has gone: nobody is left to tell
	}
}

const (
	wantText    = badRequest(`want {"text":"…"} and nothing else`)
	wantLength  = badRequest("text must hold 1 to 4000 characters")
	wantPrinted = badRequest("text may hold printable characters, \\n and \\t; use /api/key for other keys")
)

// parseText reads {"text":"…"} (RFC 8259) into runes, which has room for
// maxText, and returns it as far as it got.
func parseText(body []byte, runes []rune) ([]rune, error) {
	p := textParser{rest: body}
	if !p.literal('{') || !p.name("text") || !p.literal(':') || !p.literal('"') {
		return runes, wantText
	}
	for {
		c, end, ok := p.character()
		switch {
		case !ok:
			return runes, wantText
		case end:
			if !p.literal('}') || p.skip() != 0 {
				return runes, wantText
			}
			if len(runes) == 0 {
				return runes, wantLength
			}
			return runes, nil
		case len(runes) == maxText:
			return runes, wantLength
		case c != '\n' && c != '\t' && !unicode.IsPrint(c):
			return runes, wantPrinted
		}
		runes = append(runes, c)
	}
}

// textParser reads a JSON text without making strings of it.
type textParser struct{ rest []byte }

// skip passes white space over and returns how much is left.
func (p *textParser) skip() int {
	for len(p.rest) > 0 && (p.rest[0] == ' ' || p.rest[0] == '\t' || p.rest[0] == '\n' || p.rest[0] == '\r') {
		p.rest = p.rest[1:]
	}
	return len(p.rest)
}

func (p *textParser) literal(c byte) bool {
	if p.skip() == 0 || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// name reads a member's name, which nobody escapes.
func (p *textParser) name(want string) bool {
	if !p.literal('"') || len(p.rest) <= len(want) || string(p.rest[:len(want)]) != want || p.rest[len(want)] != '"' {
		return false
	}
	p.rest = p.rest[len(want)+1:]
	return true
}

// character reads the next character inside a string; end is its closing
// quote.
func (p *textParser) character() (c rune, end, ok bool) {
	c, size := utf8.DecodeRune(p.rest)
	if size == 0 || c == utf8.RuneError && size == 1 || c < ' ' {
		return 0, false, false
	}
	p.rest = p.rest[size:]
	switch c {
	case '"':
		return 0, true, true
	case '\\':
		c, ok = p.escaped()
		return c, false, ok
	default:
		return c, false, true
	}
}

func (p *textParser) escaped() (rune, bool) {
	if len(p.rest) == 0 {
		return 0, false
	}
	c := p.rest[0]
	p.rest = p.rest[1:]
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'n':
		return '\n', true
	case 't':
		return '\t', true
	case 'b', 'f', 'r':
		return 0, true // not printable: refused by the caller, as what it is
	case 'u':
		return p.unit()
	default:
		return 0, false
	}
}

// unit reads XXXX of \uXXXX, and the second one of a surrogate pair.
func (p *textParser) unit() (rune, bool) {
	first, ok := p.hex()
	if !ok || !utf16.IsSurrogate(first) {
		return first, ok
	}
	if len(p.rest) < 2 || p.rest[0] != '\\' || p.rest[1] != 'u' {
		return 0, false
	}
	p.rest = p.rest[2:]
	second, ok := p.hex()
	c := utf16.DecodeRune(first, second)
	return c, ok && c != utf8.RuneError
}

func (p *textParser) hex() (rune, bool) {
	if len(p.rest) < 4 {
		return 0, false
	}
	var v rune
	for _, c := range p.rest[:4] {
		switch {
		case '0' <= c && c <= '9':
			v = v<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			v = v<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	p.rest = p.rest[4:]
	return v, true
}

func errorBody(why string) []byte {
	body, err := json.Marshal(map[string]string{"error": why})
	if err != nil { // a string always marshals
		return []byte("{}")
	}
	return body
}
