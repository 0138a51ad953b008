package display

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jezek/xgb/xproto"
)

// form is what Key takes, for error messages.
const form = `want modifiers ctrl, shift, alt, altgr, super and one key, joined by "+", ` +
	`such as "ctrl+shift+i", "alt+F4", "Tab", "super"; a key is one character or one of `

// combo is a key with the modifiers held while it is pressed, all as symbols.
type combo struct {
	held []xproto.Keysym
	key  xproto.Keysym
}

// modifier returns the key of a modifier's name.
func modifier(name string) (xproto.Keysym, bool) {
	switch strings.ToLower(name) {
	case "ctrl":
		return symControlL, true
	case "shift":
		return symShiftL, true
	case "alt":
		return symAltL, true
	case "altgr":
		return symLevel3, true
	case "super":
		return symSuperL, true
	default:
		return 0, false
	}
}

// named lists the keys that have a name: 0xff00 and so on, X11/keysymdef.h.
func named() []struct {
	name string
	sym  xproto.Keysym
} {
	type key = struct {
		name string
		sym  xproto.Keysym
	}
	keys := []key{
		{"Return", symReturn}, {"Tab", symTab}, {"Escape", 0xff1b}, {"BackSpace", 0xff08},
		{"Delete", 0xffff}, {"Insert", 0xff63}, {"Home", 0xff50}, {"End", 0xff57},
		{"PageUp", 0xff55}, {"PageDown", 0xff56}, {"Left", 0xff51}, {"Up", 0xff52},
		{"Right", 0xff53}, {"Down", 0xff54}, {"Space", ' '}, {"Plus", '+'}, {"Menu", 0xff67},
		{"Print", 0xff61}, {"Pause", 0xff13}, {"CapsLock", 0xffe5},
	}
	for f := range 12 {
		keys = append(keys, key{fmt.Sprintf("F%d", f+1), xproto.Keysym(0xffbe + f)})
	}
	return keys
}

// parseCombo reads a combination. Names are matched without regard to case;
// a modifier by itself is pressed as a key.
func parseCombo(text string) (combo, error) {
	parts := strings.Split(text, "+")
	var c combo
	for i, part := range parts {
		mod, isMod := modifier(part)
		last := i == len(parts)-1
		switch {
		case isMod && slices.Contains(c.held, mod):
			return combo{}, comboError(text, "modifier "+part+" twice")
		case isMod && last:
			c.key = mod
		case isMod:
			c.held = append(c.held, mod)
		case !last:
			return combo{}, comboError(text, fmt.Sprintf("no modifier %.16q", part))
		default:
			sym, ok := keyNamed(part)
			if !ok {
				return combo{}, comboError(text, fmt.Sprintf("no key %.16q", part))
			}
			c.key = sym
		}
	}
	return c, nil
}

func keyNamed(name string) (xproto.Keysym, bool) {
	for _, k := range named() {
		if strings.EqualFold(k.name, name) {
			return k.sym, true
		}
	}
	r, size := utf8.DecodeRuneInString(name)
	if size == 0 || size != len(name) || r == utf8.RuneError || r <= ' ' || r == 0x7f {
		return 0, false
	}
	return keysymOf(r), true
}

func comboError(text, why string) error {
	var names []string
	for _, k := range named() {
		names = append(names, k.name)
	}
	return fmt.Errorf("press %.64q: %w: %s; %s%s", text, ErrInput, why, form, strings.Join(names, ", "))
}
