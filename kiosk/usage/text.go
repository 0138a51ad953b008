package usage

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Widths of the text report, in characters: it fits a terminal of 80.
const (
	columnWidth = 9
	oneLine     = 44 // label of a table with one column of numbers
	manyLine    = 24 // label of a table with up to six
)

// WriteText writes the report as plain text of at most 80 columns, in French
// unless lang is English.
func (r Report) WriteText(w io.Writer, lang string) error {
	var b strings.Builder
	r.overview(&b, lang)
	for _, p := range r.Periods {
		for _, t := range p.Tables {
			fmt.Fprintf(&b, "\n%s - %s\n", p.Month.in(lang), titles()[t.Name].in(lang))
			t.text(&b, lang)
		}
	}
	if r.Switched.Kind != Hidden {
		switched := words{"Le relais du film a commuté %s fois (arrondi à la centaine inférieure).", "The film's relay has switched %s times (rounded down to hundreds)."}
		fmt.Fprintf(&b, "\n"+switched.in(lang)+"\n", r.Switched)
	}
	b.WriteString("\n" + legend().in(lang))
	_, err := io.WriteString(w, b.String())
	return err
}

func legend() words {
	return words{
		fr: "·    chiffre caché : moins de 11, ou il permettrait d’en calculer un.\n" +
			"10+  arrondi à la dizaine inférieure.\n" +
			"Un mois est détaillé quand il est terminé, et ne change plus ensuite.\n",
		en: "·    hidden figure: under 11, or one under 11 could be computed from it.\n" +
			"10+  rounded down to tens.\n" +
			"A month has its tables once it is over, and does not change any more.\n",
	}
}

func (r Report) overview(b *strings.Builder, lang string) {
	title := words{"Utilisation de la borne, par mois", "Use of the kiosk, by month"}
	fmt.Fprintf(b, "%s\n", title.in(lang))
	if len(r.Periods) == 0 {
		fmt.Fprintf(b, "  %s\n", words{"Aucune séance n’est encore comptée.", "No session is counted yet."}.in(lang))
		return
	}
	lines := [][]string{{"", label("", ColumnSessions, lang)}}
	for _, p := range r.Periods {
		name := p.Month.in(lang)
		if !p.Over {
			name += words{" (en cours)", " (in progress)"}.in(lang)
		}
		lines = append(lines, []string{name, p.Sessions.String()})
	}
	align(b, lines, oneLine)
}

func (t Table) text(b *strings.Builder, lang string) {
	head := []string{""}
	for _, c := range t.Columns {
		head = append(head, label(t.Name, c, lang))
	}
	lines, width := [][]string{head}, oneLine
	if len(t.Columns) > 1 {
		width = manyLine
	}
	for _, row := range t.Rows {
		name := label(t.Name, row.Key, lang)
		if row.Of != "" {
			name = row.Of + " > " + name
		}
		line := []string{name}
		for _, f := range row.Cells {
			line = append(line, f.String())
		}
		lines = append(lines, line)
	}
	align(b, lines, width)
}

// align writes lines of a label and right-aligned numbers, with a rule under
// the first. What is too long for its column goes on in the next line.
func align(b *strings.Builder, lines [][]string, width int) {
	for n, line := range lines {
		parts, height := make([][]string, len(line)), 1
		for i, cell := range line {
			limit := width
			if i > 0 {
				limit = columnWidth - 1
			}
			parts[i] = wrap(cell, limit)
			height = max(height, len(parts[i]))
		}
		for row := range height {
			text := "  "
			for i := range line {
				text += pad(part(parts[i], row), i, width)
			}
			b.WriteString(strings.TrimRight(text, " ") + "\n")
		}
		if n == 0 {
			fmt.Fprintf(b, "  %s\n", strings.Repeat("─", width+columnWidth*(len(line)-1)))
		}
	}
}

func part(parts []string, row int) string {
	if row < len(parts) {
		return parts[row]
	}
	return ""
}

func pad(s string, column, width int) string {
	if column == 0 {
		return s + strings.Repeat(" ", width-utf8.RuneCountInString(s))
	}
	return strings.Repeat(" ", columnWidth-utf8.RuneCountInString(s)) + s
}

// wrap cuts s at spaces and hyphens into pieces of at most limit characters,
// and in the middle of a word that is longer.
func wrap(s string, limit int) []string {
	var lines []string
	for rest := []rune(s); len(rest) > 0; {
		end := len(rest)
		if end > limit {
			end = limit
			if i := strings.LastIndexAny(string(rest[:limit]), " -"); i > 0 {
				end = utf8.RuneCountInString(string(rest[:limit])[:i+1])
			}
		}
		lines = append(lines, strings.TrimSpace(string(rest[:end])))
		rest = []rune(strings.TrimSpace(string(rest[end:])))
	}
	return lines
}

// WriteJSON writes the report as one JSON document. Keys are those of the
// closed lists, whatever the language.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteCSV writes a line for each figure: month, over, table, of, row, column,
// kind, number. A hidden figure has no number.
func (r Report) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	lines := [][]string{{"month", "over", "table", "of", "row", "column", "kind", "number"}}
	if r.Switched.Kind != Hidden {
		lines = append(lines, append([]string{"", "", "", "", RowAll, "relay_switched"}, r.Switched.fields()...))
	}
	for _, p := range r.Periods {
		add := func(table, of, row, column string, f Figure) {
			lines = append(lines, append([]string{string(p.Month), fmt.Sprint(p.Over), table, of, row, column}, f.fields()...))
		}
		add("", "", RowAll, ColumnSessions, p.Sessions)
		for _, t := range p.Tables {
			for _, row := range t.Rows {
				for i, f := range row.Cells {
					add(t.Name, row.Of, row.Key, t.Columns[i], f)
				}
			}
		}
	}
	return out.WriteAll(lines)
}
