package main

import "unicode"

// Modifier bits and key symbols as GDK reports them (gdktypes.h,
// gdkkeysyms.h; the symbols are X11's).
const (
	modShift   = 1 << 0
	modLock    = 1 << 1
	modControl = 1 << 2
	modAlt     = 1 << 3
	modNum     = 1 << 4
	modSuper   = 1<<6 | 1<<26
	modHyper   = 1 << 27
	modMeta    = 1 << 28
	modLayout  = 3 << 13 // which of several layouts
	modButtons = 0x1f << 8

	keyBackSpace = 0xff08
	keyTab       = 0xff09
	keyReturn    = 0xff0d
	keyEscape    = 0xff1b
	keyCompose   = 0xff20
	keyHome      = 0xff50 // to End: arrows, Page_Up, Page_Down
	keyLeft      = 0xff51
	keyUp        = 0xff52
	keyRight     = 0xff53
	keyDown      = 0xff54
	keyPageUp    = 0xff55
	keyPageDown  = 0xff56
	keyEnd       = 0xff57
	keyDelete    = 0xffff
	keyLeftTab   = 0xfe20 // Shift+Tab

	padTab    = 0xff89
	padEnter  = 0xff8d
	padHome   = 0xff95 // to KP_Begin: the keypad without Num Lock
	padLeft   = 0xff96
	padRight  = 0xff98
	padEnd    = 0xff9c
	padBegin  = 0xff9d
	padDelete = 0xff9f

	keyModeSwitch   = 0xff7e
	keyNumLock      = 0xff7f
	keyShiftLeft    = 0xffe1 // to Shift_Lock: both of Shift and Control, Caps_Lock
	keyControlLeft  = 0xffe3
	keyControlRight = 0xffe4
	keyShiftLock    = 0xffe6
	keyLevel2       = 0xfe02 // to ISO_Last_Group_Lock: AltGr, changes of layout
	keyGroupLast    = 0xfe0f
	keyLevel5       = 0xfe11 // to ISO_Level5_Lock
	keyLevel5Lock   = 0xfe13

	deadFirst = 0xfe50 // dead_grave to dead_currency
	deadLast  = 0xfe6f
	deadA     = 0xfe80 // to dead_greek; the keys of AccessX lie between
	deadGreek = 0xfe8c
	deadLow   = 0xfe90 // dead_lowline to dead_longsolidusoverlay
	deadEnd   = 0xfe93
)

// keyAllowed reports whether the press of a key may reach our widgets or a
// page. char is what the key types, 0 for nothing. Typing in any layout goes
// through, and so does moving about and editing in a field. Nothing else does:
// what is not listed here, no key that has been or will be invented, leads out
// of a kiosk.
func keyAllowed(key, state uint, char rune) bool {
	switch {
	case state&(modAlt|modSuper|modHyper|modMeta) != 0:
		return false
	case key >= keyShiftLeft && key <= keyShiftLock, key >= keyLevel2 && key <= keyGroupLast,
		key >= keyLevel5 && key <= keyLevel5Lock, key == keyModeSwitch, key == keyNumLock:
		return true
	case state&modControl != 0:
		return controlAllowed(key, state&^(modControl|modLock|modNum|modLayout|modButtons))
	}
	return typed(char) || dead(key) || edits(key)
}

// typed leaves out control characters, and what Unicode gives no meaning. The
// marks without a form of their own join and part letters in Persian and set
// the direction in Hebrew.
func typed(char rune) bool {
	return char != 0 && (unicode.IsGraphic(char) || unicode.Is(unicode.Cf, char))
}

func dead(key uint) bool {
	return key >= deadFirst && key <= deadLast || key >= deadA && key <= deadGreek ||
		key >= deadLow && key <= deadEnd || key == keyCompose
}

func edits(key uint) bool {
	switch key {
	case keyBackSpace, keyTab, keyLeftTab, keyReturn, keyEscape, keyDelete, padTab, padEnter, padDelete:
		return true
	}
	return key >= keyHome && key <= keyEnd || key >= padHome && key <= padBegin
}

// controlAllowed takes the modifiers beside Control that are held, not locked.
func controlAllowed(key, held uint) bool {
	switch key {
	case keyLeft, keyRight, keyHome, keyEnd, keyBackSpace, keyDelete,
		padLeft, padRight, padHome, padEnd, padDelete:
		return held&^modShift == 0 // Shift selects
	case 'a', 'c', 'v', 'x', 'y', 'z', 'A', 'C', 'V', 'X', 'Y', 'Z': // upper case with Caps Lock
		return held == 0
	}
	return false
}

// keyboard knows which keys are down, by code, that were let through: a page
// sees the release of exactly those, whatever is held by then.
type keyboard struct{ down map[uint]bool }

func (k *keyboard) press(code, key, state uint, char rune) bool {
	if !keyAllowed(key, state, char) {
		return false
	}
	if k.down == nil {
		k.down = map[uint]bool{}
	}
	k.down[code] = true
	return true
}

func (k *keyboard) release(code uint) bool {
	allowed := k.down[code]
	delete(k.down, code)
	return allowed
}
