package usage

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestLineWithstandsOneWhoKnowsTheRules takes every line of four cells of 0 to
// 7 with a least of 3 and sorts them by what is printed. Whoever knows the
// rules of hiding can do the same; for each hidden count of 1 or 2 there must
// be another number that would have been printed alike.
func TestLineWithstandsOneWhoKnowsTheRules(t *testing.T) {
	const least, top = 4, 9
	alike := map[string][][]int{}
	for n := range top * top * top * top {
		cells := []int{n % top, n / top % top, n / top / top % top, n / top / top / top}
		if sum(cells) >= least {
			alike[outside(cells, hideLine(cells, least))] = append(alike[outside(cells, hideLine(cells, least))], cells)
		}
	}
	for print, lines := range alike {
		for i := range 4 {
			values := map[int]bool{}
			for _, cells := range lines {
				values[cells[i]] = true
			}
			if v := lines[0][i]; len(values) == 1 && v >= 1 && v < least {
				t.Errorf("%s is printed only when cell %d is %d", print, i, v)
			}
		}
	}
}

func outside(cells []int, hidden []bool) string {
	s := fmt.Sprint(sum(cells))
	for i, n := range cells {
		if hidden[i] {
			s += " ."
		} else {
			s += fmt.Sprint(" ", n)
		}
	}
	return s
}

func TestHiddenPartOfALineIsNeverSmall(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cells := rapid.SliceOfN(rapid.IntRange(0, 40), 1, 8).Draw(rt, "cells")
		if sum(cells) < least {
			return // not printed at all
		}
		n, total := 0, 0
		for i, h := range hideLine(cells, least) {
			if h {
				n, total = n+1, total+cells[i]
			} else if cells[i] < least {
				rt.Errorf("shows %d", cells[i])
			}
		}
		if n == 1 || n > 1 && total < least {
			rt.Errorf("%v hides %d cells with %d together", cells, n, total)
		}
	})
}

// TestGridLeavesSmallCellsOpen tries every table that has the same totals and
// the same shown cells.
func TestGridLeavesSmallCellsOpen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const least = 3
		columns := rapid.IntRange(2, 3).Draw(rt, "columns")
		cells := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 4), columns, columns), 1, 3).Draw(rt, "cells")
		all := make([]int, columns)
		for i := range cells {
			if sum(cells[i]) < least {
				cells[i][0] += least
			}
			addTo(all, cells[i])
		}
		unknown := hideLine(all, least)
		hidden := hideGrid(cells, unknown, least)
		for j := range columns {
			if n, total := hiddenInColumn(cells, hidden, j); !unknown[j] && len(cells) > 1 && (n == 1 || n > 1 && total < least) {
				rt.Fatalf("%v with %v hidden: column %d hides %d cells with %d together", cells, hidden, j, n, total)
			}
		}
		seen := everyTable(cells, hidden, unknown)
		for i, row := range cells {
			for j, n := range row {
				if !hidden[i][j] && n < least {
					rt.Fatalf("shows %d", n)
				}
				if n >= 1 && n < least && len(seen[[2]int{i, j}]) < 2 {
					rt.Fatalf("%v with %v hidden, columns %v unknown: cell %d,%d can only be %d", cells, hidden, unknown, i, j, n)
				}
			}
		}
	})
}

func hiddenInColumn(cells [][]int, hidden [][]bool, j int) (n, total int) {
	for i := range cells {
		if hidden[i][j] {
			n, total = n+1, total+cells[i][j]
		}
	}
	return n, total
}

// TestGridSeesABridge has two blocks of hidden cells with one hidden cell
// between them: no row and no column gives it away, both blocks together do.
func TestGridSeesABridge(t *testing.T) {
	cells := [][]int{{6, 6, 20, 20}, {6, 6, 4, 20}, {20, 20, 6, 6}, {20, 20, 6, 6}}
	known := make([]bool, 4)
	plain := grid{cells: cells, unknown: known, least: least}
	for _, row := range cells {
		plain.hidden = append(plain.hidden, hideLine(row, least))
	}
	if plain.canChange(1, 2) {
		t.Fatal("the bridge is not seen")
	}
	if hidden := hideGrid(cells, known, least); !(&grid{cells: cells, hidden: hidden, unknown: known, least: least}).canChange(1, 2) {
		t.Errorf("the bridge is still one with %v hidden", hidden)
	}
}

// everyTable returns which numbers each cell has in the tables that look alike.
func everyTable(cells [][]int, hidden [][]bool, unknown []bool) map[[2]int]map[int]bool {
	seen := map[[2]int]map[int]bool{}
	width := len(unknown)
	left := make([]int, width) // of the known columns
	for _, row := range cells {
		addTo(left, row)
	}
	try := make([]int, len(cells)*width)
	var place func(at, rest int)
	place = func(at, rest int) {
		if at%width == 0 {
			if rest != 0 {
				return
			}
			if at == len(try) {
				for j := range left {
					if left[j] != 0 && !unknown[j] {
						return
					}
				}
				for k, n := range try {
					key := [2]int{k / width, k % width}
					if seen[key] == nil {
						seen[key] = map[int]bool{}
					}
					seen[key][n] = true
				}
				return
			}
			rest = sum(cells[at/width])
		}
		i, j := at/width, at%width
		for n := range rest + 1 {
			if !hidden[i][j] && n != cells[i][j] || !unknown[j] && n > left[j] {
				continue
			}
			try[at] = n
			left[j] -= n
			place(at+1, rest-n)
			left[j] += n
		}
	}
	place(0, 0)
	return seen
}

func TestHidingIsStable(t *testing.T) {
	cells := [][]int{{30, 12, 2, 0}, {14, 11, 15, 1}, {50, 0, 0, 0}}
	first := hideGrid(cells, []bool{false, false, true, true}, least)
	for range 5 {
		if again := hideGrid(cells, []bool{false, false, true, true}, least); !slices.EqualFunc(first, again, slices.Equal) {
			t.Fatalf("%v, then %v", first, again)
		}
	}
}
