package demosite

import (
	"net/http"
	"time"
)

// stepData is what the templates "step" and "summary" show.
type stepData struct {
	Slug       string
	Number, Of int
	Steps      []shownStep
	Back       string // address of the step before
	Fields     []shownField
	Mistakes   []shownField // those that have one
	Sections   []section    // of the summary
}

type shownStep struct {
	Slug, Name string
	Done       bool
}

// shownField is a field with its words, its answer and what is wrong with it.
type shownField struct {
	field
	Label, Hint, Optional string
	Empty, Wrong          string // what to say of such an answer; "" when it may be
	Choices               []choice
	Value, Problem        string
	First                 bool // gets the focus
}

type choice struct{ Value, Text string }

// section is one step of the summary and of the receipt.
type section struct {
	Slug, Title string
	Answers     []answer
}

type answer struct{ Question, Text string }

// receiptData is what the receipt shows.
type receiptData struct {
	Number, Day, Name string
	ByPost            bool
	Sections          []section
}

func (s *Site) renderStep(w http.ResponseWriter, v visitor, status, at int, answers, problems map[string]string) {
	st := s.steps[at]
	words := page{words: s.pages.words[language(v.Request)]}
	data := stepData{Slug: st.Slug, Number: at + 1, Of: len(s.steps)}
	for i, other := range s.steps {
		data.Steps = append(data.Steps, shownStep{other.Slug, words.T(other.Slug + ".short"), i < at})
	}
	if at > 0 {
		data.Back = "/demande/" + s.steps[at-1].Slug
	}
	for _, f := range st.Fields {
		shown := f.show(words, answers[f.Name], problems[f.Name])
		// With mistakes, their list gets the focus instead.
		shown.First = len(data.Fields) == 0 && len(problems) == 0
		if shown.Problem != "" {
			data.Mistakes = append(data.Mistakes, shown)
		}
		data.Fields = append(data.Fields, shown)
	}
	name := "step"
	if st.Slug == summary {
		name, data.Sections = "summary", s.sections(words, answers)
	}
	s.show(w, v.Request, status, page{Name: name, Title: words.T(st.Slug + ".title"), Signed: true,
		Failed: len(problems) > 0, Data: data})
}

// show puts a field into words.
func (f field) show(words page, value, problem string) shownField {
	shown := shownField{field: f, Label: words.T(f.Name + ".label"), Value: value}
	if f.Hint {
		shown.Hint = words.T(f.Name + ".hint")
	}
	if f.Required {
		shown.Empty = words.T(f.Name + ".vide")
	} else {
		shown.Optional = words.T("optional")
	}
	if f.Pattern != "" || f.Kind == kindDate {
		shown.Wrong = words.T(f.Name + ".faux")
	}
	for _, o := range f.Options {
		shown.Choices = append(shown.Choices, choice{o, words.T(f.Name + "." + o)})
	}
	switch problem {
	case "vide":
		shown.Problem = shown.Empty
	case "faux":
		shown.Problem = shown.Wrong
	case "long":
		shown.Problem = words.T("long")
	}
	return shown
}

// sections puts the answers into words, without the summary itself.
func (s *Site) sections(words page, answers map[string]string) []section {
	var all []section
	for _, st := range s.steps {
		if st.Slug == summary {
			continue
		}
		part := section{Slug: st.Slug, Title: words.T(st.Slug + ".short")}
		for _, f := range st.Fields {
			text := answers[f.Name]
			switch {
			case text == "":
				text = words.T("nothing")
			case f.Kind == kindRadio:
				text = words.T(f.Name + "." + text)
			}
			part.Answers = append(part.Answers, answer{words.T(f.Name + ".label"), text})
		}
		all = append(all, part)
	}
	return all
}

// receipt shows a visitor's own receipt; any other number does not exist.
func (s *Site) receipt(w http.ResponseWriter, v visitor) {
	d := v.dossier
	if d.Receipt == "" || v.PathValue("number") != d.Receipt {
		s.notice(w, v.Request, http.StatusNotFound, "unknown")
		return
	}
	lang := language(v.Request)
	s.show(w, v.Request, http.StatusOK, page{Name: "receipt", Signed: true, Data: receiptData{
		Number: d.Receipt, Day: day(lang, d.Sent), Name: d.Answers["prenom"] + " " + d.Answers["nom"],
		ByPost:   d.Answers["remise"] == "courrier",
		Sections: s.sections(page{words: s.pages.words[lang]}, d.Answers),
	}})
}

// day writes a date out, as people read it.
func day(lang string, t time.Time) string {
	if lang == english {
		return t.Format("2 January 2006")
	}
	months := [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août",
		"septembre", "octobre", "novembre", "décembre"}
	number := t.Format("2")
	if number == "1" {
		number = "1er"
	}
	return number + " " + months[t.Month()-1] + t.Format(" 2006")
}
