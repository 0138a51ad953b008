package main

import (
	"bytes"
	"crypto/rand"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/hw"
	"guichet.example/hw/badge"
	"guichet.example/internal/picc"
)

const pinTyped = "730295"

func TestBadgeWithPIN(t *testing.T) {
	o := newOffice(t, "217500016")
	c := card(t, 1, picc.Content{})
	o.pins = []string{pinTyped}
	if said := o.make(c, "--pin"); !strings.Contains(said, "demandera son code") {
		t.Errorf("make said %q", said)
	}
	o.reads(c, hw.RoleHelper)
	if pin := o.pin(c); pin == nil || !pin.Matches([]byte(pinTyped)) || pin.Matches([]byte("730296")) {
		t.Error("the kiosk does not ask for the PIN that was typed")
	}
	if said := o.ok("show", o.folder); !strings.Contains(said, "Code       demandé à chaque fois\n") {
		t.Errorf("show said %q", said)
	}

	o.make(c, "--renew")
	if o.pin(c) != nil {
		t.Error("a badge made anew without a PIN asks for one")
	}
	if said := o.ok("show", o.folder, "--lang", "en"); !strings.Contains(said, "PIN        none\n") {
		t.Errorf("show said %q", said)
	}
	o.nowhere(pinTyped)
}

// pin is what the kiosks of the site ask for.
func (o *office) pin(c picc.Card) *badge.PIN {
	o.t.Helper()
	st, err := openSim(o.t.Context(), c)
	if err != nil {
		o.t.Fatal(err)
	}
	defer st.Close()
	p, channel, err := st.Card(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	r, err := badge.ReadRecord(o.t.Context(), p, channel, o.site(), rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	return o.site().PIN(r)
}

// nowhere looks for a PIN in all that was said and in every file.
func (o *office) nowhere(pin string) {
	o.t.Helper()
	if strings.Contains(o.said.String(), pin) {
		o.t.Error("the PIN was said")
	}
	files := 0
	err := filepath.WalkDir(filepath.Dir(o.folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(pin)) {
			o.t.Errorf("the PIN is in %s", path)
		}
		return err
	})
	if err != nil || files < 5 {
		o.t.Errorf("looked through %d files: %v", files, err)
	}
}

func TestBadgeWeakPINs(t *testing.T) {
	o := newOffice(t, "217500016")
	for pin, want := range map[string]string{
		"111111": "all six digits are the same", "234567": "in a row", "421421": "repeats", "140789": "date",
		"159753": "most people choose", "12345": "not six digits", "": "not six digits",
	} {
		o.pins = []string{pin}
		o.fails(want, append(o.with(card(t, 1, picc.Content{})), "--pin")...)
	}
	if n := len(o.register().Badges); n != 0 {
		t.Errorf("%d badges were begun", n)
	}
}
