package residue

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"guichet.example/internal/docsection"
)

var update = flag.Bool("update", false, "write the table of places into docs/lockdown.md")

// TestTable keeps the table of docs/lockdown.md the list of places; -update
// writes it.
func TestTable(t *testing.T) {
	places, err := Places()
	if err != nil {
		t.Fatal(err)
	}
	docsection.Check(t, "../../docs/lockdown.md", "residue", table(places), *update)
}

func table(places []Place) string {
	var b strings.Builder
	b.WriteString("| | Place | How it is wiped | What is planted | Test |\n|---|---|---|---|---|\n")
	for _, p := range places {
		var planted []string
		for _, planting := range p.Plants {
			planted = append(planted, fmt.Sprintf("%s (%v)", planting.How, planting.Forms))
		}
		if p.Specimen != "" {
			planted = append(planted, "for the control: "+p.Specimen)
		}
		tests := fmt.Sprintf("`TestResidue/%[1]s`, `TestResidue/control/%[1]s`", p.ID)
		if p.Absent != "" {
			planted = []string{"nothing: " + p.Absent + ". Guard: " + p.Guard}
			tests = "`TestResidue`, its guards"
			if p.Guard == "none" {
				tests = "none"
			}
		}
		if p.Read {
			tests += fmt.Sprintf(", `TestResidue/next/%s`", p.ID)
		}
		if p.Never {
			tests += ", `TestResidue/during`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", p.ID, p.Name, p.Wiped, strings.Join(planted, "; "), tests)
	}
	return b.String()
}
