package hostile

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Visit is one showing of one page. What its documents, the witness and the
// site's own server notice of it is kept under its token.
type Visit struct {
	site  *Site
	Token string
	page  string

	// Guarded by site.mu.
	logs    map[string][]string // by document, in the order in which the document saw it
	order   []string            // of the documents
	notes   []string            // of our servers, in the order in which they saw it
	reached []string            // of the witness
}

// Arm makes the site begin with a page, under a new token.
func (s *Site) Arm(page string) *Visit {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	v := &Visit{site: s, Token: fmt.Sprintf("vv%04d", s.count), page: page, logs: map[string][]string{}}
	s.visits[v.Token], s.armed = v, v
	return v
}

// Said returns everything that documents and servers of the site have
// reported of the visit, each document's in its own order.
func (v *Visit) Said() []string {
	v.site.mu.Lock()
	defer v.site.mu.Unlock()
	var all []string
	for _, doc := range v.order {
		all = append(all, v.logs[doc]...)
	}
	return append(all, v.notes...)
}

// Reached returns what has reached the witness.
func (v *Visit) Reached() []string {
	v.site.mu.Lock()
	defer v.site.mu.Unlock()
	return slices.Clone(v.reached)
}

// Count returns how often something was reported.
func (v *Visit) Count(what string) (n int) {
	for _, said := range v.Said() {
		if said == what {
			n++
		}
	}
	return n
}

// Await waits until something was reported n times.
func (v *Visit) Await(ctx context.Context, what string, n int) error {
	for {
		v.site.mu.Lock()
		more := v.site.more
		v.site.mu.Unlock()
		if v.Count(what) >= n {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return fmt.Errorf("wait for %q of page %q: %w; it said %q", what, v.page, ctx.Err(), v.Said())
		}
	}
}

// Saw returns the first report that begins with one of the prefixes, or "".
func (v *Visit) Saw(prefixes ...string) string {
	for _, said := range v.Said() {
		for _, p := range prefixes {
			if strings.HasPrefix(said, p) {
				return said
			}
		}
	}
	return ""
}

// visit finds a visit by a token, or by anything that holds one; without one
// it is that of the page armed last.
func (s *Site) visit(text string) *Visit {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := strings.Index(text, "vv"); i >= 0 && len(text) >= i+6 {
		if v := s.visits[text[i:i+6]]; v != nil {
			return v
		}
	}
	return s.armed
}

// report replaces what a document has said by a longer list of the same.
func (s *Site) report(v *Visit, doc string, log []string) {
	s.change(func() {
		if _, known := v.logs[doc]; !known {
			v.order = append(v.order, doc)
		}
		if len(log) > len(v.logs[doc]) {
			v.logs[doc] = log
		}
	})
}

// note adds what a server of the site noticed.
func (s *Site) note(v *Visit, what string) {
	if v != nil {
		s.change(func() { v.notes = append(v.notes, what) })
	}
}

// arrived adds what reached the witness.
func (s *Site) arrived(v *Visit, what string) {
	if v != nil {
		s.change(func() { v.reached = append(v.reached, what) })
	}
}

// change changes something and wakes who waits.
func (s *Site) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.more)
	s.more = make(chan struct{})
}
