package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// quiet is how long an event stream stays silent before it says that it is
// still there; a client that has gone is noticed by then.
const quiet = 15 * time.Second

func (s *server) state(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, s.box.State())
}

// bench is what the page needs besides the state: which card lies on the
// reader, which lasting faults are set, and what there is to choose from.
func (s *server) bench(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	card, stick, faults := s.card, s.inPort, maps.Clone(s.faults)
	s.mu.Unlock()
	procedures := s.box.Procedures()
	if procedures == nil {
		procedures = []ProcedureInfo{} // [] and not null
	}
	reply(w, http.StatusOK, struct {
		Card       string            `json:"card"`
		Cards      []string          `json:"cards"`
		PIN        string            `json:"pin"`   // of the cards that ask for one
		Stick      string            `json:"stick"` // in the port: one of Sticks, "image" for a file, "" for none
		Sticks     []string          `json:"sticks"`
		Faults     map[string]string `json:"faults"`
		FaultKinds []Fault           `json:"fault_kinds"`
		Procedures []ProcedureInfo   `json:"procedures"`
		Keys       []string          `json:"keys"`
	}{card, Cards(), PIN, stick, s.box.Sticks(), faults, Faults(), procedures, KeyNames()})
}

func (s *server) screen(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), actTime)
	defer cancel()
	data, tag, err := s.picture.take(ctx, s.box)
	if err != nil {
		refuse(w, status(err), err.Error())
		return
	}
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "no-store") // the picture of a session stays in no cache
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data) // the client has gone: nobody is left to tell
}

// events streams the kept events and then each new one:
//
//	id: 7
//	data: {"ms":1204,"event":"film","value":"private"}
//
// A client that comes back with Last-Event-ID, or asks with ?since=7, gets
// what came after. Where events were dropped in between, one without id says
// how many: {"ms":…,"event":"lost","value":"12"}.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	since, err := lastSeen(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	flush := http.NewResponseController(w)
	alive := time.NewTicker(quiet)
	defer alive.Stop()
	for {
		events, more := s.box.Events(since)
		if since, err = writeEvents(w, since, events); err != nil {
			return
		}
		if flush.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-more:
		case <-alive.C:
			if _, err := io.WriteString(w, ": still here\n\n"); err != nil {
				return
			}
		}
	}
}

// lastSeen returns the number of the last event that the client has.
func lastSeen(r *http.Request) (int, error) {
	text := r.URL.Query().Get("since")
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		text = id
	}
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, errors.New("since must be the id of an event")
	}
	return n, nil
}

// writeEvents writes events and returns the number of the last one.
func writeEvents(w io.Writer, since int, events []Event) (int, error) {
	for _, e := range events {
		if lost := e.Seq - since - 1; since > 0 && lost > 0 {
			gap := Event{MS: e.MS, Event: "lost", Value: strconv.Itoa(lost)}
			if err := writeEvent(w, "", gap); err != nil {
				return since, err
			}
		}
		if err := writeEvent(w, fmt.Sprintf("id: %d\n", e.Seq), e); err != nil {
			return since, err
		}
		since = e.Seq
	}
	return since, nil
}

func writeEvent(w io.Writer, id string, e Event) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%sdata: %s\n\n", id, line)
	return err
}
