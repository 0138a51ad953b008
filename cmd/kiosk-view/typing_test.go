//go:build webkit

package main_test

import (
	"image"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// Codes of the keys of a PC keyboard, by their place on it.
const (
	codeReturn, codeSpace = 36, 65
	codeShift, codeAltGr  = 50, 108
	codeControl, codeAlt  = 37, 64
	codeCaps              = 66
	rowNumbers            = 9  // + 1 to 12
	rowUpper              = 23 // + 1 to 12
	rowHome               = 37 // + 1 to 11
	rowLower              = 51 // + 1 to 10
)

// stroke is one key with another held, 0 for none.
type stroke struct{ held, code byte }

func plain(codes ...byte) (all []stroke) {
	for _, c := range codes {
		all = append(all, stroke{0, c})
	}
	return all
}

// typing is a page with a field; Return sends what stands in it, and every key
// that the page saw.
const typing = `<body style="margin:0;background:#fedcba" onclick="send()"><input id=f autofocus style="font-size:40px;width:800px;margin-top:200px">
<script>
let seen = []
const f = document.getElementById('f')
let all = false
const send = () => { all = f.value == 'q'; fetch('/saw', { method: 'POST', body: JSON.stringify([f.value].concat(seen)) }); f.value = ''; seen = []; f.focus() }
for (const kind of ['keydown', 'keyup'])
	addEventListener(kind, e => {
		seen.push(kind + ' ' + (e.ctrlKey ? 'Control+' : '') + (e.altKey ? 'Alt+' : '') + (e.metaKey ? 'Meta+' : '') + e.key)
		if (all) e.preventDefault()
	}, true)
f.addEventListener('keydown', e => { if (e.code == 'Enter') send() })
</script>`

func (d *display) layout(t *testing.T, args ...string) {
	t.Helper()
	args = append([]string{"-display", d.name, "-rules", "evdev", "-model", "pc105", "-option", ""}, args...)
	if out, err := exec.Command("setxkbmap", args...).CombinedOutput(); err != nil {
		t.Fatalf("setxkbmap %v: %v: %s", args, err, out)
	}
}

func (d *display) strike(all ...stroke) {
	for _, s := range all {
		if s.held != 0 {
			xtest.FakeInput(d.x, xproto.KeyPress, s.held, 0, d.root, 0, 0, 0)
		}
		xtest.FakeInput(d.x, xproto.KeyPress, s.code, 0, d.root, 0, 0, 0)
		xtest.FakeInput(d.x, xproto.KeyRelease, s.code, 0, d.root, 0, 0, 0)
		if s.held != 0 {
			xtest.FakeInput(d.x, xproto.KeyRelease, s.held, 0, d.root, 0, 0, 0)
		}
	}
	d.x.Sync()
}

// typed strikes the keys and Return, and returns what stood in the field.
func (w *watcher) typed(t *testing.T, all ...stroke) string {
	t.Helper()
	w.strike(append(all, stroke{0, codeReturn})...)
	return w.saw(t)[0]
}

// Whoever writes in their own language must be able to.
func TestEveryLanguageTypes(t *testing.T) {
	t.Parallel()
	w := watch(t, startDisplay(t), program, typing)
	for _, c := range []struct {
		layout string
		keys   []stroke
		want   string
	}{
		{"fr", plain(rowNumbers+2, rowNumbers+7, rowNumbers+9, rowNumbers+10, rowHome+11), "éèçàù"},
		{"fr", []stroke{{codeAltGr, rowNumbers + 10}, {codeAltGr, rowUpper + 3}, {codeShift, rowNumbers + 1}, {codeAltGr, rowNumbers + 4}}, "@€1{"},
		{"fr", plain(rowUpper+11, rowUpper+3, rowUpper+11, rowUpper+8), "êî"},
		{"fr", []stroke{{codeShift, rowUpper + 11}, {0, rowUpper + 3}, {codeShift, rowUpper + 11}, {0, rowUpper + 8}}, "ëï"},
		{"fr -option compose:caps", plain(codeCaps, rowNumbers+4, rowUpper+3, codeCaps, rowUpper+9, rowUpper+3), "éœ"},
		{"fr bepo", plain(rowUpper+1, rowUpper+2, rowUpper+3, rowUpper+5), "bépè"},
		{"de", plain(rowNumbers+11, rowUpper+11, rowHome+10), "ßüö"},
		{"es", plain(rowHome+10, rowHome+11, rowHome+1), "ñá"},
		{"pl", []stroke{{codeAltGr, rowHome + 1}, {codeAltGr, rowUpper + 9}}, "ąó"},
		{"tr", plain(rowUpper+8, rowHome+10, rowUpper+11), "ışğ"},
		{"ru", plain(rowUpper+1, rowUpper+2, rowHome+2), "йцы"},
		{"ara", plain(rowUpper+1, rowUpper+2, rowUpper+3), "ضصث"},
		{"ir", []stroke{{0, rowUpper + 1}, {codeShift, codeSpace}, {0, rowUpper + 2}}, "ض\u200cص"},
		{"gr", plain(rowHome+10, rowHome+1, rowUpper+3), "άε"},
		{"il", plain(rowUpper+3, rowUpper+4), "קר"},
		{"th", plain(rowUpper+1, rowUpper+2), "ๆไ"},
		{"am", plain(rowUpper+1, rowUpper+2), "ճփ"},
		{"ge", plain(rowUpper+1, rowUpper+2), "ქწ"},
		{"in", plain(rowHome+8, rowHome+4), "कि"},
		{"vn", plain(rowNumbers+1, rowNumbers+2, rowHome+1), "ăâa"},
	} {
		name, option, _ := strings.Cut(c.layout, " -option ")
		args := append([]string{"-layout"}, strings.Fields(strings.Replace(name, " ", " -variant ", 1))...)
		if option != "" {
			args = append(args, "-option", option)
		}
		w.layout(t, args...)
		if got := w.typed(t, c.keys...); got != c.want {
			t.Errorf("%s: %q, want %q", c.layout, got, c.want)
		}
	}
}

// What a field needs beside letters.
func TestEditing(t *testing.T) {
	t.Parallel()
	w := watch(t, startDisplay(t), program, typing)
	w.layout(t, "-layout", "us")
	a, b, c, v, x := byte(rowHome+1), byte(rowLower+5), byte(rowLower+3), byte(rowLower+4), byte(rowLower+2)
	const end, left, backspace, del, home = 115, 113, 22, 119, 110
	control := func(code byte) stroke { return stroke{codeControl, code} }
	for name, c := range map[string]struct {
		keys []stroke
		want string
	}{
		"copy and paste":  {append(plain(a, b), control(a), control(c), stroke{0, end}, control(v)), "abab"},
		"cut":             {append(plain(a, b), control(a), control(x), stroke{0, c}, control(v)), "cab"},
		"word by word":    {append(plain(a, b, codeSpace, c), control(left), stroke{0, x}), "ab xc"},
		"erase a word":    {append(plain(a, b, codeSpace, c), control(backspace)), "ab "},
		"select and type": {append(plain(a, b), stroke{codeShift, home}, stroke{0, c}), "c"},
		"erase":           {plain(a, b, left, del, backspace, c), "c"},
	} {
		if got := w.typed(t, c.keys...); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	xtest.FakeInput(w.x, xproto.KeyPress, a, 0, w.root, 0, 0, 0)
	time.Sleep(1500 * time.Millisecond) // the X server repeats after 660 ms
	xtest.FakeInput(w.x, xproto.KeyRelease, a, 0, w.root, 0, 0, 0)
	if got := w.typed(t); len(got) < 3 || strings.Trim(got, "a") != "" {
		t.Errorf("a key that is held: %q", got)
	}
}

// Every key of the keyboard with every modifier that leads out of a browser.
func TestNoOtherKeyReachesThePage(t *testing.T) {
	t.Parallel()
	const super = 133
	open, kiosk := watch(t, startDisplay(t), unfiltered, typing), watch(t, startDisplay(t), program, typing)
	for _, w := range []*watcher{open, kiosk} {
		w.layout(t, "-layout", "fr")
		w.typed(t, stroke{0, rowHome + 1}) // from now on the page stops what keys do
		for _, held := range [][]byte{{}, {codeShift}, {codeControl}, {codeAlt}, {super}, {codeControl, codeShift}, {codeControl, codeAlt}, {super, codeShift}} {
			for code := byte(9); code < 255; code++ {
				if code != codeReturn && code != codeCaps && !slices.Contains(held, code) {
					w.chord(append(held, code)...)
				}
			}
		}
		w.strike(plain(codeReturn)...)
	}
	leak := regexp.MustCompile(`Alt\+|Meta\+|[ +]F\d+$|Browser|Audio|Media|Launch|Print|Pause|Help|Find|ContextMenu|Insert|Scroll|Control\+([^acvxyz]|Tab|Enter|Escape|Dead|Unidentified)$`)
	leaks := unique(slices.DeleteFunc(open.saw(t)[1:], func(s string) bool { return !leak.MatchString(s) }))
	if len(leaks) < 100 {
		t.Errorf("control: only %d keys reach the page of an open view: %v", len(leaks), leaks)
	}
	for _, seen := range unique(kiosk.saw(t)[1:]) {
		if leak.MatchString(seen) {
			t.Errorf("the page sees %q", seen)
		}
	}
	if kiosk.typed(t, stroke{0, rowHome + 2}); toplevels(t, kiosk.display) != 1 {
		t.Error("a second window")
	}
}

func unique(all []string) []string { return slices.Compact(slices.Sorted(slices.Values(all))) }

func (d *display) chord(codes ...byte) {
	for _, c := range codes {
		xtest.FakeInput(d.x, xproto.KeyPress, c, 0, d.root, 0, 0, 0)
	}
	for _, c := range slices.Backward(codes) {
		xtest.FakeInput(d.x, xproto.KeyRelease, c, 0, d.root, 0, 0, 0)
	}
	d.x.Sync()
}

// Five times Shift would make it stick, on a server that is told to heed that.
func TestKeysDoNotStick(t *testing.T) {
	t.Parallel()
	for option, want := range map[string]string{"-accessx": "a", "+accessx": "A"} {
		w := watch(t, startDisplayOf(t, image.Pt(screenWidth, screenHeight), option), program, typing)
		w.layout(t, "-layout", "us")
		w.strike(plain(codeShift, codeShift, codeShift, codeShift, codeShift)...)
		if got := w.typed(t, plain(codeShift, rowHome+1)...); got != want {
			t.Errorf("%s: Shift five times, Shift, a: %q, want %q", option, got, want)
		}
	}
}
