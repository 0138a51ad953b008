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
	Ctrl, Alt, AltGr, Shift, Super bool
	// Name is one of KeyNames, a modifier's name (pressed alone), or one
	// printable character other than a space or '+', a letter in lower case.
	Name string
}

// KeyNames returns the names of keys that print nothing, and "plus", since '+'
// joins a chord. They are X11's (keysymdef.h) in lower case, which package
// display takes.
func KeyNames() []string {
	return []string{"return", "tab", "escape", "space", "backspace", "delete", "insert",
		"home", "end", "pageup", "pagedown", "left", "right", "up", "down", "menu", "print", "pause", "capslock", "plus",
		"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12"}
}

func errKey() error {
	return errors.New("key must be like \"ctrl+shift+i\": ctrl, alt, altgr, shift, super, then one character, " +
		"one of them alone, or one of " + list(KeyNames()))
}

// modifiers returns the names of the keys that can be held.
func modifiers() []string { return []string{"ctrl", "alt", "altgr", "shift", "super"} }

// ParseKey reads a chord such as "ctrl+shift+i", "alt+f4", "super" or
// "ctrl++". Case does not matter, and "enter" is "return".
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
	switch k.Name = rest; rest {
	case "enter":
		k.Name = "return"
	case "+":
		k.Name = "plus"
	}
	if !isKeyName(k.Name) {
		return Key{}, errKey()
	}
	return k, nil
}

// hold notes a modifier; it reports false for a name that is none, or that is
// held already.
func (k *Key) hold(name string) bool {
	m := map[string]*bool{"ctrl": &k.Ctrl, "alt": &k.Alt, "altgr": &k.AltGr, "shift": &k.Shift, "super": &k.Super}[name]
	if m == nil || *m {
		return false
	}
	*m = true
	return true
}

func isKeyName(s string) bool {
	if slices.Contains(KeyNames(), s) || slices.Contains(modifiers(), s) {
		return true
	}
	r, n := utf8.DecodeRuneInString(s)
	return n > 0 && n == len(s) && r != ' ' && r != utf8.RuneError && unicode.IsPrint(r)
}

// String writes the chord with its modifiers in the order ctrl, alt,
// altgr, shift, super; ParseKey reads it back.
func (k Key) String() string {
	var b strings.Builder
	for _, m := range []struct {
		held bool
		name string
	}{{k.Ctrl, "ctrl+"}, {k.Alt, "alt+"}, {k.AltGr, "altgr+"}, {k.Shift, "shift+"}, {k.Super, "super+"}} {
		if m.held {
			b.WriteString(m.name)
		}
	}
	b.WriteString(k.Name)
	return b.String()
}
