//go:build webkit

package main

import (
	"slices"
	"strings"
)

// list fills a box with lines: mark and text, or a title over a text in notices
// and on the surfaces that nobody has chosen a language for.
func (w *gtkWindow) list(id string, lines []line) {
	box := w.find(id)
	box.clear()
	design, title := "item", "item-mark"
	switch {
	case strings.HasSuffix(id, "-words"):
		design, title = "words", "words-title"
	case id == "notices-lines":
		design, title = "article", "article-title"
	}
	for _, l := range lines {
		b, err := build(design)
		if err != nil {
			return // a test builds every design
		}
		first, second := b.find(title), b.find(design+"-text")
		first.setText(l.Mark)
		second.setText(l.Text)
		row := b.find(design)
		row.showAll()
		first.setVisible(l.Mark != "")
		second.setVisible(l.Text != "")
		row.setClass("single", l.Mark == "")
		box.add(row)
		b.free()
	}
}

// tile fills the grid of the home surface. Others than before take the keyboard.
func (w *gtkWindow) tile(s screen, others bool) {
	grid := w.find("home-tiles")
	grid.clear()
	w.first = grid // when there is no tile
	// The last of several pages keeps the measure of the others.
	for i := len(s.Tiles); i < s.Cells; i++ {
		grid.attach(gap(), i%s.Columns, i/s.Columns)
	}
	// From the last to the first: a grid hands its children to a screen reader
	// in reverse.
	for i, t := range slices.Backward(s.Tiles) {
		b, err := build("tile")
		if err != nil {
			return
		}
		button := b.find("tile")
		b.find("tile-title").setText(t.Title)
		b.find("tile-purpose").setText(t.Purpose)
		b.find("tile-minutes").setText(t.Minutes)
		b.find("tile-icon").setImage(pictogram(t.Pictogram), pictogramPixels(s.Scale))
		button.setName(t.name())
		button.onClick(func() { w.loop.choose(t.Procedure) })
		button.showAll()
		grid.attach(button, i%s.Columns, i/s.Columns)
		w.first = button
		b.free()
	}
	if others && s.Panel == "choice" {
		w.first.focus()
	}
}

// tongue fills the row of language buttons of the home surface.
func (w *gtkWindow) tongue(all []tongue) {
	row := w.find("home-languages")
	row.clear()
	for _, t := range all {
		b, err := build("tongue")
		if err != nil {
			return
		}
		button := b.find("tongue")
		b.find("tongue-text").setText(t.Name)
		button.setName(t.Name)
		button.setNote(t.Note)
		button.setClass("on", t.On)
		button.onClick(func() { w.loop.speak(t.Code) })
		button.showAll()
		row.add(button)
		b.free()
	}
}
