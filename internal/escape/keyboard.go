package escape

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"guichet.example/cmd/kiosk-bench/display"
)

// keyGuard is what stands in the way of every chord.
const keyGuard = "Only keys of typing and of editing a field go past our window."

// moved are reports of a page that show that a chord did something to it.
func moved() []string { return []string{"resized:", "ready", "left", "contextmenu"} }

// chords makes a try of each combination, one after the other on one page.
func chords(list ...string) []Try {
	var tries []Try
	for _, c := range list {
		tries = append(tries, Try{Name: c, Page: "keys", Saw: moved(), same: true,
			Do: func(ctx context.Context, a *Attempt) error { return a.press(ctx, c) }})
	}
	return tries
}

// press presses combinations in a row and a fence, and notes what the page
// heard that nobody types with.
func (a *Attempt) press(ctx context.Context, list ...string) error {
	return a.pressBut(ctx, "", list...)
}

// pressBut does so where one more key of typing is among them.
func (a *Attempt) pressBut(ctx context.Context, but string, list ...string) error {
	for _, c := range list {
		if err := a.Screen().Chord(ctx, c); err != nil {
			return err
		}
	}
	err := a.fence(ctx)
	for _, said := range a.said() {
		if key, ok := strings.CutPrefix(said, "key:"); ok && !isTyping(key) && key != but {
			a.note(Saw, fmt.Sprintf("the key %s", key))
			break
		}
	}
	return err
}

// isTyping tells what may reach a page: a character, alone or with Shift or
// AltGr, and these modifiers themselves.
func isTyping(key string) bool {
	key = strings.TrimPrefix(key, "shift+")
	switch key {
	case "Shift", "Control", "ctrl+Control", "ctrl+shift+Shift", "ctrl+Shift", "AltGraph", "ctrl+AltGraph", "CapsLock", "Dead", "ctrl+shift+Control", "Escape":
		return true
	}
	return len([]rune(key)) == 1
}

func functionKeys(prefix string) (list []string) {
	for n := 1; n <= 12; n++ {
		list = append(list, fmt.Sprintf("%sF%d", prefix, n))
	}
	return list
}

func mediaKeys() (list []string) {
	power := powerKeys()
	for _, k := range display.ExtraKeys() {
		if strings.HasPrefix(k.Name, "XF86") && !slices.Contains(power, k.Name) {
			list = append(list, k.Name)
		}
	}
	return list
}

// groups presses several keys a try.
func groups(keys []string) []Try {
	var tries []Try
	for group := range slices.Chunk(keys, 8) {
		tries = append(tries, sequence(group[0]+" and more", group...))
	}
	return tries
}

func powerKeys() []string {
	return []string{"XF86PowerOff", "XF86Sleep", "XF86Suspend", "XF86Hibernate", "XF86Standby", "XF86WakeUp", "XF86Eject", "XF86ScreenSaver"}
}

