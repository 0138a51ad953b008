package demosite

import (
	"net/http"
	"strconv"
)

// traps are the pages that misbehave, in the order shown. The last two need
// no page of their own: the server does it.
func traps() []string {
	return []string{"boucle", "memoire", "alertes", "fenetre", "redirection", "telechargement"}
}

func (s *Site) trapList(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, page{Name: "traps", Data: traps()})
}

func (s *Site) trap(w http.ResponseWriter, r *http.Request) {
	switch name := r.PathValue("name"); name {
	case "boucle", "memoire", "alertes", "fenetre":
		words := page{words: s.pages.words[language(r)]}
		s.show(w, r, http.StatusOK, page{Name: "trap", Title: words.T(name + ".title"), Trap: name})
	case "redirection":
		// A new address each time, or a browser would notice sooner.
		n, _ := strconv.ParseUint(r.URL.Query().Get("n"), 10, 32)
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, "/pieges/redirection?n="+strconv.FormatUint(n+1, 10), http.StatusFound)
	case "telechargement":
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", `attachment; filename="ville-demo.txt"`)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte("Ville-Démo\n")) // fails when the download is stopped, as it should be
	default:
		s.notice(w, r, http.StatusNotFound, "unknown")
	}
}
