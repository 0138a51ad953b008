package procedure

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// selectorForm is what checkSelector lets through, written a second time.
var selectorForm = func() *regexp.Regexp {
	const (
		name     = `-?[A-Za-z_][A-Za-z0-9_-]*`
		value    = `[A-Za-z0-9_.:/$\[\] -]+`
		more     = `(?:[#.]` + name + `|\[` + name + `(?:[~^$*|]?="` + value + `"(?: i)?)?\]|:nth-child\([1-9][0-9]{0,2}\))`
		compound = `(?:[a-z][a-z0-9-]*` + more + `*|` + more + `+)`
	)
	return regexp.MustCompile(`\A` + compound + `(?:(?: | > )` + compound + `){0,3}\z`)
}()

// agree holds the two forms against one another, and what lets through against
// what could end a rule.
func agree(t *testing.T, s string) {
	t.Helper()
	err := checkSelector(s)
	want := selectorForm.MatchString(s) && len(s) <= maxSelector && !longName.MatchString(s)
	if (err == nil) != want {
		t.Fatalf("%q: %v, but the form says %v", s, err, want)
	}
	if err != nil {
		return
	}
	if strings.ContainsAny(s, "{};,@\\<&'`()\n\r\f\t\x00*") && !hasOnly(s) {
		t.Fatalf("%q was let through", s)
	}
	if strings.Count(s, `"`)%2 != 0 || strings.Contains(s, "/*") || strings.Contains(s, "*/") {
		t.Fatalf("%q was let through", s)
	}
}

var longName = regexp.MustCompile(`[#.\[][A-Za-z0-9_-]{81,}`)

// hasOnly says whether the brackets and stars of s are those of the form.
func hasOnly(s string) bool {
	s = regexp.MustCompile(`:nth-child\([0-9]+\)|\*="`).ReplaceAllString(s, "")
	return !strings.ContainsAny(s, "{};,@\\<&'`()\n\r\f\t\x00*")
}

// TestSelectorsExhaustively tries every string of up to five parts.
func TestSelectorsExhaustively(t *testing.T) {
	parts := []string{"a", "Z", "1", "-", "_", "#", ".", "[", "]", "=", "*", "^", `"`, " ", " > ", " i", ">", ":", ":nth-child(",
		"0", ")", "\\", "{", "}", ",", "/", "é", "\n"}
	good := 0
	var try func(s string, left int)
	try = func(s string, left int) {
		agree(t, s)
		if checkSelector(s) == nil {
			good++
		}
		if left == 0 {
			return
		}
		for _, p := range parts {
			try(s+p, left-1)
		}
	}
	try("", 4)
	try(`[a="`, 4) // what may stand in a value, and behind it
	try(`a[b]`, 3)
	try(`#a > b:nth-child(`, 3)
	if good < 1000 {
		t.Errorf("%d were let through: the parts never fit together", good)
	}
	t.Logf("%d were let through", good)
}

func TestSelectors(t *testing.T) {
	for _, s := range []string{"#nir", ".a.b", "input", "x-field", `input[name="user[nir]"]`, `[id="form:j_idt12:nir"]`,
		`[name*="nir" i]`, "dl > dd:nth-child(4)", "#dossier .numero span", "#-a", "._b", "output[data-nir]",
		"#" + strings.Repeat("a", maxIdentifier)} {
		if err := checkSelector(s); err != nil {
			t.Error(err)
		}
	}
	for s, want := range map[string]string{
		"": "an element is missing", "*": "an element is missing", " a": "an element is missing", "a ": "an element is missing",
		"a,b": `",b" is not understood`, "a>b": "is not understood", "a  b": "an element is missing",
		"#1a": "begins with a letter", "#--a": "begins with a letter", "#": "begins with a letter",
		"a{}*{color:red": "is not understood", "a/**/b": "is not understood", `a[b=c]`: "double quotes",
		`a[b="c\"]`: "ends with a double quote", `a[b='c']`: "double quotes", `a[b=""]`: "ends with a double quote",
		`a[b="c" s]`: `"]" is missing`, "a:hover": "is not understood", "a::after": "is not understood",
		"a:nth-child(2n+1)": "from 1 to 999", "a:nth-child(0)": "from 1 to 999", "a:nth-child(1000)": "from 1 to 999",
		"a b c d e": "more than 4 parts", "A": "an element is missing", "é": "an element is missing",
		"#" + strings.Repeat("a", maxIdentifier+1): "at most 80",
		strings.Repeat("#a", 101):                  "at most 200",
	} {
		err := checkSelector(s)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", s, err, want)
		}
	}
}

// TestSelectorsOfTheEngine: the list that the engine is tried with, by a test of
// cmd/kiosk-view, is one of selectors that are let through.
func TestSelectorsOfTheEngine(t *testing.T) {
	list, err := os.ReadFile("testdata/selectors.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		if err := checkSelector(strings.TrimSuffix(line, "\n")); err != nil {
			t.Error(err)
		}
	}
}

func FuzzSelector(f *testing.F) {
	f.Add(`input[name*="nir" i] > .a:nth-child(2) #b`)
	f.Add("a{}b")
	f.Fuzz(agree)
}
