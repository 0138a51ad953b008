package procedure_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/usage"
)

const goodPack = `format = 1
id = "ville"
languages = ["fr", "en"]
procedures = ["caf", "tri"]

[names]
fr = "Notre ville"
en = "Our town"

[[groups.fc]]
host = "app.franceconnect.gouv.fr"
source = "documentation"
sensitive = ["#otp"]
`

const goodProcedure = `theme = "logement"
start = "https://www.caf.fr/aide?x=1#/debut"
success = "www.caf.fr/recu/*"
minutes = [5, 20]
groups = ["fc"]

[[origins]]
host = "www.caf.fr"
source = "home page"
[[origins]]
host = "*.caf.fr"
source = "assets"
`

const goodText = `# Aide au logement

Vous demandez
une aide.

## Avec vous

- Votre bail.

## Étapes

1. Lisez.
2. Écrivez.
`

const goodPicture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">
<path d="M1 2h3.5" stroke="#12324a"/>
</svg>
`

// good is a pack with nothing wrong.
func good() fstest.MapFS {
	m := fstest.MapFS{"pack.toml": {Data: []byte(goodPack)}, "README.md": {}, "pack.go": {}}
	for _, id := range []string{"caf", "tri"} {
		m[id+"/procedure.toml"] = &fstest.MapFile{Data: []byte(goodProcedure)}
		m[id+"/pictogram.svg"] = &fstest.MapFile{Data: []byte(goodPicture)}
		m[id+"/fr.md"] = &fstest.MapFile{Data: []byte(goodText)}
		m[id+"/en.md"] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(goodText, "\n", "\r\n"))}
	}
	return m
}

func TestLoad(t *testing.T) {
	pack, err := procedure.Load(good())
	if err != nil {
		t.Fatal(err)
	}
	if pack.ID != "ville" || pack.Names["en"] != "Our town" || len(pack.Procedures) != 2 || pack.Bench {
		t.Errorf("pack %+v", pack)
	}
	p := pack.Procedures[0]
	if p.ID != "caf" || p.Pack != "ville" || p.Theme != usage.ThemeHousing || p.Minutes != [2]int{5, 20} || p.Pictogram != goodPicture {
		t.Errorf("procedure %+v", p)
	}
	if len(p.Origins) != 3 || !reflect.DeepEqual(p.Origins[2], procedure.Origin{Host: "app.franceconnect.gouv.fr", Source: "documentation", Sensitive: []string{"#otp"}}) {
		t.Errorf("origins %v", p.Origins)
	}
	for _, code := range []string{"fr", "en"} {
		x := p.Texts[code]
		if x.Title != "Aide au logement" || x.Purpose != "Vous demandez une aide." || len(x.Bring) != 1 || len(x.Steps) != 2 || x.Steps[1] != "Écrivez." {
			t.Errorf("%s: %+v", code, x)
		}
	}
}

// Each mutation of a good pack gives exactly one error, with file and line.
func TestLoadRefuses(t *testing.T) {
	const pack, proc, text, svg = "pack.toml", "caf/procedure.toml", "caf/fr.md", "caf/pictogram.svg"
	long := strings.Repeat("mot ", 41) + "fin"
	for _, c := range []struct{ file, old, new, want string }{
		{pack, "format = 1", "format = 2", "pack.toml:1: format = 2, but only format 1"},
		{pack, "format = 1\n", "", "pack.toml:1: the first key must be \"format = 1\""},
		{pack, "id = ", "idd = 3\nid = ", `pack.toml:2: unknown key "idd"; known here: format, id`},
		{pack, `"ville"`, `"Ville"`, `pack.toml:2: id "Ville": expected 1 to 40 characters a-z`},
		{pack, `["fr", "en"]`, `["fr", "en", "en"]`, `pack.toml:3: language "en" is there twice`},
		{pack, `"tri"]`, `"tri", "tri"]`, `pack.toml:4: procedure "tri" is there twice`},
		{pack, `"tri"]`, `"tri", "X"]`, `pack.toml:4: procedure "X": expected`},
		{pack, `, "tri"]`, `]`, `pack.toml:4: folder "tri" is not in the list`},
		{pack, `en = "Our town"`, ``, `pack.toml:6: [names] en: name is empty`},
		{pack, `en = "Our town"`, "en = \"Our town\"\nde = \"Stadt\"", `pack.toml:9: [names] has "de"`},
		{pack, `"app.franceconnect.gouv.fr"`, `"*.gouv.fr"`, `pack.toml:11: origin "*.gouv.fr" covers everybody below "gouv.fr"`},
		{pack, `source = "documentation"`, ``, `pack.toml:10: source is empty; expected where this host is known from`},
		{pack, "[[groups.fc]]", "[[groups.FC]]\nhost = 'x.caf.fr'\nsource = 'x'\n[[groups.fc]]", `pack.toml:10: group "FC": expected a-z`},
		{"caf/de.md", "", "x", "caf/de.md:1: unknown file; this folder holds procedure.toml, pictogram.svg, fr.md, en.md"},
		{"autre.txt", "", "x", "autre.txt:1: unknown file; a pack holds pack.toml"},
		{"autre/fr.md", "", "x", `pack.toml:4: folder "autre" is not in the list of procedures`},
		{proc, `"logement"`, `"logment"`, `caf/procedure.toml:1: theme "logment": expected one of "papiers_elections_citoyennete", "famille_scolarite"`},
		{proc, `https://www`, `http://www`, `caf/procedure.toml:2: start "http://www.caf.fr/aide?x=1#/debut" must be an address`},
		{proc, `https://www`, `https://me@www`, `caf/procedure.toml:2: start "https://me@`},
		{proc, `www.caf.fr/aide`, `www.caf.fr:444/aide`, `caf/procedure.toml:2: start "https://www.caf.fr:444`},
		{proc, `www.caf.fr/aide`, `caf.fr/aide`, `caf/procedure.toml:2: start is on "caf.fr", which is none of the procedure's origins`},
		{proc, `www.caf.fr/recu/*`, `recu.fr/*`, `caf/procedure.toml:3: success is on "recu.fr"`},
		{proc, `www.caf.fr/recu/*`, `www.caf.fr/*/recu`, `caf/procedure.toml:3: success "www.caf.fr/*/recu" must be a host and a path`},
		{proc, `www.caf.fr/recu/*`, ``, `caf/procedure.toml:3: success "" must be`},
		{proc, `[5, 20]`, `[20, 5]`, `caf/procedure.toml:4: minutes: expected the usual duration`},
		{proc, `[5, 20]`, `[5]`, `caf/procedure.toml:4: minutes: expected`},
		{proc, `[5, 20]`, `[5, "20"]`, `caf/procedure.toml:4: minutes must be a whole number without quotes`},
		{proc, `["fc"]`, `["fc", "fc"]`, `caf/procedure.toml:5: group "fc" is there twice`},
		{proc, `["fc"]`, `["fcc"]`, `caf/procedure.toml:5: group "fcc" is not in pack.toml; known there: "fc"`},
		{proc, `"*.caf.fr"`, `"www.caf.fr"`, `caf/procedure.toml:11: origin "www.caf.fr" is there twice`},
		{proc, `"*.caf.fr"`, `"https://caf.fr"`, `caf/procedure.toml:11: origin "https://caf.fr" must be a host name alone`},
		{proc, `"*.caf.fr"`, `"*.fr"`, `caf/procedure.toml:11: origin "*.fr" covers everybody below "fr"`},
		{proc, `"*.caf.fr"`, `"*.github.io"`, `caf/procedure.toml:11: origin "*.github.io" covers everybody`},
		{proc, `"*.caf.fr"`, `"192.168.1.1"`, `caf/procedure.toml:11: origin "192.168.1.1" is not a name on the public internet`},
		{proc, `"*.caf.fr"`, `"intranet"`, `caf/procedure.toml:11: origin "intranet" is not a name on the public`},
		{proc, `"*.caf.fr"`, `"mairie.localhost"`, `caf/procedure.toml:11: origin "mairie.localhost" is this machine itself`},
		{proc, `"*.caf.fr"`, `"Caf.fr"`, `caf/procedure.toml:11: origin "Caf.fr" must be written "caf.fr"`},
		{proc, `"*.caf.fr"`, `"caf.fr."`, `caf/procedure.toml:11: origin "caf.fr." must be written without the dot`},
		{proc, `"*.caf.fr"`, `"*.impôts.fr"`, `caf/procedure.toml:11: origin "*.impôts.fr" must be written "*.xn--impts-8ta.fr"`},
		{proc, `"*.caf.fr"`, `"a*.caf.fr"`, `caf/procedure.toml:11: origin "a*.caf.fr" is not a host name`},
		{proc, `"*.caf.fr"`, `""`, `caf/procedure.toml:11: origin "" is not a host name`},
		{pack, `["#otp"]`, `["#otp", "#otp"]`, `pack.toml:13: selector "#otp" is there twice`},
		{pack, `["#otp"]`, "[\n\"#otp\",\n\"a{}b\"]", `pack.toml:15: selector "a{}b": "{}b" is not understood; expected one such as "#nir"`},
		{pack, `["#otp"]`, `"#otp"`, `pack.toml:13: groups.fc.sensitive must be a list`},
		{pack, `["#otp"]`, `[` + strings.Repeat(`"#otp",`, 41) + `]`, `pack.toml:13: 41 selectors, at most 40 for one origin`},
		{proc, `source = "assets"`, "source = \"assets\"\nsensitive = [\"a,b\"]", `caf/procedure.toml:13: selector "a,b": ",b" is not understood`},
		{proc, `success = "www.caf.fr/recu/*"`, `audience = "helper"`, `caf/procedure.toml:1: theme in a procedure of helpers: their sessions are not counted`},
		{proc, "theme = \"logement\"\n", "audience = \"helper\"\n", `caf/procedure.toml:3: success in a procedure of helpers: their sessions are not counted`},
		{proc, `minutes`, "audience = \"staff\"\nminutes", `caf/procedure.toml:4: audience "staff": expected "helper"; leave the line out for everybody`},
		{proc, `minutes`, "audience = \"\"\nminutes", `caf/procedure.toml:4: audience "": expected "helper"`},
		{text, "# Aide au logement\n", "", "caf/fr.md:2: expected the title first"},
		{text, "# Aide au logement", "# " + long, "caf/fr.md:1: title has 167 characters, at most 40 are allowed: it must fit on its tile"},
		{text, "Vous demandez\nune aide.", long, "caf/fr.md:3: purpose has 167 characters, at most 140"},
		{text, "Vous demandez\nune aide.\n", "", "caf/fr.md:12: the purpose is missing"},
		{text, "une aide.", "une aide.\n\nEncore.", "caf/fr.md:6: expected the purpose in one paragraph"},
		{text, "2. Écrivez.", "2. " + long, "caf/fr.md:13: step has 167 characters, at most 160 are allowed"},
		{text, "2. Écrivez.", "3. Écrivez.", "caf/fr.md:13: step 2 is numbered 3"},
		{text, "- Votre bail.\n", "", "caf/fr.md:13: what to bring is missing"},
		{text, "1. Lisez.\n2. Écrivez.\n", "", "caf/fr.md:12: the steps are missing"},
		{text, "- Votre bail.", "* Votre bail.\n- Ici.", "caf/fr.md:8: expected lines that begin with \"- \""},
		{text, "1. Lisez.", "1. Lisez **bien**.", `caf/fr.md:12: step contains '*': only plain words`},
		{text, "1. Lisez.", "1. Lisez\u202e.", `caf/fr.md:12: step contains U+202E, a character that cannot be seen`},
		{text, "## Étapes", "## Étapes\n\n## Encore", `caf/fr.md:12: expected lines that begin with "1. "`},
		{text, "## Étapes", "# Étapes\n## Étapes", `caf/fr.md:10: second title`},
		{text, "Vous", "V\xffous", "caf/fr.md:1: not UTF-8"},
		{svg, "<path", "<script/><path", "caf/pictogram.svg:2: <script> is not allowed; allowed are svg, g, path"},
		{svg, "<path", "<foreignObject/><path", "caf/pictogram.svg:2: <foreignObject> is not allowed"},
		{svg, "<path", "<path onload='x'/><path", "caf/pictogram.svg:2: attribute onload is not allowed"},
		{svg, "<path", "<path style='x'/><path", "caf/pictogram.svg:2: attribute style is not allowed"},
		{svg, "<path", "<path xmlns:x='y' x:href='z'/><path", "caf/pictogram.svg:2: attribute"},
		{svg, "<path", "<path fill='url(https://evil.fr/x)'/><path", "caf/pictogram.svg:2: value of fill refers"},
		{svg, "<path", "hello<path", "caf/pictogram.svg:2: text in a pictogram"},
		{svg, "<svg", "<!DOCTYPE svg [<!ENTITY a 'b'>]>\n<svg", "caf/pictogram.svg:1: <!DOCTYPE"},
		{svg, "<svg", "<?xml-stylesheet href='x'?><svg", "caf/pictogram.svg:1: <?xml-stylesheet?>"},
		{svg, ` viewBox="0 0 48 48"`, ``, "caf/pictogram.svg:1: the first element must be <svg> with a viewBox"},
		{svg, "</svg>", "", "caf/pictogram.svg:4: not an SVG document"},
		{svg, goodPicture, "", "caf/pictogram.svg:1: no <svg> element"},
		{svg, "</svg>", "</svg>" + strings.Repeat(" ", 16<<10), "caf/pictogram.svg:1: longer than the 16384 bytes allowed"},
	} {
		t.Run(c.file+" "+c.want, func(t *testing.T) {
			m := good()
			if c.old == "" {
				m[c.file] = &fstest.MapFile{Data: []byte(c.new)}
			} else {
				data := string(m[c.file].Data)
				if strings.Count(data, c.old) != 1 {
					t.Fatalf("%q is not there exactly once", c.old)
				}
				m[c.file] = &fstest.MapFile{Data: []byte(strings.Replace(data, c.old, c.new, 1))}
			}
			pack, err := procedure.Load(m)
			if err == nil {
				t.Fatal("loaded")
			}
			if !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			// A namespace of its own is two strange attributes.
			if n := strings.Count(err.Error(), "\n") + 1; n != 1 && !strings.Contains(c.new, "xmlns:x") {
				t.Errorf("%d errors, want one:\n%v", n, err)
			}
			if pack.ID != "" || pack.Procedures != nil {
				t.Error("a refused pack was returned all the same")
			}
		})
	}
}

