package main

import (
	"strings"
	"time"
	"unicode"
)

// readingTime is how long the notices of the place stay after the last touch:
// the next person finds the tiles.
const readingTime = 2 * time.Minute

// readNotices lays the notices over the tiles, which never make room for them.
func (l *loop) readNotices() { l.reading = true; l.redraw() }

func (l *loop) closeNotices() { l.reading = false; l.redraw() }

func (l *loop) forgetNotices() {
	if l.now()-l.touched >= readingTime {
		l.reading = false
	}
}

// noticesLooks show the first title on the home surface, cut off where it is
// long, and the icon alone in large text: the button leads to all of it.
func (l *loop) noticesLooks(w words) map[string]look {
	lines := l.noticesLines()
	title := w["notices.title"]
	if len(lines) > 0 && lines[0].Mark != "" {
		title = lines[0].Mark
	}
	told := !l.message(w, "choice").Hidden // in the same place
	return map[string]look{
		"home-notices": {Text: title, Hidden: len(lines) == 0 || l.offered() || told, Bare: l.large()},
		"notices-back": {Text: w["notices.back"]},
	}
}

// noticesLines are the headings of the notices, each with what stands under it.
func (l *loop) noticesLines() []line {
	return articles(inLanguage(l, l.start.Notices))
}

// articles takes a text apart: "# " begins a heading, "- " a point, an empty
// line a paragraph. Anything else is text as it stands.
func articles(text string) []line {
	lines := []line{}
	begin := true // a paragraph, or a line of its own
	for row := range strings.SplitSeq(text, "\n") {
		row = strings.TrimSpace(strings.Map(visible, row))
		heading := strings.TrimLeft(row, "#")
		switch {
		case row == "":
			begin = true
			continue
		case len(heading) < len(row) && strings.HasPrefix(heading, " "):
			lines = append(lines, line{strings.TrimSpace(heading), ""})
			begin = true
			continue
		case strings.HasPrefix(row, "- ") || strings.HasPrefix(row, "* "):
			row, begin = "• "+strings.TrimSpace(row[2:]), true
		}
		if len(lines) == 0 {
			lines = append(lines, line{})
		}
		last := &lines[len(lines)-1]
		switch {
		case last.Text == "":
		case begin:
			last.Text += "\n"
		default:
			last.Text += " "
		}
		last.Text += row
		begin = false
	}
	return lines
}

// visible leaves out what cannot be seen or turns the direction of writing; a
// tab is a space.
func visible(r rune) rune {
	switch {
	case r == '\t':
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf):
		return -1
	}
	return r
}
