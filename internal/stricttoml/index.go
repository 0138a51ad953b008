package stricttoml

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// maxDepth bounds the parts of a path that are followed. No format of ours
// comes near it; without it a file of dots would cost time that grows with the
// square of its length.
const maxDepth = 12

// key is a key of the file with the line it stands on; positions in lists are
// left out of names.
type key struct {
	names []string
	line  int
}

// indexer walks a document and notes the line of each key.
type indexer struct {
	parser  unstable.Parser
	lines   map[string]int // by pathKey
	ends    []int          // offsets of the line ends
	root    reflect.Type
	keys    []key
	misfits []misfit
	lists   map[string]int // tables so far in each list of tables, by pathKey
}

// misfit is a value that is not of the type its key wants.
type misfit struct {
	key
	want reflect.Type
}

// index notes the line of every key in data, and the values that do not fit
// the type t. It goes as far as data is TOML.
func index(data []byte, t reflect.Type) indexer {
	x := indexer{root: t, lines: map[string]int{}, lists: map[string]int{}}
	for i, c := range data {
		if c == '\n' {
			x.ends = append(x.ends, i)
		}
	}
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
			path := x.enter(table, e.Key())
			x.value(path, e.Value(), typeAt(t, names(path)))
		}
	}
	return x
}

// lineAt returns the line that a range begins on.
func (x *indexer) lineAt(r unstable.Range) int {
	n, _ := slices.BinarySearch(x.ends, int(r.Offset))
	return n + 1
}

// enter appends the parts of a key to a path and notes their lines. A part
// that names a list of tables means the last table of that list, unless it is
// the end of the key.
func (x *indexer) enter(table []any, it unstable.Iterator) []any {
	path := append([]any(nil), table...)
	for it.Next() && len(path) < maxDepth {
		if n := x.lists[pathKey(path)]; n > 0 {
			path = append(path, n-1)
		}
		path = append(path, string(it.Node().Data))
		line := x.lineAt(it.Node().Raw)
		x.lines[pathKey(path)] = line
		x.keys = append(x.keys, key{names(path), line})
	}
	return path
}

// value notes the lines inside a list or an inline table, and whether they fit
// the type t, nil for a key that is unknown anyway.
func (x *indexer) value(path []any, v *unstable.Node, t reflect.Type) {
	if t != nil && !fits(t, v.Kind) {
		x.misfits = append(x.misfits, misfit{key{names(path), x.lines[pathKey(path)]}, t})
		return
	}
	switch v.Kind {
	case unstable.InlineTable:
		for it := v.Children(); it.Next(); {
			inner := x.enter(path, it.Node().Key())
			x.value(inner, it.Node().Value(), typeAt(x.root, names(inner)))
		}
	case unstable.Array:
		line := x.lines[pathKey(path)]
		n := 0
		for it := v.Children(); it.Next(); n++ {
			element := append(append([]any(nil), path...), n)
			if raw := it.Node().Raw; raw.Length > 0 {
				line = x.lineAt(raw)
			}
			x.lines[pathKey(element)] = line
			x.value(element, it.Node(), elem(t))
		}
	}
}

// fits says whether a value of that kind can go into t.
func fits(t reflect.Type, kind unstable.Kind) bool {
	switch t.Kind() {
	case reflect.String:
		return kind == unstable.String
	case reflect.Int, reflect.Int64:
		return kind == unstable.Integer
	case reflect.Bool:
		return kind == unstable.Bool
	case reflect.Slice:
		return kind == unstable.Array
	case reflect.Struct, reflect.Map:
		return kind == unstable.InlineTable
	default:
		return true
	}
}

// elem returns what a list of type t holds, nil when that is anything.
func elem(t reflect.Type) reflect.Type {
	if t == nil || t.Kind() != reflect.Slice {
		return nil
	}
	return t.Elem()
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
