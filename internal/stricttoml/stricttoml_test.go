package stricttoml_test

import (
	"errors"
	"strings"
	"testing"

	"guichet.example/internal/stricttoml"
)

type sample struct {
	Format  int               `toml:"format"`
	Name    string            `toml:"name"`
	Minutes []int             `toml:"minutes"`
	Hosts   []host            `toml:"hosts"`
	Groups  map[string][]host `toml:"groups"`
	Place   any               `toml:"place"`
	Limits  struct {
		Idle string `toml:"idle"`
	} `toml:"limits"`
	On bool `toml:"on"`
}

type host struct {
	Host   string `toml:"host"`
	Source string `toml:"source"`
}

func TestDecodeNamesLineAndExpectation(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"unknown key", "format = 1\nnaem = 'x'\n", `f.toml:2: unknown key "naem"; known here: format, name, minutes, hosts, groups, place, limits, on`},
		{"letter case", "Name = 'x'\n", `f.toml:1: unknown key "Name"; known here: format, name`},
		{"unknown table once", "[zz]\na = 1\nb = 2\n", `f.toml:1: unknown key "zz"; known here: format`},
		{"in a list of tables", "[[hosts]]\nhost = 'a'\n[[hosts]]\nhots = 'b'\n", `f.toml:4: unknown key "hosts.hots"; known here: host, source`},
		{"in an inline table", "hosts = [\n { host = 'a' },\n { hots = 'b' },\n]\n", `f.toml:3: unknown key "hosts.hots"; known here: host, source`},
		{"under a free name", "[[groups.fc]]\nhots = 'b'\n", `f.toml:2: unknown key "groups.fc.hots"; known here: host, source`},
		{"number for text", "\nname = 3\n", `f.toml:2: name must be text in quotes`},
		{"text for number", "minutes = [1,\n'2']\n", `f.toml:2: minutes must be a whole number without quotes`},
		{"text for truth", "on = 'yes'\n", `f.toml:1: on must be true or false without quotes`},
		{"value for table", "limits = 3\n", `f.toml:1: limits must be a table`},
		{"in an inline table, text for number", "hosts = [{ host = 'a',\n source = 3 }]\n", `f.toml:2: hosts.source must be text in quotes`},
		{"text for list", "minutes = '5'\n", `f.toml:1: minutes must be a list in [ ], of which each part is a whole number without quotes`},
		{"not TOML", "name = 'x'\nminutes = [1\n", `f.toml:2:`},
		{"twice", "name = 'x'\nname = 'y'\n", `f.toml:2: key name is already defined`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s sample
			_, err := stricttoml.Decode("f.toml", []byte(c.data), &s)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			if n := strings.Count(err.Error(), "\n") + 1; n != 1 {
				t.Errorf("%d errors, want one: %v", n, err)
			}
		})
	}
}

func TestDecodeReportsAllUnknownKeysAndKeepsTheRest(t *testing.T) {
	var s sample
	doc, err := stricttoml.Decode("f", []byte("a = 1\nname = 'x'\nb = 2\n"), &s)
	if err == nil || !strings.Contains(err.Error(), "f:1:") || !strings.Contains(err.Error(), "f:3:") {
		t.Errorf("got %v, want errors on lines 1 and 3", err)
	}
	if s.Name != "x" || !doc.Whole() {
		t.Errorf("name = %q, want what could be decoded", s.Name)
	}
}

func TestAt(t *testing.T) {
	data := "\xef\xbb\xbfformat = 1\r\n" + // 1, with the mark and the line ends of another system
		"minutes = [\r\n  5, # five\r\n  # none\r\n  7]\r\n" + // 2-5
		"place = { fr = 'a', en = 'b' }\r\n" + // 6
		"[limits]\r\nidle = '3m'\r\n" + // 7, 8
		"[[groups.fc]]\r\nhost = 'a'\r\n[[groups.fc]]\r\nhost = 'b'\r\n" // 9-12
	var s sample
	doc, err := stricttoml.Decode("f", []byte(data), &s)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path []any
		want string
	}{
		{[]any{"format"}, "f:1: no"},
		{[]any{"minutes", 0}, "f:3: no"},
		{[]any{"minutes", 1}, "f:5: no"},
		{[]any{"minutes", 9}, "f:2: no"},
		{[]any{"place", "en"}, "f:6: no"},
		{[]any{"limits", "idle"}, "f:8: no"},
		{[]any{"limits", "absent"}, "f:7: no"},
		{[]any{"groups", "fc", 1, "host"}, "f:12: no"},
		{[]any{"groups", "fc", 1, "source"}, "f:11: no"},
		{[]any{"absent"}, "f:1: no"},
	} {
		if got := doc.At(c.path...).Errorf("no").Error(); got != c.want {
			t.Errorf("At(%v): %s, want %s", c.path, got, c.want)
		}
	}
	if broken, _ := stricttoml.Decode("f", []byte("name = 3"), &s); broken.Whole() || !doc.Whole() {
		t.Error("Whole: wrong answer")
	}
	if !doc.Has("limits", "idle") || doc.Has("limits", "absent") {
		t.Error("Has: wrong answer")
	}
	cause := errors.New("cause")
	if !errors.Is(doc.At("format").Errorf("x: %w", cause), cause) {
		t.Error("Errorf lost the cause")
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{"# a note\n\nformat = 1\nx = 2\n", ""},
		{"\xef\xbb\xbfformat = 1", ""},
		{"", `f:1: the first key must be "format = 1"`},
		{"id = 'x'\nformat = 1\n", `f:1: the first key must be "format = 1"`},
		{"[format]\n", `f:1: the first key must be "format = 1"`},
		{"format = '1'\n", `f:1: the first key must be "format = 1"`},
		{"format.x = 1\n", `f:1: the first key must be "format = 1"`},
		{"\nformat = 2\n", `f:2: format = 2, but only format 1 is known here`},
	} {
		err := stricttoml.Format("f", []byte(c.data), 1)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%q: %v, want %q", c.data, err, c.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"format = 1\n", "[[groups.a]]\nhost='x'\n", "hosts=[{host='a'},{}]", "a.b.c=[[[1]]]", "[a]\n[a.b]\n[[a.c]]\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s sample
		_ = stricttoml.Format("f", data, 1)
		doc, err := stricttoml.Decode("f", data, &s)
		if err == nil && s.Name != "" && !doc.Has("name") {
			t.Errorf("%q: decoded a key whose line is not known", data)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "f:") {
			t.Errorf("error without a place: %v", err)
		}
	})
}
