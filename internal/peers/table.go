package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"guichet.example/internal/escape"
)

// column is what was measured of one kiosk. What could not be is nil, and
// failed says why.
type column struct {
	name     string
	version  string // of it and of its engine
	reset    string // how its session ends
	sat      *sat
	attacked *attacked
	failed   []error
}

// row is one line of the table.
type row struct {
	label string
	cell  func(c column) string
}

// none stands in a cell that could not be measured.
const none = "n/a"

// write prints the table, as Markdown that a person can read in a terminal,
// and what stands below it.
func write(out io.Writer, when, machine string, columns []column) error {
	head := []string{""}
	for _, c := range columns {
		head = append(head, c.name)
	}
	lines := [][]string{head}
	for _, r := range rows() {
		line := []string{r.label}
		for _, c := range columns {
			line = append(line, r.cell(c))
		}
		lines = append(lines, line)
	}
	if _, err := fmt.Fprintf(out, "\n%s, %s.\n\n%s\n", when, machine, align(lines)); err != nil {
		return err
	}
	for _, c := range columns {
		fmt.Fprintf(out, "- %s: %s; a session ends by: %s\n", c.name, c.version, c.reset)
		for _, err := range c.failed {
			fmt.Fprintf(out, "  not measured to the end: %v\n", err)
		}
	}
	return nil
}

// rows lists the table's lines: what counts, then what it is made of.
func rows() []row {
	return slices.Concat(escapeRows(), residueRows(), []row{
		{"**End of a session** → next home surface, median", sitting(func(s *sat) string {
			if len(s.resets) == 0 {
				return none
			}
			return fmt.Sprintf("%.0f ms", median(s.resets))
		})},
		{"· fastest to slowest", sitting(func(s *sat) string {
			if len(s.resets) == 0 {
				return none
			}
			return fmt.Sprintf("%.0f–%.0f ms", slices.Min(s.resets), slices.Max(s.resets))
		})},
		{"**Memory** in a session, all processes (PSS)", sitting(func(s *sat) string {
			return fmt.Sprintf("%.0f MiB", s.memory)
		})},
		{"**Written** to the disk by a session", sitting(func(s *sat) string {
			return fmt.Sprintf("%.0f kB", float64(s.written)/1000)
		})},
	})
}

// sitting makes a cell of what came of sessions.
func sitting(f func(*sat) string) func(column) string {
	return func(c column) string {
		if c.sat == nil {
			return none
		}
		return f(c.sat)
	}
}

func escapeRows() []row {
	count := func(f func(*attacked) string) func(column) string {
		return func(c column) string {
			if c.attacked == nil || len(c.attacked.results) == 0 {
				return none
			}
			return f(c.attacked)
		}
	}
	by := func(f func(escape.Evidence) bool) func(column) string {
		return count(func(a *attacked) string { return fmt.Sprint(a.by(f)) })
	}
	kinds := func(list ...escape.Kind) func(column) string {
		return by(func(e escape.Evidence) bool { return outside(e) && slices.Contains(list, e.Kind) })
	}
	return []row{
		{"**Ways out** that succeeded / tried", count(func(a *attacked) string { return fmt.Sprintf("%d / %d", a.out(), a.tried()) })},
		{"· kinds of ways (vectors) with one that did", count(func(a *attacked) string { return fmt.Sprintf("%d / %d", a.vectors(true), a.vectors(false)) })},
		{"· reached a server that is not allowed", kinds(escape.Reached)},
		{"· opened a window or a program", kinds(escape.Window, escape.Process)},
		{"· made a file, or handed an address to a program", kinds(escape.File)},
		{"· closed, uncovered or overdrew the kiosk's own", kinds(escape.Gone, escape.Behind, escape.Over, escape.Held)},
		{"besides: showed a menu or a notice of its own", by(func(e escape.Evidence) bool { return e.Kind == escape.Window && !outside(e) })},
		{"besides: did or told the page what ours does not", by(func(e escape.Evidence) bool { return e.Kind == escape.Saw })},
		{"besides: the browser's own took the keyboard", count(func(a *attacked) string { return fmt.Sprint(a.lost()) })},
		{"besides: could not be tried", count(func(a *attacked) string { return fmt.Sprint(len(a.results) - a.tried() - a.lost()) })},
	}
}

func residueRows() []row {
	return []row{
		{"**Canaries** left after the session / in it", sitting(func(s *sat) string {
			return fmt.Sprintf("%d / %d", len(s.remains()), len(s.planted))
		})},
		{"· in files, selections and memory of what runs on", sitting(func(s *sat) string { return fmt.Sprint(len(s.left)) })},
		{"· told to the next person's page", sitting(func(s *sat) string { return fmt.Sprint(len(s.read)) })},
		{"· in freed blocks of the disk", sitting(func(s *sat) string { return fmt.Sprint(len(s.onDisk)) })},
	}
}

// remains lists every canary that is left in any way.
func (s *sat) remains() []string {
	all := slices.Clone(s.onDisk)
	for id := range s.left {
		all = append(all, id)
	}
	for id := range s.read {
		all = append(all, id)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// align makes a Markdown table whose columns stand below each other.
func align(lines [][]string) string {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell), 3)
		}
	}
	var b strings.Builder
	for n, line := range lines {
		for i, cell := range line {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString("| " + cell + space + " |")
			} else {
				b.WriteString(" " + space + cell + " |")
			}
		}
		b.WriteByte('\n')
		if n > 0 {
			continue
		}
		for i, w := range widths {
			if i == 0 {
				b.WriteString("|" + strings.Repeat("-", w+2) + "|")
			} else {
				b.WriteString(strings.Repeat("-", w+1) + ":|")
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
