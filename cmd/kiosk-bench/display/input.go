package display

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// dwell is how long a finger stays on the screen in a tap: long enough for
// two frames at 60 Hz, so that a button is seen pressed.
const dwell = 34 * time.Millisecond

// ErrInput is returned, wrapped, for an input that nobody could make here: the
// caller asked for what there is not.
var ErrInput = errors.New("no such input")

// Tap presses and releases the first pointer button at a pixel.
func (s *Screen) Tap(ctx context.Context, x, y int) error {
	if !image.Pt(x, y).In(image.Rectangle{Max: s.options.Size}) {
		return fmt.Errorf("tap at %d,%d: %w: outside the screen of %v", x, y, ErrInput, s.options.Size)
	}
	s.input.Lock()
	defer s.input.Unlock()
	if err := s.fake(ctx, xproto.MotionNotify, 0, x, y); err != nil {
		return fmt.Errorf("tap at %d,%d: %w", x, y, err)
	}
	down := s.fake(ctx, xproto.ButtonPress, 1, 0, 0)
	if down == nil {
		pause(ctx, dwell)
	}
	up := s.fake(context.WithoutCancel(ctx), xproto.ButtonRelease, 1, 0, 0) // never left pressed
	if err := errors.Join(down, up); err != nil {
		return fmt.Errorf("tap at %d,%d: %w", x, y, err)
	}
	return nil
}

// Type types a text on the French keyboard: each rune by its own key, with
// Shift and AltGr as needed, or by a dead key and a letter; newline is the
// Return key and tab the Tab key. On plain X every other rune is typed by a
// key that is lent to it for the purpose; the compositor has its own keymap,
// so there it is an error, and nothing is typed. Nothing of the text is kept,
// so that a caller who overwrites it has forgotten it.
func (s *Screen) Type(ctx context.Context, text []rune) error {
	s.input.Lock()
	defer s.input.Unlock()
	if err := s.canType(text); err != nil {
		return err
	}
	for i, r := range text {
		strokes, ok := s.layout.of(r)
		if !ok {
			lent, err := s.layout.lend(s.x, r)
			if err != nil {
				return fmt.Errorf("type character %d: %w", i+1, err)
			}
			strokes = []stroke{lent}
		}
		for _, k := range strokes {
			if err := s.press(ctx, s.modifiers(k), k.key); err != nil {
				return fmt.Errorf("type character %d: %w", i+1, err)
			}
		}
	}
	return nil
}

// canType checks a text before its first key is pressed. Its error names the
// rune alone: what people type is not repeated anywhere.
func (s *Screen) canType(text []rune) error {
	for _, r := range text {
		_, ok := s.layout.of(r)
		switch {
		case ok:
		case r < ' ' || r >= 0x7f && r < 0xa0:
			return fmt.Errorf("type %U: %w: a control character; newline and tab are the only ones with a key", r, ErrInput)
		case s.client.WaylandSocket != "":
			return fmt.Errorf("type %q (%U): %w: the keyboard %q has no key for it, and the compositor lends none", r, r, ErrInput, xkbLayout)
		}
	}
	return nil
}

// Key presses a combination such as "ctrl+shift+i", "alt+F4", "Tab",
// "Escape", "super" or "é". Like a person at the keyboard it presses the key
// of a capital letter without Shift unless Shift is named.
func (s *Screen) Key(ctx context.Context, text string) error {
	c, err := parseCombo(text)
	if err != nil {
		return err
	}
	s.input.Lock()
	defer s.input.Unlock()
	if c.key >= 'A' && c.key <= 'Z' {
		c.key += 'a' - 'A'
	}
	k, ok := s.layout.strokes[c.key]
	if !ok {
		return fmt.Errorf("press %q: %w: the keyboard %q has no such key", text, ErrInput, xkbLayout)
	}
	held := s.modifiers(k)
	for _, sym := range c.held {
		key := s.layout.strokes[sym].key
		if key != 0 && !contains(held, key) {
			held = append(held, key)
		}
	}
	if err := s.press(ctx, held, k.key); err != nil {
		return fmt.Errorf("press %q: %w", text, err)
	}
	return nil
}

func contains(keys []xproto.Keycode, key xproto.Keycode) bool {
	for _, k := range keys {
		if k == key {
			return true
		}
	}
	return false
}

// modifiers returns the keys to be held for a stroke.
func (s *Screen) modifiers(k stroke) []xproto.Keycode {
	var held []xproto.Keycode
	if k.shift {
		held = append(held, s.layout.strokes[symShiftL].key)
	}
	if k.altGr {
		held = append(held, s.layout.strokes[symLevel3].key)
	}
	return held
}

// press presses a key with others held, and lets all of them go again
// whatever happens in between.
func (s *Screen) press(ctx context.Context, held []xproto.Keycode, key xproto.Keycode) error {
	var down []xproto.Keycode
	var errs []error
	for _, k := range append(held, key) {
		if err := s.fake(ctx, xproto.KeyPress, byte(k), 0, 0); err != nil {
			errs = append(errs, err)
			break
		}
		down = append(down, k)
	}
	for i := len(down) - 1; i >= 0; i-- {
		errs = append(errs, s.fake(context.WithoutCancel(ctx), xproto.KeyRelease, byte(down[i]), 0, 0))
	}
	return errors.Join(errs...)
}

// fake makes one input event and waits until the server has dealt with it.
func (s *Screen) fake(ctx context.Context, kind, detail byte, x, y int) error {
	_, err := await(ctx, func() (struct{}, error) {
		return struct{}{}, xtest.FakeInputChecked(s.x.conn, kind, detail, 0, s.x.screen.Root, int16(x), int16(y), 0).Check()
	})
	return err
}

// pause waits, or less when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
