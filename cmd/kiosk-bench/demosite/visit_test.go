package demosite

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestWholeVisit(t *testing.T) {
	p := open(t).person()
	p.get("mairie.localhost/").at(t, 200, "mairie.localhost/").says(t, "Carte de transport solidaire", "Quel est votre prénom ?")
	p.signIn("Zoé").says(t, "Étape 1 sur 4")
	p.fillIn("Zoé", "Martin", "12 rue des Lilas").says(t, "Vérifiez vos réponses", "Martin", "Je suis à la retraite", "Pas de réponse")
	receipt := p.send().says(t, "Votre demande est envoyée", "Zoé Martin", "12 rue des Lilas", "par la poste")
	if !strings.Contains(receipt.text, strings.TrimPrefix(receipt.URL.Path, "/recu/")) {
		t.Error("the receipt does not show its number")
	}
	p.get("mairie.localhost/demande/identite").at(t, 200, "mairie.localhost"+receipt.URL.Path) // sent is sent
	p.post("mairie.localhost/quitter").at(t, 200, "mairie.localhost/au-revoir").says(t, "Vous êtes déconnecté")
	p.get("mairie.localhost"+receipt.URL.Path).says(t, "Vous n’êtes pas connecté")
	if n := p.site.dossiers.len(); n != 0 {
		t.Errorf("%d dossiers left after signing out", n)
	}
}

func TestFirstNameIsKept(t *testing.T) {
	page := open(t).person().signIn("  Anne\tMarie ")
	if !strings.Contains(page.Body, `value="Anne Marie"`) {
		t.Error("the form does not know the first name")
	}
}

// A helper's login is worth nothing to anybody else, nor after it.
func TestMandates(t *testing.T) {
	w := open(t)
	p, other := w.person(), w.person()
	const secret = "Camille Martin"
	if page := p.post("aidants.localhost/", "identifiant", "aidant", "code", "1234"); page.Status != 422 || strings.Contains(page.text, secret) {
		t.Errorf("the wrong code: %d", page.Status)
	}
	if page := p.post("aidants.localhost/", "identifiant", "aidant", "code", "4321"); page.Status != 200 || !strings.Contains(page.text, secret) {
		t.Errorf("the right code: %d", page.Status)
	}
	if strings.Contains(other.get("aidants.localhost/").text, secret) {
		t.Error("somebody else is signed in")
	}
	if strings.Contains(p.post("aidants.localhost/quitter").text, secret) || strings.Contains(p.get("aidants.localhost/").text, secret) {
		t.Error("still signed in")
	}
}

func TestEnglish(t *testing.T) {
	w := open(t)
	byHeader := w.person()
	byHeader.lang = "en-GB,fr;q=0.5"
	byHeader.get("mairie.localhost/").says(t, "What is your first name?")
	byHeader.signIn("Ann").says(t, "Step 1 of 4", "Who are you?")

	byLink := w.person()
	byLink.get("mairie.localhost/?lang=en").says(t, "What is your first name?")
	byLink.get("mairie.localhost/").says(t, "What is your first name?")
	byLink.get("mairie.localhost/?lang=fr").says(t, "Quel est votre prénom ?")
	at := byLink.post("mairie.localhost/commencer")
	q := at.URL.Query()
	q.Set("lang", "en")
	byLink.get("connexion.localhost/authorize?"+q.Encode()).says(t, "Demonstration account")
}

func TestPreferred(t *testing.T) {
	for header, want := range map[string]string{
		"": "fr", "en": "en", "fr": "fr", "de": "fr", "de,en;q=0.3": "en", "fr;q=0.4, en;q=0.8": "en",
		"en;q=0": "fr", "en-US": "en", "EN": "en", "fr,en": "fr", "en;q=x": "fr", "C": "fr", ";;,,": "fr", "en;q=2": "fr",
	} {
		if got := preferred(header); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

// TestCookies checks what keeps a visit from scripts and from other sites.
func TestCookies(t *testing.T) {
	w := open(t)
	p := w.person()
	p.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	set := p.post("mairie.localhost/commencer", "prenom", "Zoé").Header.Get("Set-Cookie")
	for _, want := range []string{"visite=", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(set, want) {
			t.Errorf("cookie %q lacks %s", set, want)
		}
	}
	if strings.Contains(set, "Max-Age") || strings.Contains(set, "Expires") {
		t.Errorf("cookie %q outlives the browser", set)
	}
}

func TestKeyChangesAtLogin(t *testing.T) {
	p := open(t).person()
	town := &url.URL{Scheme: "http", Host: HostTown}
	p.post("mairie.localhost/commencer")
	before := p.http.Jar.Cookies(town)[0].Value
	if _, ok := p.site.dossiers.get(before); !ok {
		t.Fatal("no dossier before the login") // positive control
	}
	p.signIn("Zoé")
	if after := p.http.Jar.Cookies(town)[0].Value; after == before {
		t.Error("the key is the same after the login")
	}
	if n := p.site.dossiers.len(); n != 1 {
		t.Errorf("%d dossiers for one person", n)
	}
}

func TestTwoPeopleSeeTheirOwn(t *testing.T) {
	w := open(t)
	a, b := w.person(), w.person()
	a.signIn("Aline")
	b.signIn("Boris")
	a.fillIn("Aline", "Canariaa", "1 rue A")
	b.fillIn("Boris", "Canaribb", "2 rue B")
	receipt := a.send()
	theirs := b.send()
	if receipt.URL.Path == theirs.URL.Path {
		t.Skip("both drew the same number of 900 000")
	}
	if strings.Contains(theirs.Body, "Canariaa") {
		t.Error("one person's receipt shows another's name")
	}
	if s := b.get("mairie.localhost" + receipt.URL.Path); s.Status != 404 || strings.Contains(s.Body, "Canariaa") {
		t.Errorf("another's receipt: %d", s.Status)
	}
	a.get("mairie.localhost"+receipt.URL.Path).at(t, 200, "mairie.localhost"+receipt.URL.Path).says(t, "Canariaa")
	a.post("mairie.localhost/quitter")
	b.get("mairie.localhost"+theirs.URL.Path).at(t, 200, "mairie.localhost"+theirs.URL.Path)
}

func TestThirdPartyCounts(t *testing.T) {
	w := open(t)
	w.person().get("mairie.localhost/")
	if n := w.site.ThirdParty(); n != 0 {
		t.Errorf("reached %d times by a client that loads one page", n)
	}
	p := w.person()
	if s := p.get("pisteur.localhost/mesure.js"); s.Status != 200 || s.Body == "" {
		t.Errorf("the script: %d %q", s.Status, s.Body)
	}
	if n := w.site.ThirdParty(); n != 2 { // a connection and a request
		t.Errorf("counted %d for one request on a new connection", n)
	}
	if s := p.get("pisteur.localhost/pixel.gif"); http.DetectContentType([]byte(s.Body)) != "image/gif" {
		t.Error("the pixel is no image")
	}
	if n := w.site.ThirdParty(); n != 3 {
		t.Errorf("counted %d after a second request", n)
	}
}
