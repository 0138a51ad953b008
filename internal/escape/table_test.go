package escape

import (
	"flag"
	"os/exec"
	"strings"
	"testing"

	"guichet.example/internal/docsection"
)

var update = flag.Bool("update", false, "write the table in docs/lockdown.md anew")

// TestTableIsTrue compares the table in the document with the list.
func TestTableIsTrue(t *testing.T) {
	docsection.Check(t, "../../docs/lockdown.md", "escapes", "\n"+Table()+"\n", *update)
}

// TestVectors checks that every row can stand alone.
func TestVectors(t *testing.T) {
	ids := map[string]bool{}
	for _, v := range Vectors() {
		if ids[v.ID] {
			t.Errorf("%s stands twice", v.ID)
		}
		ids[v.ID] = true
		if v.Title == "" || v.Source == "" || v.Guard == "" {
			t.Errorf("%s lacks a title, a source or a guard", v.ID)
		}
		if (len(v.Tries) == 0) != (v.Untried != "") {
			t.Errorf("%s: %d tries, untried because %q", v.ID, len(v.Tries), v.Untried)
		}
		names := map[string]bool{}
		for _, try := range v.Tries {
			if names[try.Name] || try.Do == nil || try.Page == "" {
				t.Errorf("%s %q is there twice, or does nothing", v.ID, try.Name)
			}
			names[try.Name] = true
		}
	}
}

// TestListIsComplete: numbers 1 to 53 of the field's list, K for keyboards
// and B for browsers.
func TestListIsComplete(t *testing.T) {
	ids := map[string]bool{}
	for _, v := range Vectors() {
		ids[v.ID] = true
	}
	for n := 1; n <= 53; n++ {
		letter := "K"
		if n > 19 {
			letter = "B"
		}
		id := letter + string(rune('0'+n/10)) + string(rune('0'+n%10))
		if !ids[id] {
			t.Errorf("%s is missing", id)
		}
	}
}

// TestNamedTestsExist looks for the tests that rows name besides their own.
func TestNamedTestsExist(t *testing.T) {
	for _, v := range Vectors() {
		for part := range strings.SplitSeq(v.Test, "; ") {
			folder, names, ok := strings.Cut(part, " ")
			if !ok {
				continue
			}
			for name := range strings.SplitSeq(names, ", ") {
				out, err := exec.Command("grep", "-rl", "func "+name+"(", "../../"+folder).Output()
				if err != nil || len(out) == 0 {
					t.Errorf("%s names %s in %s, which is not there", v.ID, name, folder)
				}
			}
		}
	}
}
