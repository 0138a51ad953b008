package egress

import "bytes"

// response is the head of a site's response over plain http.
type response struct {
	status int
	line   []byte
	fields []field
}

func parseResponse(head []byte) (response, error) {
	first, fields, err := parseHead(head)
	if err != nil {
		return response{}, err
	}
	code, ok := bytes.CutPrefix(first, []byte("HTTP/1."))
	if !ok || len(code) < 5 || code[0] != '0' && code[0] != '1' || code[1] != ' ' || len(code) > 5 && code[5] != ' ' {
		return response{}, errHead
	}
	status := 0
	for _, c := range code[2:5] {
		if c < '0' || c > '9' {
			return response{}, errHead
		}
		status = 10*status + int(c-'0')
	}
	return response{status: status, line: first, fields: fields}, nil
}

// interim says that another response follows (RFC 9110 section 15.2).
func (r response) interim() bool { return 100 <= r.status && r.status < 200 && r.status != 101 }

// appendTo appends the head to send to the view. The body follows as it comes
// and ends with the connection or before, as the site says.
func (r response) appendTo(b []byte) []byte {
	b = append(append(b, r.line...), "\r\n"...)
	for _, f := range r.fields {
		if !isHop(f, r.fields) {
			b = appendField(b, f)
		}
	}
	switch {
	case r.status == 101:
		b = append(b, "Connection: Upgrade\r\nUpgrade: websocket\r\n"...)
	case !r.interim():
		b = append(b, "Connection: close\r\n"...)
	}
	return append(b, "\r\n"...)
}
