package demosite

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"
)

// dossier is what the town hall knows of one visitor, between the first page
// and the end of the visit. Answers is never altered in place: the table hands
// out copies that share it.
type dossier struct {
	State   string // what the provider must give back, once
	Signed  bool
	Answers map[string]string
	Receipt string // number, once sent
	Sent    time.Time
}

const visitCookie = "visite"

// town is the town hall.
func (s *Site) town() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.start)
	mux.HandleFunc("POST /commencer", s.begin)
	mux.HandleFunc("GET /retour", s.comeBack)
	mux.HandleFunc("GET /demande/{step}", s.signedIn(s.showStep))
	mux.HandleFunc("POST /demande/{step}", s.signedIn(s.answerStep))
	mux.HandleFunc("GET /recu/{number}", s.signedIn(s.receipt))
	mux.HandleFunc("POST /quitter", s.leave)
	mux.HandleFunc("GET /au-revoir", func(w http.ResponseWriter, r *http.Request) {
		s.notice(w, r, http.StatusOK, "bye")
	})
	mux.HandleFunc("GET /hors-ligne", func(w http.ResponseWriter, r *http.Request) {
		s.notice(w, r, http.StatusOK, "offline")
	})
	mux.HandleFunc("GET /pieges", s.trapList)
	mux.HandleFunc("GET /pieges/{name}", s.trap)
	mux.Handle("GET /static/", s.static())
	mux.HandleFunc("GET /sw.js", serviceWorker) // at the root: its place is its reach
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.notice(w, r, http.StatusNotFound, "unknown")
	})
	return s.guarded(HostTown, mux)
}

func serviceWorker(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeFileFS(w, r, files, "static/sw.js")
}

// visit returns the visitor's key and dossier.
func (s *Site) visit(r *http.Request) (string, dossier, bool) {
	c, err := r.Cookie(visitCookie)
	if err != nil {
		return "", dossier{}, false
	}
	d, ok := s.dossiers.get(c.Value)
	return c.Value, d, ok
}

