package demosite

import (
	"net/http"
	"net/url"
	"strings"
)

// The demonstration account, shown on the page that asks for it.
const (
	demoUser = "demo"
	demoCode = "1234"
)

const (
	clientID  = "mairie"
	returnURL = "http://" + HostTown + "/retour"
	maxState  = 128 // bytes
)

// loginData is what the login page shows.
type loginData struct {
	State, ClientID, Return, User string
	DemoUser, DemoCode            string
}

// login is the provider: it knows one client, the town hall, and one account.
// It keeps no session of its own.
func (s *Site) login() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", s.authorize)
	mux.HandleFunc("POST /authorize", s.signIn)
	mux.Handle("GET /static/", s.static())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.notice(w, r, http.StatusNotFound, "unknown")
	})
	return s.guarded(HostLogin, mux)
}

// knownClient refuses to send anybody anywhere but back to the town hall.
func (s *Site) knownClient(w http.ResponseWriter, r *http.Request) bool {
	state := r.FormValue("state")
	if r.FormValue("client_id") == clientID && r.FormValue("redirect_uri") == returnURL && state != "" && len(state) <= maxState {
		return true
	}
	s.notice(w, r, http.StatusBadRequest, "client")
	return false
}

func (s *Site) authorize(w http.ResponseWriter, r *http.Request) {
	if s.knownClient(w, r) {
		s.showLogin(w, r, http.StatusOK, false)
	}
}

func (s *Site) showLogin(w http.ResponseWriter, r *http.Request, status int, failed bool) {
	s.show(w, r, status, page{Name: "login", Login: true, Failed: failed, Data: loginData{
		State: r.FormValue("state"), ClientID: clientID, Return: returnURL, User: r.PostFormValue("identifiant"),
		DemoUser: demoUser, DemoCode: demoCode,
	}})
}

// signIn checks the account and sends the browser back with a ticket that
// counts once.
func (s *Site) signIn(w http.ResponseWriter, r *http.Request) {
	if !s.knownClient(w, r) {
		return
	}
	user := strings.ToLower(strings.TrimSpace(r.PostFormValue("identifiant")))
	if user != demoUser || strings.TrimSpace(r.PostFormValue("code")) != demoCode {
		s.showLogin(w, r, http.StatusUnprocessableEntity, true)
		return
	}
	back := url.Values{"code": {s.tickets.add(struct{}{})}, "state": {r.PostFormValue("state")}}
	http.Redirect(w, r, returnURL+"?"+back.Encode(), http.StatusSeeOther)
}
