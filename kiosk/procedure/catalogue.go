package procedure

import (
	"errors"
	"fmt"
	"slices"
)

// Catalogue is what a kiosk offers. The zero value offers nothing.
type Catalogue struct {
	packs []Pack
	list  []Procedure
	byID  map[string]int // position in list
}

// NewCatalogue joins packs in their order. It refuses a pack or procedure id
// that comes twice, and a pack made for the bench.
func NewCatalogue(packs ...Pack) (Catalogue, error) {
	for _, p := range packs {
		if p.Bench {
			return Catalogue{}, fmt.Errorf("pack %q is for the bench alone (bench = true in its pack.toml): "+
				"its sites exist on no network", p.ID)
		}
	}
	return NewBenchCatalogue(packs...)
}

// NewBenchCatalogue is NewCatalogue for the bench, where packs made for it are
// welcome.
func NewBenchCatalogue(packs ...Pack) (Catalogue, error) {
	c := Catalogue{byID: map[string]int{}}
	var errs []error
	for _, pack := range packs {
		if slices.ContainsFunc(c.packs, func(p Pack) bool { return p.ID == pack.ID }) {
			errs = append(errs, fmt.Errorf("pack %q is there twice", pack.ID))
			continue
		}
		c.packs = append(c.packs, pack)
		for _, p := range pack.Procedures {
			if i, ok := c.byID[p.ID]; ok {
				errs = append(errs, fmt.Errorf("procedure %q is in pack %q and in pack %q", p.ID, c.list[i].Pack, pack.ID))
				continue
			}
			c.byID[p.ID] = len(c.list)
			c.list = append(c.list, p)
		}
	}
	if len(errs) > 0 {
		return Catalogue{}, errors.Join(errs...)
	}
	return c, nil
}

// Lookup returns the procedure with that id.
func (c Catalogue) Lookup(id string) (Procedure, bool) {
	i, ok := c.byID[id]
	if !ok {
		return Procedure{}, false
	}
	return c.list[i], true
}

// All returns the procedures in the order in which they are shown.
func (c Catalogue) All() []Procedure { return slices.Clone(c.list) }

// Count returns how many procedures are for this audience.
func (c Catalogue) Count(a Audience) (n int) {
	for _, p := range c.list {
		if p.Audience == a {
			n++
		}
	}
	return n
}

// Select returns a catalogue of the procedures with these ids, in this order.
// It refuses an id that is unknown or comes twice, and a choice of which nothing
// is for everybody.
func (c Catalogue) Select(ids []string) (Catalogue, error) {
	s := Catalogue{packs: c.packs, byID: map[string]int{}}
	var errs []error
	for _, id := range ids {
		p, ok := c.Lookup(id)
		if !ok {
			errs = append(errs, fmt.Errorf("procedure %q is in no pack%s", id, c.near(id)))
			continue
		}
		if _, ok := s.byID[id]; ok {
			errs = append(errs, fmt.Errorf("procedure %q is chosen twice", id))
			continue
		}
		s.byID[id] = len(s.list)
		s.list = append(s.list, p)
	}
	if len(errs) == 0 && s.Count(AudienceAll) == 0 {
		errs = append(errs, errors.New("no procedure is for everybody: the home surface would be empty"))
	}
	if len(errs) > 0 {
		return Catalogue{}, errors.Join(errs...)
	}
	return s, nil
}

// near offers the id that begins most like this one, which is none.
func (c Catalogue) near(id string) string {
	best, most := "", 2 // letters that two ids share by chance
	for _, p := range c.list {
		n := 0
		for n < min(len(id), len(p.ID)) && id[n] == p.ID[n] {
			n++
		}
		if n > most {
			best, most = p.ID, n
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": perhaps %q", best)
}

// Speaks returns an error when a procedure lacks one of the languages: a
// person who chose a language must find all of the kiosk in it.
func (c Catalogue) Speaks(languages []string) error {
	var errs []error
	for _, pack := range c.packs {
		used := slices.ContainsFunc(c.list, func(p Procedure) bool { return p.Pack == pack.ID })
		for _, l := range languages {
			if used && !slices.Contains(pack.Languages, l) {
				errs = append(errs, fmt.Errorf("pack %q has no texts in language %q", pack.ID, l))
			}
		}
	}
	return errors.Join(errs...)
}
