package demosite

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
)

//go:embed templates/*.html text/*.json static
var files embed.FS

// pages is the embedded material, parsed.
type pages struct {
	templates map[string]*template.Template
	words     map[string]map[string]string
}

// page is what every template gets.
type page struct {
	Name    string // of the template
	Lang    string
	Title   string
	Login   bool // looks like the provider, not like the town hall
	Desk    bool // looks like the helpers' service
	Signed  bool // somebody is signed in
	Trap    string
	Failed  bool // the form has mistakes
	French  string
	English string
	Data    any
	words   map[string]string
}

// T returns the words under a key, with values filled in.
func (p page) T(key string, values ...any) string {
	text, ok := p.words[key]
	if !ok {
		return "⟦" + key + "⟧"
	}
	if len(values) == 0 {
		return text
	}
	return fmt.Sprintf(text, values...)
}

// loadPages parses what is embedded; a mistake there is found by every test.
func loadPages() pages {
	p := pages{templates: map[string]*template.Template{}, words: map[string]map[string]string{}}
	for _, lang := range []string{french, english} {
		text, err := files.ReadFile("text/" + lang + ".json")
		if err != nil {
			panic(err)
		}
		words := map[string]string{}
		if err := json.Unmarshal(text, &words); err != nil {
			panic(fmt.Errorf("text/%s.json: %w", lang, err))
		}
		p.words[lang] = words
	}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		short := strings.TrimSuffix(path.Base(name), ".html")
		if short != "layout" {
			p.templates[short] = template.Must(template.ParseFS(files, "templates/layout.html", name))
		}
	}
	return p
}

// show answers with a page. The title comes from "<name>.title" unless given.
func (s *Site) show(w http.ResponseWriter, r *http.Request, status int, p page) {
	p.Lang = language(r)
	p.words = s.pages.words[p.Lang]
	if p.Title == "" {
		p.Title = p.T(p.Name + ".title")
	}
	p.French, p.English = inLanguage(r, french, p.Login), inLanguage(r, english, p.Login)
	var body bytes.Buffer
	if err := s.pages.templates[p.Name].ExecuteTemplate(&body, "layout", p); err != nil {
		http.Error(w, "page "+p.Name, http.StatusInternalServerError)
		return
	}
	rememberLanguage(w, r)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", p.Lang)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // fails when the visitor left
}

// inLanguage is the address of this page in a language. What the provider was
// asked must be in the address again.
func inLanguage(r *http.Request, lang string, login bool) string {
	q := url.Values{"lang": {lang}}
	if login {
		for _, name := range []string{"client_id", "redirect_uri", "state"} {
			q.Set(name, r.FormValue(name))
		}
	}
	return r.URL.EscapedPath() + "?" + q.Encode()
}

// notice answers with one plain sentence and a way on.
func (s *Site) notice(w http.ResponseWriter, r *http.Request, status int, kind string) {
	words := page{words: s.pages.words[language(r)]}
	s.show(w, r, status, page{Name: "notice", Title: words.T(kind + ".title"), Data: kind})
}

// static serves the embedded style, scripts and pictures.
func (s *Site) static() http.Handler {
	sub, err := fs.Sub(files, "static")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	server := http.StripPrefix("/static/", http.FileServerFS(sub))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") { // no listing
			s.notice(w, r, http.StatusNotFound, "unknown")
			return
		}
		w.Header().Set("Cache-Control", "max-age=3600")
		server.ServeHTTP(w, r)
	})
}

// guarded puts what holds for every answer in front of a handler: its own
// host only, small bodies, no posts from other sites, and headers.
func (s *Site) guarded(host string, h http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.notice(w, r, http.StatusForbidden, "foreign")
	}))
	h = sameOrigin.Handler(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, _, _ := strings.Cut(r.Host, ":"); name != host {
			http.Error(w, "this is "+host, http.StatusMisdirectedRequest)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		// Not no-referrer: a form would then send "Origin: null".
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		// Nothing here forbids foreign scripts or images: that the third party
		// stays out must be the kiosk's doing.
		header.Set("Content-Security-Policy", "frame-ancestors 'none'; base-uri 'none'; object-src 'none'")
		h.ServeHTTP(w, r)
	})
}
