package storm

import (
	"fmt"
	"mime"
	"net/http"
	"path"
	"strconv"
)

func (s *Site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.begin)
	mux.HandleFunc("/mark", s.marked)
	mux.HandleFunc("GET /file/{name}", file)
	mux.HandleFunc("/redirect", s.redirect)
	mux.HandleFunc("/refresh", s.refresh)
	mux.HandleFunc("/stream/{kind}", s.stream)
	mux.HandleFunc("/slow/{kind}", s.slow)
	mux.HandleFunc("/bomb/{kind}", s.bomb)
	mux.HandleFunc("/font", font)
	mux.HandleFunc("/socket", s.socket)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		_, visit := s.armed()
		s.add(visit, "requests", 1)
		mux.ServeHTTP(w, r)
	})
}

// begin is the page that is armed; ?page= is another one.
func (s *Site) begin(w http.ResponseWriter, r *http.Request) {
	page, visit := s.armed()
	if other := r.FormValue("page"); other != "" {
		page = other
	}
	switch page { // these attack before there is a document
	case "redirect", "refresh":
		http.Redirect(w, r, "/"+page+"?n=1", http.StatusFound)
		return
	case "stream-html", "stream-text", "stream-attachment":
		r.SetPathValue("kind", page[len("stream-"):])
		s.stream(w, r)
		return
	case "slow-head", "slow-body":
		r.SetPathValue("kind", page[len("slow-"):])
		s.slow(w, r)
		return
	case "gzip":
		r.SetPathValue("kind", "html")
		s.bomb(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, document, page, page, visit, page)
}

// document is every page: its name in large letters, and its script.
const document = `<!doctype html><html lang="en"><title>%s</title><meta name="viewport" content="width=device-width">
<style>body{font:24px sans-serif;margin:2em;min-height:90vh}</style><h1>%s</h1><div id="place"></div>
<script>var visit = %d, page = %q</script>
<script src="/file/common.js"></script><script src="/file/engine.js"></script><script src="/file/window.js"></script>
<script src="/file/network.js"></script><script>begin()</script></html>`

// file sends one of pages/.
func file(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	data, err := pageFiles.ReadFile("pages/" + name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Service-Worker-Allowed", "/")
	_, _ = w.Write(data) // fails when the browser has gone
}

// redirect never ends.
func (s *Site) redirect(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/redirect?n="+strconv.Itoa(s.hop(r)), http.StatusFound)
}

// refresh never ends either.
func (s *Site) refresh(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, `<!doctype html><title>refresh</title><meta http-equiv="refresh" content="0; url=/refresh?n=%d"><h1>refresh</h1>`,
		s.hop(r))
}

func (s *Site) hop(r *http.Request) int {
	n, _ := strconv.Atoi(r.FormValue("n")) // 0 where there is none
	_, visit := s.armed()
	s.add(visit, "hops", 1)
	return n + 1
}
