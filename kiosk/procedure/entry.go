package procedure

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"guichet.example/internal/stricttoml"
	"guichet.example/kiosk/usage"
)

type procedureFile struct {
	Audience string       `toml:"audience"`
	Theme    string       `toml:"theme"`
	Start    string       `toml:"start"`
	Success  string       `toml:"success"`
	Minutes  []int        `toml:"minutes"`
	Groups   []string     `toml:"groups"`
	Origins  []originFile `toml:"origins"`
}

// procedure reads the folder of one procedure.
func (l *loader) procedure(id string) Procedure {
	p := Procedure{ID: id, Pack: l.raw.ID, Texts: map[string]Text{}}
	l.facts(&p)
	picture := id + "/pictogram.svg"
	if data, ok := l.read(picture, maxPictogram); ok {
		l.fault(checkPictogram(picture, data))
		p.Pictogram = string(data)
	}
	for _, code := range l.raw.Languages {
		name := id + "/" + code + ".md"
		if data, ok := l.read(name, maxTextFile); ok {
			text, err := parseText(name, data)
			l.fault(err)
			p.Texts[code] = text
		}
	}
	return p
}

// facts reads procedure.toml.
func (l *loader) facts(p *Procedure) {
	name := p.ID + "/procedure.toml"
	data, ok := l.read(name, maxProcedureFile)
	if !ok {
		return
	}
	var raw procedureFile
	doc, err := stricttoml.Decode(name, data, &raw)
	l.fault(err)
	if !doc.Whole() {
		return
	}
	p.Audience, p.Theme, p.Start, p.Success = Audience(raw.Audience), usage.Theme(raw.Theme), raw.Start, raw.Success
	l.audience(doc, p)
	if m := raw.Minutes; len(m) != 2 || m[0] < 1 || m[1] < m[0] || m[1] > 180 {
		l.fault(doc.At("minutes").Errorf("minutes: expected the usual duration from-to, such as [10, 20], at most 180"))
	} else {
		p.Minutes = [2]int{m[0], m[1]}
	}
	p.Origins = l.reach(doc, raw)
	if err := checkStart(raw.Start, p.Origins); err != nil {
		l.fault(doc.At("start").Errorf("%w", err))
	}
	if raw.Success != "" || doc.Has("success") {
		if err := checkSuccess(raw.Success, p.Origins); err != nil {
			l.fault(doc.At("success").Errorf("%w; leave the line out when no such page is known", err))
		}
	}
}

// audience checks whom the procedure is for, and what is said of it for that
// reason.
func (l *loader) audience(doc stricttoml.Document, p *Procedure) {
	switch {
	case p.Audience == AudienceHelper:
		for _, key := range []string{"theme", "success"} {
			if doc.Has(key) {
				l.fault(doc.At(key).Errorf("%s in a procedure of helpers: their sessions are not counted, so leave the line out", key))
			}
		}
		return
	case doc.Has("audience"):
		l.fault(doc.At("audience").Errorf("audience %q: expected %q; leave the line out for everybody", p.Audience, AudienceHelper))
	}
	if !slices.Contains(usage.Themes(), p.Theme) {
		l.fault(doc.At("theme").Errorf("theme %q: expected one of %s", p.Theme, words(usage.Themes())))
	}
}

// reach returns the procedure's own origins and those of its groups, each host
// once, with all that is sensitive there.
func (l *loader) reach(doc stricttoml.Document, raw procedureFile) []Origin {
	origins := l.origins(doc, raw.Origins, "origins")
	for i, group := range raw.Groups {
		if slices.Index(raw.Groups, group) != i {
			l.fault(doc.At("groups", i).Errorf("group %q is there twice", group))
			continue
		}
		shared, ok := l.groups[group]
		if !ok {
			l.fault(doc.At("groups", i).Errorf("group %q is not in pack.toml; known there: %s",
				group, words(slices.Sorted(maps.Keys(l.groups)))))
		}
		for _, o := range shared {
			origins = join(origins, o)
		}
	}
	if n := len(origins); n > maxOrigins {
		l.fault(doc.At("origins").Errorf("%d origins, at most %d: each is a way out of the procedure", n, maxOrigins))
	}
	return origins
}

// join adds an origin, or what is sensitive there to the one that is there.
func join(origins []Origin, o Origin) []Origin {
	i := slices.IndexFunc(origins, func(p Origin) bool { return p.Host == o.Host })
	if i < 0 {
		return append(origins, o)
	}
	for _, s := range o.Sensitive {
		if !slices.Contains(origins[i].Sensitive, s) {
			origins[i].Sensitive = append(slices.Clip(origins[i].Sensitive), s)
		}
	}
	return origins
}

func words[T ~string](list []T) string {
	if len(list) == 0 {
		return "none"
	}
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = fmt.Sprintf("%q", string(s))
	}
	return strings.Join(quoted, ", ")
}
