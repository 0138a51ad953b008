package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxBody bounds a request's body in bytes.
const maxBody = 16 << 10

var errTooLarge = fmt.Errorf("body larger than %d bytes", maxBody)

// object is a JSON object by exact member name.
type object map[string]json.RawMessage

// badRequest is an error in what the client sent.
type badRequest string

func (b badRequest) Error() string { return string(b) }

func badRequestf(format string, args ...any) error { return badRequest(fmt.Sprintf(format, args...)) }

// readObject reads the whole body as one JSON object with exactly the given
// members. A body of nothing or white space is an object without members, and
// no Content-Type is asked for: curl sends another one than JSON.
func readObject(w http.ResponseWriter, r *http.Request, members ...string) (object, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return nil, errTooLarge
	}
	if err != nil {
		return nil, badRequest("body was cut off")
	}
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	o, err := parseObject(body)
	if err != nil {
		return nil, err
	}
	for name := range o {
		if !slices.Contains(members, name) {
			return nil, badRequestf("unknown member; allowed: %s", list(members))
		}
	}
	for _, name := range members {
		if _, ok := o[name]; !ok {
			return nil, badRequestf("member %q is missing", name)
		}
	}
	return o, nil
}

// parseObject is stricter than json.Unmarshal: names match by case, none
// comes twice, the text is UTF-8, nothing follows the object.
func parseObject(body []byte) (object, error) {
	const malformed = badRequest("body is not one JSON object")
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') || !utf8.Valid(body) {
		return nil, malformed
	}
	o := object{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, malformed
		}
		if _, twice := o[name]; twice {
			return nil, badRequest("a member comes twice")
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, malformed
		}
		o[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, malformed
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, malformed
	}
	return o, nil
}

// get reads a member into a value of its type; null is refused.
func get[T string | int | bool](o object, name string) (T, error) {
	var v *T
	if err := json.Unmarshal(o[name], &v); err != nil || v == nil {
		var zero T
		return zero, badRequestf("member %q must be of type %T", name, zero)
	}
	return *v, nil
}

// list writes names for an error's text.
func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
