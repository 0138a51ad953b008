package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// ErrTooLong is returned when a line exceeds the limit of its direction.
var ErrTooLong = errors.New("line too long")

// A line is {"NAME":{...}}, NAME being the message's type in lower case. Typed is
// in no table: it never passes through package json.
var (
	toView   = index(Start{}, Show{}, Blank{}, Open{}, Cover{}, Status{}, Mask{}, Work{})
	fromView = index(Hello{}, Ready{}, Shown{}, Blanked{}, Masked{}, Touched{}, Chose{}, Pressed{}, Answered{},
		Spoke{}, Aided{}, At{}, Succeeded{}, Page{}, Beat{})
)

func index(messages ...any) map[string]reflect.Type {
	m := make(map[string]reflect.Type, len(messages))
	for _, msg := range messages {
		m[name(msg)] = reflect.TypeOf(msg)
	}
	return m
}

func name(msg any) string { return strings.ToLower(reflect.TypeOf(msg).Name()) }

// EncodeToView returns msg as one line, newline included.
func EncodeToView(msg ToView) ([]byte, error) { return encode(msg, MaxDown) }

// EncodeFromView returns msg as one line, newline included.
func EncodeFromView(msg FromView) ([]byte, error) {
	switch m := msg.(type) {
	case Gone:
		return nil, errors.New("encode gone: never sent")
	case Typed:
		return encodeTyped(m)
	}
	return encode(msg, MaxUp)
}

func encode(msg any, limit int) ([]byte, error) {
	line, err := json.Marshal(map[string]any{name(msg): msg})
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", name(msg), err)
	}
	if len(line)+1 > limit {
		return nil, fmt.Errorf("encode %s: %w", name(msg), ErrTooLong)
	}
	return append(line, '\n'), nil
}

// DecodeToView reads one line written by the daemon.
func DecodeToView(line []byte) (ToView, error) {
	msg, err := decode(line, MaxDown, toView)
	if err != nil {
		return nil, err
	}
	return msg.(ToView), nil
}

// DecodeFromView reads one line written by a view and checks every field
// against its closed list. An error means that the view is not to be trusted
// any longer; it quotes nothing of the line.
func DecodeFromView(line []byte) (FromView, error) {
	if bytes.HasPrefix(line, []byte(typedHead)) {
		return decodeTyped(line)
	}
	msg, err := decode(line, MaxUp, fromView)
	if err != nil {
		return nil, err
	}
	if err := check(msg); err != nil {
		return nil, fmt.Errorf("decode %s: %w", name(msg), err)
	}
	return msg.(FromView), nil
}

func decode(line []byte, limit int, types map[string]reflect.Type) (any, error) {
	if len(line) > limit {
		return nil, ErrTooLong
	}
	key, body, err := unwrap(line)
	if err != nil {
		return nil, err
	}
	t, ok := types[key]
	if !ok {
		return nil, errors.New("decode line: unknown message")
	}
	v := reflect.New(t)
	if err := strict(body, v.Interface()); err != nil {
		return nil, fmt.Errorf("decode %s: malformed body", key)
	}
	return v.Elem().Interface(), nil
}

// unwrap returns the one name and body of a line. A map would take the second of
// two bodies under the same name without a word.
func unwrap(line []byte) (key string, body json.RawMessage, err error) {
	d := json.NewDecoder(bytes.NewReader(line))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return "", nil, errors.New("decode line: not one JSON object")
	}
	t, err := d.Token()
	key, ok := t.(string)
	if err != nil || !ok {
		return "", nil, errors.New("decode line: no message")
	}
	if err := d.Decode(&body); err != nil || len(body) == 0 || body[0] != '{' {
		return "", nil, errors.New("decode line: no body")
	}
	if t, err := d.Token(); err != nil || t != json.Delim('}') {
		return "", nil, errors.New("decode line: not exactly one message")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return "", nil, errors.New("decode line: trailing data")
	}
	return key, body, nil
}

func strict(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return errors.New("trailing data")
	}
	return nil
}
