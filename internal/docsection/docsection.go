// Package docsection keeps a part of a document what the code says: all between
// the lines <!-- NAME --> and <!-- /NAME -->. Tests alone import it.
package docsection

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Check compares the section of a file with what it should be. With update it
// writes the section instead.
func Check(t testing.TB, path, name, want string, update bool) {
	t.Helper()
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page, err := replace(string(have), name, want)
	switch {
	case err != nil:
		t.Fatalf("%s: %v", path, err)
	case page == string(have):
	case !update:
		t.Errorf("%s: section %q is not what the code says; here, run: go test -run %s -update", path, name, t.Name())
	default:
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// replace returns the page with another text in the section.
func replace(page, name, text string) (string, error) {
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	before, rest, begins := strings.Cut(page, begin)
	_, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		return "", fmt.Errorf("no place between %q and %q", begin, end)
	}
	return before + begin + text + end + after, nil
}
