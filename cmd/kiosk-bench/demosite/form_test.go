package demosite

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestCheck(t *testing.T) {
	today := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	fields := map[string]field{}
	for _, s := range formSteps() {
		for _, f := range s.Fields {
			fields[f.Name] = f
		}
	}
	for _, c := range []struct{ field, answer, want string }{
		{"nom", "Martin", ""}, {"nom", "", "vide"}, {"nom", "O’Neill-D’Arcy 3e", ""}, {"nom", "李", ""},
		{"nom", strings.Repeat("é", maxAnswer), ""}, {"nom", strings.Repeat("é", maxAnswer+1), "long"},
		{"naissance", "14/07/1980", ""}, {"naissance", "14 7 1980", ""}, {"naissance", "14.07.1980", ""}, {"naissance", "14-07-1980", ""},
		{"naissance", "", "vide"}, {"naissance", "31/02/1980", "faux"}, {"naissance", "1980-07-14", "faux"}, {"naissance", "14/07/80", "faux"},
		{"naissance", "14/03/2026", ""}, {"naissance", "15/03/2026", "faux"}, {"naissance", "01/01/1800", "faux"}, {"naissance", "hier", "faux"},
		{"naissance", "29/02/2024", ""}, {"naissance", "29/02/2023", "faux"},
		{"code_postal", "01234", ""}, {"code_postal", "1234", "faux"}, {"code_postal", "012345", "faux"}, {"code_postal", "0123a", "faux"},
		{"code_postal", "٠١٢٣٤", "faux"},
		{"courriel", "", ""}, {"courriel", "a@b.fr", ""}, {"courriel", "a@b", "faux"}, {"courriel", "a b@c.fr", "faux"}, {"courriel", "a@b.", "faux"},
		{"foyer", "1", ""}, {"foyer", "19", ""}, {"foyer", "0", "faux"}, {"foyer", "20", "faux"}, {"foyer", "-1", "faux"}, {"foyer", "deux", "faux"},
		{"activite", "retraite", ""}, {"activite", "", "vide"}, {"activite", "roi", "vide"},
		{"exact", "oui", ""}, {"exact", "", "vide"}, {"exact", "non", "vide"},
	} {
		if got := fields[c.field].check(c.answer, today); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.field, c.answer, got, c.want)
		}
	}
}

// TestMistakesAreShown sends wrong answers past the page's own checks.
func TestMistakesAreShown(t *testing.T) {
	p := open(t).person()
	p.signIn("")
	page := p.post("mairie.localhost/demande/identite", "prenom", "Zoé", "naissance", "31/02/1980").
		at(t, http.StatusUnprocessableEntity, "mairie.localhost/demande/identite").
		says(t, "Il y a 2 erreurs", "Écrivez votre nom de famille.", "Cette date n’est pas juste.")
	for _, want := range []string{`value="Zoé"`, `value="31/02/1980"`, `href="#nom"`, `href="#naissance"`, `aria-invalid="true"`, "<title>Erreur : "} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("lacks %s", want)
		}
	}
	p.lang = english
	p.post("mairie.localhost/demande/identite", "prenom", "Zoé", "nom", "Martin").says(t, "There is a mistake", "Type your date of birth.")
	p.lang = ""
	p.fillIn("Zoé", "Martin", "1 rue A")
	p.post("mairie.localhost/demande/resume").at(t, http.StatusUnprocessableEntity, "mairie.localhost/demande/resume").
		says(t, "Cochez la case", "Martin") // the answers are still there
}

func TestFormIsFilledInFromTheFront(t *testing.T) {
	p := open(t).person()
	p.signIn("")
	for _, s := range []string{"adresse", "situation", "resume"} {
		p.get("mairie.localhost/demande/"+s).at(t, 200, "mairie.localhost/demande/identite")
		p.post("mairie.localhost/demande/"+s, "exact", "oui").at(t, 200, "mairie.localhost/demande/identite")
	}
	p.get("mairie.localhost/demande/autre").at(t, 404, "mairie.localhost/demande/autre")
	p.fillIn("Zoé", "Martin", "1 rue A")
	p.post("mairie.localhost/demande/identite", "prenom", "Léa", "nom", "Martin", "naissance", "14/07/1980").
		at(t, 200, "mairie.localhost/demande/resume").says(t, "Léa")
	first, second := p.send(), p.send() // twice, as an impatient finger does
	if first.URL.Path != second.URL.Path {
		t.Error("sent twice, two numbers")
	}
}

func FuzzClean(f *testing.F) {
	f.Add("  Zoé \t Martin\x00\n")
	f.Add("\xff<script>")
	f.Add("a\u2028b\u00a0c")
	f.Fuzz(func(t *testing.T, s string) {
		c := clean(s)
		if !utf8.ValidString(c) || strings.ContainsAny(c, "\x00\r\n\t") || c != strings.TrimSpace(c) || strings.Contains(c, "  ") {
			t.Errorf("%q became %q", s, c)
		}
		if clean(c) != c {
			t.Errorf("%q is not clean the second time", c)
		}
	})
}

// FuzzAnswersAreEscaped sends anything as every answer: a page stays the same
// document, whatever is in it.
func FuzzAnswersAreEscaped(f *testing.F) {
	f.Add("Zoé")
	f.Add(`"><script>alert(1)</script>`)
	f.Add(`' onfocus=alert(1) autofocus x='`)
	f.Add("</textarea></title><!--")
	f.Add("{{.}} \x00\xff\u2028 javascript:alert(1) &lt;")
	site := New()
	f.Fuzz(func(t *testing.T, s string) {
		answers := map[string]string{}
		for _, st := range site.steps {
			for _, field := range st.Fields {
				answers[field.Name] = clean(s)
			}
		}
		for at, st := range site.steps {
			plain := drawn(site, at, map[string]string{}, nil)
			problems := map[string]string{st.Fields[0].Name: "long"}
			checkDocument(t, st.Slug, drawn(site, at, answers, problems))
			if got, want := strings.Count(drawn(site, at, answers, nil), "<"), strings.Count(plain, "<"); got != want {
				t.Errorf("%s: %d tags with %q, %d without", st.Slug, got, s, want)
			}
		}
		checkDocument(t, "receipt", drawnReceipt(site, dossier{Signed: true, Receipt: "1", Sent: time.Unix(0, 0), Answers: answers}))
	})
}