// A host of a group that the procedure names too keeps what is sensitive on it.
func TestSensitiveOfAGroup(t *testing.T) {
	m := good()
	m["caf/procedure.toml"] = &fstest.MapFile{Data: []byte(goodProcedure + `
[[origins]]
host = "app.franceconnect.gouv.fr"
source = "x"
sensitive = ["#a"]
`)}
	pack, err := procedure.Load(m)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{{"#a", "#otp"}, {"#otp"}} {
		origins := pack.Procedures[i].Origins
		if got := origins[len(origins)-1].Sensitive; !slices.Equal(got, want) {
			t.Errorf("%s: %q", pack.Procedures[i].ID, got)
		}
	}
}

func TestHelpersProcedure(t *testing.T) {
	m := good()
	one := strings.NewReplacer("theme = \"logement\"\n", "audience = \"helper\"\n", "success = \"www.caf.fr/recu/*\"\n", "").Replace(goodProcedure)
	m["caf/procedure.toml"] = &fstest.MapFile{Data: []byte(one)}
	pack, err := procedure.Load(m)
	if err != nil {
		t.Fatal(err)
	}
	c, err := procedure.NewCatalogue(pack)
	if err != nil || c.Count(procedure.AudienceHelper) != 1 || c.Count(procedure.AudienceAll) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := c.Select([]string{"caf"}); err == nil || !strings.Contains(err.Error(), "no procedure is for everybody") {
		t.Errorf("helpers alone: %v", err)
	}
	if p := pack.Procedures; p[0].Audience != procedure.AudienceHelper || p[1].Audience != procedure.AudienceAll {
		t.Errorf("%+v", p)
	}
}

