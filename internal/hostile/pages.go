package hostile

import (
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"text/template"
)

//go:embed pages
var pageFiles embed.FS

// pages serves the allowed origins.
func (s *Site) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.begin)
	mux.HandleFunc("GET /page/{name}", s.page)
	mux.HandleFunc("POST /seen", s.seen)
	mux.HandleFunc("/note/{what}", s.noted)
	mux.HandleFunc("/redirect", redirect)
	mux.HandleFunc("/refresh", refresh)
	mux.HandleFunc("GET /file/{name}", file)
	mux.HandleFunc("/auth", s.auth)
	mux.HandleFunc("/form", s.form)
	mux.HandleFunc("GET /pdf/{name}", s.pdf)
	mux.HandleFunc("GET /broken/{kind}", broken)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

// begin leads to the page that is armed.
func (s *Site) begin(w http.ResponseWriter, r *http.Request) {
	v := s.visit("")
	if v == nil {
		fmt.Fprint(w, "<!doctype html><title>nothing armed</title>")
		return
	}
	to := "/page/" + v.page
	mark := "?"
	if strings.Contains(to, "?") {
		mark = "&"
	}
	http.Redirect(w, r, to+mark+"t="+v.Token, http.StatusFound)
}

// page fills in and sends one file of pages/.
func (s *Site) page(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if !strings.Contains(name, ".") {
		name += ".html"
	}
	t, err := template.ParseFS(pageFiles, "pages/common.js", "pages/"+name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	n := s.names(r.Host, s.visit(r.URL.RawQuery).Token)
	n.Page = strings.TrimSuffix(name, ".html")
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	if path.Ext(name) == ".html" {
		_ = t.ExecuteTemplate(w, "common.js", n) // fails when the browser has gone
	}
	_ = t.ExecuteTemplate(w, name, n)
}

// seen takes what a document has seen so far.
func (s *Site) seen(w http.ResponseWriter, r *http.Request) {
	var log []string
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&log); err != nil {
		http.Error(w, "not a list", http.StatusBadRequest)
		return
	}
	if v := s.visit(r.URL.RawQuery); v != nil {
		s.report(v, r.URL.Query().Get("d"), log)
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.WriteHeader(http.StatusNoContent)
}

// noted takes a report of what cannot run our script.
func (s *Site) noted(w http.ResponseWriter, r *http.Request) {
	s.note(s.visit(r.URL.RawQuery+r.Referer()), r.PathValue("what"))
	w.WriteHeader(http.StatusNoContent)
}

// redirect goes wherever it is told, as careless sites do.
func redirect(w http.ResponseWriter, r *http.Request) {
	code, err := strconv.Atoi(r.FormValue("code"))
	if err != nil || code < 300 || code > 399 {
		code = http.StatusFound
	}
	w.Header().Set("Location", r.FormValue("to"))
	w.WriteHeader(code)
}

func refresh(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Refresh", "0; url="+r.FormValue("to"))
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprint(w, "<!doctype html><title>refresh</title>")
}

// file is a download of any type.
func file(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", r.FormValue("type"))
	if as := r.FormValue("as"); as != "" {
		w.Header().Set("Content-Disposition", as+`; filename="`+r.PathValue("name")+`"`)
	}
	fmt.Fprint(w, "MZ\x90\x00 #!/bin/sh\n")
}

// auth asks for a password and notes when it gets one.
func (s *Site) auth(w http.ResponseWriter, r *http.Request) {
	v := s.visit(r.URL.RawQuery)
	if r.Header.Get("Authorization") != "" {
		s.note(v, "password:"+r.FormValue("scheme"))
		fmt.Fprint(w, "<!doctype html><title>thanks</title>")
		return
	}
	s.note(v, "asked:"+r.FormValue("scheme"))
	challenge := r.FormValue("scheme")
	if challenge != "NTLM" {
		challenge += ` realm="Guichet: your password", nonce="abc", qop="auth"`
	}
	w.Header().Set("WWW-Authenticate", challenge)
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusUnauthorized)
	fmt.Fprint(w, "<!doctype html><title>401</title><h1>401</h1>")
}

// form notes what a form brought, by name, and goes on to the other origin
// when it is told to.
func (s *Site) form(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseMultipartForm(1 << 20) // a form of another kind is parsed all the same
	v := s.visit(r.FormValue("t") + r.Referer())
	host, _, _ := strings.Cut(r.Host, ":")
	s.note(v, fmt.Sprintf("form at %s by %s: %s", host, r.Method, url.QueryEscape(r.FormValue("text"))))
	if to := r.FormValue("then"); to != "" {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, "<!doctype html><title>received</title><h1>Received</h1>")
}

// broken answers as failing sites do.
func broken(w http.ResponseWriter, r *http.Request) {
	kind := r.PathValue("kind")
	if code, err := strconv.Atoi(kind); err == nil {
		w.WriteHeader(code)
		return
	}
	switch kind {
	case "loop":
		http.Redirect(w, r, "/broken/loop?"+strconv.Itoa(len(r.URL.RawQuery)+1), http.StatusFound)
		return
	case "encoding":
		w.Header().Set("Content-Encoding", "gzip")
		fmt.Fprint(w, "this is not gzip")
		return
	}
	c, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	switch kind {
	case "empty":
	case "truncated":
		fmt.Fprint(rw, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<h1>half")
	default:
		fmt.Fprint(rw, "\x00\x01 this is no http\r\n\r\n")
	}
	_ = rw.Flush() // the browser may have gone
}
