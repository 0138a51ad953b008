package procedure

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"guichet.example/internal/stricttoml"
)

// Limits of a pack, each far above what a kiosk can show.
const (
	maxPackFile      = 64 << 10 // bytes of pack.toml
	maxProcedureFile = 16 << 10 // bytes of procedure.toml
	maxTextFile      = 8 << 10  // bytes of one language
	maxPictogram     = 16 << 10 // bytes
	maxProcedures    = 100
	maxLanguages     = 8
	maxOrigins       = 60  // of one procedure, groups included
	maxErrors        = 100 // reported at once
)

const packFormat = 1

type packFile struct {
	Format     int                     `toml:"format"`
	ID         string                  `toml:"id"`
	Bench      bool                    `toml:"bench"`
	Languages  []string                `toml:"languages"`
	Procedures []string                `toml:"procedures"`
	Names      map[string]string       `toml:"names"`
	Groups     map[string][]originFile `toml:"groups"`
}

type originFile struct {
	Host      string   `toml:"host"`
	Source    string   `toml:"source"`
	Sensitive []string `toml:"sensitive"`
}

// Load reads a pack, whole or not at all. The error joins everything that is
// wrong with it, so that an author mends it in one go; each line of it names
// file and line, what is wrong and what is expected.
func Load(fsys fs.FS) (Pack, error) {
	l := loader{fsys: fsys}
	pack := l.pack()
	if len(l.errs) > maxErrors {
		more := len(l.errs) - maxErrors
		l.errs = append(l.errs[:maxErrors], fmt.Errorf("and %d more errors", more))
	}
	if len(l.errs) > 0 {
		return Pack{}, errors.Join(l.errs...)
	}
	return pack, nil
}

type loader struct {
	fsys   fs.FS
	raw    packFile
	groups map[string][]Origin
	errs   []error
}

// fault notes an error; a joined one is taken apart so that they can be
// counted.
func (l *loader) fault(err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			l.fault(e)
		}
	} else if err != nil {
		l.errs = append(l.errs, err)
	}
}

// read returns a file of at most limit bytes.
func (l *loader) read(name string, limit int64) ([]byte, bool) {
	f, err := l.fsys.Open(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.New("this file is missing")
		}
		l.fault(fmt.Errorf("%s:1: %w", name, err))
		return nil, false
	}
	defer func() { _ = f.Close() }() // read only
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		l.fault(fmt.Errorf("%s:1: %w", name, err))
	case int64(len(data)) > limit:
		l.fault(fmt.Errorf("%s:1: longer than the %d bytes allowed", name, limit))
	case !utf8.Valid(data):
		l.fault(fmt.Errorf("%s:1: not UTF-8: save it with the encoding UTF-8", name))
	default:
		return data, true
	}
	return nil, false
}

func (l *loader) pack() Pack {
	const name = "pack.toml"
	data, ok := l.read(name, maxPackFile)
	if !ok {
		return Pack{}
	}
	if err := stricttoml.Format(name, data, packFormat); err != nil {
		l.fault(err)
		return Pack{}
	}
	doc, err := stricttoml.Decode(name, data, &l.raw)
	l.fault(err)
	if !doc.Whole() {
		return Pack{}
	}
	l.checkPack(doc)
	l.groups = map[string][]Origin{}
	for group, raw := range l.raw.Groups {
		if !isID(group) {
			l.fault(doc.At("groups", group).Errorf("group %q: expected a-z, 0-9 and - only", group))
		}
		l.groups[group] = l.origins(doc, raw, "groups", group)
	}
	l.layout(doc)
	pack := Pack{ID: l.raw.ID, Bench: l.raw.Bench, Languages: l.raw.Languages, Names: l.raw.Names}
	for i, id := range l.raw.Procedures {
		if isID(id) && slices.Index(l.raw.Procedures, id) == i {
			pack.Procedures = append(pack.Procedures, l.procedure(id))
		}
	}
	return pack
}

func (l *loader) checkPack(doc stricttoml.Document) {
	raw := l.raw
	if !isID(raw.ID) {
		l.fault(doc.At("id").Errorf("id %q: expected 1 to 40 characters a-z, 0-9 and -", raw.ID))
	}
	if n := len(raw.Languages); n == 0 || n > maxLanguages {
		l.fault(doc.At("languages").Errorf("languages: expected 1 to %d, such as [\"fr\", \"en\"]", maxLanguages))
		l.raw.Languages = nil
	}
	if n := len(raw.Procedures); n == 0 || n > maxProcedures {
		l.fault(doc.At("procedures").Errorf("procedures: expected 1 to %d, the folders in the order of the tiles", maxProcedures))
		l.raw.Procedures = raw.Procedures[:min(n, maxProcedures)]
	}
	l.checkLanguages(doc)
	for i, id := range l.raw.Procedures {
		if !isID(id) {
			l.fault(doc.At("procedures", i).Errorf("procedure %q: expected 1 to 40 characters a-z, 0-9 and -", id))
		} else if slices.Index(raw.Procedures, id) != i {
			l.fault(doc.At("procedures", i).Errorf("procedure %q is there twice", id))
		}
	}
}

