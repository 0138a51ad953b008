package demosite

import (
	"net/http"
	"strings"
)

// The demonstration account of a helper, shown on the page that asks for it.
const (
	helperUser = "aidant"
	helperCode = "4321"
)

const helperCookie = "aidant"

// mandatesData is what the page of the helpers' service shows.
type mandatesData struct{ User, DemoUser, DemoCode string }

// mandates is the helpers' own service: whoever helps keeps there for whom they
// may act. It knows one account and nothing of the town hall.
func (s *Site) mandates() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { s.showMandates(w, r, http.StatusOK, false) })
	mux.HandleFunc("POST /{$}", s.helperSignIn)
	mux.HandleFunc("POST /quitter", s.helperLeave)
	mux.Handle("GET /static/", s.static())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.notice(w, r, http.StatusNotFound, "unknown")
	})
	return s.guarded(HostHelpers, mux)
}

// showMandates shows them to a helper who is signed in, and asks anybody else
// to do so.
func (s *Site) showMandates(w http.ResponseWriter, r *http.Request, status int, failed bool) {
	signed := false
	if c, err := r.Cookie(helperCookie); err == nil {
		_, signed = s.helpers.get(c.Value)
	}
	s.show(w, r, status, page{Name: "mandates", Desk: true, Signed: signed, Failed: failed,
		Data: mandatesData{r.PostFormValue("identifiant"), helperUser, helperCode}})
}

func (s *Site) helperSignIn(w http.ResponseWriter, r *http.Request) {
	user := strings.ToLower(strings.TrimSpace(r.PostFormValue("identifiant")))
	if user != helperUser || strings.TrimSpace(r.PostFormValue("code")) != helperCode {
		s.showMandates(w, r, http.StatusUnprocessableEntity, true)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: helperCookie, Value: s.helpers.add(struct{}{}), Path: "/", HttpOnly: true,
		SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Site) helperLeave(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(helperCookie); err == nil {
		s.helpers.take(c.Value)
	}
	http.SetCookie(w, &http.Cookie{Name: helperCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
