package main

// grid is how many tiles one page of the home surface holds.
type grid struct{ Columns, Rows int }

func (g grid) size() int { return g.Columns * g.Rows }

func (g grid) pages(tiles int) int { return max(1, (tiles+g.size()-1)/g.size()) }

// Room in pixels at every text size.
const (
	tileGap     = 20
	homeMargins = 96
)

// room is what a tile needs and what header, introduction and footer of the
// home surface take, in pixels. A title of 36 characters or a purpose of 131,
// the longest of the packs in this repository, fits into it in Inter; a longer
// one makes the surface scroll.
type room struct{ width, height, rest int }

// rooms by text size, after style.css.
var rooms = map[int]room{
	100: {370, 240, 276},
	125: {530, 230, 301},
	150: {370, 362, 334},
	200: {560, 400, 382},
}

// fit returns the grid for a window of width x height pixels at a text size
// of scale per cent: at least one tile, no more rows or columns than the tiles
// need.
func fit(width, height, scale, tiles int) grid {
	r := rooms[scale]
	g := grid{
		Columns: min(4, max(1, (width-homeMargins+tileGap)/(r.width+tileGap))),
		Rows:    min(3, max(1, (height-r.rest+tileGap)/(r.height+tileGap))),
	}
	for g.Rows > 1 && g.Columns*(g.Rows-1) >= tiles {
		g.Rows--
	}
	for g.Columns > 1 && (g.Columns-1)*g.Rows >= tiles {
		g.Columns--
	}
	return g
}

// pictogramPixels grows little: beside the title it is the words that count.
func pictogramPixels(scale int) int { return 64 * max(160, scale) / 160 }
