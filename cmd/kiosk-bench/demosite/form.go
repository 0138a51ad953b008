package demosite

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// kind is how a field looks and what its answer may be.
type kind string

const (
	kindText  kind = "text"
	kindDate  kind = "date" // day, month, year
	kindRadio kind = "radio"
	kindTick  kind = "tick"
)

const maxAnswer = 80 // characters

// field is one question. Its words are "<name>.label", "<name>.hint",
// "<name>.vide" and "<name>.faux" in text/*.json.
type field struct {
	Name         string
	Kind         kind
	Required     bool
	Hint         bool   // has one
	Autocomplete string // token of the HTML standard
	InputMode    string
	Pattern      string // what both the server and the page check
	Options      []string
	pattern      *regexp.Regexp
}

// step is one page of the form.
type step struct {
	Slug   string
	Fields []field
}

// summary is the last step: it shows the answers and sends them.
const summary = "resume"

// formSteps returns the form. Patterns stay within what Go and JavaScript
// read the same way.
func formSteps() []step {
	steps := []step{
		{"identite", []field{
			{Name: "prenom", Kind: kindText, Required: true, Autocomplete: "given-name"},
			{Name: "nom", Kind: kindText, Required: true, Autocomplete: "family-name"},
			{Name: "naissance", Hint: true, Kind: kindDate, Required: true, Autocomplete: "bday"},
		}},
		{"adresse", []field{
			{Name: "rue", Hint: true, Kind: kindText, Required: true, Autocomplete: "street-address"},
			{Name: "code_postal", Hint: true, Kind: kindText, Required: true, Autocomplete: "postal-code", InputMode: "numeric", Pattern: `^[0-9]{5}$`},
			{Name: "ville", Kind: kindText, Required: true, Autocomplete: "address-level2"},
			{Name: "courriel", Hint: true, Kind: kindText, Autocomplete: "email", InputMode: "email", Pattern: `^[^@ ]+@[^@ ]+\.[^@ .]+$`},
		}},
		{"situation", []field{
			{Name: "activite", Kind: kindRadio, Required: true, Options: []string{"emploi", "recherche", "etudes", "retraite", "autre"}},
			{Name: "foyer", Hint: true, Kind: kindText, Required: true, InputMode: "numeric", Pattern: `^([1-9]|1[0-9])$`},
			{Name: "revenus", Hint: true, Kind: kindRadio, Required: true, Options: []string{"moins", "milieu", "plus", "inconnu"}},
			{Name: "remise", Kind: kindRadio, Required: true, Options: []string{"mairie", "courrier"}},
		}},
		{summary, []field{{Name: "exact", Kind: kindTick, Required: true}}},
	}
	for _, s := range steps {
		for i, f := range s.Fields {
			if f.Pattern != "" {
				s.Fields[i].pattern = regexp.MustCompile(f.Pattern)
			}
		}
	}
	return steps
}

// clean makes an answer one line of plain characters.
func clean(answer string) string {
	answer = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(answer, ""))
	return strings.Join(strings.Fields(answer), " ")
}

// check returns what is wrong with a cleaned answer: "" for nothing, else the
// ending of the key of a sentence: "vide", "faux" or "long".
func (f field) check(answer string, today time.Time) string {
	switch {
	case answer == "" && f.Required:
		return "vide"
	case answer == "":
		return ""
	case utf8.RuneCountInString(answer) > maxAnswer:
		return "long"
	case f.Kind == kindRadio && !slices.Contains(f.Options, answer), f.Kind == kindTick && answer != "oui":
		return "vide"
	case f.Kind == kindDate && !pastDate(answer, today), f.pattern != nil && !f.pattern.MatchString(answer):
		return "faux"
	}
	return ""
}

// pastDate accepts a day, a month and a year with any usual separator, in the
// last 130 years and not after today.
func pastDate(answer string, today time.Time) bool {
	parts := strings.FieldsFunc(answer, func(r rune) bool { return strings.ContainsRune(" /.-", r) })
	day, err := time.Parse("2/1/2006", strings.Join(parts, "/"))
	return err == nil && !day.After(today) && day.After(today.AddDate(-130, 0, 0))
}

// problems checks one step; the keys are field names.
func (s step) problems(answers map[string]string, today time.Time) map[string]string {
	found := map[string]string{}
	for _, f := range s.Fields {
		if p := f.check(answers[f.Name], today); p != "" {
			found[f.Name] = p
		}
	}
	return found
}

// firstOpen returns the slug of the first step that is not complete; the
// summary is never complete before it is sent.
func firstOpen(steps []step, answers map[string]string, today time.Time) string {
	for _, s := range steps {
		if len(s.problems(answers, today)) > 0 {
			return s.Slug
		}
	}
	return summary
}
