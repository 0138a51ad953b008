package control

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Key is one chord: a key pressed while modifiers are held.
type Key struct {
	Ctrl, Alt, Shift, Super bool
	// Name is one of KeyNames, a modifier's name (pressed alone), or one
	// printable character other than a space, a letter in lower case.
	Name string
}

// KeyNames returns the names of keys that print nothing.
func KeyNames() []string {
	return []string{"enter", "tab", "escape", "space", "backspace", "delete", "insert",
		"home", "end", "pageup", "pagedown", "left", "right", "up", "down", "menu", "print",
		"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12"}
}

func errKey() error {
	return errors.New("key must be like \"ctrl+shift+i\": ctrl, alt, shift, super, then one character, " +
		"one of them alone, or one of " + list(KeyNames()))
}

// ParseKey reads a chord such as "ctrl+shift+i", "alt+f4", "super" or
// "ctrl++". Case does not matter.
func ParseKey(s string) (Key, error) {
	var k Key
	if len(s) > 64 || !utf8.ValidString(s) {
		return k, errKey()
	}
	rest := strings.ToLower(s)
	for {
		name, after, ok := strings.Cut(rest, "+")
		if !ok || after == "" || !k.hold(name) {
			break
		}
		rest = after
	}
	k.Name = rest
	if !isKeyName(rest) {
		return Key{}, errKey()
	}
	return k, nil
}

// hold notes a modifier; it reports false for a name that is none, or that is
// held already.
func (k *Key) hold(name string) bool {
	m := map[string]*bool{"ctrl": &k.Ctrl, "alt": &k.Alt, "shift": &k.Shift, "super": &k.Super}[name]
	if m == nil || *m {
		return false
	}
	*m = true
	return true
}

func isKeyName(s string) bool {
	if slices.Contains(KeyNames(), s) || slices.Contains([]string{"ctrl", "alt", "shift", "super"}, s) {
		return true
	}
	r, n := utf8.DecodeRuneInString(s)
	return n > 0 && n == len(s) && r != ' ' && r != utf8.RuneError && unicode.IsPrint(r)
}

// String writes the chord with its modifiers in the order ctrl, alt, shift,
// super; ParseKey reads it back.
func (k Key) String() string {
	var b strings.Builder
	for _, m := range []struct {
		held bool
		name string
	}{{k.Ctrl, "ctrl+"}, {k.Alt, "alt+"}, {k.Shift, "shift+"}, {k.Super, "super+"}} {
		if m.held {
			b.WriteString(m.name)
		}
	}
	b.WriteString(k.Name)
	return b.String()
}
