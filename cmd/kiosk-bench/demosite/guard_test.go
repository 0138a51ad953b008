package demosite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWrongStateIsRefused(t *testing.T) {
	w := open(t)
	p := w.person()
	begun := p.post("mairie.localhost/commencer", "prenom", "Zoé")
	ticket := p.site.tickets.add(struct{}{})
	for _, query := range []string{"", "?code=" + ticket, "?state=&code=" + ticket, "?state=wrong&code=" + ticket,
		"?state=" + begun.URL.Query().Get("state"), "?code=wrong&state=" + begun.URL.Query().Get("state")} {
		p.get("mairie.localhost/retour"+query).at(t, http.StatusBadRequest, "mairie.localhost/retour").says(t, "La connexion n’a pas marché")
		p.get("mairie.localhost/demande/identite").at(t, http.StatusForbidden, "mairie.localhost/demande/identite")
	}
	good := "mairie.localhost/retour?code=" + ticket + "&state=" + begun.URL.Query().Get("state")
	stranger := w.person()
	stranger.get(good).at(t, http.StatusBadRequest, "mairie.localhost/retour") // no visit of their own
	stranger.post("mairie.localhost/commencer")
	stranger.get(good).at(t, http.StatusBadRequest, "mairie.localhost/retour") // another's state
	p.get(good).at(t, 200, "mairie.localhost/demande/identite")
	p.get(good).at(t, http.StatusBadRequest, "mairie.localhost/retour") // once only
}

func TestProviderKnowsOneClient(t *testing.T) {
	p := open(t).person()
	for _, c := range [][3]string{{"", "", ""}, {"autre", returnURL, "x"}, {clientID, "http://pisteur.localhost/", "x"},
		{clientID, returnURL + "/../", "x"}, {clientID, returnURL, ""}, {clientID, returnURL, strings.Repeat("x", maxState+1)}} {
		form := []string{"client_id", c[0], "redirect_uri", c[1], "state", c[2], "identifiant", "demo", "code", "1234"}
		p.post("connexion.localhost/authorize", form...).at(t, http.StatusBadRequest, "connexion.localhost/authorize")
		q := url.Values{"client_id": {c[0]}, "redirect_uri": {c[1]}, "state": {c[2]}}
		p.get("connexion.localhost/authorize?"+q.Encode()).at(t, http.StatusBadRequest, "connexion.localhost/authorize")
	}
}

func TestWrongCode(t *testing.T) {
	p := open(t).person()
	state := p.post("mairie.localhost/commencer").URL.Query().Get("state")
	page := p.post("connexion.localhost/authorize", "client_id", clientID, "redirect_uri", returnURL, "state", state,
		"identifiant", "Demo", "code", "4321").at(t, http.StatusUnprocessableEntity, "connexion.localhost/authorize").
		says(t, "L’identifiant ou le code est faux.")
	if strings.Contains(page.Body, "4321") || p.site.tickets.len() != 0 {
		t.Error("a wrong code is repeated or accepted")
	}
	p.post("connexion.localhost/authorize", "client_id", clientID, "redirect_uri", returnURL, "state", state,
		"identifiant", " DEMO ", "code", "1234 ").at(t, 200, "mairie.localhost/demande/identite")
}

func TestOtherSitesCannotPost(t *testing.T) {
	p := open(t).person()
	p.signIn("Zoé")
	for _, header := range []string{"Origin", "Sec-Fetch-Site"} {
		value := map[string]string{"Origin": "http://pisteur.localhost", "Sec-Fetch-Site": "cross-site"}[header]
		req := httptest.NewRequest("POST", "http://mairie.localhost/quitter", nil)
		req.RequestURI = ""
		req.Header.Set(header, value)
		p.do(req.WithContext(t.Context())).at(t, http.StatusForbidden, "mairie.localhost/quitter")
	}
	p.get("mairie.localhost/demande/identite").at(t, 200, "mairie.localhost/demande/identite") // still signed in
	req := httptest.NewRequest("POST", "http://mairie.localhost/quitter", nil)
	req.RequestURI = ""
	req.Header.Set("Origin", "http://mairie.localhost")
	p.do(req.WithContext(t.Context())).at(t, 200, "mairie.localhost/au-revoir")
}

func TestHeaders(t *testing.T) {
	p := open(t).person()
	page := p.get("mairie.localhost/")
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
		"Content-Language": "fr", "Referrer-Policy": "same-origin"} {
		if got := page.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	// A policy that names sources would do the kiosk's work for it.
	for _, word := range []string{"default-src", "script-src", "img-src", "connect-src"} {
		if strings.Contains(page.Header.Get("Content-Security-Policy"), word) {
			t.Errorf("the site's own policy has %s", word)
		}
	}
}