func keyboard() []Vector {
	return []Vector{
		{ID: "K01", Title: "Shortcuts for a new window, which has an address and settings", Source: "FullPageOS#380, #379", Guard: keyGuard,
			Tries: chords("ctrl+n", "ctrl+m", "ctrl+shift+n")},
		{ID: "K02", Title: "Shortcuts for a tab or the address", Source: "HackTricks, escaping from GUI applications", Guard: keyGuard,
			Tries: chords("ctrl+t", "ctrl+l", "F6", "alt+d", "ctrl+k", "ctrl+e")},
		{ID: "K03", Title: "Shortcuts to open, save, print, and for source, history, downloads, bookmarks", Source: "HackTricks", Guard: keyGuard,
			Tries: chords("ctrl+o", "ctrl+s", "ctrl+p", "ctrl+u", "ctrl+h", "ctrl+j", "ctrl+d", "ctrl+shift+o", "ctrl+shift+b")},
		{ID: "K04", Title: "Shortcuts for developer tools", Source: "webconverger-addon; Microsoft Edge kiosk mode", Guard: keyGuard,
			Tries: chords("F12", "ctrl+shift+i", "ctrl+shift+j", "ctrl+shift+c", "ctrl+shift+k")},
		{ID: "K05", Title: "Full screen, help, search, caret, reload", Source: "chilipie first-boot; webconverger-addon", Guard: keyGuard,
			Tries: chords("F11", "F1", "F3", "F7", "F5", "ctrl+r", "ctrl+F5", "alt+Left", "alt+Right", "alt+Home", "F8", "F10", "ctrl+f")},
		{ID: "K06", Cage: true, Title: "Closing the browser, to get at what is behind", Source: "FullPageOS#659", Guard: keyGuard + " A view that ended all the same is replaced by the spare.",
			Tries: hard(chords("alt+F4", "ctrl+w", "ctrl+F4", "ctrl+q", "ctrl+shift+w", "ctrl+shift+q"))},
		{ID: "K07", Cage: true, Title: "Switching programs, the desktop's own keys", Source: "lookitscook/kiosk#301; Safe Exam Browser defaults", Guard: keyGuard + " There is no desktop.",
			Tries: chords("alt+Tab", "alt+Escape", "super", "super+d", "super+e", "super+r", "super+l", "super+Tab", "alt+Space", "ctrl+Escape", "ctrl+shift+Escape", "super+p", "super+Left")},
		{ID: "K08", Cage: true, Title: "Another console", Source: "ubuntu-frame#66, #67", Guard: "cage without -s switches no console; logind offers no login on another (NAutoVTs=0, ReserveVT=0). " + keyGuard,
			Tries: chords(functionKeys("ctrl+alt+")...)},
		{ID: "K09", Cage: true, Title: "Ctrl+Alt+Del", Source: "seb-win#405", Guard: keyGuard + " On a box systemd gives it to nobody who sits at cage.",
			Tries: chords("ctrl+alt+Delete", "ctrl+alt+Insert")},
		{ID: "K10", Cage: true, Title: "Ending the display server", Source: "Xorg, DontZap", Guard: "A box has no X server; cage has no such key. " + keyGuard,
			Tries: chords("ctrl+alt+BackSpace")},
		{ID: "K11", Cage: true, Title: "Keys to the kernel (SysRq)", Source: "Linux, sysrq.rst", Guard: "kernel.sysrq=0, see firmware. " + keyGuard,
			Tries: chords("alt+Print", "Sys_Req", "alt+Sys_Req", "Print", "Pause", "Break")},
		{ID: "K12", Cage: true, Title: "The key that ends a compositor built for debugging", Source: "cage, seat.c", Guard: "Debian builds cage for release; the test presses it on cage.",
			Tries: chords("alt+Escape")},
		{ID: "K13", Title: "Power, sleep and eject keys", Source: "logind.conf(5)", Guard: "logind ignores them (firmware). " + keyGuard,
			Tries: chords(powerKeys()...)},
		{ID: "K13b", Title: "Firmware set-up, boot menu, start from a stick, serial console", Source: "CNIL, controls of free-access internet, 2014",
			Guard:   "For the image and its boot configuration, and for the case: no reachable socket.",
			Untried: "needs the box: a test machine has no boot of its own to interrupt"},
		{ID: "K14", Title: "Keys that stay down: the offer and its help link", Source: "seb-win#59; HackTricks", Guard: "No desktop offers it. " + keyGuard, Tries: sticky()},
		{ID: "K15", Title: "Shortcuts of screen readers and magnifiers", Source: "CVE-2023-36657; skiovox-helper#106", Guard: keyGuard,
			Tries: chords("alt+super+s", "ctrl+alt+z", "super+Plus", "alt+super+8", "ctrl+super+Return", "ctrl+super+o", "super+u", "alt+shift+s", "ctrl+alt+Tab")},
		{ID: "K16", Title: "Panels for signs, dictation and writing", Source: "GTK 3, input methods", Guard: keyGuard,
			Tries: append(chords("ctrl+;", "ctrl+Space", "super+;", "super+h", "super+v"), unicode())},
		{ID: "K17", Title: "Keys of media keyboards that start programs", Source: "X11/XF86keysym.h", Guard: keyGuard,
			Tries: groups(append(mediaKeys(), "Help", "Find", "Undo", "Select", "Execute", "Cancel"))},
		{ID: "K18", Title: "Accents, compose keys and other alphabets to get a chord past a list", Source: "GTK 3, accelerators of other layouts", Guard: keyGuard, Tries: smuggled()},
		{ID: "K19", Title: "Zoom until the buttons are off the screen", Source: "qiosk, doReset", Guard: keyGuard + " Text size is our own button's, and ends with the view.", Tries: zooms()},
	}
}

// hard marks tries as ones that may end the subject.
func hard(tries []Try) []Try {
	for i := range tries {
		tries[i].Hard = true
	}
	return tries
}

func sequence(name string, keys ...string) Try { return sequenceBut(name, "", keys...) }

func sequenceBut(name, but string, keys ...string) Try {
	return Try{Name: name, Page: "keys", Saw: moved(), same: true,
		Do: func(ctx context.Context, a *Attempt) error { return a.pressBut(ctx, but, keys...) }}
}

func sticky() []Try {
	return []Try{
		sequence("Shift five times", "shift", "shift", "shift", "shift", "shift"),
		sequence("Ctrl five times", "ctrl", "ctrl", "ctrl", "ctrl", "ctrl"),
		sequence("mouse keys", "shift+alt+Num_Lock"), sequence("contrast", "shift+alt+Print"),
	}
}

// unicode is GTK's way to type any character by its number, which shows a
// preview of its own.
func unicode() Try {
	return Try{Name: "ctrl+shift+u", Page: "keys", Saw: moved(), same: true,
		Do: func(ctx context.Context, a *Attempt) error { return a.press(ctx, "ctrl+shift+u", "Escape") }}
}

func smuggled() []Try {
	const cyrillicShcha, greekOmicron, arabicKha = "0x6dd", "0x7ef", "0x5ce" // on the keys of o and p
	return []Try{
		sequenceBut("accent, then ctrl+p", "Unidentified", "dead_circumflex", "ctrl+p", "Space"),
		sequenceBut("compose, then ctrl+o", "Unidentified", "Multi_key", "ctrl+o", "Space", "Space", "Escape"),
		sequence("ctrl+altgr+p", "ctrl+altgr+p"), sequence("ctrl+Cyrillic", "ctrl+"+cyrillicShcha),
		sequence("ctrl+Greek", "ctrl+"+greekOmicron), sequence("ctrl+Arabic", "ctrl+"+arabicKha),
		sequenceBut("another group", "GroupNext", "ISO_Next_Group", "ctrl+o", "ISO_Next_Group"),
		sequence("ctrl+alt+altgr+t", "ctrl+alt+altgr+t"), sequence("caps", "CapsLock", "ctrl+o", "CapsLock"),
	}
}

func zooms() []Try {
	wheel := Try{Name: "ctrl+wheel", Page: "keys", Saw: []string{"resized:"}, same: true,
		Do: func(ctx context.Context, a *Attempt) error {
			at := a.Page().Min.Add(a.Page().Size().Div(2))
			for range 5 {
				if err := a.Click(ctx, at, display.WheelUp, "ctrl"); err != nil {
					return err
				}
			}
			return a.fence(ctx)
		}}
	return append(chords("ctrl+Plus", "ctrl+-", "ctrl+KP_Add", "ctrl+KP_Subtract", "ctrl+0"), wheel)
}
