package demosite

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// drawn renders one step of the form without a server.
func drawn(s *Site, at int, answers, problems map[string]string) string {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/demande/"+s.steps[at].Slug, nil)
	s.renderStep(w, visitor{r, "", dossier{Signed: true}}, http.StatusOK, at, answers, problems)
	return w.Body.String()
}

func drawnReceipt(s *Site, d dossier) string {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/recu/"+d.Receipt, nil)
	r.SetPathValue("number", d.Receipt)
	s.receipt(w, visitor{r, "", d})
	return w.Body.String()
}

var (
	element = regexp.MustCompile(`<(/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*>`)
	idOf    = regexp.MustCompile(`\sid="([^"]+)"`)
	refOf   = regexp.MustCompile(`\s(?:for|aria-describedby)="([^"]+)"`)
)

func isVoid(name string) bool {
	return slices.Contains([]string{"meta", "link", "img", "input", "br"}, name)
}

// checkDocument checks what a browser would silently mend: every "<" begins
// an element with quoted attributes, elements close in order, names are
// unique, and what is referred to exists.
func checkDocument(t *testing.T, name, body string) {
	t.Helper()
	rest, ok := strings.CutPrefix(body, "<!DOCTYPE html>")
	if !ok {
		t.Fatalf("%s: no doctype", name)
	}
	if n, all := len(element.FindAllString(rest, -1)), strings.Count(rest, "<"); n != all {
		t.Errorf("%s: %d elements and %d \"<\"", name, n, all)
	}
	var open []string
	for _, m := range element.FindAllStringSubmatch(rest, -1) {
		switch {
		case m[1] == "" && !isVoid(m[2]):
			open = append(open, m[2])
		case m[1] == "/" && (len(open) == 0 || open[len(open)-1] != m[2]):
			t.Fatalf("%s: </%s> closes %q", name, m[2], open)
		case m[1] == "/":
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("%s: %q stay open", name, open)
	}
	ids := map[string]bool{}
	for _, m := range idOf.FindAllStringSubmatch(rest, -1) {
		if ids[m[1]] {
			t.Errorf("%s: two elements have the id %q", name, m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range refOf.FindAllStringSubmatch(rest, -1) {
		for _, id := range strings.Fields(m[1]) {
			if !ids[id] {
				t.Errorf("%s: nothing has the id %q", name, id)
			}
		}
	}
}

func TestCheckDocumentFinds(t *testing.T) {
	for _, bad := range []string{"<p><b></p></b>", "<p>", "<p a=b></p>", "a < b", `<p id="a"></p><p id="a"></p>`, `<label for="x"></label>`, "</p>"} {
		inner := &testing.T{}
		done := make(chan bool)
		go func() { // Fatalf ends its goroutine
			defer close(done)
			checkDocument(inner, "bad", "<!DOCTYPE html>"+bad)
		}()
		if <-done; !inner.Failed() {
			t.Errorf("%s is let through", bad)
		}
	}
}

// everyPage visits every page in one language.
func everyPage(p *person) map[string]seen {
	pages := map[string]seen{}
	for _, path := range []string{"/", "/au-revoir", "/hors-ligne", "/nulle-part", "/pieges", "/retour", "/demande/identite",
		"/pieges/boucle", "/pieges/memoire", "/pieges/alertes", "/pieges/fenetre"} {
		pages[path] = p.get("mairie.localhost" + path)
	}
	login := p.post("mairie.localhost/commencer", "prenom", "Zoé")
	pages["login"] = login
	pages["login-client"] = p.get("connexion.localhost/authorize")
	pages["login-wrong"] = p.post("connexion.localhost/authorize", "client_id", clientID, "redirect_uri", returnURL, "state", "x", "code", "9")
	pages["identite"] = p.signIn("Zoé")
	pages["identite-wrong"] = p.post("mairie.localhost/demande/identite")
	p.post("mairie.localhost/demande/identite", "prenom", "Zoé", "nom", "Martin", "naissance", "1/1/2000")
	pages["adresse"] = p.get("mairie.localhost/demande/adresse")
	pages["adresse-wrong"] = p.post("mairie.localhost/demande/adresse", "code_postal", "1")
	pages["resume"] = p.fillIn("Zoé", "Martin", "1 rue A")
	pages["situation"] = p.get("mairie.localhost/demande/situation")
	pages["situation-wrong"] = p.post("mairie.localhost/demande/situation")
	pages["resume-wrong"] = p.post("mairie.localhost/demande/resume")
	pages["receipt"] = p.send()
	pages["mandates"] = p.get("aidants.localhost/")
	pages["mandates-wrong"] = p.post("aidants.localhost/", "identifiant", "aidant", "code", "9")
	pages["mandates-signed"] = p.post("aidants.localhost/", "identifiant", " Aidant", "code", "4321")
	return pages
}

func TestEveryPage(t *testing.T) {
	w := open(t)
	for _, lang := range []string{french, english} {
		p := w.person()
		p.lang = lang
		titles := map[string]bool{}
		for name, page := range everyPage(p) {
			name = lang + " " + name
			checkDocument(t, name, page.Body)
			for _, want := range []string{`<html lang="` + lang + `">`, "<h1>", "<main ", `src="http://pisteur.localhost/mesure.js"`,
				`src="http://pisteur.localhost/pixel.gif"`, `rel="preconnect" href="http://pisteur.localhost"`, `src="/static/app.js"`} {
				if !strings.Contains(page.Body, want) {
					t.Errorf("%s lacks %s", name, want)
				}
			}
			if strings.Contains(page.Body, "⟦") || strings.Contains(page.Body, "%!") {
				t.Errorf("%s has words missing", name)
			}
			if n := strings.Count(page.Body, " autofocus"); n > 1 {
				t.Errorf("%s: %d fields want the focus", name, n)
			}
			title := regexp.MustCompile(`<title>([^<]+)</title>`).FindString(page.Body)
			titles[title] = true
		}
		if len(titles) < 15 {
			t.Errorf("%s: only %d different titles", lang, len(titles))
		}
	}
}

// TestTypingWorksAtOnce checks that the first field asks for the focus where
// a person types first.
func TestTypingWorksAtOnce(t *testing.T) {
	p := open(t).person()
	for name, page := range map[string]seen{"prenom": p.get("mairie.localhost/"), "identifiant": p.post("mairie.localhost/commencer")} {
		if !regexp.MustCompile(`<input id="` + name + `"[^>]* autofocus>`).MatchString(page.Body) {
			t.Errorf("%s does not get the focus", name)
		}
	}
}

func TestSameWordsInBothLanguages(t *testing.T) {
	words := New().pages.words
	for key, text := range words[french] {
		other, ok := words[english][key]
		if !ok || strings.Count(text, "%") != strings.Count(other, "%") || other == "" || text == "" {
			t.Errorf("%s: %q and %q", key, text, other)
		}
	}
	if len(words[french]) != len(words[english]) {
		t.Errorf("%d keys and %d", len(words[french]), len(words[english]))
	}
}

// TestShellExists checks that all a page or the service worker names is there.
func TestShellExists(t *testing.T) {
	p := open(t).person()
	named := regexp.MustCompile(`["'](/(?:static/[a-z.]+|hors-ligne|sw\.js))["']`)
	sources, err := fs.Glob(files, "*/*.*")
	if err != nil || len(sources) < 10 {
		t.Fatalf("%d sources, %v", len(sources), err)
	}
	found := 0
	for _, name := range sources {
		text, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			found++
			if s := p.get("mairie.localhost" + m[1]); s.Status != 200 {
				t.Errorf("%s names %s: %d", name, m[1], s.Status)
			}
		}
	}
	if found < 12 {
		t.Errorf("only %d names found", found)
	}
	for _, look := range []string{"town", "provider"} { // named with a template
		p.get("connexion.localhost/static/"+look+".svg").at(t, 200, "connexion.localhost/static/"+look+".svg")
	}
}
