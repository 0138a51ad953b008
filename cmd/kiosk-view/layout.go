package main

// grid is how many tiles one page of the home surface holds.
type grid struct{ Columns, Rows int }

func (g grid) size() int { return g.Columns * g.Rows }

func (g grid) pages(tiles int) int { return max(1, (tiles+g.size()-1)/g.size()) }

// Room in pixels at text size 100 %, after style.css: what a tile needs at
// least, what lies between tiles, and what the rest of the home surface takes.
const (
	tileWidth   = 330
	tileNarrow  = 280 // from text size 150 % on
	tileHeight  = 180
	tileGap     = 20 // at every text size
	homeMargins = 96 // at every text size
	homeRest    = 275
)

// fit returns the grid for a window of width x height pixels at a text size
// of scale per cent: at least one tile, no more rows or columns than the tiles
// need.
func fit(width, height, scale, tiles int) grid {
	wide := tileWidth
	if scale >= 150 {
		wide = tileNarrow
	}
	// Header and footer grow half as fast as the text.
	rest := homeRest * (100 + scale) / 200
	g := grid{
		Columns: min(4, max(1, (width-homeMargins)*100/scale/wide)),
		Rows:    min(3, max(1, (height-rest)/(tileHeight*scale/100+tileGap))),
	}
	for g.Rows > 1 && g.Columns*(g.Rows-1) >= tiles {
		g.Rows--
	}
	for g.Columns > 1 && (g.Columns-1)*g.Rows >= tiles {
		g.Columns--
	}
	return g
}
