package docsection

import (
	"os"
	"path/filepath"
	"testing"
)

const page = "# Page\n<!-- a -->\nold\n<!-- /a -->\n<!-- b -->\nkept\n<!-- /b -->\n"

// A stale section is noticed, written when that is wanted, and then in order.
func TestCheck(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	noticed := &notice{TB: t}
	Check(noticed, path, "a", "new\n", false)
	if !noticed.failed {
		t.Error("a stale section is not noticed")
	}
	Check(t, path, "a", "new\n", true)
	Check(t, path, "a", "new\n", false)
	Check(t, path, "b", "kept\n", false)
}

// notice takes the place of a test that may fail.
type notice struct {
	testing.TB
	failed bool
}

func (n *notice) Errorf(string, ...any) { n.failed = true }

func TestReplace(t *testing.T) {
	for _, name := range []string{"c", "", "a -->\nold\n<!-- /a"} {
		if got, err := replace(page, name, "text\n"); err == nil {
			t.Errorf("%q: %q", name, got)
		}
	}
}
