//go:build webkit

package main_test

import (
	"image"
	"image/color"
	"testing"

	"guichet.example/kiosk/view/wire"
)

// padKeys are where the keys of the pad stand at text size 100 %.
func padKey(digit byte) (x, y int16) {
	place := int16(digit - '1')
	if digit == '0' {
		place = 10
	}
	return 676 + 164*(place%3), 204 + 96*(place/3)
}

// padUp waits for the pad: its ground is the blank's.
func padUp(t *testing.T, d *display) {
	t.Helper()
	x, y := padKey('5')
	d.eventually(t, "the pad", func(m *image.RGBA) bool {
		return m.RGBAAt(20, 780) == brand && m.RGBAAt(int(x)+50, int(y)+20) == color.RGBA{0xee, 0xf2, 0xf8, 0xff}
	})
}

// TestPad types by finger and by keyboard, and sees that nothing of the page
// stands beside the pad.
func TestPad(t *testing.T) {
	t.Parallel()
	green := color.RGBA{0, 0xff, 0, 0xff}
	d, v := ready(t, map[string]string{"/": `<body style="background:#0f0">`}, "/")
	d.eventuallyColour(t, 900, 500, green)
	v.send(t, wire.Cover{Panel: wire.PanelPIN, Seconds: 60})
	padUp(t, d)
	if has(d.shot(t), everywhere(), green) {
		t.Fatal("the page is seen")
	}
	for _, digit := range []byte("402817") {
		d.click(padKey(digit))
	}
	d.click(980, 604)
	if typed, _ := await[wire.Typed](t, v); string(typed.PIN[:]) != "402817" {
		t.Errorf("sent %q", typed.PIN[:])
	}
	v.send(t, wire.Cover{Panel: wire.PanelPIN, Seconds: 60, Again: true})
	d.eventually(t, "what was refused", func(m *image.RGBA) bool { return has(m, everywhere(), color.RGBA{0x9c, 0x2f, 0x00, 0xff}) })
	d.keys(t, '7', '1', '8', '2', '0', '4', 0xff0d)
	if typed, _ := await[wire.Typed](t, v); string(typed.PIN[:]) != "718204" {
		t.Errorf("sent %q", typed.PIN[:])
	}
	v.send(t, wire.Cover{Panel: wire.PanelPIN, Seconds: 60})
	d.keys(t, 0xff1b)
	for {
		if m, _ := await[wire.Pressed](t, v); m.Button == wire.ButtonCancelPIN {
			break
		}
	}
	v.send(t, wire.Cover{})
	d.eventuallyColour(t, 900, 500, green)
}

func everywhere() image.Rectangle { return image.Rect(0, 0, screenWidth, screenHeight) }
