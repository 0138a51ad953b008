package main

// Modifier bits and key symbols as GDK reports them (gdktypes.h,
// gdkkeysyms.h; the symbols are X11's).
const (
	modShift   = 1 << 0
	modControl = 1 << 2
	modAlt     = 1 << 3
	modSuper   = 1 << 26
	modHyper   = 1 << 27
	modMeta    = 1 << 28

	keyBackSpace = 0xff08
	keyPause     = 0xff13
	keyScroll    = 0xff14
	keySysReq    = 0xff15
	keyHome      = 0xff50
	keyLeft      = 0xff51
	keyRight     = 0xff53
	keyEnd       = 0xff57
	keySelect    = 0xff60 // Select, Print, Execute
	keyInsert    = 0xff63
	keyUndo      = 0xff65 // Undo, Redo, Menu, Find, Cancel, Help, Break
	keyBreak     = 0xff6b
	keyF1        = 0xffbe
	keyF35       = 0xffe0
	keyMetaLeft  = 0xffe7 // Meta, Alt, Super, Hyper, left and right
	keyHyper     = 0xffee
	keyDelete    = 0xffff

	keyControlLeft  = 0xffe3
	keyControlRight = 0xffe4
	keyXF86         = 0x10000000 // vendor keys; Unicode input lies below
)

// keyAllowed reports whether a key may reach our widgets or a page. Typing in
// any layout goes through: AltGr is no Alt, dead and compose keys carry no
// modifier. What leads out of a kiosk does not: Alt, Super, function keys,
// menu and print keys, multimedia keys, and Control with anything but the
// editing of a field.
func keyAllowed(key, state uint) bool {
	switch {
	case key >= keyXF86, key >= keyF1 && key <= keyF35, key >= keyMetaLeft && key <= keyHyper:
		return false
	case key == keyPause, key == keyScroll, key == keySysReq:
		return false
	case key >= keySelect && key < keyInsert, key >= keyUndo && key <= keyBreak:
		return false
	case state&(modAlt|modSuper|modHyper|modMeta) != 0:
		return false
	case state&modControl != 0:
		return controlAllowed(key, state&modShift != 0)
	}
	return true
}

func controlAllowed(key uint, shift bool) bool {
	switch key {
	case keyLeft, keyRight, keyHome, keyEnd, keyBackSpace, keyDelete, keyInsert, keyControlLeft, keyControlRight:
		return true
	case 'a', 'c', 'v', 'x', 'z', 'A', 'C', 'V', 'X', 'Z': // upper case with caps lock
		return !shift
	}
	return false
}
