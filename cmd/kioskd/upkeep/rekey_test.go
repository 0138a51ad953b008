package upkeep

import (
	"maps"
	"strings"
	"testing"

	"guichet.example/kiosk/view/wire"
)

// TestNewKeys: keys of the site that are replaced are something to keep, also
// where nothing else changes; and they are kept only with the stick that brings
// them whole.
func TestNewKeys(t *testing.T) {
	b := newBox(t)
	u, _ := b.start(Trial{})
	b.plug(image(t, b.Publish()))
	check(t, u.Read(t.Context(), ignore), wire.StepPlan, "", "")
	check(t, u.Install(t.Context(), ignore), wire.StepInstalled, "", "")
	b.confirm()
	b.Configure(settings(t, "idle = "))
	before := image(t, b.Publish()) // signed with the keys from before
	b.Rekey()
	after := b.Publish()
	damaged := maps.Clone(after)
	for name := range damaged {
		if strings.HasSuffix(name, ".machine.toml") {
			damaged[name] = []byte("damaged")
		}
	}
	b.plug(image(t, damaged))
	check(t, u.Read(t.Context(), ignore), wire.StepRefused, "G-TUF-TARGET", "")
	b.plug(before)
	check(t, u.Read(t.Context(), ignore), wire.StepNothing, "", "") // it counts as ever: nothing of the damaged one was kept

	b.plug(image(t, after))
	check(t, u.Read(t.Context(), ignore), wire.StepPlan, "", "Les clés du site sont remplacées.")
	check(t, u.Install(t.Context(), ignore), wire.StepInstalled, "", "")
	b.confirm()
	b.plug(image(t, after))
	check(t, u.Read(t.Context(), ignore), wire.StepNothing, "", "")
	b.plug(before)
	check(t, u.Read(t.Context(), ignore), wire.StepRefused, "G-TUF-ROLLBACK", "")
}
