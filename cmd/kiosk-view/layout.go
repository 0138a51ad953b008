package main

// grid is how many tiles one page of the home surface holds.
type grid struct{ Columns, Rows int }

func (g grid) size() int { return g.Columns * g.Rows }

func (g grid) pages(tiles int) int { return max(1, (tiles+g.size()-1)/g.size()) }

// Room that a tile takes and that the rest of the home surface takes, in
// pixels at text size 100 %. They follow style.css.
const (
	tileWidth   = 330
	tileHeight  = 168
	homeMargins = 96
	homeRest    = 330
)

// fit returns the grid for a window of width x height pixels at a text size
// of scale per cent, at least one tile and no more columns than tiles need.
func fit(width, height, scale, tiles int) grid {
	w := width - homeMargins
	h := height*100/scale - homeRest
	g := grid{Columns: min(4, max(1, w*100/scale/tileWidth)), Rows: min(4, max(1, h/tileHeight))}
	for g.Columns > 1 && (g.Columns-1)*g.Rows >= tiles {
		g.Columns--
	}
	for g.Rows > 1 && g.Columns*(g.Rows-1) >= tiles {
		g.Rows--
	}
	return g
}
