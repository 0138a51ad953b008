package escape

import (
	"context"
	"fmt"
	"image"

	"guichet.example/cmd/kiosk-bench/display"
)

// pages are addresses and contents that belong to the machine or to others.
func pages() []Vector {
	return []Vector{
		{ID: "B27", Title: "Addresses of the machine and of the browser itself", Source: "HackTricks; webconverger-addon, fileBlockService.js",
			Guard: "Only https, and what pages need in their own frames, is ever loaded; a page at the top that comes from no site (data:, a blob: of nobody's) is refused before its scripts run. Other blob: is the site's own.",
			Tries: append(seeing(touches("schemes", "own by frame", "own by link", "own by address"), "made-"),
				touch("schemes", 6, "data", "made-"), touch("schemes", 7, "script", "made-"), touch("schemes", 9, "blob", "made-"), typedAddress())},
		{ID: "B28", Title: "Addresses for other programs", Source: "webconverger-addon preferences; KioWare",
			Guard: "As B27: nothing is handed to another program, and there is none.",
			Tries: []Try{touch("schemes", 3, "foreign by frame"), touch("schemes", 4, "foreign by link"), touch("schemes", 5, "foreign by address")}},
		{ID: "B29", Title: "Files of every type, to be opened or run", Source: "CVE-2024-29500; HackTricks",
			Guard: "As B21: what is not shown is refused.", Tries: touches("download", "frames", "attachments", "page", "window")},
		{ID: "B42", Title: "The PDF viewer: links, scripts, attachments, its own buttons", Source: "developer.chrome.com#488; CVE-2024-3459; chilipie#191",
			Guard: "A PDF is shown by the engine's own viewer inside our window; its links are links, its downloads are refused.",
			Tries: []Try{document("link in it", 0, (*Attempt).middle), document("buttons", 0, (*Attempt).viewerButtons),
				document("keys", 0, (*Attempt).viewerKeys), document("attached", 1, nil), document("window", 2, nil)}},
		{ID: "B43", Title: "Plug-ins", Source: "HackTricks", Guard: "The engine has none.", Tries: []Try{touch("plugin", 0, "plugins", "plugin:")},
			Control: "WebKitGTK took plug-ins out in 2021; that a page's report of one would count, B39 shows"},
	}
}

// typedAddress opens the address of an ordinary browser and types a page.
func typedAddress() Try {
	return Try{Name: "typed address", Page: "keys", Saw: []string{"made-"}, Do: func(ctx context.Context, a *Attempt) error {
		if err := a.Screen().Chord(ctx, "ctrl+l"); err != nil {
			return err
		}
		if err := a.settle(ctx); err != nil {
			return err
		}
		text := fmt.Sprintf("data:text/html,<img src=%snote/made-typed?t=%s>\n", a.Site.URL(), a.Visit.Token)
		return a.Screen().Type(ctx, []rune(text))
	}}
}

// document opens a PDF by the nth target, waits until it is drawn and then
// does something to it.
func document(name string, n int, then func(*Attempt, context.Context) error) Try {
	return Try{Name: name, Page: "pdf", Saw: []string{"beforeprint"}, Do: func(ctx context.Context, a *Attempt) error {
		if err := a.Click(ctx, a.Target(n), display.ButtonLeft); err != nil {
			return err
		}
		if err := a.await(ctx, "pdf sent", 1); err != nil {
			return err
		}
		if err := a.settle(ctx); err != nil || then == nil {
			return err
		}
		if err := then(a, ctx); err != nil {
			return err
		}
		return a.settle(ctx)
	}}
}

func (a *Attempt) middle(ctx context.Context) error {
	return a.Click(ctx, a.Page().Min.Add(a.Page().Size().Div(2)), display.ButtonLeft)
}

// viewerButtons touches everything along the viewer's tool bar.
func (a *Attempt) viewerButtons(ctx context.Context) error {
	p := a.Page()
	for x := p.Max.X - 20; x > p.Min.X; x -= 24 {
		if err := a.Click(ctx, image.Pt(x, p.Min.Y+16), display.ButtonLeft); err != nil {
			return err
		}
	}
	return nil
}

// viewerKeys are the viewer's own shortcuts.
func (a *Attempt) viewerKeys(ctx context.Context) error {
	for _, key := range []string{"ctrl+s", "ctrl+p", "ctrl+o", "ctrl+alt+p", "ctrl+alt+g"} {
		if err := a.Screen().Chord(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// network is what reaches servers that no procedure allows.
func network() []Vector {
	gate := "The gate outside of the browser: nothing but the procedure's origins is reached, and there is no other way out."
	return []Vector{
		{ID: "B30", Title: "From an allowed page by its links to the open web", Source: "seb-win#1379; CVE-2023-48654; webconverger.org/filtering", Guard: gate,
			Tries: touches("links", "plain", "referrer", "protocol", "ping", "post", "address", "replace", "base", "svg", "frame", "navigate")},
		{ID: "B31", Title: "Open redirects of an allowed site", Source: "OWASP, unvalidated redirects", Guard: gate,
			Tries: append(touches("redirect", "code 301", "code 302", "code 303", "code 307", "code 308", "header", "meta", "chain", "script", "file"), touch("redirect", 10, "post"))},
		{ID: "B32", Title: "Addresses that a careless list takes for allowed ones", Source: "WHATWG URL; qiosk globs", Guard: "Hosts are compared whole, after IDNA, as the gate reads them, never as text in an address. " + gate,
			Tries: touches("hosts", "frames", "fetches", "link 0", "link 1", "link 5", "link 10", "link 11", "link 16", "link 24", "link 30")},
		{ID: "B33", Title: "What a page loads besides pages: parts, workers, sockets, hints", Source: "qiosk, iframe list", Guard: gate,
			Tries: touches("traffic", "elements", "links", "scripts", "workers", "rtc", "sent")},
		{ID: "B34", Title: "A filter that lets everything pass when its list is missing", Source: "webconverger.org/filtering (hosts=)",
			Guard:   "A gate allows nothing until it is told, and nothing after a list that it cannot read.",
			Untried: "no page can touch the list, which is built in and is fetched from nowhere",
			Test:    "kiosk/egress TestNothingIsAllowedAtFirst, TestCompileRefuses"},
		{ID: "B51", Title: "Programs on this machine that listen: debugging, control, by name or by rebinding", Source: "balena browser, ports 5011 and 35173; qiosk websocket",
			Guard: "In the view's namespace nobody else listens; addresses of this machine go to the gate too, which refuses them. The bench's control page checks Host and Origin.",
			Tries: touches("local", "fetch", "post", "frames", "sockets", "page", "rebound"), Test: "kiosk/egress TestRebinding; cmd/kiosk-bench/control TestForeignRequests"},
	}
}
