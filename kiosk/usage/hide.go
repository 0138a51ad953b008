package usage

import "slices"

// least is the smallest count that a report prints: that of INSEE for figures
// about households. ONS uses 10, and US CMS 11, too.
const least = 11

// hideLine chooses what must stay hidden of a line of cells whose total is
// known. Cells under the least are hidden, zeros, too: "all others" says as
// much about everyone in the line. Then the smallest other cells are hidden as
// well, until what is hidden is two cells and the least together and leaves
// each cell open, so that the total gives no small one away. A line of one cell is its total.
func hideLine(cells []int, least int) []bool {
	hidden := make([]bool, len(cells))
	for i, n := range cells {
		hidden[i] = n < least
	}
	for exposes(cells, hidden, least) && hideSmallest(cells, hidden) {
	}
	return hidden
}

// exposes says whether something is hidden, but too little: a single cell,
// fewer than the least together, or just so many that each cell must be the
// largest small number.
func exposes(cells []int, hidden []bool, least int) bool {
	n, total := 0, 0
	for i, h := range hidden {
		if h {
			n++
			total += cells[i]
		}
	}
	return n == 1 || n > 1 && (total < least || total == n*(least-1))
}

// hideSmallest hides the smallest number that is shown, wherever it stands. If
// it hid one of two equal cells, whoever knows this rule could tell the hidden
// cells apart; so they can be exchanged, and the print stays the same.
func hideSmallest(cells []int, hidden []bool) bool {
	smallest := -1
	for i, h := range hidden {
		if !h && (smallest < 0 || cells[i] < smallest) {
			smallest = cells[i]
		}
	}
	for i, n := range cells {
		hidden[i] = hidden[i] || n == smallest
	}
	return smallest >= 0
}

// grid is a table whose row totals are all known, and whose column totals are
// known but for some.
type grid struct {
	cells   [][]int
	hidden  [][]bool
	unknown []bool // columns without a known total; none or at least two
	least   int
}

// hideGrid chooses what must stay hidden of a table, so that no cell under the
// least can be computed from the other cells and the totals.
//
// Row totals and known column totals must be at least the least. Then it ends
// well: with every cell hidden each small one can still change. Its row and
// its column, if known, hold other sessions; one of these each, moved to where
// their column and row cross, makes room for it.
func hideGrid(cells [][]int, unknown []bool, least int) [][]bool {
	g := grid{cells: cells, unknown: unknown, least: least}
	for _, row := range cells {
		hidden := hideLine(row, least)
		for j := range hidden {
			hidden[j] = hidden[j] || unknown[j]
		}
		g.hidden = append(g.hidden, hidden)
	}
	for g.hideMore() {
	}
	return g.hidden
}

// hideMore hides one more number if that is needed.
func (g *grid) hideMore() bool {
	for i, row := range g.cells {
		if exposes(row, g.hidden[i], g.least) && hideSmallest(row, g.hidden[i]) {
			return true
		}
	}
	for j := range g.unknown {
		if !g.unknown[j] && g.hideInColumn(j) {
			return true
		}
	}
	for i, row := range g.cells {
		for j, n := range row {
			if g.hidden[i][j] && n < g.least && !g.canChange(i, j) {
				return g.hideAnywhere()
			}
		}
	}
	return false
}

func (g *grid) hideInColumn(j int) bool {
	column, hidden := make([]int, len(g.cells)), make([]bool, len(g.cells))
	for i := range g.cells {
		column[i], hidden[i] = g.cells[i][j], g.hidden[i][j]
	}
	if !exposes(column, hidden, g.least) || !hideSmallest(column, hidden) {
		return false
	}
	for i := range g.cells {
		g.hidden[i][j] = hidden[i]
	}
	return true
}

// hideAnywhere hides the smallest number of the table that is still shown.
func (g *grid) hideAnywhere() bool {
	var flat []int
	var hidden []bool
	for i, row := range g.cells {
		flat, hidden = append(flat, row...), append(hidden, g.hidden[i]...)
	}
	if !hideSmallest(flat, hidden) {
		return false
	}
	for i, row := range g.cells {
		g.hidden[i], hidden = hidden[:len(row)], hidden[len(row):]
	}
	return true
}

// canChange says whether another table looks the same from outside and has
// another number in the hidden cell: whether one session can move through the
// hidden cells from row to column and back, in a circle through this one. No
// cell can lose a session that it does not have.
func (g *grid) canChange(row, column int) bool {
	from, to := row, g.columnNode(column)
	return g.reaches(to, from, row, column) ||
		g.cells[row][column] > 0 && g.reaches(from, to, row, column)
}

// Nodes are the rows, then the columns, then one for all unknown columns.
func (g *grid) columnNode(j int) int { return len(g.cells) + j }

func (g *grid) reaches(from, to, exceptRow, exceptColumn int) bool {
	seen := map[int]bool{from: true}
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == to {
			return true
		}
		for _, next := range g.next(queue[0], exceptRow, exceptColumn) {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return false
}

// next returns the nodes one step on: from a row to a column one session more
// in a hidden cell, from a column to a row one less.
func (g *grid) next(node, exceptRow, exceptColumn int) []int {
	rows, columns := len(g.cells), len(g.unknown)
	all := rows + columns
	var list []int
	for i := range rows {
		for j := range columns {
			if !g.hidden[i][j] || i == exceptRow && j == exceptColumn {
				continue
			}
			if node == i {
				list = append(list, g.columnNode(j))
			} else if node == g.columnNode(j) && g.cells[i][j] > 0 {
				list = append(list, i)
			}
		}
	}
	for j, unknown := range g.unknown {
		if unknown && node == all {
			list = append(list, g.columnNode(j))
		} else if unknown && node == g.columnNode(j) {
			list = append(list, all)
		}
	}
	return list
}

// anyHidden says whether one of hidden is set.
func anyHidden(hidden []bool) bool { return slices.Contains(hidden, true) }
