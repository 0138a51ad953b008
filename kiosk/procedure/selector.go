package procedure

import (
	"errors"
	"fmt"
	"strings"
)

// Limits of the selectors of one origin.
const (
	maxSelectors   = 40
	maxSelector    = 200 // characters
	maxIdentifier  = 80
	maxCompounds   = 4 // joined by spaces or ">"
	maxNthChild    = 3 // digits
	selectorSample = `"#nir", ".carte .numero" or "input[name=\"num[secu]\"]"`
)

// checkSelector says what is wrong with a CSS selector of a field that is
// sensitive. What it lets through is a small part of the language, which every
// engine has always read and which cannot end a rule or a style sheet:
//
//	tag  #id  .class  [name]  [name="value"]  ~= ^= $= *= |=  i  :nth-child(2)
//
// written together, and up to four of these joined by one space, or by ">"
// between two spaces. Identifiers and values are ASCII without escapes.
func checkSelector(s string) error {
	p := selectorParser{rest: s}
	err := p.selector()
	if len(s) > maxSelector {
		return fmt.Errorf("selector of %d characters, at most %d are allowed", len(s), maxSelector)
	}
	if err != nil {
		return fmt.Errorf("selector %q: %w; expected one such as %s", s, err, selectorSample)
	}
	return nil
}

// selectorParser takes a selector from its front.
type selectorParser struct{ rest string }

// take takes prefix, if the rest begins with it.
func (p *selectorParser) take(prefix string) bool {
	rest, ok := strings.CutPrefix(p.rest, prefix)
	p.rest = rest
	return ok
}

// run takes as many characters as ok lets through.
func (p *selectorParser) run(ok func(byte) bool) string {
	n := 0
	for n < len(p.rest) && ok(p.rest[n]) {
		n++
	}
	taken := p.rest[:n]
	p.rest = p.rest[n:]
	return taken
}

func (p *selectorParser) selector() error {
	for n := 1; ; n++ {
		if n > maxCompounds {
			return fmt.Errorf("more than %d parts", maxCompounds)
		}
		if err := p.compound(); err != nil {
			return err
		}
		switch {
		case p.rest == "":
			return nil
		case !p.take(" > ") && !p.take(" "):
			return fmt.Errorf("%q is not understood", p.rest)
		}
	}
}

// compound takes what is said of one element.
func (p *selectorParser) compound() error {
	before := len(p.rest)
	if p.rest != "" && isLower(p.rest[0]) {
		p.run(func(c byte) bool { return isLower(c) || isDigit(c) || c == '-' })
	}
	for {
		var err error
		switch {
		case p.take("#"), p.take("."):
			err = p.identifier()
		case p.take("["):
			err = p.attribute()
		case p.take(":nth-child("):
			err = p.nthChild()
		case len(p.rest) == before:
			return errors.New("an element is missing")
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// identifier takes a name as CSS has it, of ASCII without escapes.
func (p *selectorParser) identifier() error {
	name := p.run(func(c byte) bool { return isLetter(c) || isDigit(c) || c == '-' || c == '_' })
	begin := strings.TrimPrefix(name, "-")
	if begin == "" || !isLetter(begin[0]) && begin[0] != '_' || len(name) > maxIdentifier {
		return fmt.Errorf("%q is not a name of at most %d characters a-z, A-Z, 0-9, - and _ that begins with a letter",
			name, maxIdentifier)
	}
	return nil
}

// attribute takes what stands behind "[", its end included.
func (p *selectorParser) attribute() error {
	if err := p.identifier(); err != nil {
		return err
	}
	if p.take("]") {
		return nil
	}
	for _, operator := range []string{"~", "^", "$", "*", "|"} {
		if p.take(operator) {
			break
		}
	}
	if !p.take(`="`) {
		return errors.New(`an attribute's value stands behind = and in double quotes`)
	}
	value := p.run(func(c byte) bool { return isLetter(c) || isDigit(c) || strings.IndexByte("-_.:/$[] ", c) >= 0 })
	if value == "" || !p.take(`"`) {
		return errors.New("a value is of letters, digits and - _ . : / $ [ ] and spaces alone, and ends with a double quote")
	}
	p.take(" i")
	if !p.take("]") {
		return errors.New(`"]" is missing`)
	}
	return nil
}

// nthChild takes a number and ")".
func (p *selectorParser) nthChild() error {
	number := p.run(isDigit)
	if number == "" || len(number) > maxNthChild || number[0] == '0' || !p.take(")") {
		return errors.New(":nth-child(…) takes a number from 1 to 999")
	}
	return nil
}

func isLower(c byte) bool  { return 'a' <= c && c <= 'z' }
func isLetter(c byte) bool { return isLower(c) || 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
