//go:build webkit

package main_test

import (
	"fmt"
	"image/color"
	"testing"

	"guichet.example/kiosk/view/wire"
)

var (
	yellow  = color.RGBA{0xff, 0xd5, 0x4a, 255}
	ownBand = color.RGBA{0xd6, 0xe6, 0xf7, 255}
)

// TestOfferToAHelper: by keyboard and by pointer, and everybody's tiles after
// it.
func TestOfferToAHelper(t *testing.T) {
	t.Parallel()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	d := startDisplay(t)
	start := startOf(site(t, map[string]string{"/": `<body style="background:green">`}))
	for i, title := range []string{"Les dossiers", "Les mandats"} {
		tile := start.Tiles[0]
		tile.Procedure = fmt.Sprint("helpers-", i)
		tile.Texts = map[string]wire.TileText{"fr": {Title: title, Purpose: "Vous préparez un dossier avec une personne.", Minutes: [2]int{5, 20}}}
		start.Offer = append(start.Offer, tile)
	}
	v := startView(t, bin, d, start)
	await[wire.Ready](t, v)
	v.send(t, wire.Show{Surface: wire.SurfaceHome})
	await[wire.Shown](t, v)
	chosen := func(want string) {
		t.Helper()
		if chose, _ := await[wire.Chose](t, v); chose.Procedure != want {
			t.Errorf("chose %q, want %q", chose.Procedure, want)
		}
	}
	everybody := d.shot(t)
	v.send(t, wire.Cover{Panel: wire.PanelOffer, Seconds: 30})
	d.eventuallyColour(t, 4, 130, yellow)
	keepPicture(t, "offer", d.settled(t, everybody))
	d.keys(t, 0xff0d) // Return on the first
	chosen("helpers-0")
	d.keys(t, 0xff09) // Tab
	d.keys(t, 0xff0d)
	chosen("helpers-1")
	d.click(tileX, tileY)
	chosen("helpers-0")
	d.click(tileX, 750) // in the place of the call for help
	if pressed, _ := await[wire.Pressed](t, v); pressed.Button != wire.ButtonCloseOffer {
		t.Errorf("pressed %+v", pressed)
	}
	v.send(t, wire.Cover{})
	d.eventuallyColour(t, 4, 130, quiet)
	d.keys(t, 0xff0d)
	chosen("one")
}

// TestHelpersOwnSessionIsMarked: below our bar's ground, where no page draws.
func TestHelpersOwnSessionIsMarked(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{"/": `<body style="background:green">`}, "/")
	d.eventuallyColour(t, pageX, pageY, green)
	before := d.shot(t)
	v.send(t, wire.Status{Helper: true})
	d.eventuallyColour(t, 4, 20, ownBand)
	keepPicture(t, "own", d.settled(t, before))
	v.send(t, wire.Status{})
	d.eventuallyColour(t, 4, 20, brand)
}
