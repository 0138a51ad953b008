package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
)

// padStage is a stage with the pad up, whose send keeps the digits.
func padStage(t *testing.T) (*stage, *[]string) {
	t.Helper()
	s := newStage(t)
	sent := &[]string{}
	s.send = func(m wire.FromView) {
		switch m := m.(type) {
		case wire.Typed:
			*sent = append(*sent, string(m.PIN[:]))
		case wire.Pressed:
			*sent = append(*sent, string(m.Button))
		}
	}
	s.receive(wire.Show{Surface: wire.SurfaceSession})
	s.receive(wire.Cover{Panel: wire.PanelPIN, Seconds: 60})
	return s, sent
}

// keyed presses and releases keys.
func (s *stage) keyed(keys ...uint) (taken int) {
	for i, key := range keys {
		if s.padKey(true, uint(10+i), key) {
			taken++
		}
		s.padKey(false, uint(10+i), key)
	}
	return taken
}

// dots is what the pad shows of what was typed.
func (s *stage) dots() (n int) {
	for i := range 6 {
		if s.win.drawn.Looks[fmt.Sprintf("pin-dot-%d", i+1)].On {
			n++
		}
	}
	return n
}

func TestPadTypes(t *testing.T) {
	s, sent := padStage(t)
	if d := s.win.drawn; d.Over != "surfaces" || d.Panel != "pin" {
		t.Fatalf("%q in %q", d.Panel, d.Over)
	}
	for i, digit := range []byte("402817") {
		if look := s.win.drawn.Looks["pin-ok"]; !look.Disabled || s.dots() != i {
			t.Errorf("after %d digits: %d dots, %+v", i, s.dots(), look)
		}
		s.sendPIN()
		s.typeDigit(digit)
	}
	s.typeDigit('9') // one too many
	if s.dots() != 6 || s.win.drawn.Looks["pin-ok"].Disabled || len(*sent) != 0 {
		t.Fatalf("%d dots, sent %q", s.dots(), *sent)
	}
	s.eraseDigit()
	s.eraseDigit()
	s.typeDigit('1')
	s.typeDigit('8')
	s.sendPIN()
	if !slices.Equal(*sent, []string{"402818"}) || s.pin.digits != (wire.PIN{}) {
		t.Errorf("sent %q, left %v", *sent, s.pin.digits[:])
	}
	s.typeDigit('1')
	s.eraseDigit()
	s.sendPIN()
	if len(*sent) != 1 || s.win.drawn.Looks["pin-state"].Text != "Un instant…" {
		t.Errorf("while it is looked at: sent %q, says %q", *sent, s.win.drawn.Looks["pin-state"].Text)
	}
	s.receive(wire.Cover{Panel: wire.PanelPIN, Seconds: 60, Again: true})
	if look := s.win.drawn.Looks["pin-state"]; !look.On || !strings.Contains(look.Text, "pas le bon") || s.dots() != 0 {
		t.Errorf("refused: %+v, %d dots", look, s.dots())
	}
	s.typeDigit('1')
	if look := s.win.drawn.Looks["pin-state"]; look.On {
		t.Errorf("still says %q", look.Text)
	}
	s.receive(wire.Cover{Panel: wire.PanelConsent, Seconds: 60})
	if d := s.win.drawn; d.Over != "content" || d.Panel != "consent" || d.Surface != "session" || s.pin.digits != (wire.PIN{}) {
		t.Errorf("%q in %q; left %v", d.Panel, d.Over, s.pin.digits[:])
	}
}

func TestPadKeys(t *testing.T) {
	s, sent := padStage(t)
	// Upper row, keypad, the French row without Shift, and what means nothing.
	if n := s.keyed('4', 0xffb0, 0xe9, '9', keyBackSpace, '_', '1', 0xe8, 'x', keyTab, 0xffbe, keyReturn); n != 9 {
		t.Errorf("%d keys were the pad's", n)
	}
	if !slices.Equal(*sent, []string{"402817"}) {
		t.Errorf("sent %q", *sent)
	}
	s.receive(wire.Cover{Panel: wire.PanelPIN, Seconds: 60, Again: true})
	for range 5 { // held down
		s.padKey(true, 11, '7')
	}
	if s.dots() != 1 {
		t.Errorf("a key that is held types %d digits", s.dots())
	}
	s.padKey(false, 11, '7')
	s.padKey(true, 11, '7')
	if s.dots() != 2 {
		t.Errorf("the same key again: %d digits", s.dots())
	}
	s.keyed(keyReturn) // too few: and not the focused button's, which cancels
	s.keyed(keyEscape)
	if !slices.Equal(*sent, []string{"402817", "cancel-pin"}) {
		t.Errorf("sent %q", *sent)
	}
	s.receive(wire.Cover{})
	if n := s.keyed('4', keyBackSpace, keyEscape, keyReturn); n != 0 {
		t.Errorf("without a pad %d keys were its own", n)
	}
}

// The pad stands where the daemon asks for it, and never over the blank.
func TestPadSurfaces(t *testing.T) {
	s, _ := padStage(t)
	for surface, up := range map[wire.Surface]bool{wire.SurfaceSession: true, wire.SurfaceOutOfService: true, wire.SurfaceHome: true,
		wire.SurfaceUnprovisioned: false} {
		s.receive(wire.Show{Surface: surface})
		if got := s.win.drawn.Panel == "pin"; got != up {
			t.Errorf("%s: pad %v", surface, got)
		}
	}
	s.receive(wire.Show{Surface: wire.SurfaceSession})
	s.typeDigit('1')
	s.receive(wire.Blank{})
	if d := s.win.drawn; d.Panel == "pin" || d.Surface != "blank" {
		t.Errorf("%q over %q", d.Panel, d.Surface)
	}
}

// Nothing that is drawn, named or described tells a digit.
func TestPadShowsNoDigits(t *testing.T) {
	s, _ := padStage(t)
	empty := s.screen()
	for _, digit := range []byte("988988") {
		s.typeDigit(digit)
	}
	full := s.screen()
	for id, look := range full.Looks {
		was := empty.Looks[id]
		was.On, was.Disabled = look.On, look.Disabled
		if look != was {
			t.Errorf("%s: %+v became %+v", id, empty.Looks[id], look)
		}
		if strings.HasPrefix(id, "pin") && strings.ContainsAny(look.Text+look.Name+look.Note, "98") {
			t.Errorf("%s says %+v", id, look)
		}
	}
}

func TestPadCloses(t *testing.T) {
	s, _ := padStage(t)
	for after, want := range map[time.Duration]string{39 * time.Second: "", 41 * time.Second: "Se ferme dans 19\u00a0s"} {
		s.time = after
		if look := s.screen().Looks["pin-close"]; look.Hidden != (want == "") || want != "" && look.Text != want {
			t.Errorf("after %v: %+v", after, look)
		}
	}
}

func TestLockedNotice(t *testing.T) {
	s := newStage(t)
	s.receive(wire.Show{Surface: wire.SurfaceSession})
	for seconds, want := range map[int]string{15: "15 s", 60: "1 min 00 s", 3600: "60 min 00 s"} {
		s.receive(wire.Status{Notice: wire.NoticeLocked, WaitSeconds: seconds})
		if look := s.win.drawn.Looks["message"]; look.Hidden || !strings.Contains(look.Text, want) {
			t.Errorf("%d s: %+v", seconds, look)
		}
	}
}