func TestBounds(t *testing.T) {
	w := open(t)
	first := w.person()
	first.post("mairie.localhost/commencer")
	for range maxDossiers + 10 {
		w.site.dossiers.add(dossier{})
	}
	for range maxTickets + 10 {
		w.site.tickets.add(struct{}{})
	}
	if d, k := w.site.dossiers.len(), w.site.tickets.len(); d != maxDossiers || k != maxTickets {
		t.Errorf("%d dossiers and %d tickets", d, k)
	}
	p := w.person()
	p.signIn("Zoé")
	s := p.post("mairie.localhost/demande/identite", "prenom", strings.Repeat("x", maxBody+1))
	s.at(t, http.StatusUnprocessableEntity, "mairie.localhost/demande/identite")
	if len(s.Body) > maxBody {
		t.Error("a huge answer comes back")
	}
	s = p.post("mairie.localhost/demande/identite", "prenom", strings.Repeat("é", 81), "nom", "a", "naissance", "1/1/2000").says(t, "trop longue")
	s.at(t, http.StatusUnprocessableEntity, "mairie.localhost/demande/identite")
}

func TestOldestGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := newTable[int](2, time.Hour)
		a := table.add(1)
		time.Sleep(time.Second)
		b := table.add(2)
		time.Sleep(time.Second)
		table.get(a) // a is used later than b now
		time.Sleep(time.Second)
		table.add(3)
		if _, ok := table.get(b); ok {
			t.Error("the row used the longest ago stayed")
		}
		if v, ok := table.get(a); !ok || v != 1 {
			t.Error("a used row went")
		}
	})
}

func TestForgottenAfterHalfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		s := New()
		go s.forget(ctx)
		key := s.dossiers.add(dossier{Signed: true})
		s.tickets.add(struct{}{})
		time.Sleep(dossierLife - time.Nanosecond)
		if _, ok := s.dossiers.get(key); !ok {
			t.Error("forgotten too early")
		}
		if n := s.tickets.len(); n != 0 {
			t.Errorf("%d tickets after half an hour", n)
		}
		time.Sleep(dossierLife) // the last look was a use
		if _, ok := s.dossiers.get(key); ok {
			t.Error("still known after half an hour")
		}
		s.dossiers.add(dossier{})
		time.Sleep(dossierLife + sweepEvery) // and without anybody asking
		if n := s.dossiers.len(); n != 0 {
			t.Errorf("%d dossiers kept", n)
		}
		stop()
		synctest.Wait()
	})
}

func TestOnlyItsOwnHost(t *testing.T) {
	w := open(t)
	for _, host := range []string{HostLogin, "evil.example", "127.0.0.1", ""} {
		req := httptest.NewRequest("GET", "/", nil)
		req.Host = host
		answer := httptest.NewRecorder()
		w.site.town().ServeHTTP(answer, req)
		if answer.Code != http.StatusMisdirectedRequest {
			t.Errorf("%q: %d", host, answer.Code)
		}
	}
}

func TestTraps(t *testing.T) {
	p := open(t).person()
	list := p.get("mairie.localhost/pieges").says(t, "Ces pages se bloquent exprès.")
	for _, name := range traps() {
		if !strings.Contains(list.Body, `href="/pieges/`+name+`"`) {
			t.Errorf("%s is not linked", name)
		}
	}
	if s := p.get("mairie.localhost/pieges/telechargement"); !strings.HasPrefix(s.Header.Get("Content-Disposition"), "attachment") {
		t.Error("the download is no download")
	}
	for i := range 3 {
		p.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		want := fmt.Sprintf("/pieges/redirection?n=%d", i+1)
		if got := p.get(fmt.Sprintf("mairie.localhost/pieges/redirection?n=%d", i)).Header.Get("Location"); got != want {
			t.Errorf("redirected to %q, want %q", got, want)
		}
	}
	for _, name := range []string{"boucle", "memoire", "alertes", "fenetre"} {
		s := p.get("mairie.localhost/pieges/" + name)
		if !strings.Contains(s.Body, `data-trap="`+name+`"`) || !strings.Contains(s.Body, "/static/traps.js") {
			t.Errorf("%s is no trap", name)
		}
	}
}

func TestListenEndsWithContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	hosts, err := New().Listen(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var conns []net.Conn
	for _, address := range hosts {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Fatal(err) // it was served
		}
		conns = append(conns, c)
	}
	stop()
	for _, c := range conns {
		c.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("a connection outlives the context")
		}
	}
	for host, address := range hosts {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			t.Errorf("%s still listens", host)
		}
	}
}
