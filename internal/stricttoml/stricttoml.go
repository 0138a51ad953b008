// Package stricttoml decodes a TOML file that people write by hand: unknown
// keys are refused, every error names file and line and says what is expected,
// and the lines stay known afterwards, so that checks of the values can name
// them too.
//
// It is pure and may be imported by the packages that define a file format
// (kiosk/config, kiosk/procedure). It reads a byte slice and does not bound
// its length: the caller does.
package stricttoml

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// maxErrors unknown keys and misfits each are reported; a file with more is another file.
const maxErrors = 100

// Document is a decoded file that still knows on which lines its keys stand.
type Document struct {
	name  string
	lines map[string]int
	whole bool
}

// Decode reads data into the struct that into points to. Keys are matched
// with the toml tags of the struct exactly, letter case included.
//
// The error joins everything found: a file that is not TOML gives one error,
// a file with unknown keys one for each. As long as the Document is Whole the
// caller can go on checking values and report everything at once. Errors begin
// with "name:line: ".
func Decode(name string, data []byte, into any) (Document, error) {
	data = trimMark(data)
	t := reflect.TypeOf(into)
	x := index(data, t)
	doc := Document{name: name, lines: x.lines, whole: len(x.misfits) == 0}
	errs := doc.unknown(x.keys, t)
	for _, m := range x.misfits[:min(len(x.misfits), maxErrors)] {
		errs = append(errs, fmt.Errorf("%s:%d: %s must be %s", name, m.line, strings.Join(m.names, "."), describe(m.want)))
	}
	if err := toml.Unmarshal(data, into); err != nil && doc.whole {
		doc.whole = false
		errs = append(errs, doc.explain(err, data))
	}
	return doc, errors.Join(errs...)
}

// Whole says that every known key of the file was decoded; when it is false,
// checking values would only repeat the error that Decode returned.
func (d Document) Whole() bool { return d.whole }

// trimMark drops the byte order mark that some editors put first.
func trimMark(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) }

// Format checks that a file begins with "format = want". The version stands
// first and is read before all else, so that a file of another version gives
// one error that says so instead of many about unknown keys.
func Format(name string, data []byte, want int64) error {
	if err := text(name, data); err != nil {
		return err
	}
	line, got, ok := first(trimMark(data), "format")
	if !ok {
		return fmt.Errorf("%s:%d: the first key must be \"format = %d\": it says how the rest is to be read",
			name, line, want)
	}
	if got != want {
		return fmt.Errorf("%s:%d: format = %d, but only format %d is known here: "+
			"use a file and a kiosk of the same age", name, line, got, want)
	}
	return nil
}

// Place is a key of a file, for messages.
type Place struct {
	name string
	line int
}

// At returns the place of a key: a path of string keys and int positions in
// lists. Where the key is absent it is the place of the closest key around it.
func (d Document) At(path ...any) Place {
	for n := len(path); n > 0; n-- {
		if line, ok := d.lines[pathKey(path[:n])]; ok {
			return Place{d.name, line}
		}
	}
	return Place{d.name, 1}
}

// Has says whether the file holds the key.
func (d Document) Has(path ...any) bool {
	_, ok := d.lines[pathKey(path)]
	return ok
}

// Errorf returns an error that begins with the place, "name:line: ".
func (p Place) Errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", p.name, p.line, fmt.Errorf(format, args...))
}

// explain gives an error of the TOML reader the form of ours.
func (d Document) explain(err error, data []byte) error {
	var bad *toml.DecodeError
	if !errors.As(err, &bad) {
		return fmt.Errorf("%s:1: %w", d.name, err)
	}
	line, _ := bad.Position()
	message := strings.TrimPrefix(bad.Error(), "toml: ")
	if right := hint(message, lineOf(data, line)); right != "" {
		return fmt.Errorf("%s:%d: %s: %s", d.name, line, plain(message), right)
	}
	return fmt.Errorf("%s:%d: %s", d.name, line, plain(message))
}

// unknown returns an error for each key that t has no field for; keys below
// an unknown table are not mentioned again.
func (d Document) unknown(keys []key, t reflect.Type) []error {
	var errs []error
	var refused [][]string
	for _, k := range keys {
		if len(errs) == maxErrors {
			break
		}
		if slices.ContainsFunc(refused, func(r []string) bool { return hasPrefix(k.names, r) }) {
			continue
		}
		for n := 1; n <= len(k.names); n++ {
			around := typeAt(t, k.names[:n-1])
			if around == nil || typeAt(t, k.names[:n]) != nil {
				continue
			}
			refused = append(refused, k.names[:n])
			errs = append(errs, fmt.Errorf("%s:%d: unknown key %q; known here: %s",
				d.name, k.line, strings.Join(k.names[:n], "."), strings.Join(fields(around), ", ")))
			break
		}
	}
	return errs
}

func hasPrefix(names, prefix []string) bool {
	return len(names) >= len(prefix) && slices.Equal(names[:len(prefix)], prefix)
}

// typeAt returns the type that the keys lead to, nil when there is none.
func typeAt(t reflect.Type, keys []string) reflect.Type {
	for _, k := range keys {
		t = strip(t)
		switch t.Kind() {
		case reflect.Interface:
			return t
		case reflect.Map:
			t = t.Elem()
		case reflect.Struct:
			i := slices.IndexFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool { return tag(f) == k })
			if i < 0 {
				return nil
			}
			t = reflect.VisibleFields(t)[i].Type
		default:
			return nil
		}
	}
	return t
}

// strip goes through pointers and lists to what they hold.
func strip(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t
}

func tag(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
	return name
}

func fields(t reflect.Type) []string {
	t = strip(t)
	if t.Kind() != reflect.Struct {
		return []string{"none"}
	}
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		names = append(names, tag(f))
	}
	return names
}

func describe(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text in quotes"
	case reflect.Int, reflect.Int64:
		return "a whole number without quotes"
	case reflect.Bool:
		return "true or false without quotes"
	case reflect.Slice:
		return "a list in [ ], of which each part is " + describe(t.Elem())
	default:
		return "a table"
	}
}

// Encode writes what into would be decoded from: fields in their order, so
// that format stands first.
func Encode(from any) ([]byte, error) { return toml.Marshal(from) }
