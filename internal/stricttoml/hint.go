package stricttoml

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// hint says what would be right where the TOML reader says only what is wrong;
// "" where that is enough. line is the one it stopped on.
func hint(message, line string) string {
	if strings.ContainsAny(line, "“”„«»‘’") && strings.HasPrefix(message, "unexpected character") {
		return `these quotation marks are a text program's; expected plain ones, as in "text"`
	}
	for _, h := range []struct{ said, right string }{
		{"unexpected character", "expected text in quotes, a number, true, false, or a list in [ ]"},
		{"cannot have new lines", "expected at its end the quotation mark that it begins with"},
		{"not terminated", "expected at its end the quotation marks that it begins with"},
		{"invalid escape character", `expected / or two backslashes for one, or the text in '…' instead of "…"`},
		{"expected '=' after key", "expected KEY = VALUE; words for people begin with #"},
		{"invalid character at start of key", "expected a key of a-z, 0-9 and _; words for people begin with #"},
		{"already defined", "expected each key once"},
		{"already exists", "expected each table once, with all of its keys below it"},
		{"array is incomplete", "expected ] at its end"},
		{"inline table is incomplete", "expected } at its end"},
		{"expected newline", "expected one value, and then the next line"},
	} {
		if strings.Contains(message, h.said) {
			return h.right
		}
	}
	return ""
}

// plain leaves out the code of a character: the reader looks at bytes, and names
// for “ something that stands nowhere in the file.
func plain(message string) string {
	return regexp.MustCompile(`(?s)(:| but got)? U\+[0-9A-F]{4,8}( '.')?`).ReplaceAllLiteralString(message, "")
}

// lineOf returns the text of a line, which counts from 1.
func lineOf(data []byte, n int) string {
	for line := range bytes.Lines(data) {
		if n--; n == 0 {
			return string(line)
		}
	}
	return ""
}

// text checks the encoding of a whole file.
func text(name string, data []byte) error {
	if utf8.Valid(data) {
		return nil
	}
	n := 1
	for line := range bytes.Lines(data) {
		if !utf8.Valid(line) {
			break
		}
		n++
	}
	return fmt.Errorf("%s:%d: not UTF-8: save the file with the encoding UTF-8", name, n)
}
