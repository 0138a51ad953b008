package stricttoml

import (
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// key is a key of the file with the line it stands on; positions in lists are
// left out of names.
type key struct {
	names []string
	line  int
}

// indexer walks a document and notes the line of each key.
type indexer struct {
	parser unstable.Parser
	lines  map[string]int // by pathKey
	keys   []key
	lists  map[string]int // tables so far in each list of tables, by pathKey
}

// index returns every key of data in order, and the line of each path.
func index(data []byte) ([]key, map[string]int, error) {
	x := indexer{lines: map[string]int{}, lists: map[string]int{}}
	x.parser.Reset(data)
	var table []any // path of the table that the following keys belong to
	for x.parser.NextExpression() {
		switch e := x.parser.Expression(); e.Kind {
		case unstable.Table:
			table = x.enter(nil, e.Key())
		case unstable.ArrayTable:
			table = x.enter(nil, e.Key())
			n := x.lists[pathKey(table)]
			x.lists[pathKey(table)] = n + 1
			line := x.lines[pathKey(table)]
			table = append(table, n)
			x.lines[pathKey(table)] = line
		case unstable.KeyValue:
			x.value(x.enter(table, e.Key()), e.Value())
		}
	}
	return x.keys, x.lines, x.parser.Error()
}

// enter appends the parts of a key to a path and notes their lines. A part
// that names a list of tables means the last table of that list, unless it is
// the end of the key.
func (x *indexer) enter(table []any, it unstable.Iterator) []any {
	path := append([]any(nil), table...)
	for it.Next() {
		if n := x.lists[pathKey(path)]; n > 0 {
			path = append(path, n-1)
		}
		path = append(path, string(it.Node().Data))
		line := x.parser.Shape(it.Node().Raw).Start.Line
		x.lines[pathKey(path)] = line
		x.keys = append(x.keys, key{names(path), line})
	}
	return path
}

// value notes the lines inside a list or an inline table.
func (x *indexer) value(path []any, v *unstable.Node) {
	switch v.Kind {
	case unstable.InlineTable:
		for it := v.Children(); it.Next(); {
			x.value(x.enter(path, it.Node().Key()), it.Node().Value())
		}
	case unstable.Array:
		line := x.lines[pathKey(path)]
		n := 0
		for it := v.Children(); it.Next(); n++ {
			element := append(append([]any(nil), path...), n)
			if raw := it.Node().Raw; raw.Length > 0 {
				line = x.parser.Shape(raw).Start.Line
			}
			x.lines[pathKey(element)] = line
			x.value(element, it.Node())
		}
	}
}

// first returns the line and the number of the first key of data when it is
// the top-level key name with a whole number; otherwise the line where it
// should stand.
func first(data []byte, name string) (line int, number int64, ok bool) {
	var p unstable.Parser
	p.Reset(data)
	if !p.NextExpression() {
		return 1, 0, false
	}
	e := p.Expression()
	it := e.Key()
	if !it.Next() {
		return 1, 0, false
	}
	line = p.Shape(it.Node().Raw).Start.Line
	if e.Kind != unstable.KeyValue || string(it.Node().Data) != name || !it.IsLast() ||
		e.Value().Kind != unstable.Integer {
		return line, 0, false
	}
	number, err := strconv.ParseInt(string(e.Value().Data), 10, 64)
	return line, number, err == nil
}

func names(path []any) []string {
	var s []string
	for _, p := range path {
		if name, ok := p.(string); ok {
			s = append(s, name)
		}
	}
	return s
}

// pathKey joins a path with a byte that TOML forbids in a file; a key can hold
// it only in escaped form, and then at worst a message names another line.
func pathKey(path []any) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteByte(0x1f)
		switch p := p.(type) {
		case string:
			b.WriteString(p)
		case int:
			b.WriteString("#" + strconv.Itoa(p))
		}
	}
	return b.String()
}
