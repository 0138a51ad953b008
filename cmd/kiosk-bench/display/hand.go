package display

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strconv"
	"strings"
	"time"

	"github.com/jezek/xgb/xproto"
)

// Pointer buttons of X.
const (
	ButtonLeft    = 1
	ButtonMiddle  = 2
	ButtonRight   = 3
	WheelUp       = 4
	WheelDown     = 5
	WheelLeft     = 6
	WheelRight    = 7
	ButtonBack    = 8
	ButtonForward = 9
)

// Press presses a pointer button at a pixel with modifiers of Chord held, and
// lets go of it after a time; with a long one it is a long press.
func (s *Screen) Press(ctx context.Context, at image.Point, button byte, long time.Duration, held ...string) error {
	if !at.In(image.Rectangle{Max: s.options.Size}) {
		return fmt.Errorf("press at %v: %w: outside the screen of %v", at, ErrInput, s.options.Size)
	}
	s.input.Lock()
	defer s.input.Unlock()
	keys, err := s.keys(held)
	if err != nil {
		return fmt.Errorf("press at %v: %w", at, err)
	}
	always := context.WithoutCancel(ctx)
	errs := []error{s.fake(ctx, xproto.MotionNotify, 0, at.X, at.Y)}
	for _, k := range keys {
		errs = append(errs, s.fake(ctx, xproto.KeyPress, byte(k), 0, 0))
	}
	errs = append(errs, s.fake(ctx, xproto.ButtonPress, button, 0, 0))
	pause(ctx, max(long, time.Millisecond))
	errs = append(errs, s.fake(always, xproto.ButtonRelease, button, 0, 0))
	for i := len(keys) - 1; i >= 0; i-- {
		errs = append(errs, s.fake(always, xproto.KeyRelease, byte(keys[i]), 0, 0))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("press at %v: %w", at, err)
	}
	return nil
}

// Move moves the pointer to a pixel.
func (s *Screen) Move(ctx context.Context, to image.Point) error {
	s.input.Lock()
	defer s.input.Unlock()
	return s.fake(ctx, xproto.MotionNotify, 0, to.X, to.Y)
}

// Drag moves the pointer along a path with its first button held. over, if
// any, is called at the end of the path, before the button is let go.
func (s *Screen) Drag(ctx context.Context, over func() error, path ...image.Point) error {
	s.input.Lock()
	defer s.input.Unlock()
	var errs []error
	for i, to := range path {
		from := path[max(0, i-1)]
		const steps = 8
		for step := 1; step <= steps; step++ {
			p := from.Add(to.Sub(from).Mul(step).Div(steps))
			errs = append(errs, s.fake(ctx, xproto.MotionNotify, 0, p.X, p.Y))
			pause(ctx, 4*time.Millisecond) // a hand is not infinitely fast, and toolkits merge motions
		}
		if i == 0 {
			errs = append(errs, s.fake(ctx, xproto.ButtonPress, ButtonLeft, 0, 0))
		}
	}
	pause(ctx, 2*dwell)
	if over != nil {
		errs = append(errs, over())
	}
	errs = append(errs, s.fake(context.WithoutCancel(ctx), xproto.ButtonRelease, ButtonLeft, 0, 0))
	return errors.Join(errs...)
}

// Chord presses a combination like Key, of keys that no person on a plain
// keyboard may have too: besides the names of Key, those of extraKeys, and a
// key symbol as a number, "0x1008ff19". A key that the keyboard lacks is lent
// to it.
func (s *Screen) Chord(ctx context.Context, text string) error {
	s.input.Lock()
	defer s.input.Unlock()
	keys, err := s.keys(strings.Split(text, "+"))
	if err != nil {
		return fmt.Errorf("press %q: %w", text, err)
	}
	last := len(keys) - 1
	if err := s.press(ctx, keys[:last:last], keys[last]); err != nil {
		return fmt.Errorf("press %q: %w", text, err)
	}
	return nil
}

// keys returns the keys that bear these names, whatever must be held besides
// for a symbol to come out: a chord is of keys.
func (s *Screen) keys(names []string) ([]xproto.Keycode, error) {
	var keys []xproto.Keycode
	for _, name := range names {
		sym, ok := modifier(name)
		if !ok {
			sym, ok = extraKey(name)
		}
		if !ok {
			sym, ok = keyNamed(name)
		}
		if !ok {
			return nil, fmt.Errorf("%w: no key %.20q", ErrInput, name)
		}
		k, ok := s.layout.strokes[sym]
		if !ok {
			var err error
			if k, err = s.layout.lendSymbol(s.x, sym); err != nil {
				return nil, err
			}
		}
		keys = append(keys, k.key)
	}
	return keys, nil
}

