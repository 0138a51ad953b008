package main

import "guichet.example/kiosk/view/wire"

// offered says whether the home surface shows what a helper may open, in the
// place of the tiles that are there for everybody.
func (l *loop) offered() bool { return l.cover.value.Panel == wire.PanelOffer }

// shelf is what the tiles of the home surface are for now.
func (l *loop) shelf() []wire.Tile {
	if l.offered() {
		return l.start.Offer
	}
	return l.start.Tiles
}

// offerLooks tell the two apart, and the sessions that they lead to.
func (l *loop) offerLooks(w words) map[string]look {
	lead, help, back := look{Text: w["home.lead"]}, l.helpLook(w), look{Text: w["offer.back"], Hidden: true}
	if l.offered() {
		lead.Text, help.Hidden, back.Hidden = w["offer.lead"], true, false
	}
	return map[string]look{
		"home-intro": {On: l.offered()},
		"home-lead":  lead,
		"home-help":  help,
		"offer-icon": {Hidden: !l.offered() || l.large()},
		"offer-back": back,
		"own":        {Hidden: !l.status.value.Helper},
		"own-text":   {Text: w["own.mark"]},
	}
}
