package demosite

import (
	"net/http"
	"strconv"
	"strings"
)

// Languages of the site, the first by default.
const (
	french  = "fr"
	english = "en"
)

const languageCookie = "langue"

// language chooses the language of an answer: what the address asks for, then
// what was chosen before, then what the browser prefers.
func language(r *http.Request) string {
	if l := r.URL.Query().Get("lang"); l == french || l == english {
		return l
	}
	if c, err := r.Cookie(languageCookie); err == nil && (c.Value == french || c.Value == english) {
		return c.Value
	}
	return preferred(r.Header.Get("Accept-Language"))
}

// preferred reads an Accept-Language header (RFC 9110, section 12.5.4). On
// equal weights the earlier wins; without a known language it is French.
func preferred(header string) string {
	best, weight := french, 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, parameters, _ := strings.Cut(part, ";")
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if primary != french && primary != english {
			continue
		}
		q := 1.0
		if value, ok := strings.CutPrefix(strings.TrimSpace(parameters), "q="); ok {
			parsed, err := strconv.ParseFloat(value, 64)
			if err != nil || parsed < 0 || parsed > 1 {
				continue
			}
			q = parsed
		}
		if q > weight {
			best, weight = primary, q
		}
	}
	return best
}

// rememberLanguage keeps a choice made through the address.
func rememberLanguage(w http.ResponseWriter, r *http.Request) {
	if l := r.URL.Query().Get("lang"); l == french || l == english {
		http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: l, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
}
