package main

import (
	"testing"

	"pgregory.net/rapid"
)

const (
	keyA, keyAlt, keyShift, keyCtrl = 'a', 0xffe9, keyShiftLeft, keyControlLeft
	altGr                           = 1 << 7
)

func TestKeysAllowed(t *testing.T) {
	for _, c := range []struct {
		key, state uint
		char       rune
		want       bool
	}{
		{'a', 0, 'a', true}, {'Z', modShift, 'Z', true}, {0xe9, 0, 'é', true}, {0x20ac, altGr, '€', true}, {'@', altGr, '@', true},
		{'1', modNum, '1', true}, {0xfe52, 0, 0, true /* dead circumflex */}, {keyCompose, 0, 0, true}, {0x6ca, 1 << 13, 'й', true},
		{0x100200c, modShift, '\u200c', true}, {0x1000007, 0, '\a', false}, {0x100e000, 0, '\ue000', false},
		{keyReturn, 0, 0, true}, {keyLeftTab, modShift, 0, true}, {0xffb1, modNum, '1', true}, {0xfe03, 0, 0, true /* AltGr */},
		{0xfe73, 0, 0, false /* StickyKeys_Enable */}, {0xfef9, 0, 0, false /* Pointer_EnableKeys */},
		{0xffbe, 0, 0, false /* F1 */}, {0xff67, 0, 0, false /* Menu */}, {0xff61, 0, 0, false /* Print */}, {0xff63, 0, 0, false /* Insert */},
		{0xffc7, modShift, 0, false /* Shift+F10 */}, {0xffe9, 0, 0, false /* Alt */}, {0xffeb, 0, 0, false /* Super */},
		{0x1008ff18, 0, 0, false /* XF86HomePage */}, {0x1fffffff, 0, 0, false},
		{'c', modControl, 'c', true}, {'V', modControl | modLock, 'V', true}, {'v', modControl | modNum, 'v', true},
		{'C', modControl | modShift, 'C', false}, {'p', modControl, 'p', false}, {'u', modControl | modShift, 'u', false},
		{'.', modControl, '.', false}, {'a', modControl | altGr, 'a', false}, {'+', modControl, '+', false}, {'0', modControl, '0', false},
		{keyLeft, modControl, 0, true}, {keyLeft, modControl | modShift, 0, true}, {keyTab, modControl, 0, false}, {keyReturn, modControl, 0, false},
		{'a', modAlt, 'a', false}, {keyLeft, modAlt, 0, false}, {keyTab, modAlt, 0, false}, {'l', modSuper, 'l', false}, {'c', modControl | modAlt, 'c', false},
	} {
		if got := keyAllowed(c.key, c.state, c.char); got != c.want {
			t.Errorf("key %#x state %#x char %U: %v", c.key, c.state, c.char, got)
		}
	}
}

// Whatever is held when a key comes up: a page sees the release of what it saw
// pressed, and of nothing else.
func TestReleasesFollowPresses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var board keyboard
		held, seen := map[uint]bool{}, map[uint]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "strokes") {
			key := rapid.SampledFrom([]uint{keyA, 'p', keyAlt, keyShift, keyCtrl, 0xffbe, keyReturn}).Draw(t, "key")
			char := rune(0)
			if key < 0x100 {
				char = rune(key)
			}
			if held[key] && rapid.Bool().Draw(t, "up") {
				delete(held, key)
				if got := board.release(key); got != seen[key] {
					t.Fatalf("release of %#x: %v, seen pressed: %v", key, got, seen[key])
				}
				delete(seen, key)
				continue
			}
			state := uint(0)
			for k, bit := range map[uint]uint{keyAlt: modAlt, keyShift: modShift, keyCtrl: modControl} {
				if held[k] {
					state |= bit
				}
			}
			held[key] = true // or repeats
			if board.press(key, key, state, char) {
				seen[key] = true
			}
		}
		if len(board.down) != len(seen) {
			t.Fatalf("%d keys down, %d seen", len(board.down), len(seen))
		}
	})
}