// extraKey returns a key that no person types with (X11/keysymdef.h,
// X11/XF86keysym.h).
func extraKey(name string) (xproto.Keysym, bool) {
	if n, err := strconv.ParseUint(name, 0, 32); err == nil && len(name) > 2 {
		return xproto.Keysym(n), true
	}
	for _, k := range extraKeys() {
		if k.Name == name {
			return k.sym, true
		}
	}
	return 0, false
}

// ExtraKey is a key of Chord.
type ExtraKey struct {
	Name string
	sym  xproto.Keysym
}

// ExtraKeys lists the keys of media, launcher and special keyboards.
func ExtraKeys() []ExtraKey { return extraKeys() }

func extraKeys() []ExtraKey {
	return []ExtraKey{
		{"Sys_Req", 0xff15}, {"Scroll_Lock", 0xff14}, {"Multi_key", 0xff20}, {"Select", 0xff60}, {"Execute", 0xff62},
		{"Undo", 0xff65}, {"Redo", 0xff66}, {"Find", 0xff68}, {"Cancel", 0xff69}, {"Help", 0xff6a}, {"Break", 0xff6b},
		{"Num_Lock", 0xff7f}, {"KP_Add", 0xffab}, {"KP_Subtract", 0xffad}, {"KP_Divide", 0xffaf}, {"KP_Multiply", 0xffaa},
		{"dead_circumflex", 0xfe52}, {"ISO_Next_Group", 0xfe08},
		{"XF86MonBrightnessDown", 0x1008ff03}, {"XF86Standby", 0x1008ff10}, {"XF86AudioLowerVolume", 0x1008ff11},
		{"XF86AudioMute", 0x1008ff12}, {"XF86AudioRaiseVolume", 0x1008ff13}, {"XF86AudioPlay", 0x1008ff14},
		{"XF86AudioNext", 0x1008ff17}, {"XF86HomePage", 0x1008ff18}, {"XF86Mail", 0x1008ff19}, {"XF86Search", 0x1008ff1b},
		{"XF86Calculator", 0x1008ff1d}, {"XF86PowerOff", 0x1008ff2a}, {"XF86Back", 0x1008ff26}, {"XF86Forward", 0x1008ff27},
		{"XF86Stop", 0x1008ff28}, {"XF86Refresh", 0x1008ff29}, {"XF86WakeUp", 0x1008ff2b}, {"XF86Eject", 0x1008ff2c},
		{"XF86ScreenSaver", 0x1008ff2d}, {"XF86WWW", 0x1008ff2e}, {"XF86Sleep", 0x1008ff2f}, {"XF86Favorites", 0x1008ff30},
		{"XF86MyComputer", 0x1008ff33}, {"XF86LightBulb", 0x1008ff35}, {"XF86History", 0x1008ff37}, {"XF86OpenURL", 0x1008ff38},
		{"XF86Launch1", 0x1008ff41}, {"XF86Close", 0x1008ff56}, {"XF86Copy", 0x1008ff57}, {"XF86Display", 0x1008ff59},
		{"XF86Explorer", 0x1008ff5d}, {"XF86Game", 0x1008ff5e}, {"XF86New", 0x1008ff68}, {"XF86Open", 0x1008ff6b},
		{"XF86Reload", 0x1008ff73}, {"XF86RotateWindows", 0x1008ff74}, {"XF86Save", 0x1008ff77}, {"XF86Send", 0x1008ff7b},
		{"XF86Terminal", 0x1008ff80}, {"XF86Tools", 0x1008ff81}, {"XF86ZoomIn", 0x1008ff8b}, {"XF86ZoomOut", 0x1008ff8c},
		{"XF86WebCam", 0x1008ff8f}, {"XF86Suspend", 0x1008ffa7}, {"XF86Hibernate", 0x1008ffa8}, {"XF86TouchpadToggle", 0x1008ffa9},
		{"XF86Keyboard", 0x1008ffb3}, {"XF86WLAN", 0x1008ff95}, {"XF86Bluetooth", 0x1008ff94}, {"XF86TaskPane", 0x1008ff7f},
	}
}
