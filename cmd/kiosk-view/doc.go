// Command kiosk-view is the one browser window of one session: a child of the
// daemon that shows the home surface, the bar, the guide, our panels and,
// among them, the site of a procedure in a WebKit view.
//
// Everything of ours is native GTK: no page can cover, script or read it, and
// the engine never loads a page of ours. The engine is webview_go's, but the
// view inside it is made by our own constructor, which the linker puts in the
// place of webkit_web_view_new: ephemeral, sandboxed, behind the daemon's
// proxy, with every door shut that a kiosk does not need. A view that turns
// out otherwise is never used: the process says why and exits.
//
// Input is what a person at a kiosk needs, by a list of what passes: keys that
// type, edit a field or move about in it, one finger, the first button of a
// mouse and its wheel. Nothing else reaches a widget or a page (input.c,
// keys.go): no Alt, Super, function or multimedia key, no Control but for
// editing, no menu by a second button or a long press, no zoom by Control or
// two fingers, nothing dropped in.
//
// It talks to the daemon over file descriptor 3 in the words of package wire
// and exits at once when that descriptor closes. It reads no file and no
// configuration; what it needs comes in wire.Start.
//
// Popups of a site are web views of their own, related to the page that opened
// them, so that login windows can speak to it; they lie over it in our own
// surface, at most four deep, and "Retour" or the page closes them. A document
// (PDF) is shown in the same way, also one that a site hands out to be saved.
// The engine's other doors are shut one by one: pages.c says what lies on
// what, load.c what is loaded and what is told of it, dialog.c asks in our
// panel what a page asks, deny.c and harden.c refuse the rest.
//
// A page may ask five times in a row; each touch of the page by the person
// begins a new row. Before a page is left that the person has touched and that
// wants to be asked, we ask in our own words; never at the end of a session,
// nor when the daemon opens a page. Trouble with a page has one way on: back
// to the page that still stands, to the one that opened the popup, or to the
// start.
//
// Exit codes: 0 the daemon closed the link, 2 started wrongly (no descriptor
// 3, no Start, a dangerous environment variable), 3 the engine is not the one
// we ask for, 4 no display, 5 the link broke, 125 built without the tag
// webkit.
//
// Layout: loop.go, page.go, dialog.go and maintenance.go decide what is shown
// (plain Go, tested without a display); looks.go says it per widget name;
// window.go carries it out through ui.c and engine.c; input.c sees every event
// first; ui/*.ui hold the widgets, style.css the looks, text/*.json the words.
// Nothing may import this package; it imports only package wire and
// webview_go. Build it with
//
//	PKG_CONFIG_PATH=$PWD/internal/pkgconfig go build -tags webkit -o bin/kiosk-view ./cmd/kiosk-view
package main
