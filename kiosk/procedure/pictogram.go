package procedure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

const svgSpace = "http://www.w3.org/2000/svg"

// Elements and attributes that a pictogram may hold: shapes and how they are
// drawn. The list is closed because the picture becomes a part of the kiosk's
// own pages, where a script, a style sheet or a reference would be at home.
func svgElements() []string {
	return []string{"svg", "g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon"}
}

func svgAttributes() []string {
	return []string{"xmlns", "viewBox", "width", "height", "d", "points", "x", "y", "x1", "y1", "x2", "y2",
		"cx", "cy", "r", "rx", "ry", "transform", "fill", "fill-rule", "fill-opacity", "clip-rule", "opacity",
		"stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray",
		"stroke-opacity", "version"}
}

// checkPictogram refuses an SVG document that is anything but shapes: no
// script, style, text, image, foreign object, reference, entity or comment
// trick. Each error has its line.
func checkPictogram(name string, data []byte) error {
	c := svgChecker{name: name, d: xml.NewDecoder(bytes.NewReader(data))}
	for {
		token, err := c.d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			var bad *xml.SyntaxError
			if errors.As(err, &bad) {
				err = errors.New(bad.Msg) // its line is ours
			}
			c.fault("not an SVG document: %w", err)
			return errors.Join(c.errs...)
		}
		c.token(token)
	}
	if !c.rooted {
		c.fault("no <svg> element in it")
	}
	return errors.Join(c.errs...)
}

type svgChecker struct {
	name   string
	d      *xml.Decoder
	rooted bool
	said   []string // what was refused already; each thing is named once
	errs   []error
}

func (c *svgChecker) fault(format string, args ...any) {
	line, _ := c.d.InputPos()
	c.errs = append(c.errs, fmt.Errorf("%s:%d: %w", c.name, line, fmt.Errorf(format, args...)))
}

func (c *svgChecker) once(thing, format string, args ...any) {
	if !slices.Contains(c.said, thing) && len(c.said) < 10 {
		c.said = append(c.said, thing)
		c.fault(format, args...)
	}
}

func (c *svgChecker) token(token xml.Token) {
	switch t := token.(type) {
	case xml.StartElement:
		c.element(t)
	case xml.CharData:
		if strings.TrimSpace(string(t)) != "" {
			c.once("#text", "text in a pictogram: it would be read in one language only; draw shapes")
		}
	case xml.Directive:
		c.once("#directive", "<!%.10s…> is not allowed: no document type, no entities", t)
	case xml.ProcInst:
		if t.Target != "xml" {
			c.once("?"+t.Target, "<?%s?> is not allowed", t.Target)
		}
	}
}

func (c *svgChecker) element(e xml.StartElement) {
	if !slices.Contains(svgElements(), e.Name.Local) || e.Name.Space != svgSpace {
		c.once(e.Name.Local, "<%s> is not allowed; allowed are %s (save as plain SVG, texts and strokes as paths)",
			e.Name.Local, strings.Join(svgElements(), ", "))
	}
	box := false
	for _, a := range e.Attr {
		c.attribute(a)
		box = box || a.Name.Local == "viewBox"
	}
	if c.rooted {
		return
	}
	c.rooted = true
	if e.Name.Local != "svg" || !box {
		c.fault("the first element must be <svg> with a viewBox, so that it scales: viewBox=\"0 0 48 48\"")
	}
}

func (c *svgChecker) attribute(a xml.Attr) {
	name := a.Name.Local
	if a.Name.Space != "" || !slices.Contains(svgAttributes(), name) {
		c.once("@"+name, "attribute %s is not allowed: only geometry, fill, stroke and transform", name)
		return
	}
	if name == "xmlns" {
		if a.Value != svgSpace {
			c.once("@xmlns", "xmlns must be %q", svgSpace)
		}
		return
	}
	if strings.ContainsFunc(a.Value, outsideGeometry) || strings.Contains(strings.ToLower(a.Value), "url") {
		c.once("@"+name+"=", "value of %s refers to something or is no number, colour or shape", name)
	}
}

// outsideGeometry says that r stands in no number, colour, path or transform.
func outsideGeometry(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("#.,+-%() \t\r\n", r))
}
