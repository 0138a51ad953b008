package procedure

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A limit on a text, in characters, with its reason.
type limit struct {
	what string
	max  int
	why  string
}

// The reasons are the surfaces of the kiosk: the largest text size doubles the
// letters, and a person standing there must take a text in at a glance.
func limitTitle() limit {
	return limit{"title", 40, "it must fit on its tile at the largest text size"}
}
func limitPurpose() limit {
	return limit{"purpose", 140, "it must be read at a glance under the title"}
}
func limitItem() limit {
	return limit{"item", 120, "it must fit in two lines beside the site"}
}
func limitStep() limit {
	return limit{"step", 160, "it must fit in three lines beside the site"}
}

const maxItems = 10 // of a list: it must fit beside the site without scrolling far

// check returns what is wrong with a text.
func (l limit) check(s string) error {
	if s == "" {
		return fmt.Errorf("%s is empty", l.what)
	}
	if n := utf8.RuneCountInString(s); n > l.max {
		return fmt.Errorf("%s has %d characters, at most %d are allowed: %s", l.what, n, l.max, l.why)
	}
	return checkPlain(l.what, s)
}

// checkPlain refuses markup, which the kiosk would show as it is, and
// characters that cannot be seen.
func checkPlain(what, s string) error {
	for _, r := range s {
		if strings.ContainsRune("*_`<>[]\\|", r) {
			return fmt.Errorf("%s contains %q: only plain words, no emphasis, links or HTML", what, r)
		}
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d' {
			return fmt.Errorf("%s contains %U, a character that cannot be seen: delete it", what, r)
		}
	}
	return nil
}

// parseText reads one language of a procedure. The form is a small, strict
// part of Markdown, one text a line:
//
//	# Title
//
//	The purpose, one paragraph.
//
//	## What to bring
//
//	- A thing to have at hand.
//
//	## Steps
//
//	1. The first step.
//	2. The second step.
//
// The words of the two section titles are free; the kiosk shows its own.
func parseText(name string, data []byte) (Text, error) {
	p := textParser{name: name}
	for i, line := range strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n") {
		p.at = i + 1
		p.line(strings.TrimRight(line, " \t\r"))
	}
	p.finish()
	return p.text, errors.Join(p.errs...)
}

type textParser struct {
	name    string
	at      int // line, from 1
	part    int // 0 before the title, 1 purpose, 2 what to bring, 3 steps
	ended   bool
	purpose int // line of the purpose
	text    Text
	errs    []error
}

func (p *textParser) fault(line int, err error) {
	if err != nil {
		p.errs = append(p.errs, fmt.Errorf("%s:%d: %w", p.name, line, err))
	}
}

func (p *textParser) line(s string) {
	if p.part == 0 && s != "" && !strings.HasPrefix(s, "# ") {
		p.fault(p.at, p.unexpected())
		p.part = 1 // said once, and the rest is still checked
	}
	number, step, numbered := cutNumber(s)
	switch {
	case s == "":
		p.ended = p.text.Purpose != ""
	case strings.HasPrefix(s, "# "):
		p.title(strings.TrimSpace(s[2:]))
	case strings.HasPrefix(s, "## "):
		p.section()
	case strings.HasPrefix(s, "- "):
		p.bring(strings.TrimSpace(s[2:]))
	case numbered:
		p.step(number, step)
	case p.part == 1 && !p.ended && plainStart(s):
		p.words(s)
	default:
		p.fault(p.at, p.unexpected())
	}
}

func (p *textParser) unexpected() error {
	return fmt.Errorf("%s, but this line is something else", p.expected())
}

// plainStart refuses lines that look like another part of Markdown.
func plainStart(s string) bool { return !strings.ContainsAny(s[:1], "#-+>\t ") }

// expected says what may stand at the place reached.
func (p *textParser) expected() string {
	switch p.part {
	case 0:
		return "expected the title first, \"# \" and its words"
	case 1:
		return "expected the purpose in one paragraph, then \"## \" and the list of what to bring"
	case 2:
		return "expected lines that begin with \"- \", or \"## \" and the steps"
	default:
		return "expected lines that begin with \"1. \", \"2. \" and so on"
	}
}

func (p *textParser) title(s string) {
	if p.part != 0 {
		p.fault(p.at, errors.New("second title: one file is one procedure; sections begin with \"## \""))
		return
	}
	p.part, p.text.Title = 1, s
	p.fault(p.at, limitTitle().check(s))
}

func (p *textParser) words(s string) {
	if p.text.Purpose == "" {
		p.text.Purpose, p.purpose = s, p.at
		return
	}
	p.text.Purpose += " " + s
}

func (p *textParser) section() {
	switch p.part {
	case 1, 2:
		p.part++
	default:
		p.fault(p.at, fmt.Errorf("%s; a file has two sections, what to bring and the steps", p.expected()))
	}
}

func (p *textParser) bring(s string) {
	if p.part != 2 {
		p.fault(p.at, fmt.Errorf("%s; \"- \" belongs into the first section", p.expected()))
		return
	}
	p.fault(p.at, limitItem().check(s))
	if p.text.Bring = append(p.text.Bring, s); len(p.text.Bring) == maxItems+1 {
		p.fault(p.at, fmt.Errorf("at most %d things to bring: the list stands beside the site", maxItems))
	}
}

func (p *textParser) step(number int, s string) {
	if p.part != 3 {
		p.fault(p.at, fmt.Errorf("%s; numbers belong into the second section", p.expected()))
		return
	}
	p.fault(p.at, limitStep().check(s))
	p.text.Steps = append(p.text.Steps, s)
	if n := len(p.text.Steps); number != n {
		p.fault(p.at, fmt.Errorf("step %d is numbered %d", n, number))
	} else if n == maxItems+1 {
		p.fault(p.at, fmt.Errorf("at most %d steps: the list stands beside the site", maxItems))
	}
}

func (p *textParser) finish() {
	if p.part == 0 {
		p.fault(1, errors.New("the title is missing: \"# \" and its words on the first line"))
		return
	}
	if p.text.Purpose == "" {
		p.fault(p.at, errors.New("the purpose is missing: one paragraph under the title"))
	} else {
		p.fault(p.purpose, limitPurpose().check(p.text.Purpose))
	}
	if len(p.text.Bring) == 0 {
		p.fault(p.at, errors.New("what to bring is missing: a section \"## \" with lines that begin with \"- \""))
	}
	if len(p.text.Steps) == 0 {
		p.fault(p.at, errors.New("the steps are missing: a second section \"## \" with lines \"1. \", \"2. \""))
	}
}

// cutNumber takes "12. words" apart.
func cutNumber(s string) (int, string, bool) {
	digits, words, ok := strings.Cut(s, ". ")
	if !ok || len(digits) > 3 || digits == "" || digits[0] < '0' || digits[0] > '9' {
		return 0, "", false
	}
	n, err := strconv.Atoi(digits)
	return n, strings.TrimSpace(words), err == nil
}
