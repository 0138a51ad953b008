package control

import (
	"net/http"
	"slices"
)

// Bounds of what a client may send.
const (
	maxPixel = 16383 // the largest coordinate of an X display is 32767
)

func (s *server) badge(w http.ResponseWriter, r *http.Request) error {
	o, err := readObject(w, r, "card")
	if err != nil {
		return err
	}
	card, err := get[string](o, "card")
	if err != nil {
		return err
	}
	if !slices.Contains(Cards(), card) {
		return badRequestf("unknown card; allowed: %s", list(Cards()))
	}
	if err := s.box.Badge(r.Context(), card); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.card = card
	return nil
}

func (s *server) removeBadge(w http.ResponseWriter, r *http.Request) error {
	if _, err := readObject(w, r); err != nil {
		return err
	}
	if err := s.box.RemoveBadge(r.Context()); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.card = ""
	return nil
}

func (s *server) helpButton(w http.ResponseWriter, r *http.Request) error {
	if _, err := readObject(w, r); err != nil {
		return err
	}
	return s.box.HelpButton(r.Context())
}

// maxPath is the longest path that Linux takes.
const maxPath = 4096

func (s *server) stick(w http.ResponseWriter, r *http.Request) error {
	o, err := readObject(w, r, "image")
	if err != nil {
		return err
	}
	image, err := get[string](o, "image")
	if err != nil {
		return err
	}
	if image == "" || len(image) > maxPath {
		return badRequestf("image is the path of a file on the bench's machine, of at most %d bytes", maxPath)
	}
	if err := s.box.Stick(r.Context(), image); err != nil {
		return err
	}
	s.noteStick("image")
	return nil
}

// exampleStick puts a stick in that the bench makes.
func (s *server) exampleStick(w http.ResponseWriter, r *http.Request) error {
	o, err := readObject(w, r, "name")
	if err != nil {
		return err
	}
	name, err := get[string](o, "name")
	if err != nil {
		return err
	}
	if !slices.Contains(s.box.Sticks(), name) {
		return badRequestf("unknown stick; allowed: %s", list(s.box.Sticks()))
	}
	if err := s.box.ExampleStick(r.Context(), name); err != nil {
		return err
	}
	s.noteStick(name)
	return nil
}

// noteStick remembers what is in the port.
func (s *server) noteStick(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inPort = name
}

func (s *server) removeStick(w http.ResponseWriter, r *http.Request) error {
	if _, err := readObject(w, r); err != nil {
		return err
	}
	if err := s.box.RemoveStick(r.Context()); err != nil {
		return err
	}
	s.noteStick("")
	return nil
}

func (s *server) serviceSwitch(w http.ResponseWriter, r *http.Request) error {
	if _, err := readObject(w, r); err != nil {
		return err
	}
	return s.box.ServiceSwitch(r.Context())
}

func (s *server) fault(w http.ResponseWriter, r *http.Request) error {
	o, err := readObject(w, r, "part", "kind")
	if err != nil {
		return err
	}
	part, err := get[string](o, "part")
	if err != nil {
		return err
	}
	kind, err := get[string](o, "kind")
	if err != nil {
		return err
	}
	if err := checkFault(part, kind); err != nil {
		return err
	}
	if err := s.box.Fault(r.Context(), part, kind); err != nil {
		return err
	}
	s.noteFault(part, kind)
	return nil
}

// checkFault says what is allowed when the pair is not one of Faults.
func checkFault(part, kind string) error {
	var parts, kinds []string
	for _, f := range Faults() {
		if !slices.Contains(parts, f.Part) {
			parts = append(parts, f.Part)
		}
		if f.Part == part {
			kinds = append(kinds, f.Kind)
		}
	}
	if len(kinds) == 0 {
		return badRequestf("unknown part; allowed: %s", list(parts))
	}
	if !slices.Contains(kinds, kind) {
		return badRequestf("unknown kind for %s; allowed: %s", part, list(kinds))
	}
	return nil
}

// noteFault remembers faults that last. A crash, a hang and a step of the
// clock are over once they happened.
func (s *server) noteFault(part, kind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if part == "relay" || part == "reader" {
		s.faults[part] = kind
	}
}

func (s *server) tap(w http.ResponseWriter, r *http.Request) error {
	o, err := readObject(w, r, "x", "y")
	if err != nil {
		return err
	}
	x, err := get[int](o, "x")
	if err != nil {
		return err
	}
	y, err := get[int](o, "y")
	if err != nil {
		return err
	}
	if x < 0 || y < 0 || x > maxPixel || y > maxPixel {
		return badRequestf("x and y are pixels of the screen, from 0 to at most %d", maxPixel)
	}
	return s.box.Tap(r.Context(), x, y)
}

func (s *server) key(w http.ResponseWriter, r *http.Request) error {
	o, err := readObject(w, r, "key")
	if err != nil {
		return err
	}
	name, err := get[string](o, "key")
	if err != nil {
		return err
	}
	key, err := ParseKey(name)
	if err != nil {
		return badRequest(err.Error())
	}
	return s.box.Key(r.Context(), key.String())
}

func (s *server) choose(w http.ResponseWriter, r *http.Request) error {
	o, err := readObject(w, r, "id")
	if err != nil {
		return err
	}
	id, err := get[string](o, "id")
	if err != nil {
		return err
	}
	var known []string
	for _, p := range s.box.Procedures() {
		known = append(known, p.ID)
	}
	if !slices.Contains(known, id) {
		return badRequestf("unknown procedure; allowed: %s", list(known))
	}
	return s.box.Choose(r.Context(), id)
}

func (s *server) end(w http.ResponseWriter, r *http.Request) error {
	if _, err := readObject(w, r); err != nil {
		return err
	}
	return s.box.End(r.Context())
}

func (s *server) consent(w http.ResponseWriter, r *http.Request) error {
	o, err := readObject(w, r, "accept")
	if err != nil {
		return err
	}
	accept, err := get[bool](o, "accept")
	if err != nil {
		return err
	}
	return s.box.Consent(r.Context(), accept)
}

// proceed is POST /api/continue.
func (s *server) proceed(w http.ResponseWriter, r *http.Request) error {
	if _, err := readObject(w, r); err != nil {
		return err
	}
	return s.box.Continue(r.Context())
}
