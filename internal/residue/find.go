package residue

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// overlap is what must be read twice where data is searched in pieces, in
// bytes: more than the longest spelling.
const overlap = 256

// Hit is a canary in one form. Of a part of a canary the ID is "?".
type Hit struct {
	ID   string
	Form Form
}

// Found counts hits by where they were found.
type Found map[Hit]map[string]int

func (f Found) add(h Hit, where string) {
	if f[h] == nil {
		f[h] = map[string]int{}
	}
	f[h][where]++
}

// Has returns the forms in which a canary was found.
func (f Found) Has(id string) (forms Form) {
	for h := range f {
		if h.ID == id {
			forms |= h.Form
		}
	}
	return forms
}

// Merge adds what another search found.
func (f Found) Merge(other Found) {
	for h, places := range other {
		for where, n := range places {
			for range n {
				f.add(h, where)
			}
		}
	}
}

// Together makes searches side by side, as many at once as there are cores, and
// adds what they found. Each is given a Found that no other one uses meanwhile.
func Together(found Found, searches ...func(Found) error) error {
	var (
		workers sync.WaitGroup
		next    = make(chan func(Found) error)
		mu      sync.Mutex // of found and errs
		errs    []error
	)
	for range min(runtime.GOMAXPROCS(0), len(searches)) {
		workers.Go(func() {
			for search := range next {
				one := Found{}
				err := search(one)
				mu.Lock()
				found.Merge(one)
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	for _, search := range searches {
		next <- search
	}
	close(next)
	workers.Wait()
	return errors.Join(errs...)
}

// Without returns f without the places that drop accepts.
func (f Found) Without(drop func(where string) bool) Found {
	kept := Found{}
	for h, places := range f {
		for where, n := range places {
			for range n {
				if !drop(where) {
					kept.add(h, where)
				}
			}
		}
	}
	return kept
}

// Lines says what was found, sorted: identifiers, forms and places, never a
// canary itself, which would be found again in the log.
func (f Found) Lines(ids ...string) []string {
	var lines []string
	for h, places := range f {
		if len(ids) > 0 && !slices.Contains(ids, h.ID) {
			continue
		}
		for where, n := range places {
			lines = append(lines, fmt.Sprintf("%s as %v, %d times in %s", h.ID, h.Form, n, where))
		}
	}
	slices.Sort(lines)
	return lines
}

func (f Found) String() string { return strings.Join(f.Lines(), "\n") }

// Search looks for every canary in data and adds what it finds to found.
func (s *Set) Search(data []byte, where string, found Found) {
	for i, v := range s.variants {
		begin := s.begin[i]
		for rest := data; ; {
			at := bytes.Index(rest, begin)
			if at < 0 {
				break
			}
			rest = rest[at:]
			found.add(Hit{s.which(i, rest), v.form}, where)
			rest = rest[len(begin):]
		}
	}
}

// which names the canary at the beginning of data.
func (s *Set) which(variant int, data []byte) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, spelled := range s.spelled {
		if bytes.HasPrefix(data, spelled[variant]) {
			return id
		}
	}
	return "?"
}
