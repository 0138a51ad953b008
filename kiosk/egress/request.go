package egress

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

var (
	errTarget  = errors.New("target is not one that is let through")
	errHost    = errors.New("not exactly one Host field that agrees with the target")
	errFraming = errors.New("ambiguous length of the body")
)

// request is the head of a request to the proxy. Its slices lie in the head.
type request struct {
	method, target []byte
	fields         []field
	size           int // of the head, in bytes
}

func parseRequest(head []byte) (request, error) {
	first, fields, err := parseHead(head)
	if err != nil {
		return request{}, err
	}
	parts := bytes.Split(first, []byte(" "))
	if len(parts) != 3 || !isToken(parts[0]) || !isVisible(parts[1]) || string(parts[2]) != "HTTP/1.1" {
		return request{}, errHead
	}
	return request{method: parts[0], target: parts[1], fields: fields, size: len(head)}, nil
}

func isVisible(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return len(b) > 0
}

// connectHost returns the canonical host of "CONNECT HOST:443".
func (r request) connectHost() (string, error) {
	host, port, found := cutPort(string(r.target))
	if !found || port != "443" {
		return "", errTarget
	}
	host, err := canonical(host)
	if err != nil {
		return "", err
	}
	if !r.hostIs(host, "443") {
		return "", errHost
	}
	if _, n := one(r.fields, "Content-Length"); n > 0 {
		return "", errFraming // CONNECT has no body (RFC 9110 section 9.3.6)
	}
	if _, n := one(r.fields, "Transfer-Encoding"); n > 0 {
		return "", errFraming
	}
	return host, nil
}

// cutPort cuts "HOST:PORT" at its only colon: IPv6 addresses are not let
// through anyway.
func cutPort(authority string) (host, port string, found bool) {
	host, port, found = strings.Cut(authority, ":")
	if strings.Contains(port, ":") {
		return "", "", false
	}
	return host, port, found
}

// hostIs says whether there is exactly one Host field and it names host,
// with this port or none.
func (r request) hostIs(host, port string) bool {
	value, n := one(r.fields, "Host")
	if n != 1 {
		return false
	}
	name, p, found := cutPort(string(value))
	if found && p != port || !isVisible([]byte(name)) {
		return false
	}
	name, err := canonical(name)
	return err == nil && name == host
}

// plainRequest is a request in absolute form over plain http.
type plainRequest struct {
	host      string // canonical
	path      []byte // with its query; lies in the head
	webSocket bool   // asks to become one (RFC 6455 section 4.1)
	chunked   bool
	length    int64 // of the body when not chunked, in bytes
}

// plain reads "METHOD http://HOST/PATH" and, for web sockets, "ws://".
func (r request) plain() (plainRequest, error) {
	var p plainRequest
	scheme, rest, found := bytes.Cut(r.target, []byte("://"))
	ws := equalFold(scheme, "ws")
	if !found || !ws && !equalFold(scheme, "http") || bytes.IndexByte(rest, '#') >= 0 ||
		string(r.method) == "CONNECT" {
		return p, errTarget
	}
	end := bytes.IndexAny(rest, `/?`)
	if end < 0 {
		end = len(rest)
	}
	host, port, found := cutPort(string(rest[:end]))
	if found && port != "80" {
		return p, errTarget
	}
	var err error
	if p.host, err = canonical(host); err != nil {
		return p, err
	}
	if !r.hostIs(p.host, "80") {
		return p, errHost
	}
	p.path = rest[end:]
	if p.chunked, p.length, err = r.body(); err != nil {
		return p, err
	}
	p.webSocket = lists(r.fields, "Connection", "upgrade") && lists(r.fields, "Upgrade", "websocket")
	if ws && !p.webSocket || p.webSocket && (string(r.method) != "GET" || p.chunked || p.length > 0) {
		return p, errTarget
	}
	return p, nil
}

// body returns how the body is delimited (RFC 9112 section 6); anything two
// readers could take for different lengths is an error.
func (r request) body() (chunked bool, length int64, err error) {
	coding, codings := one(r.fields, "Transfer-Encoding")
	value, lengths := one(r.fields, "Content-Length")
	switch {
	case codings+lengths > 1 || codings == 1 && !equalFold(coding, "chunked"):
		return false, 0, errFraming
	case codings == 1:
		return true, 0, nil
	case lengths == 0:
		return false, 0, nil
	}
	if len(value) > 18 || len(bytes.Trim(value, "0123456789")) > 0 {
		return false, 0, errFraming // a sign would pass ParseInt
	}
	length, err = strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return false, 0, errFraming
	}
	return false, length, nil
}

// appendTo appends the head to send to the site: origin form, one Host, no
// field that was meant for this hop, and the connection closed after one
// exchange, so that nothing behind it can be taken for a second request.
func (p plainRequest) appendTo(b []byte, r request) []byte {
	b = append(append(b, r.method...), ' ')
	if len(p.path) == 0 || p.path[0] != '/' {
		b = append(b, '/')
	}
	b = append(append(b, p.path...), " HTTP/1.1\r\nHost: "...)
	b = append(append(b, p.host...), "\r\n"...)
	for _, f := range r.fields {
		if !isHop(f, r.fields) && !f.is("Host") && !f.is("Content-Length") && !f.is("Transfer-Encoding") {
			b = appendField(b, f)
		}
	}
	if _, n := one(r.fields, "Content-Length"); n > 0 {
		b = append(strconv.AppendInt(append(b, "Content-Length: "...), p.length, 10), "\r\n"...)
	}
	if p.chunked {
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	if p.webSocket {
		return append(b, "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"...)
	}
	return append(b, "Connection: close\r\n\r\n"...)
}

func appendField(b []byte, f field) []byte {
	b = append(append(b, f.name...), ": "...)
	return append(append(b, f.value...), "\r\n"...)
}
