package main

import (
	"time"

	"guichet.example/kiosk/view/wire"
)

// pinPad is what was typed on the pad so far. The pad stands before everything
// while a badge asks for its PIN.
type pinPad struct {
	digits   wire.PIN
	typed    int  // of them
	again    bool // what was sent last was refused
	checking bool // it was sent and is not answered
	held     uint // code of the key that is down: it types once
}

// pinClosing is from when on the pad says that it will go by itself.
const pinClosing = 20 * time.Second

// padUp says whether the pad is what people see.
func (l *loop) padUp() bool {
	if l.cover.value.Panel != wire.PanelPIN {
		return false
	}
	switch l.surface {
	case wire.SurfaceHome, wire.SurfaceSession, wire.SurfaceOutOfService:
		return true
	default:
		return false
	}
}

// coverPIN begins with an empty pad, whatever was on it, or takes it away.
func (l *loop) coverPIN(m wire.Cover) {
	held := l.pin.held
	l.pin.digits.Clear()
	l.pin = pinPad{again: m.Again, held: held}
}

func (l *loop) typeDigit(digit byte) {
	if p := &l.pin; l.padUp() && !p.checking && p.typed < len(p.digits) {
		p.digits[p.typed] = digit
		p.typed++
		l.redraw()
	}
}

func (l *loop) eraseDigit() {
	if p := &l.pin; p.typed > 0 && !p.checking {
		p.typed--
		p.digits[p.typed] = 0
		l.redraw()
	}
}

// sendPIN sends the digits when they are all there. send writes them down at
// once; they are overwritten then.
func (l *loop) sendPIN() {
	p := &l.pin
	if !l.padUp() || p.checking || p.typed < len(p.digits) {
		return
	}
	l.send(wire.Typed{PIN: &p.digits})
	p.digits.Clear()
	p.checking, p.again = true, false
	l.redraw()
}

// padKey takes the keys that mean something to the pad, and says whether this
// was one. Their releases, and what they type when they are held, mean nothing.
func (l *loop) padKey(down bool, code, key uint) bool {
	switch {
	case !down:
		if code == l.pin.held {
			l.pin.held = 0
		}
		return false
	case !l.padUp():
		return false
	}
	act := l.padAct(key)
	if act == nil {
		return false
	}
	if l.pin.held != code {
		l.pin.held = code
		act()
	}
	return true
}

func (l *loop) padAct(key uint) func() {
	if digit := padDigit(key); digit != 0 {
		return func() { l.typeDigit(digit) }
	}
	switch key {
	case keyBackSpace, keyDelete:
		return l.eraseDigit
	case keyEscape:
		return func() { l.press(wire.ButtonCancelPIN) }
	case keyReturn, padEnter:
		if l.pin.typed > 0 { // else it is the focused button's
			return l.sendPIN
		}
	}
	return nil
}

// padDigit is the digit that a key stands for, 0 for none: those of the keypad,
// those of the upper row, and that row of a French keyboard without Shift.
func padDigit(key uint) byte {
	const padZero, padNine = 0xffb0, 0xffb9
	switch {
	case key >= '0' && key <= '9':
		return byte(key)
	case key >= padZero && key <= padNine:
		return byte('0' + key - padZero)
	}
	for i, french := range []uint{0xe0, '&', 0xe9, '"', '\'', '(', '-', 0xe8, '_', 0xe7} {
		if key == french {
			return byte('0' + i)
		}
	}
	return 0
}

func (l *loop) pinLooks(w words) map[string]look {
	p := &l.pin
	seconds := left(l.cover, l.cover.value.Seconds, l.now())
	looks := map[string]look{
		"pin-title":  {Text: w["pin.title"]},
		"pin-text":   {Text: w[l.pinAsks()]},
		"pin-state":  {Text: w[p.says()], On: p.refused()},
		"pin-close":  {Text: w.say("pin.close", seconds), Hidden: seconds > int(pinClosing/time.Second) || p.checking},
		"pin-dots":   {Name: w["pin.dots"]}, // and not how many are typed
		"pin-icon":   {Hidden: l.large()},
		"pin-erase":  {Text: w["pin.erase"], Bare: l.large(), Disabled: p.typed == 0 || p.checking},
		"pin-ok":     {Text: w["pin.ok"], Disabled: p.typed < len(p.digits) || p.checking},
		"pin-cancel": {Text: w["pin.cancel"]},
	}
	for i := range p.digits {
		looks["pin-dot-"+string(rune('1'+i))] = look{On: i < p.typed}
	}
	return looks
}

// pinAsks is the key of what the pad asks. In a session it does not ask the
// person who sits there.
func (l *loop) pinAsks() string {
	if l.surface == wire.SurfaceSession {
		return "pin.helper"
	}
	return "pin.text"
}

// says is the key of what the pad tells about the last PIN.
func (p *pinPad) says() string {
	switch {
	case p.checking:
		return "pin.checking"
	case p.refused():
		return "pin.again"
	default:
		return "pin.leave"
	}
}

// refused is told until the next digit.
func (p *pinPad) refused() bool { return p.again && p.typed == 0 && !p.checking }
