package stricttoml_test

import (
	"strings"
	"testing"

	"guichet.example/internal/stricttoml"
)

// TestDecodeSaysWhatWouldBeRight has what people write who have never heard of
// TOML. No answer names a character that is not in the file.
func TestDecodeSaysWhatWouldBeRight(t *testing.T) {
	for data, want := range map[string]string{
		"name = “x”\n":                   `unexpected character at start of value: these quotation marks are a text program's`,
		"name = « x »\n":                 `these quotation marks are a text program's; expected plain ones, as in "text"`,
		"name = oui\n":                   `unexpected character at start of value: expected text in quotes, a number, true, false`,
		"name = \n":                      `expected text in quotes, a number, true, false`,
		"name = \"x\n":                   `expected at its end the quotation mark`,
		"name = 'x\n":                    `expected at its end the quotation mark`,
		"name = \"\"\"x\n":               `expected at its end the quotation marks`,
		"name = \"C:\\img\"\n":           `expected / or two backslashes`,
		"name \"x\"\n":                   `expected KEY = VALUE; words for people begin with #`,
		"name: x\n":                      `expected KEY = VALUE`,
		"écran = 1\n":                    `invalid character at start of key: expected a key of a-z, 0-9 and _`,
		"name = 'x'\nname = 'y'\n":       `expected each key once`,
		"[limits]\nidle='1'\n[limits]\n": `expected each table once`,
		"minutes = [1, 2\n":              `expected ] at its end`,
		"hosts = [{host = 'a'\n":         `expected`,
		"name = \"a\" \"b\"\n":           `expected one value, and then the next line`,
	} {
		var s sample
		_, err := stricttoml.Decode("f", []byte(data), &s)
		if err == nil || !strings.HasPrefix(err.Error(), "f:") || !strings.Contains(err.Error(), want) ||
			strings.ContainsAny(err.Error(), "âÂÃ") || strings.Contains(err.Error(), "U+") {
			t.Errorf("%q: %v\nwant %s", data, err, want)
		}
	}
}

func TestFormatWantsUTF8(t *testing.T) {
	for data, want := range map[string]string{
		"format = 1\nname = \"d\xe9\"\n": "f:2: not UTF-8: save the file",
		"\xff\xfef\x00o\x00r\x00":        "f:1: not UTF-8: save the file",
	} {
		if err := stricttoml.Format("f", []byte(data), 1); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", data, err)
		}
	}
}
