package control

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"hash/maphash"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// actTime bounds how long one act may take.
const actTime = 10 * time.Second

//go:embed page
var pageFiles embed.FS

// server serves one box.
type server struct {
	box     Box
	picture picture

	mu     sync.Mutex // guards what the page shows and State does not tell
	card   string
	inPort string // name of the stick
	faults map[string]string
}

// act is what a POST or DELETE does; its error becomes the answer.
type act func(w http.ResponseWriter, r *http.Request) error

// Handler serves the control page and its API for the box. addr is the
// address that Listen has opened, as its listener names it ("127.0.0.1:8480");
// requests with another Host are refused. The server that serves it must have
// no write timeout, for the events, and ends those with its base context.
func Handler(box Box, addr string) http.Handler {
	s := &server{box: box, picture: picture{seed: maphash.MakeSeed()}, faults: map[string]string{}}
	return guard(addr, s.routes())
}

// routes is the list of all that is served: path, method, answer.
func (s *server) routes() http.Handler {
	table := map[string]map[string]http.HandlerFunc{
		"/":                   {"GET": file("index.html", "text/html; charset=utf-8")},
		"/control.css":        {"GET": file("control.css", "text/css; charset=utf-8")},
		"/control.js":         {"GET": file("control.js", "text/javascript; charset=utf-8")},
		"/screen.js":          {"GET": file("screen.js", "text/javascript; charset=utf-8")},
		"/sticks.js":          {"GET": file("sticks.js", "text/javascript; charset=utf-8")},
		"/sound.js":           {"GET": file("sound.js", "text/javascript; charset=utf-8")},
		"/words.js":           {"GET": file("words.js", "text/javascript; charset=utf-8")},
		"/favicon.svg":        {"GET": file("favicon.svg", "image/svg+xml")},
		"/api/state":          {"GET": s.state},
		"/api/bench":          {"GET": s.bench},
		"/api/events":         {"GET": s.events},
		"/api/screen.png":     {"GET": s.screen},
		"/api/badge":          {"POST": does(s.badge), "DELETE": does(s.removeBadge)},
		"/api/help-button":    {"POST": does(s.helpButton)},
		"/api/stick":          {"POST": does(s.stick), "DELETE": does(s.removeStick)},
		"/api/example-stick":  {"POST": does(s.exampleStick)},
		"/api/service-switch": {"POST": does(s.serviceSwitch)},
		"/api/fault":          {"POST": does(s.fault)},
		"/api/tap":            {"POST": does(s.tap)},
		typePath:              {"POST": s.typeText},
		"/api/key":            {"POST": does(s.key)},
		"/api/procedure":      {"POST": does(s.choose)},
		"/api/end":            {"POST": does(s.end)},
		"/api/consent":        {"POST": does(s.consent)},
		"/api/continue":       {"POST": does(s.proceed)},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		methods, ok := table[r.URL.Path]
		if !ok {
			refuse(w, http.StatusNotFound, "no such path")
			return
		}
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		serve, ok := methods[method]
		if !ok {
			allowed := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
			w.Header().Set("Allow", allowed)
			turnAway(w, r, http.StatusMethodNotAllowed, "allowed here: "+allowed)
			return
		}
		serve(w, r)
	})
}

// file serves one embedded file. A later version of the program may have
// another one under the same name, so it is not cached.
func file(name, mime string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		data, err := fs.ReadFile(pageFiles, "page/"+name)
		if err != nil {
			refuse(w, http.StatusInternalServerError, "page is incomplete")
			return
		}
		w.Header().Set("Content-Type", mime)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(data) // the client has gone: nobody is left to tell
	}
}

// does answers an act: 200 {} when it was done, else why it was not.
func does(a act) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), actTime)
		defer cancel()
		if err := a(w, r.WithContext(ctx)); err != nil {
			refuse(w, status(err), err.Error())
			return
		}
		reply(w, http.StatusOK, struct{}{})
	}
}

func status(err error) int {
	var bad badRequest
	switch {
	case errors.Is(err, errTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.As(err, &bad), errors.Is(err, ErrInvalid):
		return http.StatusBadRequest
	case errors.Is(err, ErrNotNow):
		return http.StatusConflict
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout
	default:
		return http.StatusInternalServerError
	}
}

// turnAway refuses a request before anybody has looked at its body.
func turnAway(w http.ResponseWriter, r *http.Request, code int, why string) {
	if r.URL.Path == typePath {
		forget(w, r, code, errorBody(why))
		return
	}
	refuse(w, code, why)
}

func refuse(w http.ResponseWriter, code int, why string) {
	reply(w, code, map[string]string{"error": why})
}

func reply(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the client has gone: nobody is left to tell
}
