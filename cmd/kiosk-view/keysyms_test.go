//go:build webkit

package main

import (
	"bufio"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// The documented list: what passes beside characters. Names are those of
// X11/keysymdef.h.
const (
	passModifiers = `Shift_L Shift_R Control_L Control_R Caps_Lock Shift_Lock Num_Lock Mode_switch
		ISO_Level2_Latch ISO_Level3_Shift ISO_Level3_Latch ISO_Level3_Lock ISO_Level5_Shift ISO_Level5_Latch ISO_Level5_Lock
		ISO_Group_Latch ISO_Group_Lock ISO_Next_Group ISO_Next_Group_Lock ISO_Prev_Group ISO_Prev_Group_Lock
		ISO_First_Group ISO_First_Group_Lock ISO_Last_Group ISO_Last_Group_Lock`
	passEditing = `BackSpace Tab ISO_Left_Tab Return Escape Delete Home Left Up Right Down Prior Next End Multi_key
		KP_Tab KP_Enter KP_Home KP_Left KP_Up KP_Right KP_Down KP_Prior KP_Next KP_End KP_Begin KP_Delete
		KP_Space KP_Equal KP_Multiply KP_Add KP_Separator KP_Subtract KP_Decimal KP_Divide
		KP_0 KP_1 KP_2 KP_3 KP_4 KP_5 KP_6 KP_7 KP_8 KP_9`
	passControl      = `a c v x y z A C V X Y Z`
	passControlShift = `Left Right Home End BackSpace Delete KP_Left KP_Right KP_Home KP_End KP_Delete`
)

// keysym is one line of keysymdef.h.
type keysym struct {
	name  string
	exact bool // stands for one character
	loose bool // for one character that is not quite it
}

// keysyms reads X11's own list.
func keysyms(t *testing.T) map[uint][]keysym {
	t.Helper()
	define := regexp.MustCompile(`^#define (?:XK_|XF86XK_)(\w+)\s+(0x[0-9a-fA-F]+)\s*(.*)`)
	all := map[uint][]keysym{}
	for _, path := range []string{"/usr/include/X11/keysymdef.h", "/usr/include/X11/XF86keysym.h"} {
		f, err := os.Open(path)
		if err != nil {
			t.Skipf("%v: apt-get install x11proto-dev", err)
		}
		defer f.Close()
		for in := bufio.NewScanner(f); in.Scan(); {
			m := define.FindStringSubmatch(in.Text())
			if m == nil {
				continue
			}
			value, err := strconv.ParseUint(m[2], 0, 32)
			if err != nil {
				t.Fatal(err)
			}
			all[uint(value)] = append(all[uint(value)], keysym{m[1], strings.HasPrefix(m[3], "/* U+"), strings.Contains(m[3], "U+")})
		}
	}
	if len(all) < 2000 {
		t.Fatalf("only %d key symbols", len(all))
	}
	return all
}

// passes are the sets of the documentation.
type passes struct{ modifiers, editing, control, controlShift map[string]bool }

func documented() passes {
	set := func(names string) map[string]bool {
		m := map[string]bool{}
		for _, n := range strings.Fields(names) {
			m[n] = true
		}
		return m
	}
	return passes{set(passModifiers), set(passEditing), set(passControl), set(passControlShift)}
}

// want says what the documentation says of a key by its names.
func (p passes) want(names []keysym, state uint) bool {
	any := func(set map[string]bool) bool {
		for _, n := range names {
			if set[n.name] {
				return true
			}
		}
		return false
	}
	switch {
	case state&(modAlt|modSuper|modHyper|modMeta) != 0:
		return false
	case any(p.modifiers):
		return true
	case state&modControl != 0:
		held := state & (modShift | 1<<5 | altGr)
		return held == 0 && any(p.control) || held&^modShift == 0 && any(p.controlShift)
	}
	if any(p.editing) {
		return true
	}
	for _, n := range names {
		if n.exact || strings.HasPrefix(n.name, "dead_") {
			return true
		}
	}
	return false
}

// Every key symbol that has a name, with every set of modifiers; and every one
// that has none, which must not pass unless it is a Unicode character.
func TestEveryKeyWithEveryModifier(t *testing.T) {
	all, docs := keysyms(t), documented()
	bits := []uint{modShift, modLock, modControl, modAlt, modNum, 1 << 5, 1 << 6, altGr, 1 << 26, modHyper, modMeta}
	allowed, refused := 0, 0
	for key := range uint(0x10000) {
		docs.check(t, all, key, bits, &allowed, &refused)
	}
	for key := range all {
		if key >= 0x10000 {
			docs.check(t, all, key, bits, &allowed, &refused)
		}
	}
	t.Logf("%d passed, %d did not", allowed, refused)
	if allowed == 0 || refused == 0 {
		t.Error("the test looks at one side only")
	}
}

func (p passes) check(t *testing.T, all map[uint][]keysym, key uint, bits []uint, allowed, refused *int) {
	names, char := all[key], character(key)
	if key >= 0x20a0 && key <= 0x20ab {
		return // signs of money under the numbers of before Unicode
	}
	for _, n := range names {
		if n.loose && !n.exact || n.exact && char == 0 || n.name == "blank" {
			return // GDK says whether it is text; it has no character for 13 symbols of technical drawings
		}
	}
	for set := range uint(1) << len(bits) {
		state := uint(0)
		for i, bit := range bits {
			if set>>i&1 != 0 {
				state |= bit
			}
		}
		got := keyAllowed(key, state, char)
		if want := p.want(names, state); got != want {
			t.Errorf("%#x %v, state %#x: %v, want %v", key, names, state, got, want)
			return
		}
		if got {
			*allowed++
		} else {
			*refused++
		}
	}
}

// Keys that exist in no list, among them all vendors' and Unicode's.
func TestKeysWithoutAName(t *testing.T) {
	all := keysyms(t)
	for key := uint(0x10000); key < 1<<29; key++ {
		switch {
		case key == 0x1110000: // past Unicode: every 251st of half a milliard
			key = 0x2000000
		case key >= 0x2000000 && (key < 0x10050000 || key > 0x10090000):
			key += 250
		}
		char := character(key)
		isUnicode := key >= 0x1000000 && key < 0x1110000
		if keyAllowed(key, 0, char) && (!isUnicode || uint(char) != key&0xffffff) {
			t.Fatalf("%#x %v is let through as %U", key, all[key], char)
		}
	}
}

// Every key of every layout that Debian knows passes when it types text; some
// type what Unicode has no meaning for.
func TestEveryLayoutTypes(t *testing.T) {
	byName := map[string]uint{}
	for value, names := range keysyms(t) {
		for _, n := range names {
			byName[n.name] = value
		}
	}
	typing := 0
	for layout, names := range layouts(t) {
		for _, name := range names {
			key := byName[name]
			if u, err := strconv.ParseUint(strings.TrimPrefix(name, "U"), 16, 32); key == 0 && err == nil {
				key = 0x1000000 | uint(u)
			}
			char := character(key)
			if unicode.IsControl(char) {
				continue // edits, or nothing
			}
			typing++
			text := unicode.In(char, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs, unicode.Cf)
			if text != keyAllowed(key, 0, char) {
				t.Errorf("%s: %s types %U, text: %v", layout, name, char, text)
			}
		}
	}
	if typing < 10000 {
		t.Errorf("only %d keys type something", typing)
	}
}

// layouts returns the names of the symbols in each file of layouts.
func layouts(t *testing.T) map[string][]string {
	t.Helper()
	const dir = "/usr/share/X11/xkb/symbols/"
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Skipf("%v: apt-get install xkb-data", err)
	}
	comment, levels, word := regexp.MustCompile(`//.*`), regexp.MustCompile(`\[([^\]]*)\]`), regexp.MustCompile(`\w+`)
	names := map[string][]string{}
	for _, f := range files {
		if f.IsDir() {
			continue
		}
		text, err := os.ReadFile(dir + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range levels.FindAllString(comment.ReplaceAllString(string(text), ""), -1) {
			names[f.Name()] = append(names[f.Name()], word.FindAllString(key, -1)...)
		}
	}
	return names
}
