package escape

import (
	"context"
	"image"
	"time"

	"guichet.example/cmd/kiosk-bench/display"
)

// touch makes a try that touches the nth target of a page.
func touch(page string, n int, name string, saw ...string) Try {
	return Try{Name: name, Page: page, Saw: saw,
		Do: func(ctx context.Context, a *Attempt) error { return a.Touch(ctx, n, name) }}
}

// touches makes such tries of a page's targets, from the first.
func touches(page string, names ...string) []Try {
	var tries []Try
	for n, name := range names {
		tries = append(tries, touch(page, n, name))
	}
	return tries
}

// seeing adds what a page reports when a try has succeeded.
func seeing(tries []Try, saw ...string) []Try {
	for i := range tries {
		tries[i].Saw = append(tries[i].Saw, saw...)
	}
	return tries
}

// plain clicks a target that does something by itself.
func plain(page string, n int, name string) Try {
	return Try{Name: name, Page: page, Saw: []string{"chosen:"},
		Do: func(ctx context.Context, a *Attempt) error { return a.Click(ctx, a.Target(n), display.ButtonLeft) }}
}

// chooser are the dialogs of the toolkit that a page can ask for.
func chooser() []Vector {
	return []Vector{
		{ID: "B20", Title: "The file chooser, by a field for uploads", Source: "CVE-2023-48654; WPEWebKit#1282; HackTricks",
			Guard: "run-file-chooser is answered by us, never by GTK's dialog; no file of the machine is ever offered.",
			Tries: []Try{plain("file", 0, "file"), plain("file", 1, "several"), plain("file", 2, "folder"), plain("file", 3, "colour"),
				touch("file", 4, "picker", "chosen:"), touch("file", 5, "script", "chosen:")}},
		{ID: "B21", Title: "Saving, to get a file dialog or a file", Source: "chilipie#191; lookitscook/kiosk#387",
			Guard: "Every download is cancelled where it starts; a response that would be one is refused before that.",
			Tries: append(touches("save", "attribute", "data", "blob", "attachment", "script"),
				touch("save", 5, "picker", "saved:"), touch("save", 6, "system", "filesystem"))},
		{ID: "B22", Title: "The print dialog and what it leads to", Source: "FullPageOS#300; CVE-2022-36220",
			Guard: "The print signal is answered by us; GTK's dialog is never opened.",
			Tries: hard([]Try{plain("print", 0, "window"), plain("print", 1, "command"), plain("print", 2, "frame")})},
		{ID: "B50", Title: "Printing to a file, other printers", Source: "Safe Exam Browser defaults; GTK 3 print dialog",
			Guard: "As B22: there is no dialog in which to choose.", Tries: hard([]Try{printed()})},
	}
}

// printed asks to print, and says yes to what appears.
func printed() Try {
	return Try{Name: "print, then Return", Page: "print", Do: func(ctx context.Context, a *Attempt) error {
		if err := a.Click(ctx, a.Target(0), display.ButtonLeft); err != nil {
			return err
		}
		if err := a.settle(ctx); err != nil {
			return err
		}
		return a.Screen().Key(ctx, "Return")
	}}
}

// windows are ways to a second window, or over the edge of the first.
func windows() []Vector {
	return []Vector{
		{ID: "B23", Title: "Pop-ups, with an address and settings behind it", Source: "FullPageOS#300; lookitscook/kiosk#6",
			Guard: "create never makes a window: what is allowed is shown inside ours, with our bar above it.",
			Tries: append(touches("popup", "outside", "blank", "named", "empty", "many", "form"), touch("popup", 6, "script", "script ran in a window"),
				touch("popup", 7, "moved", "resized:"))},
		{ID: "B24", Title: "Full screen, to cover the bar and imitate it", Source: "Fullscreen API",
			Guard: "Switched off in the engine, and enter-fullscreen is refused.",
			Tries: seeing(touches("full", "page", "prefixed", "video"), "full:", "resized:")},
		{ID: "B25", Cage: true, Title: "Menus: right button, menu keys, long press", Source: "chilipie#64; balena browser#170",
			Guard: "Other buttons than the first end in our window; context-menu is refused for what is left.", Tries: menus()},
		{ID: "B26", Title: "Dragging out of the page", Source: "Squarefree, kiosk browser security",
			Guard: "A script in a world of its own, in every frame, stops a drag where it starts.", Tries: drags()},
		{ID: "B48", Cage: true, Title: "Swipes from the edges, back swipes, buttons for back and forward", Source: "FullPageOS#462; openWB#2362",
			Guard: "No gestures in the engine, no other buttons, and no desktop at the edges.", Tries: swipes()},
		{ID: "B48b", Title: "Pinch and gestures with three fingers", Source: "qiosk#15",
			Guard:   "Zoom gestures are handled in cmd/kiosk-view, where a test makes GTK's own events.",
			Untried: "XTest has no fingers: more than one at a time needs a touch screen"},
		{ID: "B49", Title: "The middle button: pasting, opening, scrolling by itself", Source: "Safe Exam Browser defaults",
			Guard: "Other buttons than the first end in our window; primary paste is off.", Tries: middles()},
		{ID: "B49b", Title: "A second screen", Source: "Anthias#3155; Safe Exam Browser, one display",
			Guard:   "cage(1), -m: the one view is stretched over all outputs or shown on the last; there is nothing else to show.",
			Untried: "needs a second output: Xvfb and nested cage have one"},
		{ID: "X01", Title: "A tooltip, which is text of the page in a window above all", Source: "GTK 3, GtkTooltip",
			Guard: "query-tooltip of the view is stopped.", Tries: []Try{tooltip()}},
	}
}

