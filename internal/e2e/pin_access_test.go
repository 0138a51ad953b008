package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

// Of AT-SPI's interfaces, what tells of changes.
const (
	registryPath = "/org/a11y/atspi/registry"
	registryAPI  = "org.a11y.atspi.Registry"
	objectEvents = "org.a11y.atspi.Event.Object"
	focusEvents  = "org.a11y.atspi.Event.Focus"
)

// heard are the changes that assistive technology was told of.
func (r *reader) heard() func() []*dbus.Signal {
	r.b.t.Helper()
	told := make(chan *dbus.Signal, 10_000)
	r.conn.Signal(told)
	registry := r.conn.Object(registryName, registryPath)
	for _, name := range []string{"object:", "focus:", "window:"} {
		call := registry.Call(registryAPI+".RegisterEvent", 0, name, []string{}, "")
		if call.Err != nil {
			call = registry.Call(registryAPI+".RegisterEvent", 0, name)
		}
		if call.Err != nil {
			r.b.t.Fatal(call.Err)
		}
	}
	for _, api := range []string{objectEvents, focusEvents} {
		if err := r.conn.AddMatchSignal(dbus.WithMatchInterface(api)); err != nil {
			r.b.t.Fatal(err)
		}
	}
	return func() (all []*dbus.Signal) {
		for len(told) > 0 {
			all = append(all, <-told)
		}
		return all
	}
}

// TestPadIsSilent touches the keys of the pad where the accessibility tree says
// that they are, and listens: their names are there, and nothing says which
// was touched.
func TestPadIsSilent(t *testing.T) {
	needAccess(t)
	b := startBench(t, sharedDir(t), "--compositor", "x11")
	r := startReader(b)
	w := readTexts(t, "fr")
	b.openDemo()
	b.layPIN()
	keys, digits := map[dbus.ObjectPath]string{}, map[string]*element{}
	r.until("ten keys with a name", func(root *element) []string {
		clear(keys)
		clear(digits)
		for _, e := range root.all() {
			if len(e.name) == 1 && strings.Contains("0123456789", e.name) {
				keys[e.object.Path] = e.name
				if e.role == "push button" {
					digits[e.name] = e
				}
			}
		}
		if len(digits) != 10 {
			return []string{fmt.Sprintf("keys with a name: %v", digits)}
		}
		return nil
	})
	heard := r.heard()
	before := r.outline(w) // an answer that the kiosk gives once it knows who listens
	for _, digit := range []string{"9", "1", "8", "2", "7", "3"} {
		r.touch(digits[digit])
	}
	ok := w["pin.ok"]
	r.until("six digits typed", func(root *element) []string {
		if e := root.find(ok); e == nil || !e.has(stateSensitive) {
			return []string{ok + " is not ready"}
		}
		return nil
	})
	events, sensitive := heard(), false
	for _, s := range events {
		if digit, ok := keys[s.Path]; ok {
			t.Errorf("key %s told %s %v", digit, s.Name, s.Body)
		}
		sensitive = sensitive || strings.HasSuffix(s.Name, ".StateChanged") && slices.Contains(s.Body, any("sensitive"))
	}
	if !sensitive {
		t.Errorf("of %d events none tells that %q is ready: nothing was heard", len(events), ok)
	}
	if after := r.outline(w); after != before {
		t.Errorf("what was typed shows in the tree:\n%s\nbecame\n%s", before, after)
	}
}

// outline is every name of our own widgets, but for the one that counts down the
// time until the pad goes.
func (r *reader) outline(w texts) string {
	var names strings.Builder
	root := r.until("the tree", func(*element) []string { return nil })
	for _, e := range root.all() {
		if _, err := fmt.Sscanf(e.name, w["pin.close"], new(int)); err != nil {
			fmt.Fprintf(&names, "%s %q\n", e.role, e.name)
		}
	}
	return names.String()
}