func (l *loader) checkLanguages(doc stricttoml.Document) {
	name := limit{"name", 60, "it must fit in one line"}
	for i, code := range l.raw.Languages {
		if !isLanguage(code) {
			l.fault(doc.At("languages", i).Errorf("language %q: expected two letters, such as \"fr\"", code))
		} else if slices.Index(l.raw.Languages, code) != i {
			l.fault(doc.At("languages", i).Errorf("language %q is there twice", code))
		}
		if err := name.check(l.raw.Names[code]); err != nil {
			l.fault(doc.At("names", code).Errorf("[names] %s: %w", code, err))
		}
	}
	for code := range l.raw.Names {
		if !slices.Contains(l.raw.Languages, code) {
			l.fault(doc.At("names", code).Errorf("[names] has %q, which is none of the languages", code))
		}
	}
}

// origins checks a list of origins that stands at a path of the file.
func (l *loader) origins(doc stricttoml.Document, raw []originFile, where ...any) []Origin {
	var origins []Origin
	for i, o := range raw {
		at := func(key string) stricttoml.Place { return doc.At(append(slices.Clone(where), i, key)...) }
		if err := checkOrigin(o.Host, l.raw.Bench); err != nil {
			l.fault(at("host").Errorf("%w", err))
		}
		if err := (limit{"source", 300, "it is a note"}).check(o.Source); err != nil {
			l.fault(at("source").Errorf("%w; expected where this host is known from, for whoever mends the list", err))
		}
		if slices.ContainsFunc(origins, func(p Origin) bool { return p.Host == o.Host }) {
			l.fault(at("host").Errorf("origin %q is there twice", o.Host))
		}
		l.sensitive(doc, o.Sensitive, append(slices.Clone(where), i, "sensitive"))
		origins = append(origins, Origin(o))
	}
	return origins
}

// sensitive checks the selectors of an origin.
func (l *loader) sensitive(doc stricttoml.Document, selectors []string, where []any) {
	if n := len(selectors); n > maxSelectors {
		l.fault(doc.At(where...).Errorf("%d selectors, at most %d for one origin", n, maxSelectors))
		return
	}
	for i, s := range selectors {
		at := doc.At(append(slices.Clone(where), i)...)
		if err := checkSelector(s); err != nil {
			l.fault(at.Errorf("%w", err))
		} else if slices.Index(selectors, s) != i {
			l.fault(at.Errorf("selector %q is there twice", s))
		}
	}
}

// layout refuses what does not belong into a pack.
func (l *loader) layout(doc stricttoml.Document) {
	entries, err := fs.ReadDir(l.fsys, ".")
	if err != nil {
		l.fault(fmt.Errorf(".:1: %w", err))
		return
	}
	for _, e := range entries {
		switch {
		case e.IsDir() && slices.Contains(l.raw.Procedures, e.Name()):
			l.folder(e.Name())
		case e.IsDir():
			l.fault(doc.At("procedures").Errorf("folder %q is not in the list of procedures: add it there or delete it", e.Name()))
		case !e.Type().IsRegular():
			l.fault(fmt.Errorf("%s:1: not a plain file: copy the file itself", e.Name()))
		case !slices.Contains([]string{"pack.toml", "README.md", "LICENSE"}, e.Name()) && path.Ext(e.Name()) != ".go":
			l.fault(fmt.Errorf("%s:1: unknown file; a pack holds pack.toml, README.md, LICENSE and the folders of its procedures", e.Name()))
		}
	}
}

func (l *loader) folder(id string) {
	known := []string{"procedure.toml", "pictogram.svg"}
	for _, code := range l.raw.Languages {
		known = append(known, code+".md")
	}
	entries, err := fs.ReadDir(l.fsys, id)
	if err != nil {
		l.fault(fmt.Errorf("%s:1: %w", id, err))
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !slices.Contains(known, e.Name()) {
			l.fault(fmt.Errorf("%s:1: unknown file; this folder holds %s", path.Join(id, e.Name()), strings.Join(known, ", ")))
		}
	}
}
