package demosite

import (
	"net"
	"net/http"
	"sync/atomic"
)

// watchScript shows on the page that it was loaded, so that a person trying
// the kiosk would see it too.
const watchScript = "document.documentElement.dataset.pisteur = 'la';\n"

// onePixel is a transparent GIF of one pixel.
const onePixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// tracker answers whoever reaches it, and counts.
func (s *Site) tracker() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/mesure.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write([]byte(watchScript)) // fails when the page left
	})
	mux.HandleFunc("/pixel.gif", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/gif")
		_, _ = w.Write([]byte(onePixel)) // fails when the page left
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.reached.Add(1)
		w.Header().Set("Cache-Control", "no-store")
		http.SetCookie(w, &http.Cookie{Name: "pisteur", Value: "1", Path: "/", SameSite: http.SameSiteLaxMode})
		mux.ServeHTTP(w, r)
	})
}

// countingListener counts accepted connections.
type countingListener struct {
	net.Listener
	n *atomic.Int64
}

func (l *countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.n.Add(1)
	}
	return c, err
}
