package usage

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextFitsATerminal(t *testing.T) {
	c := newCrowd(8, 12)
	b := c.month(t, 2000)
	s := c.session()
	s.Procedure = strings.Repeat("tres-longue", 3) + "-fin"
	s.Refused = sites(strings.Repeat("a", 60) + ".example")
	b.Calendar = Calendar{Day: day(2026, 10, 31)}
	for range 300 {
		mustAdd(t, b, s)
	}
	b.Calendar = Calendar{Day: day(2026, 11, 1)}
	for _, lang := range []string{French, English} {
		var out bytes.Buffer
		if err := NewReport(b).WriteText(&out, lang); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(out.String(), "\n") {
			if n := utf8.RuneCountInString(line); n > 80 || strings.TrimRight(line, " ") != line {
				t.Errorf("%s: %d characters: %q", lang, n, line)
			}
		}
		for _, w := range []string{RowAll, RowOthers, "timed_out", "partiellement", "monday", "procedures_"} {
			if strings.Contains(out.String(), w) {
				t.Errorf("%s: %q has no word", lang, w)
			}
		}
	}
}

func TestEveryKeyHasWords(t *testing.T) {
	for table, keys := range map[string][]string{
		TableThemes: names(Themes()), TableOutcome: names(Outcomes()), TableAutonomy: names(Autonomies()),
		TableCalls: names(CallsList()), TableHelp: names(Helps()), TableReferral: append(names(Referrals()), referralNone),
		TableAids: names(AidList()), TableWeekdays: weekdayNames(),
	} {
		for _, key := range keys {
			if w, ok := labels()[table][key]; !ok || w.fr == "" || w.en == "" {
				t.Errorf("%s/%s has no words", table, key)
			}
		}
	}
}

func TestCSVHasEveryFigure(t *testing.T) {
	r := NewReport(newCrowd(9, 12).month(t, 600))
	var out bytes.Buffer
	if err := r.WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&out).ReadAll()
	want := 2 // head and total
	for _, table := range r.Periods[0].Tables {
		for _, row := range table.Rows {
			want += len(row.Cells)
		}
	}
	if err != nil || len(lines) != want {
		t.Errorf("%d lines, want %d: %v", len(lines), want, err)
	}
}