func TestLoadRefusesMissingFiles(t *testing.T) {
	for name := range good() {
		if name == "README.md" || name == "pack.go" {
			continue
		}
		m := good()
		delete(m, name)
		_, err := procedure.Load(m)
		if err == nil || err.Error() != name+":1: this file is missing" {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestLoadReportsEverythingAtOnce(t *testing.T) {
	m := good()
	m["caf/procedure.toml"] = &fstest.MapFile{Data: []byte("themes = 1\n")}
	m["tri/fr.md"] = &fstest.MapFile{Data: []byte("Bonjour")}
	delete(m, "tri/en.md")
	_, err := procedure.Load(m)
	for _, want := range []string{"caf/procedure.toml:1: unknown key", "caf/procedure.toml:1: theme \"\"",
		"caf/procedure.toml:1: minutes", "caf/procedure.toml:1: start is missing", "tri/fr.md:1:", "tri/en.md:1: this file is missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	m = good()
	m["pack.toml"] = &fstest.MapFile{Data: []byte("format = 1\n" + strings.Repeat("[[groups.x]]\n", 200))}
	_, err = procedure.Load(m)
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 101 || !strings.HasPrefix(lines[100], "and ") {
		t.Errorf("%d lines, want 100 and a count", len(lines))
	}
}

func TestBenchPack(t *testing.T) {
	m := good()
	bench := func(s string) string { return strings.ReplaceAll(s, "www.caf.fr", "mairie.localhost") }
	m["caf/procedure.toml"] = &fstest.MapFile{Data: []byte(bench(goodProcedure))}
	if _, err := procedure.Load(m); err == nil {
		t.Fatal("a host below localhost without bench = true")
	}
	m["pack.toml"] = &fstest.MapFile{Data: []byte(strings.Replace(goodPack, "id =", "bench = true\nid =", 1))}
	pack, err := procedure.Load(m)
	if err != nil || !pack.Bench {
		t.Fatalf("bench %v: %v", pack.Bench, err)
	}
	if _, err := procedure.NewCatalogue(pack); err == nil || !strings.Contains(err.Error(), "bench alone") {
		t.Errorf("real catalogue: %v", err)
	}
	if _, err := procedure.NewBenchCatalogue(pack); err != nil {
		t.Error(err)
	}
	m["caf/procedure.toml"] = &fstest.MapFile{Data: []byte(strings.Replace(bench(goodProcedure), "*.caf.fr", "*.localhost", 1))}
	if _, err := procedure.Load(m); err == nil {
		t.Error("*.localhost was let through")
	}
}

func TestCatalogue(t *testing.T) {
	one, err := procedure.Load(good())
	if err != nil {
		t.Fatal(err)
	}
	two := one
	two.ID = "other"
	if _, err := procedure.NewCatalogue(one, one); err == nil || !strings.Contains(err.Error(), `pack "ville" is there twice`) {
		t.Errorf("same pack twice: %v", err)
	}
	if _, err := procedure.NewCatalogue(one, two); err == nil || !strings.Contains(err.Error(), `procedure "caf" is in pack "ville" and in pack "other"`) {
		t.Errorf("same procedure twice: %v", err)
	}
	c, err := procedure.NewCatalogue(one)
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := c.Lookup("tri"); !ok || p.ID != "tri" {
		t.Error("tri is not found")
	}
	if _, ok := c.Lookup("x"); ok {
		t.Error("x is found")
	}
	s, err := c.Select([]string{"tri"})
	if err != nil || len(s.All()) != 1 || len(c.All()) != 2 {
		t.Errorf("select: %v", err)
	}
	if _, ok := s.Lookup("caf"); ok {
		t.Error("a procedure that was not selected is found")
	}
	if _, err := c.Select([]string{"tri", "x", "tri"}); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("select unknown and double: %v", err)
	}
	if err := c.Speaks([]string{"fr", "de"}); err == nil || !strings.Contains(err.Error(), `"ville" has no texts in language "de"`) {
		t.Errorf("speaks: %v", err)
	}
	if _, ok := (procedure.Catalogue{}).Lookup("x"); ok {
		t.Error("the zero catalogue offers something")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(goodPack), []byte(goodProcedure), []byte(goodText), []byte(goodPicture))
	f.Add([]byte("format = 1\n"), []byte("[[origins]]\n"), []byte("# \n\n## \n1. "), []byte("<svg"))
	f.Fuzz(func(t *testing.T, pack, proc, text, svg []byte) {
		m := good()
		maps.Copy(m, fstest.MapFS{"pack.toml": {Data: pack}, "caf/procedure.toml": {Data: proc},
			"caf/fr.md": {Data: text}, "caf/pictogram.svg": {Data: svg}})
		p, err := procedure.Load(m)
		if err != nil {
			if p.ID != "" || p.Procedures != nil {
				t.Error("a refused pack was returned all the same")
			}
			return
		}
		if p.ID == "" || len(p.Procedures) == 0 || len(p.Languages) == 0 {
			t.Errorf("an empty pack was accepted: %+v", p)
		}
		for _, q := range p.Procedures {
			for _, code := range p.Languages {
				if x := q.Texts[code]; x.Title == "" || x.Purpose == "" || len(x.Bring) == 0 || len(x.Steps) == 0 {
					t.Errorf("%s has no texts in %q", q.ID, code)
				}
			}
			if !strings.HasPrefix(q.Start, "https://") || len(q.Origins) == 0 || strings.Contains(strings.ToLower(q.Pictogram), "<script") {
				t.Errorf("accepted %+v", q)
			}
		}
	})
}
