package display

import (
	"errors"
	"fmt"

	"github.com/jezek/xgb/xproto"
)

// stroke is one key pressed with modifiers held.
type stroke struct {
	key          xproto.Keycode
	shift, altGr bool
}

// layout is what the keys of the X server stand for.
type layout struct {
	strokes map[xproto.Keysym]stroke
	spare   []xproto.Keycode                 // keys without a symbol, the next to be lent first
	lent    map[xproto.Keysym]xproto.Keycode // spare keys that stand for a rune for now
}

// readLayout asks the server for its keys. The core protocol shows the four
// levels of a key in its columns 0, 1, 4 and 5.
func readLayout(l *link) (*layout, error) {
	first, last := l.setup.MinKeycode, l.setup.MaxKeycode
	m, err := xproto.GetKeyboardMapping(l.conn, first, byte(last-first+1)).Reply()
	if err != nil {
		return nil, fmt.Errorf("read keyboard: %w", err)
	}
	width := int(m.KeysymsPerKeycode)
	if width < 6 {
		return nil, fmt.Errorf("read keyboard: %d symbols a key, want 6: the layout %q was not loaded", width, xkbLayout)
	}
	lay := &layout{strokes: map[xproto.Keysym]stroke{}, lent: map[xproto.Keysym]xproto.Keycode{}}
	for _, level := range []struct {
		column       int
		shift, altGr bool
	}{{0, false, false}, {1, true, false}, {4, false, true}, {5, true, true}} {
		for i := 0; i+width <= len(m.Keysyms); i += width {
			sym := m.Keysyms[i+level.column]
			if _, known := lay.strokes[sym]; sym != 0 && !known {
				lay.strokes[sym] = stroke{first + xproto.Keycode(i/width), level.shift, level.altGr}
			}
		}
	}
	for i := 0; i+width <= len(m.Keysyms); i += width {
		if bare(m.Keysyms[i : i+width]) {
			lay.spare = append(lay.spare, first+xproto.Keycode(i/width))
		}
	}
	if _, ok := lay.strokes[symLevel3]; !ok {
		return nil, errors.New("read keyboard: it has no AltGr key")
	}
	return lay, nil
}

func bare(syms []xproto.Keysym) bool {
	for _, s := range syms {
		if s != 0 {
			return false
		}
	}
	return true
}

// of returns the strokes that type r: its own key, or a dead key and a letter.
func (lay *layout) of(r rune) ([]stroke, bool) {
	switch r {
	case '\n':
		return []stroke{lay.strokes[symReturn]}, true
	case '\t':
		return []stroke{lay.strokes[symTab]}, true
	}
	if s, ok := lay.strokes[keysymOf(r)]; ok {
		return []stroke{s}, true
	}
	dead, letter, ok := decompose(r)
	if !ok {
		return nil, false
	}
	accent, ok1 := lay.strokes[dead]
	base, ok2 := lay.strokes[keysymOf(letter)]
	return []stroke{accent, base}, ok1 && ok2
}

// lend makes a spare key stand for a rune that no key has. A key is lent
// again only after all others were, because a client looks up what a key
// stands for some time after it was pressed.
func (lay *layout) lend(l *link, r rune) (stroke, error) { return lay.lendSymbol(l, keysymOf(r)) }

func (lay *layout) lendSymbol(l *link, sym xproto.Keysym) (stroke, error) {
	if key, ok := lay.lent[sym]; ok {
		return stroke{key: key}, nil
	}
	if len(lay.spare) == 0 {
		return stroke{}, errors.New("the keyboard has no spare key")
	}
	key := lay.spare[0]
	for old, k := range lay.lent {
		if k == key {
			delete(lay.lent, old)
		}
	}
	if err := xproto.ChangeKeyboardMappingChecked(l.conn, 1, key, 1, []xproto.Keysym{sym}).Check(); err != nil {
		return stroke{}, err
	}
	lay.spare = append(lay.spare[1:], key)
	lay.lent[sym] = key
	return stroke{key: key}, nil
}
