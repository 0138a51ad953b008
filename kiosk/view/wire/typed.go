package wire

import (
	"bytes"
	"errors"
	"fmt"
)

// A PIN is what was typed on the pad, in ASCII digits. It prints as the word
// "PIN". One buffer goes from the line to whoever looks at it, and Clear
// overwrites it.
type PIN [6]byte

// Clear overwrites the digits with zeros. nil is allowed.
func (p *PIN) Clear() {
	if p != nil {
		clear(p[:])
	}
}

// Format keeps the digits out of logs and errors, whatever the verb.
func (*PIN) Format(f fmt.State, _ rune) { fmt.Fprint(f, "PIN") }

// MarshalText keeps the digits out of logs in JSON.
func (*PIN) MarshalText() ([]byte, error) { return []byte("PIN"), nil }

// The line of Typed is written and read by hand, in one form only: package
// json keeps buffers of its own, which nobody could overwrite.
const typedHead, typedTail = `{"typed":{"pin":"`, `"}}`

func encodeTyped(m Typed) ([]byte, error) {
	if m.PIN == nil || !m.PIN.isDigits() {
		return nil, errors.New("encode typed: not six digits")
	}
	line := make([]byte, 0, len(typedHead)+len(m.PIN)+len(typedTail)+1)
	line = append(append(line, typedHead...), m.PIN[:]...)
	return append(line, typedTail+"\n"...), nil
}

func decodeTyped(line []byte) (FromView, error) {
	digits, ok := bytes.CutPrefix(line, []byte(typedHead))
	digits, closed := bytes.CutSuffix(bytes.TrimSuffix(digits, []byte("\n")), []byte(typedTail))
	if !ok || !closed || len(digits) != len(PIN{}) {
		return nil, errors.New("decode typed: malformed")
	}
	p := new(PIN)
	copy(p[:], digits)
	if !p.isDigits() {
		p.Clear()
		return nil, errors.New("decode typed: not six digits")
	}
	return Typed{p}, nil
}

func (p *PIN) isDigits() bool {
	for _, c := range p {
		if !isDigit(c) {
			return false
		}
	}
	return true
}
