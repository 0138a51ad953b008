package control

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
)

// Listen opens addr, "HOST:PORT" with a loopback address or "localhost" as
// its host. Anything else is refused: whoever reaches the page sees and
// drives the screen.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listen %q: %w", addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listen %q: not a loopback address", addr)
	}
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen %q: %w", addr, err)
	}
	return l, nil
}

// hosts returns the Host headers that mean this server. A name that a foreign
// site lets point to 127.0.0.1 is not among them (DNS rebinding).
func hosts(addr string) []string {
	names := []string{addr}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return names
	}
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		names = append(names, net.JoinHostPort(host, port))
		if port == "80" { // browsers leave the scheme's own port out
			names = append(names, host, "["+host+"]")
		}
	}
	return names
}

// refusal says why a request must not be served, or "".
func refusal(r *http.Request, hosts []string) string {
	if !slices.Contains(hosts, r.Host) {
		return "this Host is not served; use the address that kiosk-bench printed"
	}
	if origin := r.Header["Origin"]; len(origin) > 0 && !slices.Equal(origin, []string{"http://" + r.Host}) {
		return "requests of other origins are refused"
	}
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "", "same-origin":
		return "" // no header: not a browser
	case "none":
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			return "" // typed into the address bar
		}
	default:
		// A link on another page may lead here: the page is not framed and
		// tells its opener nothing.
		if r.URL.Path == "/" && r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Dest") == "document" {
			return ""
		}
	}
	return "requests of other sites are refused"
}

// guard serves only what refusal lets through, and says to browsers what the
// answers may be used for. There is no CORS header on purpose.
func guard(addr string, next http.Handler) http.Handler {
	allowed := hosts(addr)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; "+
			"img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		if why := refusal(r, allowed); why != "" {
			turnAway(w, r, http.StatusForbidden, why)
			return
		}
		next.ServeHTTP(w, r)
	})
}
