package escape

import (
	"fmt"
	"strings"
)

// Table is the list of all vectors in Markdown, for docs/lockdown.md.
func Table() string {
	var b strings.Builder
	b.WriteString("| | Way out | Known from | Ways to try it | Test | What stands in its way |\n|---|---|---|---|---|---|\n")
	for _, v := range Vectors() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", v.ID, cell(v.Title), cell(v.Source), ways(v), test(v), cell(v.Guard))
	}
	b.WriteString("\n## Not shown by the unlocked browser\n\n")
	for _, v := range Vectors() {
		if v.Control != "" {
			fmt.Fprintf(&b, "- %s, %s: %s.\n", v.ID, lower(v.Title), v.Control)
		}
	}
	return b.String()
}

func ways(v Vector) string {
	if len(v.Tries) == 0 {
		return "none: " + cell(v.Untried)
	}
	return fmt.Sprint(len(v.Tries))
}

func test(v Vector) string {
	var names []string
	if len(v.Tries) > 0 {
		names = append(names, "TestEscapes/"+v.ID)
	}
	if v.Cage {
		names = append(names, "TestEscapesFromCage/"+v.ID)
	}
	if v.Test != "" {
		names = append(names, v.Test)
	}
	return strings.Join(names, "; ")
}

// cell keeps a text from ending its cell.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