// setVisit gives the visitor a key. It ends with the browser; not Secure,
// because this site is plain http on loopback.
func setVisit(w http.ResponseWriter, key string) {
	http.SetCookie(w, &http.Cookie{Name: visitCookie, Value: key, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (s *Site) start(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, page{Name: "start"})
}

// begin opens a dossier and sends the visitor to the provider. The first name
// is not checked here: the form asks for it again.
func (s *Site) begin(w http.ResponseWriter, r *http.Request) {
	if key, _, ok := s.visit(r); ok {
		s.dossiers.take(key)
	}
	d := dossier{State: rand.Text(), Answers: map[string]string{}}
	if name := clean(r.PostFormValue("prenom")); utf8.RuneCountInString(name) <= maxAnswer {
		d.Answers["prenom"] = name
	}
	setVisit(w, s.dossiers.add(d))
	q := url.Values{"client_id": {clientID}, "redirect_uri": {returnURL}, "state": {d.State}, "lang": {language(r)}}
	http.Redirect(w, r, "http://"+HostLogin+"/authorize?"+q.Encode(), http.StatusSeeOther)
}

// comeBack accepts a visitor whom the provider vouches for, if it was this
// visitor who was sent there. The key changes, so that one known from before
// the login is worth nothing after it.
func (s *Site) comeBack(w http.ResponseWriter, r *http.Request) {
	key, d, ok := s.visit(r)
	state := r.URL.Query().Get("state")
	if !ok || d.State == "" || subtle.ConstantTimeCompare([]byte(state), []byte(d.State)) != 1 {
		s.notice(w, r, http.StatusBadRequest, "state")
		return
	}
	if _, ok := s.tickets.take(r.URL.Query().Get("code")); !ok {
		s.notice(w, r, http.StatusBadRequest, "state")
		return
	}
	s.dossiers.take(key)
	d.State, d.Signed = "", true
	setVisit(w, s.dossiers.add(d))
	http.Redirect(w, r, "/demande/"+s.steps[0].Slug, http.StatusSeeOther)
}

// visitor is a request of somebody who is signed in.
type visitor struct {
	*http.Request
	key     string
	dossier dossier
}

// signedIn lets only signed-in visitors through.
func (s *Site) signedIn(h func(http.ResponseWriter, visitor)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key, d, ok := s.visit(r)
		if !ok || !d.Signed {
			s.notice(w, r, http.StatusForbidden, "signed-out")
			return
		}
		h(w, visitor{r, key, d})
	}
}

// step finds the step of a request, if the visitor may be there: a form is
// filled in from the front, and is over once it is sent.
func (s *Site) step(w http.ResponseWriter, v visitor) (int, bool) {
	slug := v.PathValue("step")
	at := slices.IndexFunc(s.steps, func(st step) bool { return st.Slug == slug })
	if at < 0 {
		s.notice(w, v.Request, http.StatusNotFound, "unknown")
		return 0, false
	}
	if v.dossier.Receipt != "" {
		http.Redirect(w, v.Request, "/recu/"+v.dossier.Receipt, http.StatusSeeOther)
		return 0, false
	}
	open := firstOpen(s.steps, v.dossier.Answers, time.Now())
	if last := slices.IndexFunc(s.steps, func(st step) bool { return st.Slug == open }); at > last {
		http.Redirect(w, v.Request, "/demande/"+open, http.StatusSeeOther)
		return 0, false
	}
	return at, true
}

func (s *Site) showStep(w http.ResponseWriter, v visitor) {
	if at, ok := s.step(w, v); ok {
		s.renderStep(w, v, http.StatusOK, at, v.dossier.Answers, nil)
	}
}

// answerStep keeps the answers of a step and goes on, or shows what is wrong
// with them.
func (s *Site) answerStep(w http.ResponseWriter, v visitor) {
	at, ok := s.step(w, v)
	if !ok {
		return
	}
	st := s.steps[at]
	answers := map[string]string{}
	for _, f := range st.Fields {
		answers[f.Name] = clean(v.PostFormValue(f.Name))
	}
	if problems := st.problems(answers, time.Now()); len(problems) > 0 {
		if st.Slug == summary {
			maps.Copy(answers, v.dossier.Answers)
		}
		s.renderStep(w, v, http.StatusUnprocessableEntity, at, answers, problems)
		return
	}
	if st.Slug == summary {
		s.send(w, v)
		return
	}
	d, ok := s.dossiers.change(v.key, func(d *dossier) {
		d.Answers = maps.Clone(d.Answers)
		maps.Copy(d.Answers, answers)
	})
	if !ok {
		s.notice(w, v.Request, http.StatusForbidden, "signed-out")
		return
	}
	// Who came back to change one answer is not asked the others again.
	http.Redirect(w, v.Request, "/demande/"+firstOpen(s.steps, d.Answers, time.Now()), http.StatusSeeOther)
}

// send gives the dossier its number, once.
func (s *Site) send(w http.ResponseWriter, v visitor) {
	n, err := rand.Int(rand.Reader, big.NewInt(900_000))
	if err != nil {
		s.notice(w, v.Request, http.StatusInternalServerError, "unknown")
		return
	}
	d, ok := s.dossiers.change(v.key, func(d *dossier) {
		if d.Receipt == "" {
			d.Receipt, d.Sent = fmt.Sprint(100_000+n.Int64()), time.Now()
		}
	})
	if !ok {
		s.notice(w, v.Request, http.StatusForbidden, "signed-out")
		return
	}
	http.Redirect(w, v.Request, "/recu/"+d.Receipt, http.StatusSeeOther)
}

// leave forgets the visitor.
func (s *Site) leave(w http.ResponseWriter, r *http.Request) {
	if key, _, ok := s.visit(r); ok {
		s.dossiers.take(key)
	}
	http.SetCookie(w, &http.Cookie{Name: visitCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/au-revoir", http.StatusSeeOther)
}