func menus() []Try {
	right := func(name string, at func(*Attempt) image.Point) Try {
		return Try{Name: name, Page: "menu", Saw: []string{"contextmenu", "button:"}, same: true,
			Do: func(ctx context.Context, a *Attempt) error {
				if err := a.Click(ctx, at(a), display.ButtonRight); err != nil {
					return err
				}
				return a.pauseFor(ctx, 100*time.Millisecond)
			}}
	}
	target := func(n int) func(*Attempt) image.Point { return func(a *Attempt) image.Point { return a.Target(n) } }
	long := Try{Name: "long press", Page: "menu", Saw: []string{"contextmenu"},
		Do: func(ctx context.Context, a *Attempt) error {
			return a.Screen().Press(ctx, a.Target(1), display.ButtonLeft, 1200*time.Millisecond)
		}}
	return []Try{right("link", target(0)), right("image", target(1)), right("video", target(2)), right("page", target(3)),
		right("field", (*Attempt).Field), menuKey("Menu"), menuKey("shift+F10"), long}
}

func menuKey(key string) Try {
	return Try{Name: key, Page: "keys", Saw: moved(), Do: func(ctx context.Context, a *Attempt) error { return a.press(ctx, key) }}
}

// pauseFor gives a window that an event may open the time to appear.
func (a *Attempt) pauseFor(ctx context.Context, d time.Duration) error {
	return a.wait(ctx, d, func() bool { return false })
}

func drags() []Try {
	drag := func(name string, from func(*Attempt) image.Point) Try {
		return Try{Name: name, Page: "drag", Saw: []string{"dragstart", "dragover", "drop"}, Do: func(ctx context.Context, a *Attempt) error {
			start := from(a)
			over := func() error {
				found, err := a.look(ctx, Try{})
				a.found = append(a.found, found...)
				return err
			}
			up := image.Pt(start.X+60, a.Page().Min.Y/2) // over what is above the page
			return a.Screen().Drag(ctx, over, start, start.Add(image.Pt(40, 10)), up)
		}}
	}
	return []Try{drag("link", func(a *Attempt) image.Point { return a.Target(0) }), drag("image", func(a *Attempt) image.Point { return a.Target(1) }),
		drag("element", func(a *Attempt) image.Point { return a.Target(2) })}
}

func swipes() []Try {
	swipe := func(name string, path func(page, screen image.Rectangle) []image.Point) Try {
		return Try{Name: name, Page: "keys", Saw: moved(), Do: func(ctx context.Context, a *Attempt) error {
			return a.Screen().Drag(ctx, nil, path(a.Page(), image.Rectangle{Max: a.Screen().Size()})...)
		}}
	}
	middle := func(r image.Rectangle) image.Point { return r.Min.Add(r.Size().Div(2)) }
	return []Try{
		swipe("from the left", func(p, s image.Rectangle) []image.Point { return []image.Point{{0, middle(p).Y}, middle(p)} }),
		swipe("from the right", func(p, s image.Rectangle) []image.Point { return []image.Point{{s.Max.X - 1, middle(p).Y}, middle(p)} }),
		swipe("from the bottom", func(p, s image.Rectangle) []image.Point {
			return []image.Point{{middle(p).X, s.Max.Y - 1}, middle(p)}
		}),
		back("button for back", 1, display.ButtonBack, display.ButtonForward), back("wheel sideways", 12, display.WheelLeft),
	}
}

// back goes to a second page and tries to get back without our button.
func back(name string, times int, buttons ...byte) Try {
	return Try{Name: name, Page: "keys", Do: func(ctx context.Context, a *Attempt) error {
		if err := a.Click(ctx, a.Target(0), display.ButtonLeft); err != nil {
			return err
		}
		if err := a.await(ctx, "ready:second", 1); err != nil {
			return err
		}
		at := a.Page().Min.Add(a.Page().Size().Div(2))
		for _, button := range buttons {
			for range times {
				if err := a.Click(ctx, at, button); err != nil {
					return err
				}
			}
		}
		return a.wait(ctx, a.Patience(), func() bool {
			went := a.Visit.Count("ready:keys") > 1 || a.Visit.Count("ready again") > 0
			if went {
				a.note(Saw, "the page before was shown again")
			}
			return went
		})
	}}
}

func middles() []Try {
	paste := Try{Name: "paste", Page: "middle", Saw: []string{"field:", "paste", "button:"}, Do: func(ctx context.Context, a *Attempt) error {
		release, err := a.Screen().Offer(ctx, "foreign text")
		if err != nil {
			return err
		}
		defer release()
		if err := a.Click(ctx, a.Field(), display.ButtonMiddle); err != nil {
			return err
		}
		return a.pauseFor(ctx, 300*time.Millisecond)
	}}
	click := func(name string, n int) Try {
		return Try{Name: name, Page: "middle", Saw: []string{"auxclick", "button:"}, Do: func(ctx context.Context, a *Attempt) error {
			return a.Click(ctx, a.Target(n), display.ButtonMiddle)
		}}
	}
	return []Try{paste, click("link outside", 0), click("link inside", 1), click("page", 4)}
}

func tooltip() Try {
	return Try{Name: "tooltip", Page: "menu", Do: func(ctx context.Context, a *Attempt) error {
		for i := range 5 {
			if err := a.Screen().Move(ctx, a.Target(3).Add(image.Pt(2*i, 0))); err != nil {
				return err
			}
		}
		return a.pauseFor(ctx, 900*time.Millisecond)
	}}
}
