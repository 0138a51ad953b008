package demosite

import (
	"context"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// world is a running site and how to reach it.
type world struct {
	t     *testing.T
	site  *Site
	hosts map[string]string
}

func open(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, site: New()}
	var err error
	if w.hosts, err = w.site.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// person is a client with cookies of its own, as a browser is.
type person struct {
	*world
	http http.Client
	lang string // Accept-Language
}

func (w *world) person() *person {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	var dialer net.Dialer
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, _ := net.SplitHostPort(address)
		return dialer.DialContext(ctx, network, w.hosts[host])
	}}
	w.t.Cleanup(transport.CloseIdleConnections)
	return &person{world: w, http: http.Client{Jar: jar, Transport: transport}}
}

// seen is an answer, after redirects.
type seen struct {
	Status int
	URL    *url.URL
	Header http.Header
	Body   string
	text   string // of the body, as a person reads it
}

func (p *person) do(req *http.Request) seen {
	p.t.Helper()
	if p.lang != "" {
		req.Header.Set("Accept-Language", p.lang)
	}
	res, err := p.http.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return seen{res.StatusCode, res.Request.URL, res.Header, string(body), html.UnescapeString(tags.ReplaceAllString(string(body), " "))}
}

var tags = regexp.MustCompile(`<[^>]*>`)

func (p *person) get(address string) seen {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), "GET", "http://"+address, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.do(req)
}

func (p *person) post(address string, values ...string) seen {
	p.t.Helper()
	form := url.Values{}
	for i := 0; i < len(values); i += 2 {
		form.Add(values[i], values[i+1])
	}
	req, err := http.NewRequestWithContext(p.t.Context(), "POST", "http://"+address, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.do(req)
}

// at checks where one is.
func (s seen) at(t *testing.T, status int, place string) seen {
	t.Helper()
	if got := s.URL.Host + s.URL.Path; s.Status != status || got != place {
		t.Fatalf("at %s with %d, want %s with %d", got, s.Status, place, status)
	}
	return s
}

// says checks that a page contains words.
func (s seen) says(t *testing.T, words ...string) seen {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(s.text, w) {
			t.Errorf("%s does not say %q", s.URL.Path, w)
		}
	}
	return s
}

// signIn goes through the provider and returns the first page of the form.
func (p *person) signIn(name string) seen {
	p.t.Helper()
	at := p.post("mairie.localhost/commencer", "prenom", name).at(p.t, 200, "connexion.localhost/authorize")
	q := at.URL.Query()
	return p.post("connexion.localhost/authorize", "client_id", q.Get("client_id"), "redirect_uri", q.Get("redirect_uri"),
		"state", q.Get("state"), "identifiant", "demo", "code", "1234").at(p.t, 200, "mairie.localhost/demande/identite")
}

// fillIn answers the whole form up to the summary.
func (p *person) fillIn(name, family, street string) seen {
	p.t.Helper()
	p.post("mairie.localhost/demande/identite", "prenom", name, "nom", family, "naissance", "14/07/1980").
		at(p.t, 200, "mairie.localhost/demande/adresse")
	p.post("mairie.localhost/demande/adresse", "rue", street, "code_postal", "01234", "ville", "Ville-Démo").
		at(p.t, 200, "mairie.localhost/demande/situation")
	return p.post("mairie.localhost/demande/situation", "activite", "retraite", "foyer", "2", "revenus", "moins", "remise", "courrier").
		at(p.t, 200, "mairie.localhost/demande/resume")
}

// send ends the form and returns the receipt.
func (p *person) send() seen {
	p.t.Helper()
	s := p.post("mairie.localhost/demande/resume", "exact", "oui")
	if s.Status != 200 || !strings.HasPrefix(s.URL.Path, "/recu/") {
		p.t.Fatalf("sent, and at %s with %d", s.URL.Path, s.Status)
	}
	return s
}
