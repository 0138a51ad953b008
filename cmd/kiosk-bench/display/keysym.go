package display

import "github.com/jezek/xgb/xproto"

// Key symbols that matter by name (X11/keysymdef.h).
const (
	symTab      = 0xff09
	symReturn   = 0xff0d
	symShiftL   = 0xffe1
	symControlL = 0xffe3
	symAltL     = 0xffe9
	symSuperL   = 0xffeb
	symLevel3   = 0xfe03 // ISO_Level3_Shift, the AltGr key
)

// keysymOf returns the key symbol of a rune: Latin-1 stands for itself, some
// older ones have numbers of their own, and all others carry the code point.
func keysymOf(r rune) xproto.Keysym {
	if r >= 0x20 && r <= 0x7e || r >= 0xa0 && r <= 0xff {
		return xproto.Keysym(r)
	}
	if k, ok := legacyKeysym(r); ok {
		return k
	}
	return 0x01000000 | xproto.Keysym(r)
}

// runeOf is the reverse of keysymOf; 0 when the symbol is no character.
func runeOf(k xproto.Keysym) rune {
	switch {
	case k >= 0x20 && k <= 0x7e || k >= 0xa0 && k <= 0xff:
		return rune(k)
	case k > 0x01000000 && k <= 0x0110ffff:
		return rune(k - 0x01000000)
	case k > 0x100 && k < 0xfe00: // only these have numbers of their own
		for _, r := range "€œŒŸ™≠←↑→↓„‘’“”‚…–—•šŠžŽ" {
			if old, ok := legacyKeysym(r); ok && old == k {
				return r
			}
		}
	}
	return 0
}

// legacyKeysym returns the number of the characters outside Latin-1 that the
// French keyboard has and that are older than the rule for code points.
func legacyKeysym(r rune) (xproto.Keysym, bool) {
	switch r {
	case '€':
		return 0x20ac, true
	case 'œ':
		return 0x13bd, true
	case 'Œ':
		return 0x13bc, true
	case 'Ÿ':
		return 0x13be, true
	case '™':
		return 0xac9, true
	case '≠':
		return 0x8bd, true
	case '←', '↑', '→', '↓':
		return 0x8fb + xproto.Keysym(r-'←'), true
	case '‘', '’':
		return 0xad0 + xproto.Keysym(r-'‘'), true
	case '“', '”':
		return 0xad2 + xproto.Keysym(r-'“'), true
	case '„':
		return 0xafe, true
	case '‚':
		return 0xafd, true
	default:
		return 0, false
	}
}

// deadKey is an accent that is typed before its letter.
type deadKey struct {
	sym     xproto.Keysym
	letters string // without the accent
	marked  string // the same with it
}

// deadKeys returns the accents of the keyboard with the letters of the
// languages of Europe that every input method composes with them.
func deadKeys() []deadKey {
	return []deadKey{
		{0xfe50, "aeinouwyAEINOUWY", "àèìǹòùẁỳÀÈÌǸÒÙẀỲ"},
		{0xfe51, "aceilnorsuyzACEILNORSUYZ", "áćéíĺńóŕśúýźÁĆÉÍĹŃÓŔŚÚÝŹ"},
		{0xfe52, "aceghijosuwyACEGHIJOSUWY", "âĉêĝĥîĵôŝûŵŷÂĈÊĜĤÎĴÔŜÛŴŶ"},
		{0xfe53, "ainouAINOU", "ãĩñõũÃĨÑÕŨ"},
		{0xfe54, "aeiouAEIOU", "āēīōūĀĒĪŌŪ"},
		{0xfe55, "aguAGU", "ăğŭĂĞŬ"},
		{0xfe57, "aeiouyAEIOUY", "äëïöüÿÄËÏÖÜŸ"},
		{0xfe58, "auAU", "åůÅŮ"},
		{0xfe5a, "cdenrstzCDENRSTZ", "čďěňřšťžČĎĚŇŘŠŤŽ"},
		{0xfe5b, "cstCST", "çşţÇŞŢ"},
		{0xfe5c, "aeiuAEIU", "ąęįųĄĘĮŲ"},
	}
}

// decompose returns the dead key and the letter that make r.
func decompose(r rune) (dead xproto.Keysym, letter rune, ok bool) {
	for _, d := range deadKeys() {
		letters := []rune(d.letters)
		for i, marked := range []rune(d.marked) {
			if marked == r {
				return d.sym, letters[i], true
			}
		}
	}
	return 0, 0, false
}
